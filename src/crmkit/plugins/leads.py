"""Leads: potential customers on their way from first contact to won or lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from crmkit.api import (
    HomeSection,
    Move,
    Plugin,
    Record,
    Role,
    State,
    Table,
    Workflow,
    choice,
    email,
    entity,
    flow,
    hookimpl,
    moment,
    note,
    phone,
    ref,
    text,
)

plugin = Plugin("leads", version="1.0", requires=("roles", "clients"), summary="The lead pipeline")

SOURCES = ("Website", "Referral", "LinkedIn", "Cold Call", "Email", "Event", "Other")

OPEN = ("NOT_CONTACTED", "CONTACTED", "QUALIFIED")

pipeline = Workflow(
    "pipeline",
    label="Status",
    states=(
        State("NOT_CONTACTED", glyph="○", colour="grey", rot_after=timedelta(days=7)),
        State("CONTACTED", glyph="◔", colour="blue", rot_after=timedelta(days=14)),
        State("QUALIFIED", glyph="◑", colour="cyan", rot_after=timedelta(days=30)),
        State("CONVERTED", glyph="✓", colour="green", outcome="won"),
        State("LOST", glyph="✗", colour="red", outcome="lost"),
    ),
    moves=(
        Move(target="CONVERTED", clears=("next_call", "lost_reason")),
        Move(target="LOST", requires=("lost_reason",), clears=("next_call",)),
        # Taken up again: why it is lost another time is another reason.
        *(Move(target=code, clears=("lost_reason",)) for code in OPEN),
    ),
)


def can_be_reached(lead: Lead, ctx: Any) -> dict[str, str] | None:
    """Refuse a lead that nobody could call or write to."""
    if lead.email.strip() or lead.phone.strip():
        return None
    return {"phone": "fill in a phone number or an e-mail address"}


@entity(
    "lead", title="name", subtitle="company", owner="owner", sort="next_call", due="next_call",
    lease=("claimed_by", "claimed_until"), key="l", glyph="◇", place=20, checks=(can_be_reached,),
)  # fmt: skip
class Lead(Record):
    """A potential customer, from first contact to won or lost."""

    name: str = text(
        "Name", search=True, personal=True, shown=True, section="Details",
        help="The person to talk to.",
    )  # fmt: skip
    company: str = text("Company", default="", search=True, shown=True, section="Details")
    status: str = flow(pipeline, default="NOT_CONTACTED", shown=True, section="Details")
    next_call: datetime | None = moment(
        "Next call", default=None, index=True, shown=True, section="Details",
        help="The list floats the lead up as this nears.",
    )  # fmt: skip
    phone: str = phone(
        "Phone", default="", search=True, identity=True, personal=True, shown=True,
        section="Reach",
    )  # fmt: skip
    email: str = email(
        "E-mail", default="", search=True, identity=True, personal=True, section="Reach"
    )
    owner: int | None = ref(
        "Owner", "user", default=None, guarded=True, shown=True, section="Details",
        help="Nobody: the lead is in the pool, for everyone who works leads.",
    )  # fmt: skip
    claimed_by: int | None = ref(
        "Claimed by", "user", default=None, managed=True, section="Details",
        help="Who has the lead for a time, while nobody owns it.",
    )  # fmt: skip
    claimed_until: datetime | None = moment(
        "Claimed until", default=None, managed=True, index=True, section="Details",
        help="When the claim ends by itself, and the lead is back in the pool.",
    )  # fmt: skip
    source: str = choice("Source", SOURCES, default="Other", shown=True, section="Details")
    client: int | None = ref(
        "Client", "client", default=None, subject=True, section="Details",
        help="The existing client, where this is about further work for one.",
    )  # fmt: skip
    lost_reason: str = text(
        "Lost reason", default="", search=True, section="Details",
        help="Why the lead came to nothing; a lost lead needs it.",
    )  # fmt: skip
    last_activity: datetime | None = moment(
        "Last activity", default=None, derived=True, index=True, section="Figures",
        help="When the last action about the lead was completed.",
    )  # fmt: skip
    planned_until: datetime | None = moment(
        "Planned until", default=None, derived=True, section="Figures",
        help="When the last of the open actions about the lead is due.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, personal=True, section="Notes")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The lead."""
    yield Lead


def _on_own_and_pool(*verbs: str) -> tuple[str, ...]:
    return tuple(f"lead.{verb}@{scope}" for verb in verbs for scope in ("own", "pool"))


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with leads; others' leads only with `view_all_leads`."""
    yield Role("crm_worker", _on_own_and_pool("read"))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("lead.create", *_on_own_and_pool("read", "update", "move")))
    yield Role("crm_manager", ("lead.*",))
    yield Role("contributor", ("lead.read@own",))
    yield Role("create_leads", ("lead.create", *_on_own_and_pool("read")))
    yield Role(
        "manage_leads",
        (
            "lead.update", "lead.move", *_on_own_and_pool("read"),
            "lead.read.owner", "lead.create.owner", "lead.update.owner",
        ),
    )  # fmt: skip
    yield Role("view_all_leads", ("lead.read",))


@hookimpl
def crm_views() -> Iterable[Table | HomeSection]:
    """The lists of leads, and the calls of the day."""
    yield Table("lead", "Open", filter="is:open", sort="next_call")
    yield Table("lead", "Mine", filter="is:open is:mine", sort="next_call")
    yield Table("lead", "Unassigned", filter="is:open is:unassigned", sort="next_call")
    yield Table("lead", "Overdue calls", filter="is:overdue", sort="next_call")
    yield Table(
        "lead", "Lost", filter="is:lost", sort="-moved_at",
        columns=("name", "company", "lost_reason", "moved_at", "source"),
    )  # fmt: skip
    yield Table("lead", "All", sort="next_call")
    yield HomeSection(
        "lead", "Next calls", "is:open is:mine next_call<=today", sort="next_call",
        when="next_call", order=30,
    )  # fmt: skip
    yield HomeSection(
        "lead", "Unassigned leads", "is:open is:unassigned", sort="next_call",
        when="next_call", order=40,
    )  # fmt: skip
