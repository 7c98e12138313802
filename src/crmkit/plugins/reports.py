"""Reports for those who run the firm: the pipeline, conversion, and the work done."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crmkit.api import (
    Asked,
    Chart,
    Column,
    Money,
    Plugin,
    Report,
    Role,
    Sheet,
    ShellCommand,
    State,
    hookimpl,
    params,
    text,
)

plugin = Plugin(
    "reports", version="1.0", requires=("roles", "leads", "deals", "actions"),
    summary="The pipeline, conversion and actions in figures",
)  # fmt: skip


def pipeline(asked: Asked) -> Sheet:
    """Return the deals of each stage, or of each owner, with their money and what it is likely
    to bring: the value times the stage's probability."""
    if asked.by in ("", "stage"):
        rows = [_stage_row(asked, state) for state in asked.states("deal")]
        head = Column("stage", "Stage")
    else:
        rows = list(_owner_rows(asked))
        head = Column(asked.by, asked.field("deal", asked.by).label)
    columns = (
        head, Column("count", "Deals", "count"), Column("value", "Value", "money"),
        Column("weighted", "Weighted", "money"),
    )  # fmt: skip
    notes = () if asked.by in ("", "stage") else ("Only open deals are counted.",)
    return Sheet(
        columns=columns, rows=tuple(rows), chart=Chart(head.key, ("value",)),
        notes=(*notes, f"Values are of deals in {asked.locale.currency}; others are only counted."),
    )  # fmt: skip


def _stage_row(asked: Asked, state: State) -> dict[str, Any]:
    here = _and(asked.filter, f"stage:{state.code}")
    count = asked.count("deal", here)
    minor = _money(asked, here, "stage").get(state.code, 0)
    return {"stage": state.label, "count": count, **_values(asked, minor, minor, state)}


def _owner_rows(asked: Asked) -> Iterable[dict[str, Any]]:
    counts: dict[Any, int] = {}
    values: dict[Any, int] = {}
    weighted: dict[Any, Decimal] = {}
    for state in asked.states("deal"):
        if not state.is_open:
            continue
        here = _and(asked.filter, f"stage:{state.code}")
        for key, n in asked.aggregate("deal", here, asked.by).items():
            counts[key] = counts.get(key, 0) + n
        for key, minor in _money(asked, here, asked.by).items():
            values[key] = values.get(key, 0) + minor
            likely = Decimal(minor) * state.probability / 100
            weighted[key] = weighted.get(key, Decimal(0)) + likely
    names = asked.labels("deal", asked.by, counts)
    currency = asked.locale.currency
    for key in sorted(counts, key=lambda k: (-values.get(k, 0), str(names[k]))):
        yield {
            asked.by: names[key] or "(nobody)", "count": counts[key],
            "value": Money(values.get(key, 0), currency),
            "weighted": Money(_whole(weighted.get(key, Decimal(0))), currency),
        }  # fmt: skip


def _money(asked: Asked, filter: str, by: str) -> dict[Any, int]:
    """Return the sums in the firm's currency, in minor units, by a field's values."""
    found = asked.aggregate("deal", filter, by, "sum", "value")
    return {key: int(sums.get(asked.locale.currency, 0)) for key, sums in found.items()}


def _values(asked: Asked, minor: int, likely: int, state: State) -> dict[str, Money]:
    currency = asked.locale.currency
    share = _whole(Decimal(likely) * state.probability / 100)
    return {"value": Money(minor, currency), "weighted": Money(share, currency)}


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def conversion(asked: Asked) -> Sheet:
    """Return, for each state, how many of the leads that came so far reached the next one.

    The cohort is every lead that the filter finds: `created_at:"last quarter"`. A lead counts in
    every state up to the furthest that it ever was in, whether or not it stopped at each.
    """
    states = [s for s in asked.states("lead") if s.outcome != "lost"]
    order = {state.code: n for n, state in enumerate(states)}
    furthest = [0] * len(states)
    lost, here = list(furthest), list(furthest)
    for path, count in asked.paths("lead", asked.filter).items():
        far = max((order[code] for code in path if code in order), default=0)
        furthest[far] += count
        if path[-1] in order:
            here[order[path[-1]]] += count
        else:
            lost[far] += count
    rows = []
    for n, state in enumerate(states):
        entered, reached = sum(furthest[n:]), sum(furthest[n + 1 :])
        rows.append({
            "state": state.label, "entered": entered,
            "reached": reached if state.is_open else None,
            "rate": _share(reached, entered) if state.is_open else None,
            "lost": lost[n], "here": here[n],
        })  # fmt: skip
    columns = (
        Column("state", "State"), Column("entered", "Entered", "count"),
        Column("reached", "Went on", "count"), Column("rate", "Rate", "percent"),
        Column("lost", "Lost here", "count"), Column("here", "There now", "count"),
    )  # fmt: skip
    notes = ("Rate: of the leads that came to a state or further, those that went on.",)
    return Sheet(columns=columns, rows=tuple(rows), chart=Chart("state", ("rate",)), notes=notes)


