"""Deals: what may be earned, from whom and when; and the revenue of accounts that comes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from crmkit.api import (
    Change,
    Derived,
    Extension,
    Item,
    Money,
    Plugin,
    Record,
    Role,
    State,
    Table,
    Workflow,
    choice,
    date,
    entity,
    flow,
    hookimpl,
    moment,
    money,
    note,
    percent,
    ref,
    refs,
    text,
)

plugin = Plugin(
    "deals", version="1.0", requires=("roles", "accounts", "contacts", "clients"),
    summary="The deal pipeline, and the revenue of accounts",
)  # fmt: skip

SOURCES = ("Website", "Referral", "LinkedIn", "Cold Call", "Email", "Event", "Other")
WEEK = dt.timedelta(weeks=1)

stages = Workflow(
    "stages",
    label="Stage",
    states=(
        State("LEAD", glyph="○", colour="grey", probability=10, rot_after=3 * WEEK),
        State("QUALIFIED", glyph="◔", colour="blue", probability=25, rot_after=3 * WEEK),
        State("PROPOSAL", glyph="◑", colour="cyan", probability=50, rot_after=2 * WEEK),
        State("NEGOTIATION", glyph="◕", colour="yellow", probability=75, rot_after=2 * WEEK),
        State("CLOSED_WON", glyph="✓", colour="green", probability=100, outcome="won"),
        State("CLOSED_LOST", glyph="✗", colour="red", outcome="lost"),
    ),
)


def has_a_counterpart(deal: Deal, ctx: Any) -> dict[str, str] | None:
    """Refuse a deal with nobody."""
    if deal.client is None and deal.account is None:
        return {"account": "fill in an account or a client"}
    return None


@entity(
    "deal", title="name", owner="salesperson", sort="expected_close", due="expected_close",
    key="d", glyph="◆", place=30, checks=(has_a_counterpart,),
)  # fmt: skip
class Deal(Record):
    """An opportunity to earn something, with a client or an account."""

    name: str = text("Name", search=True, personal=True, shown=True, section="Details")
    value: Money | None = money("Value", default=None, index=True, shown=True, section="Details")
    stage: str = flow(stages, default="LEAD", shown=True, section="Details")
    expected_close: dt.date | None = date(
        "Expected close", default=None, index=True, shown=True, section="Details"
    )
    account: int | None = ref("Account", "account", default=None, shown=True, section="Details")
    client: int | None = ref("Client", "client", default=None, subject=True, section="Details")
    salesperson: int | None = ref(
        "Salesperson", "user", default=None, shown=True, section="Details"
    )
    probability: int | None = percent(
        "Probability", default=None, section="Details",
        help="The stage's, unless you give it another one; emptied, it is the stage's again.",
    )  # fmt: skip
    source: str = choice("Source", SOURCES, default="", section="Details")
    competitor: str = text("Competitor", default="", search=True, section="Details")
    stakeholder: tuple[Item, ...] = refs(
        "Stakeholder", "contact", section="Details",
        labels=("decision maker", "champion", "influencer", "legal", "finance"),
        help="Who has a say in it, with the part each plays as the label.",
    )  # fmt: skip
    last_activity: dt.datetime | None = moment(
        "Last activity", default=None, derived=True, index=True, section="Figures",
        help="When the last action about the deal was completed.",
    )  # fmt: skip
    planned_until: dt.datetime | None = moment(
        "Planned until", default=None, derived=True, section="Figures",
        help="When the last of the open actions about the deal is due.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, section="Notes")


def stages_probability(before: Deal | None, after: Deal, ctx: Any) -> dict[str, int] | None:
    """Fill in the probability of the stage, unless somebody gave the deal another one."""
    flow = next((f.flow for f in ctx.fields("deal") if f.name == "stage"), None) or stages
    now = flow.state(after.stage)
    if now is None:
        return None
    if after.probability is None:
        return {"probability": now.probability}
    was = flow.state(before.stage) if before is not None and before.stage != after.stage else None
    if was is not None and after.probability == was.probability:
        return {"probability": now.probability}
    return None


REVENUE_FIELDS = {"account", "client", "value", "stage"}


def _accounts_paid(change: Change, ctx: Any) -> Iterator[int]:
    """Yield the accounts whose revenue a change to a deal, or to a client, may alter."""
    if change.op in ("update", "move") and not REVENUE_FIELDS & change.fields:
        return
    if change.op == "create" and change.after.get("stage") not in stages.codes("won"):
        return
    for record in ctx.versions(change):
        account = record.account
        if account is None and change.entity == "deal":
            client = ctx.get("client", record.client)
            account = client.account if client else None
        if account is not None:
            yield account


def _revenues(ids: list[int], ctx: Any) -> Mapping[int, Money | None]:
    """Return the sum of each account's won deals, those of its clients included."""
    accounts = ",".join(map(str, ids))
    found: dict[int, dict[str, int]] = {id: {} for id in ids}
    direct = ctx.aggregate("deal", f"is:won account:{accounts}", "account", "sum", "value")
    for account, sums in direct.items():
        _add(found[account], sums)
    clients = ctx.aggregate("client", f"account:{accounts}", "id", "max", "account")
    if clients:
        through = f"is:won account:none client:{','.join(map(str, clients))}"
        for client, sums in ctx.aggregate("deal", through, "client", "sum", "value").items():
            _add(found[clients[client]], sums)
    return {id: _one_currency(sums, ctx.locale.currency) for id, sums in found.items()}


def _add(total: dict[str, int], sums: Mapping[str, int]) -> None:
    for currency, minor in sums.items():
        total[currency] = total.get(currency, 0) + minor


def _one_currency(sums: Mapping[str, int], main: str) -> Money | None:
    """Return the sum in the firm's currency, or in the only one that there is."""
    if main in sums:
        return Money(sums[main], main)
    if len(sums) == 1:
        return next(Money(minor, currency) for currency, minor in sums.items())
    return None


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The deal."""
    yield Deal


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """The stage's probability, and the revenue of accounts."""
    yield Extension("deal", fills=(stages_probability,))
    revenue = Derived("total_revenue", ("deal", "client"), _accounts_paid, _revenues)
    yield Extension("account", derived=(revenue,))


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with deals."""
    yield Role("crm_worker", ("deal.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("deal.read", "deal.create", "deal.update", "deal.move"))
    yield Role("crm_manager", ("deal.*",))
    yield Role("manager", ("deal.read",))
    yield Role("contributor", ("deal.read@own",))


@hookimpl
def crm_views() -> Iterable[Table]:
    """The lists of deals."""
    yield Table("deal", "Open", filter="is:open", sort="expected_close")
    yield Table("deal", "Mine", filter="is:open is:mine", sort="expected_close")
    yield Table(
        "deal", "Closing this month", filter='is:open expected_close:"this month"',
        sort="expected_close",
    )  # fmt: skip
    yield Table("deal", "Overdue", filter="is:overdue", sort="expected_close")
    yield Table("deal", "Won", filter="is:won", sort="-moved_at")
    yield Table("deal", "Lost", filter="is:lost", sort="-moved_at")
    yield Table("deal", "All", sort="expected_close")
