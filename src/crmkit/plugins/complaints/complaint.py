"""The complaint: its fields, its workflow apart from all others, and what the firm lists for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crmkit.api import (
    Context,
    Item,
    Link,
    Money,
    Move,
    Record,
    Setting,
    State,
    Workflow,
    choice,
    entity,
    flag,
    flow,
    moment,
    money,
    note,
    ref,
    text,
)


def _labels(given: Any) -> list[str]:
    if not isinstance(given, list) or not given or not all(isinstance(g, str) for g in given):
        raise ValueError('write a list such as ["Delay", "Costs"]')
    return given


CATEGORIES = Setting(
    "categories",
    ["Delay", "Communication", "Costs", "Advice", "Conduct", "Confidentiality", "Other"],
    read=_labels, help="What is complained of.",
)  # fmt: skip
ROOT_CAUSES = Setting(
    "root_causes",
    ["Workload", "Process", "Training", "Third party", "Misunderstanding", "System", "Other"],
    read=_labels, help="Why it came to that.",
)  # fmt: skip
CHANNELS = Setting(
    "channels",
    ["E-mail", "Phone", "Post", "In person", "Web", "Fax", "Referral"],
    read=_labels, help="How complaints come in.",
)  # fmt: skip
REMEDIES = Setting(
    "remedies",
    ["Explanation", "Apology", "Work redone", "Fee reduction", "Compensation", "None"],
    read=_labels, help="What the client is offered.",
)  # fmt: skip
OUTCOMES = Setting(
    "outcomes", ["Upheld", "Partly upheld", "Not upheld", "Withdrawn"],
    read=_labels, help="What came of it.",
)  # fmt: skip
LISTS = (CATEGORIES, ROOT_CAUSES, CHANNELS, REMEDIES, OUTCOMES)

CLOCKS_DIFFER = dt.timedelta(minutes=5)
"""How far ahead another machine's clock may be."""
SEVERITIES = {"LOW": "Low", "MEDIUM": "Medium", "HIGH": "High", "CRITICAL": "Critical"}
CLOCKS = {"ACKNOWLEDGE": "Acknowledgement", "RESPOND": "First response", "RESOLVE": "Resolution"}
WAITING = "WAITING_FOR_CLIENT"
WORK = ("INVESTIGATING", WAITING, "FINAL_RESPONSE", "RESOLVED", "ESCALATED", "REOPENED")
"""The states that only an owner's complaint gets to."""
_ONWARD = ("INVESTIGATING", WAITING, "FINAL_RESPONSE", "RESOLVED", "ESCALATED")
_WAYS = {
    "RECEIVED": ("ACKNOWLEDGED", "INVESTIGATING", "RESOLVED"),
    "ACKNOWLEDGED": _ONWARD,
    "INVESTIGATING": _ONWARD,
    WAITING: _ONWARD,
    "FINAL_RESPONSE": ("RESOLVED", "ESCALATED", "REOPENED"),
    "RESOLVED": ("REOPENED", "ESCALATED"),
    "ESCALATED": ("RESOLVED", "REOPENED"),
    "REOPENED": _ONWARD,
}

handling = Workflow(
    "handling",
    label="Status",
    states=(
        State("RECEIVED", glyph="○", colour="grey"),
        State("ACKNOWLEDGED", glyph="◔", colour="blue"),
        State("INVESTIGATING", glyph="◑", colour="cyan"),
        State(WAITING, glyph="◌", colour="yellow", label="Waiting for client"),
        State("FINAL_RESPONSE", glyph="◕", colour="blue", label="Final response"),
        State("RESOLVED", glyph="✓", colour="green", outcome="won"),
        State("REOPENED", glyph="↺", colour="magenta"),
        State("ESCALATED", glyph="▲", colour="red", label="Escalated"),
    ),
    moves=(
        *(Move(source=a, target=b) for a, ends in _WAYS.items() for b in ends if a != b),
        *(Move(target=state, requires=("owner",)) for state in WORK),
        *(Move(target=s, stamps=("acknowledged_at",)) for s in ("ACKNOWLEDGED", *_ONWARD)),
        Move(
            target="FINAL_RESPONSE",
            requires=("final_response",),
            stamps=("responded_at", "final_at"),
        ),
        Move(target="RESOLVED", stamps=("responded_at", "resolved_at")),
        Move(target="ESCALATED", requires=("third_party",)),
        Move(target="REOPENED", clears=("final_at", "resolved_at")),
    ),
)