def _share(part: int, whole: int) -> float | None:
    if not whole:
        return None
    share = Decimal(100 * part) / whole
    return float(share.quantize(Decimal("0.01"), ROUND_HALF_UP))


def actions(asked: Asked) -> Sheet:
    """Return the actions of each kind and each kind of target: how many, and how far they are."""
    entity = asked.field("action", "about")
    rows = []
    for target in entity.targets:
        here = _and(asked.filter, f"about:{target}")
        total = asked.aggregate("action", here, "kind")
        done = asked.aggregate("action", _and(here, "is:won"), "kind")
        late = asked.aggregate("action", _and(here, "is:overdue"), "kind")
        names = asked.labels("action", "kind", total)
        rows += [
            {
                "kind": names[kind], "target": target.replace("_", " ").capitalize(),
                "count": count, "done": done.get(kind, 0),
                "open": count - done.get(kind, 0), "overdue": late.get(kind, 0),
            }
            for kind, count in total.items()
        ]  # fmt: skip
    rows.sort(key=lambda row: (-row["count"], row["kind"], row["target"]))
    columns = (
        Column("kind", "Kind"), Column("target", "About"), Column("count", "Actions", "count"),
        Column("done", "Done", "count"), Column("open", "Open", "count"),
        Column("overdue", "Overdue", "count"),
    )  # fmt: skip
    return Sheet(columns=columns, rows=tuple(rows), chart=Chart("kind", ("count",)))


def _and(*filters: str) -> str:
    return " ".join(f"({f})" for f in filters if f.strip())


@hookimpl
def crm_reports() -> Iterable[Report]:
    """The firm's figures."""
    yield Report(
        name="pipeline", label="Pipeline", run=pipeline, entity="deal",
        by=("stage", "salesperson", "account", "client", "source"),
        help="Deals by stage or owner: count, value, and value by probability.",
    )  # fmt: skip
    yield Report(
        name="conversion", label="Conversion of leads", run=conversion, entity="lead",
        help="Of the leads that entered each state, those that reached a later one.",
    )  # fmt: skip
    yield Report(
        name="actions", label="Actions by kind and target", run=actions, entity="action",
        help="Follow-ups: how many, of which kind, about what, how far.",
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """Who runs the firm sees its figures."""
    yield Role("crm_manager", ("report.*",))


@params
class Wanted:
    """Which report, of what, divided how."""

    name: str = text("Name", default="")
    filter: str = text("Filter", default="")
    by: str = text("By", default="", help="Divide the figures by a field or period.")


def report(session: Any, said: Wanted) -> Any:
    """Return a report; without a name, those that the actor may run."""
    if said.name:
        return session.report(said.name, said.filter, by=said.by)
    return [
        {"name": r.name, "label": r.label, "by": ", ".join(r.by), "help": r.help}
        for r in session.model.reports.values()
        if session.may_report(r.name)
    ]


@hookimpl
def crm_cli() -> Iterable[ShellCommand]:
    """Every report, whoever brings it."""
    yield ShellCommand(
        "report", report, params=Wanted, arguments=("name", "filter"), remote=True,
        help="Work out a report; without a name, list those you may run.",
        examples=(
            "crmkit report", "crmkit report satisfaction --by client",
            "crmkit report pipeline owner:me --format json",
        ),
    )  # fmt: skip
