"""The consultation: a first meeting, from the request to its outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from crmkit.api import (
    Context,
    Link,
    Money,
    Move,
    Record,
    Setting,
    State,
    Workflow,
    choice,
    entity,
    flow,
    moment,
    money,
    note,
    number,
    ref,
    text,
)
from crmkit.plugins.consultations.overlaps import BOOKED

WITH = ("prospect", "lead", "contact", "client")


def _labels(given: Any) -> list[str]:
    if not isinstance(given, list) or not given or not all(isinstance(g, str) for g in given):
        raise ValueError('write a list such as ["First meeting", "Follow-up"]')
    return given


def _minutes(given: Any) -> int:
    if type(given) is not int or not 5 <= given <= 1440:
        raise ValueError(f"write a number of minutes from 5 to 1440, not {given!r}")
    return given


TYPES = Setting(
    "types", ["First meeting", "Advice", "Second opinion", "Follow-up"], read=_labels,
    help="The types of appointment.",
)  # fmt: skip
LENGTH = Setting("minutes", 60, read=_minutes, help="How long a consultation is unless it is said.")

CHANNELS = {"OFFICE": "In the office", "PHONE": "Phone", "VIDEO": "Video", "ELSEWHERE": "Elsewhere"}
FEES = {"AGREED": "Agreed", "WAIVED": "Waived", "CREDITED": "Credited"}
OUTCOMES = {
    "LEAD": "Go on as lead", "CLIENT": "Go on as client", "REFER": "Refer elsewhere",
    "DECLINE": "Decline",
}  # fmt: skip
_WAYS = {
    "REQUESTED": ("BOOKED", "CANCELLED"),
    "BOOKED": ("REQUESTED", "CONFIRMED", "HELD", "NO_SHOW", "CANCELLED"),
    "CONFIRMED": ("BOOKED", "HELD", "NO_SHOW", "CANCELLED"),
    "HELD": ("BOOKED",),
    "NO_SHOW": ("BOOKED", "HELD", "CANCELLED"),
    "CANCELLED": ("REQUESTED", "BOOKED"),
}

appointment = Workflow(
    "appointment",
    label="Status",
    states=(
        State("REQUESTED", glyph="○", colour="grey"),
        State("BOOKED", glyph="◔", colour="blue"),
        State("CONFIRMED", glyph="◑", colour="cyan"),
        State("HELD", glyph="✓", colour="green", outcome="won"),
        State("NO_SHOW", glyph="∅", colour="yellow", outcome="lost", label="No-show"),
        State("CANCELLED", glyph="✗", colour="red", outcome="lost"),
    ),
    moves=(
        *(Move(source=a, target=b) for a, ends in _WAYS.items() for b in ends),
        *(Move(target=s, requires=("starts_at", "owner")) for s in (*BOOKED, "HELD")),
        *(Move(target=s, clears=("reason", "outcome")) for s in ("REQUESTED", "BOOKED")),
        Move(source="HELD", target="BOOKED", command="reopen"),
        Move(target="HELD", requires=("outcome",), clears=("reason",), command="hold"),
        Move(target="NO_SHOW", command="no_show"),
        Move(target="CANCELLED", requires=("reason",)),
    ),
)


def fee_is_named(meeting: Consultation, ctx: Any) -> dict[str, str] | None:
    """Refuse a fee that is to be paid or credited, and nobody knows how much."""
    if meeting.fee_status in ("AGREED", "CREDITED") and meeting.fee is None:
        return {"fee": f"say how much is {FEES[meeting.fee_status].lower()}"}
    return None


def called(meeting: Consultation) -> str:
    """Return what a consultation is called."""
    return meeting.subject.strip() or meeting.type or f"Consultation {meeting.id or ''}".strip()


@entity(
    "consultation", title=called, subtitle="who", owner="owner", sort="starts_at",
    due="ends_at", within="who", key="n", glyph="◷", place=75,
    checks=(fee_is_named,),
)  # fmt: skip
class Consultation(Record):
    """A meeting at which somebody who may become a client is heard."""

    who: Link | None = ref("With", *WITH, default=None, subject=True, shown=True, section="Details")
    subject: str = text("Subject", default="", search=True, personal=True, section="Details")
    type: str = choice("Type", TYPES, default="", shown=True, section="Details")
    status: str = flow(appointment, default="REQUESTED", shown=True, section="Details")
    starts_at: dt.datetime | None = moment(
        "Starts", default=None, index=True, shown=True, section="Time",
        help="As one says it: tomorrow 15:00, fri 10:30.",
    )  # fmt: skip
    minutes: int | None = number(
        "Minutes", default=None, minimum=5, maximum=1440, section="Time",
        help="Left empty, the usual length.",
    )  # fmt: skip
    ends_at: dt.datetime | None = moment(
        "Ends", default=None, managed=True, index=True, section="Time"
    )
    owner: int | None = ref("Held by", "user", default=None, shown=True, section="Details")
    channel: str = choice("Channel", CHANNELS, default="OFFICE", section="Time")
    place: str = text("Place", default="", search=True, section="Time",
                      help="A room, an address, or a link.")  # fmt: skip
    fee: Money | None = money("Fee", default=None, section="Fee")
    fee_status: str = choice(
        "Fee status", FEES, default="", section="Fee",
        help="Agreed: to be paid. Waived: free. Credited: set off against later work.",
    )  # fmt: skip
    outcome: str = choice("Outcome", OUTCOMES, default="", index=True, section="Outcome")
    result: str = note("What came of it", search=True, personal=True, section="Outcome")
    reason: str = text("Reason", default="", search=True, section="Outcome",
                       help="Why it was cancelled.")  # fmt: skip
    no_shows: int = number(
        "No-shows", default=0, managed=True, section="Outcome",
        help="How often nobody came, before it was booked again too.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, personal=True, section="Notes")


def work_out(before: Consultation | None, after: Consultation, ctx: Context) -> Mapping[str, Any]:
    """Fill in the length and the end, the status of a fee, and how often nobody came."""
    found: dict[str, Any] = {"ends_at": None, "no_shows": _no_shows(before, after)}
    if after.starts_at is not None:
        minutes = after.minutes or ctx.setting(LENGTH)
        end = after.starts_at + dt.timedelta(minutes=minutes)
        found |= {"minutes": minutes, "ends_at": end}
    if after.fee is not None and not after.fee_status:
        found["fee_status"] = "AGREED"
    return found


def _no_shows(before: Consultation | None, after: Consultation) -> int:
    """Return how often nobody came; who came late after all is not counted."""
    was = before.status if before else ""
    if after.status == "NO_SHOW" != was:
        return after.no_shows + 1
    return max(0, after.no_shows - (was == "NO_SHOW" and after.status == "HELD"))
