"""Stale work: leads and deals untouched for too long, with nothing planned.

A touch is a completed action (a logged note too) or a change of state; other edits are none. How
long a record may rest is said by the states of its workflow (`rot_after`), or by the firm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from crmkit.api import (
    Badge,
    Change,
    Check,
    Command,
    Condition,
    Context,
    Derived,
    Extension,
    HomeSection,
    Invalid,
    Link,
    Plugin,
    Record,
    Setting,
    Table,
    Tag,
    Told,
    hookimpl,
    moment,
    params,
    ref,
    text,
)

plugin = Plugin(
    "stale", version="1.0", requires=("roles", "leads", "deals", "actions", "touches"),
    summary="Leads and deals that were left alone for too long",
)  # fmt: skip

PLANNING = {"status", "due", "about"}
"""What of an action decides until when something is planned."""


def _days(given: Any) -> Mapping[str, int]:
    if not isinstance(given, Mapping):
        raise ValueError("write the days for each state, such as { CONTACTED = 14 }")
    for code, days in given.items():
        if type(days) is not int or days < 0:
            raise ValueError(f"{code}: write a number of days (0: never stale), not {days!r}")
    return dict(given)


REST: dict[str, Setting[Mapping[str, int]]] = {
    entity: Setting(
        entity, {}, read=_days,
        help=f"After how many days without a touch a {entity} is stale, by state.",
    )
    for entity in ("lead", "deal")
}  # fmt: skip


def periods(entity: str, told: Told) -> dict[str, timedelta]:
    """Return how long records may rest in each open state; states that never go stale left out."""
    flow = told.entity(entity).flow_field().flow
    decided = told.setting(REST[entity])
    if strange := sorted(set(decided) - set(flow.codes("open"))):
        raise ValueError(f"crmkit.toml: [stale] {entity}: {strange[0]} is no open state")
    found = {s.code: s.rot_after for s in flow.states if s.is_open and s.rot_after}
    found |= {code: timedelta(days=days) for code, days in decided.items()}
    return {code: period for code, period in found.items() if period}


def states_are_there(told: Told) -> Iterator[str]:
    """Yield what the firm decided for states that are not there."""
    for entity in REST:
        try:
            periods(entity, told)
        except ValueError as error:
            yield str(error)


def stale(entity: str, told: Told) -> str:
    """Return the filter that finds what is stale."""
    by = told.entity(entity).flow_field().key
    parts = []
    for code, period in periods(entity, told).items():
        since = _written(told.now - period)
        rested = f"moved_at<{since} (last_activity:none or last_activity<{since})"
        parts.append(f"({by}:{code} {rested})")
    now = _written(told.now)
    idle = [f"({f}:none or {f}<={now})" for f in _plans(entity)]
    return f"({' or '.join(parts)}) {' '.join(idle)}" if parts else "created_at:none"


def _plans(entity: str) -> tuple[str, ...]:
    """Return the fields that say until when something is planned."""
    return ("planned_until", "next_call") if entity == "lead" else ("planned_until",)


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def mark(record: Any, told: Told) -> Tag | None:
    """Return for how many days nobody has touched a stale record; None where it is not stale."""
    entity = record.spec.name
    state = record.get(told.entity(entity).flow_field())
    period = periods(entity, told).get(state)
    if period is None or any((getattr(record, f) or told.now) > told.now for f in _plans(entity)):
        return None
    touched = max(at for at in (record.moved_at, record.last_activity) if at is not None)
    rested = told.now - touched
    return Tag(f"stale {rested.days} d", "warn") if rested > period else None


def _targets(entity: str, change: Change, ctx: Context) -> Iterator[int]:
    """Yield the records that an action was or is about, if what is planned may change."""
    if change.op in ("update", "move") and not PLANNING & change.fields:
        return
    if change.op == "create" and "due" not in change.after:
        return
    for action in ctx.versions(change):
        about: Link = action.about  # type: ignore[attr-defined]
        if about.entity == entity:
            yield about.id


def _planned(entity: str, ids: list[int], ctx: Context) -> Mapping[int, datetime | None]:
    """Return when the last of the open actions about each record is due."""
    about = ",".join(f"{entity}:{id}" for id in ids)
    found = ctx.aggregate("action", f"is:open about:{about}", "about", "max", "due")
    return {link.id: at for link, at in found.items()}


@params
class Snooze:
    """Until when a record is left alone."""

    until: datetime = moment("Until", help="As one says it: mon, +7d, 2026-12-01.")


@params
class Loss:
    """Why it came to nothing."""

    reason: str = text("Reason", help="Why it came to nothing.")


@params
class Whose:
    """Who gets it."""

    to: int = ref("To", "user", help="The user's name.")


def _future(until: datetime, ctx: Context) -> datetime:
    if until <= ctx.now:
        raise Invalid({"until": "choose a time that is still to come"})
    return until


def snooze_lead(lead: Any, ctx: Context, said: Snooze) -> Record:
    """Set the lead's next call."""
    return ctx.save(lead.evolve(next_call=_future(said.until, ctx)))