@entity(
    "complaint", title="subject", subtitle="complainant", owner="owner", sort="due_at",
    due="due_at", key="i", glyph="▲", place=80, delete_reason=True,
)  # fmt: skip
class Complaint(Record):
    """What a client is not content with, until it is settled."""

    subject: str = text("Subject", search=True, personal=True, shown=True, section="Details")
    complainant: Link | None = ref(
        "Complainant", "client", "contact", default=None, subject=True, shown=True,
        section="Details",
        help="The client, or the contact, who complains.",
    )  # fmt: skip
    matter: str = text(
        "Matter", default="", search=True, index=True, section="Details",
        help="The reference of the matter that it is about.",
    )  # fmt: skip
    status: str = flow(handling, default="RECEIVED", shown=True, section="Details")
    severity: str = choice(
        "Severity", SEVERITIES, default="MEDIUM", shown=True, section="Details",
        help="The deadlines depend on it.",
    )  # fmt: skip
    owner: int | None = ref("Owner", "user", default=None, shown=True, section="Details",
                            help="Who sees to it; needed before work starts.")  # fmt: skip
    category: str = choice("Category", CATEGORIES, default="", index=True, section="Cause")
    service: str = text(
        "Service", default="", search=True, index=True, section="Cause",
        help="The area of work, product or service that is complained of.",
    )  # fmt: skip
    issue: str = text("Issue", default="", search=True, index=True, section="Cause")
    root_cause: str = choice("Root cause", ROOT_CAUSES, default="", index=True, section="Cause")
    channel: str = choice("Channel", CHANNELS, default="", section="Cause")
    details: str = note("What is complained of", search=True, personal=True, section="Text")
    received_at: dt.datetime | None = moment(
        "Received", default=None, index=True, shown=True, section="Deadlines",
        help="Left empty, it is now.",
    )  # fmt: skip
    acknowledged_at: dt.datetime | None = moment(
        "Acknowledged", default=None, follows="received_at", section="Deadlines"
    )
    responded_at: dt.datetime | None = moment(
        "First response", default=None, follows="received_at", section="Deadlines"
    )
    final_at: dt.datetime | None = moment(
        "Final response sent", default=None, follows="received_at", section="Deadlines"
    )
    resolved_at: dt.datetime | None = moment(
        "Resolved", default=None, index=True, follows="received_at", section="Deadlines"
    )
    due_at: dt.datetime | None = moment(
        "Next deadline", default=None, managed=True, index=True, shown=True, section="Deadlines",
        help="Of the clocks that run, the one that runs out first.",
    )  # fmt: skip
    acknowledge_by: dt.datetime | None = moment(
        "Acknowledge by", default=None, managed=True, index=True, section="Deadlines"
    )
    respond_by: dt.datetime | None = moment(
        "Respond by", default=None, managed=True, index=True, section="Deadlines"
    )
    resolve_by: dt.datetime | None = moment(
        "Resolve by", default=None, managed=True, index=True, section="Deadlines"
    )
    reopened_at: dt.datetime | None = moment(
        "Reopened", default=None, managed=True, section="Deadlines"
    )
    waits: tuple[Item, ...] = text(
        "Waited for the client", many=True, managed=True, section="Deadlines",
        help="From and to, UTC; this time does not count.",
    )  # fmt: skip
    breached: tuple[Item, ...] = choice(
        "Breached", CLOCKS, many=True, default=(), managed=True, section="Deadlines",
        help="The deadlines that were missed.",
    )  # fmt: skip
    timely: bool | None = flag(
        "Timely", default=None, section="Outcome", help="Whether it was answered in time, as said."
    )
    disputed: bool | None = flag(
        "Disputed", default=None, section="Outcome", help="Whether the outcome is disputed."
    )
    outcome: str = choice("Outcome", OUTCOMES, default="", section="Outcome")
    remedy: tuple[Item, ...] = choice("Remedy", REMEDIES, many=True, default=(), section="Outcome")
    compensation: Money | None = money("Compensation", default=None, section="Outcome")
    final_response: str = note(
        "Final response", search=True, personal=True, section="Outcome",
        help="The text that is sent.",
    )  # fmt: skip
    third_party: str = text(
        "Third party", default="", search=True, section="Outcome",
        help="The ombudsman, regulator or mediator it was taken to.",
    )  # fmt: skip


def received_by_now(complaint: Complaint, ctx: Context) -> dict[str, str] | None:
    """Refuse a complaint that is received only tomorrow: its deadlines would begin then."""
    at = complaint.received_at
    if at is not None and at > ctx.now + CLOCKS_DIFFER:
        return {"received_at": "that is still to come"}
    return None


def received_now(before: Complaint | None, after: Complaint, ctx: Context) -> dict[str, Any] | None:
    """Fill in when a complaint was received."""
    return {"received_at": ctx.now} if after.received_at is None else None
