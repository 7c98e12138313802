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

WITH = ("prospect", "lead", "contact", "client")


def _labels(given: Any) -> list[str]:
    if not isinstance(given, list) or not given or not all(isinstance(g, str) for g in given):
        raise ValueError('write a list such as ["First meeting", "Follow-up"]')
    return given


TYPES = Setting(
    "types", ["First meeting", "Advice", "Second opinion", "Follow-up"], read=_labels,
    help="The types of appointment.",
)  # fmt: skip
LENGTH = Setting("minutes", 60, help="How long a consultation is unless it is said.")

CHANNELS = {"OFFICE": "In the office", "PHONE": "Phone", "VIDEO": "Video", "ELSEWHERE": "Elsewhere"}
FEES = {"AGREED": "Agreed", "WAIVED": "Waived", "CREDITED": "Credited"}
OUTCOMES = {
    "LEAD": "Go on as lead", "CLIENT": "Go on as client", "REFER": "Refer elsewhere",
    "DECLINE": "Decline",
}  # fmt: skip
BLOCKING = ("BOOKED", "CONFIRMED")
"""The states in which a consultation takes its holder's time."""

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
        *(
            Move(source=a, target=b)
            for a, ends in {
                "REQUESTED": ("BOOKED", "CANCELLED"),
                "BOOKED": ("CONFIRMED", "HELD", "NO_SHOW", "CANCELLED", "REQUESTED"),
                "CONFIRMED": ("HELD", "NO_SHOW", "CANCELLED", "BOOKED"),
                "NO_SHOW": ("BOOKED", "CANCELLED"),
                "CANCELLED": ("REQUESTED", "BOOKED"),
            }.items()
            for b in ends
        ),
        *(Move(target=s, requires=("starts_at", "owner")) for s in (*BLOCKING, "HELD")),
        Move(target="HELD", requires=("outcome",), command="hold"),
        Move(target="NO_SHOW", command="no_show"),
        Move(target="CANCELLED", requires=("reason",)),
    ),
)


def called(meeting: Consultation) -> str:
    """Return what a consultation is called."""
    return meeting.subject.strip() or meeting.type or f"Consultation {meeting.id or ''}".strip()


@entity(
    "consultation", title=called, subtitle="who", owner="owner", sort="starts_at",
    due="ends_at", within="who", key="n", glyph="◷", place=75,
)  # fmt: skip
class Consultation(Record):
    """A meeting at which somebody who may become a client is heard."""

    who: Link | None = ref("With", *WITH, default=None, shown=True, section="Details")
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
    fee_status: str = choice("Fee status", FEES, default="", section="Fee")
    outcome: str = choice("Outcome", OUTCOMES, default="", index=True, section="Outcome")
    result: str = note("What came of it", search=True, personal=True, section="Outcome")
    reason: str = text("Reason", default="", search=True, section="Outcome",
                       help="Why it was cancelled.")  # fmt: skip
    notes: str = note("Notes", search=True, personal=True, section="Notes")


def lasting(before: Consultation | None, after: Consultation, ctx: Context) -> Mapping[str, Any]:
    """Fill in the length and the end."""
    minutes = after.minutes or ctx.setting(LENGTH)
    if after.starts_at is None:
        return {"ends_at": None}
    return {"minutes": minutes, "ends_at": after.starts_at + dt.timedelta(minutes=minutes)}


def takes_no_others_time(meeting: Consultation, ctx: Any) -> dict[str, str] | None:
    """Refuse a booking while its holder has another one; the other one is named."""
    if meeting.status not in BLOCKING or not (meeting.owner and meeting.starts_at):
        return None
    # Two bookings at once would each not see the other.
    ctx.lock(f"consultations of {meeting.owner}")
    end = meeting.ends_at or meeting.starts_at
    others = ctx.find(
        "consultation",
        f"owner:{meeting.owner} status:{','.join(BLOCKING)} starts_at<{_stamp(end)} "
        f"ends_at>{_stamp(meeting.starts_at)}",
        limit=2,
    )
    for other in others:
        if other.id != meeting.id:
            begins = ctx.locale.local(other.starts_at)
            ends = ctx.locale.local(other.ends_at)
            return {
                "starts_at": f"{ctx.titles('user', [meeting.owner])[meeting.owner]} has "
                f"consultation {other.id}, {other.title}, {begins:%Y-%m-%d %H:%M} to {ends:%H:%M}"
            }
    return None


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
