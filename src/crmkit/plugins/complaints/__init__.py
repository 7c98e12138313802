"""Complaints: a workflow apart, with deadlines, so that nothing gets lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from crmkit.api import (
    Badge,
    Command,
    Condition,
    Extension,
    Guard,
    HomeSection,
    Invalid,
    Job,
    Link,
    Panel,
    Plugin,
    Record,
    Report,
    Role,
    Setting,
    Table,
    choice,
    flag,
    hookimpl,
    moment,
    note,
    params,
)
from crmkit.plugins.complaints import complaint, deadlines, figures, regulator

plugin = Plugin(
    "complaints", version="1.0", requires=("roles", "clients", "contacts", "actions"),
    summary="Complaints, tracked through to their resolution",
)  # fmt: skip

WAYS = {"EMAIL": "E-mail", "CALL": "Call", "MEETING": "Meeting", "NOTE": "Note"}


@params
class Message:
    """One message about a complaint."""

    text: str = note("Text", help="What was said or written.")
    way: str = choice("Way", WAYS, default="EMAIL", help="How it was sent.")
    received: bool = flag("Received", default=False, help="It came from the complainant.")
    at: dt.datetime | None = moment("When", default=None, help="Leave it empty for now.")


def message(record: complaint.Complaint, ctx: Any, said: Message) -> Record:
    """Log a message as an action that is done; the first one sent is the first response."""
    if not said.text.strip():
        raise Invalid({"text": "write what was said"})
    at = said.at or ctx.now
    if at > ctx.now:
        raise Invalid({"at": "that is still to come"})
    if record.received_at is not None and at < record.received_at:
        raise Invalid({"at": "that is before the complaint was received"})
    head = said.text.strip().splitlines()[0]
    subject = head if len(head) <= 60 else f"{head[:57]}..."
    mark = "From" if said.received else "To"
    logged: Record = ctx.add(
        "action", subject=f"{mark} complainant: {subject}", kind=said.way, status="DONE",
        done_at=at, about=Link("complaint", record.id), outcome=said.text,
    )  # fmt: skip
    if not said.received:
        _answered(record, ctx, at)
    return logged


def _answered(record: complaint.Complaint, ctx: Any, at: dt.datetime) -> None:
    """Note when the first message was sent; of two, the earlier one counts."""
    known = {name: getattr(record, name) for name in ("acknowledged_at", "responded_at")}
    first = {name: at for name, was in known.items() if was is None or at < was}
    if first:
        with ctx.granted():
            ctx.save(record.evolve(**first))


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The complaint."""
    yield complaint.Complaint


@hookimpl
def crm_settings() -> Iterable[Setting[Any]]:
    """What the firm lists, its deadlines, and its regulator."""
    yield from complaint.LISTS
    yield deadlines.DEADLINES
    yield regulator.SCHEME


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """The clocks, the regulator's demands, and actions about complaints."""
    yield Extension(
        "complaint",
        checks=(complaint.received_by_now,),
        fills=(complaint.received_now, deadlines.watch, regulator.stays_what_it_must),
        guards=(Guard(regulator.says_what_it_must, target="FINAL_RESPONSE"),),
    )  # fmt: skip
    yield Extension("action", targets={"about": ("complaint",)})


@hookimpl
def crm_conditions() -> Iterable[Condition]:
    """Words for filters."""
    yield Condition("complaint", "breached", "breached:any", help="A deadline was missed.")
    yield Condition("complaint", "due_soon", _due_soon, help="A clock runs out within a day.")


def _due_soon(told: Any) -> str:
    return f"is:open due_at<{told.now + dt.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Logging messages."""
    yield Command(
        "message", "complaint", message, label="Log a message", key="x", form=True, params=Message,
        arguments=("text",), grant="update",
        help="Log what was written or said; the first one sent is the first response.",
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with complaints; deleting is for managers, and asks for the reason."""
    yield Role("crm_worker", ("complaint.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, tuple(f"complaint.{v}" for v in ("read", "create", "update", "move")))
    yield Role("crm_manager", ("complaint.*",))
    yield Role("contributor", ("complaint.read@own",))


@hookimpl
def crm_jobs() -> Iterable[Job]:
    """Breaches are facts, whether or not anybody looks."""
    yield Job("complaint_deadlines", deadlines.record_breaches, label="Deadlines that were missed")


@hookimpl
def crm_reports() -> Iterable[Report]:
    """Open, breached and resolved."""
    yield Report(
        name="complaints", label="Complaints", run=figures.complaints, entity="complaint",
        by=figures.DIVISIONS, help="Open, breached, resolved, and how long it took.",
    )  # fmt: skip


@hookimpl
def crm_views() -> Iterable[Table | HomeSection | Badge | Panel]:
    """The lists of complaints, those of the day, the time left, and a client's own."""
    yield Table("complaint", "Open", filter="is:open", sort="due_at")
    yield Table("complaint", "Mine", filter="is:open is:mine", sort="due_at")
    yield Table("complaint", "Due soon", filter="is:due_soon", sort="due_at")
    yield Table("complaint", "Breached", filter="is:breached", sort="-received_at")
    yield Table("complaint", "Unassigned", filter="is:open is:unassigned", sort="received_at")
    yield Table("complaint", "Resolved", filter="is:won", sort="-resolved_at")
    yield Table("complaint", "All", sort="-received_at")
    yield HomeSection(
        "complaint", "Complaints near a deadline", "is:due_soon is:mine", sort="due_at",
        when="due_at", style="red", order=25,
    )  # fmt: skip
    yield HomeSection(
        "complaint", "Complaints without an owner", "is:open is:unassigned", sort="received_at",
        when="received_at", order=45,
    )  # fmt: skip
    yield Badge("complaint", deadlines.badge)
    yield Panel("client", "Complaints", figures.of_client)