def snooze_deal(deal: Record, ctx: Context, said: Snooze) -> Record:
    """Plan to come back to the deal."""
    about = Link("deal", deal.id)
    subject = f"Come back to {deal.title}"
    return ctx.add("action", subject=subject, due=_future(said.until, ctx), about=about)


def lose_lead(lead: Record, ctx: Context, said: Loss) -> Record:
    """Move the lead to LOST, with the reason."""
    return ctx.move("lead", lead.id, "LOST", lost_reason=said.reason)


def lose_deal(deal: Record, ctx: Context, said: Loss) -> Record:
    """Move the deal to CLOSED_LOST, and log the reason."""
    ctx.run("deal.log", deal.id, {"text": f"Lost: {said.reason}"})
    return ctx.move("deal", deal.id, "CLOSED_LOST")


def assign_deal(deal: Any, ctx: Context, said: Whose) -> Record:
    """Make somebody the deal's salesperson."""
    return ctx.save(deal.evolve(salesperson=said.to))


def _is_open(field: str, closed: tuple[str, ...], record: Any) -> bool:
    return getattr(record, field) not in closed


OPEN_LEAD = partial(_is_open, "status", ("CONVERTED", "LOST"))
OPEN_DEAL = partial(_is_open, "stage", ("CLOSED_WON", "CLOSED_LOST"))


@hookimpl
def crm_settings() -> Iterable[Setting[Any]]:
    """How long leads and deals may rest."""
    yield from REST.values()


@hookimpl
def crm_checks() -> Iterable[Check]:
    """Whether the states are there that the firm decided for."""
    yield Check("stale", states_are_there)


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """Until when something is planned for a lead or a deal."""
    for entity in REST:
        planned = Derived(
            "planned_until", ("action",), partial(_targets, entity), partial(_planned, entity)
        )
        yield Extension(entity, derived=(planned,))


@hookimpl
def crm_conditions() -> Iterable[Condition]:
    """`is:stale`, for leads and deals."""
    for entity in REST:
        yield Condition(
            entity, "stale", partial(stale, entity),
            help="Nobody has touched it for longer than its state allows, and nothing is planned.",
        )  # fmt: skip


@hookimpl
def crm_commands() -> Iterable[Command]:
    """What one does about stale work, besides planning a call and assigning a lead."""
    later = "Leave it alone until then; it comes up again."
    yield Command(
        "snooze", "lead", snooze_lead, label="Snooze", key="z", grant="update", params=Snooze,
        arguments=("until",), when=OPEN_LEAD, help=later,
    )  # fmt: skip
    yield Command(
        "snooze", "deal", snooze_deal, label="Snooze", key="z", grant="read", params=Snooze,
        arguments=("until",), when=OPEN_DEAL, help=later,
    )  # fmt: skip
    closing = "Close it as lost, and say why."
    yield Command(
        "lose", "lead", lose_lead, label="Close as lost", key="x", grant="move", params=Loss,
        arguments=("reason",), when=OPEN_LEAD, help=closing,
    )  # fmt: skip
    yield Command(
        "lose", "deal", lose_deal, label="Close as lost", key="x", grant="move", params=Loss,
        arguments=("reason",), when=OPEN_DEAL, help=closing,
    )  # fmt: skip
    yield Command(
        "assign", "deal", assign_deal, label="Assign", key="a", grant="update", params=Whose,
        arguments=("to",), help="Make somebody the deal's salesperson.",
    )  # fmt: skip


@hookimpl
def crm_views() -> Iterable[Table | HomeSection | Badge]:
    """The lists of what is stale, and the mark on cards and rows."""
    yield Table(
        "lead", "Stale", filter="is:stale", sort="moved_at",
        columns=("name", "company", "status", "moved_at", "last_activity", "owner", "phone"),
    )  # fmt: skip
    yield Table(
        "deal", "Stale", filter="is:stale", sort="moved_at",
        columns=("name", "value", "stage", "moved_at", "last_activity", "salesperson", "account"),
    )  # fmt: skip
    yield HomeSection(
        "lead", "Stale leads", "is:stale is:mine", sort="moved_at", when="moved_at", order=50
    )
    for entity in REST:
        yield Badge(entity, mark)
