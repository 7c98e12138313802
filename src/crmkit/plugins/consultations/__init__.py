"""Consultations: first meetings, with an agenda, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crmkit.api import (
    Agenda,
    Badge,
    Command,
    Export,
    Extension,
    HomeSection,
    Plugin,
    Record,
    Report,
    Role,
    Setting,
    Table,
    Tag,
    Told,
    hookimpl,
    spoken,
)
from crmkit.plugins.consultations import calendars, commands, consultation, figures, overlaps

plugin = Plugin(
    "consultations", version="1.0",
    requires=(
        "roles", "prospects", "leads", "contacts", "clients", "conversion", "actions",
    ),
    summary="First meetings and their outcome",
)  # fmt: skip


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The consultation."""
    yield consultation.Consultation


@hookimpl
def crm_settings() -> Iterable[Setting[Any]]:
    """The types of appointment, and the usual length."""
    yield consultation.TYPES
    yield consultation.LENGTH


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """What is worked out; actions about consultations, and clients that come of one."""
    yield Extension(
        "consultation", fills=(consultation.work_out,), checks=(overlaps.nobody_is_booked_twice,),
        reactions=(overlaps.not_restored_onto_another,),
    )  # fmt: skip
    yield Extension("action", targets={"about": ("consultation",)})
    yield Extension("client", targets={"origin": ("consultation",)})


@hookimpl
def crm_commands() -> Iterable[Command]:
    """The way of a consultation, a command a step."""
    yield from commands.COMMANDS


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with consultations."""
    work = ("read", "create", "update", "move", *(c.name for c in commands.COMMANDS))
    yield Role("crm_worker", ("consultation.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, tuple(f"consultation.{verb}" for verb in work))
    yield Role("crm_manager", ("consultation.*", "report.consultations"))
    yield Role("contributor", ("consultation.read@own",))


@hookimpl
def crm_exports() -> Iterable[Export]:
    """Files for calendar programs."""
    yield Export("consultation", "ics", calendars.write, label="iCalendar")


@hookimpl
def crm_reports() -> Iterable[Report]:
    """What consultations lead to."""
    yield Report(
        name="consultations", label="Consultations", run=figures.consultations,
        entity="consultation", by=figures.DIVISIONS,
        help="Held, missed, cancelled, and how many went on as lead or client.",
    )  # fmt: skip


def _when(meeting: Any, told: Told) -> Tag | None:
    if meeting.status not in overlaps.BOOKED or meeting.starts_at is None:
        return None
    if told.now < meeting.starts_at:
        left = meeting.starts_at - told.now
        if left.days:
            return None
        return Tag(f"in {spoken(left)}", "warn" if left.total_seconds() < 3600 else "quiet")
    if meeting.ends_at is None or told.now < meeting.ends_at:
        return Tag("now", "good")
    return Tag("outcome?", "bad")


@hookimpl
def crm_views() -> Iterable[Table | HomeSection | Badge | Agenda]:
    """The lists, the agenda, and those of the day."""
    ahead = f"status:{','.join(overlaps.BOOKED)}"
    yield Table("consultation", "Today", filter=f"{ahead} starts_at:today", sort="starts_at")
    yield Table("consultation", "This week", filter=f'{ahead} starts_at:"this week"',
                sort="starts_at")  # fmt: skip
    yield Table("consultation", "Mine", filter="is:open is:mine", sort="starts_at")
    yield Table("consultation", "Requests", filter="status:REQUESTED", sort="created_at")
    yield Table("consultation", "To be closed", filter=f"{ahead} ends_at<now", sort="starts_at")
    yield Table(
        "consultation", "Past", filter="starts_at<now", sort="-starts_at",
        columns=("who", "starts_at", "status", "outcome", "owner", "type"),
    )  # fmt: skip
    yield Table(
        "consultation", "No-shows", filter="no_shows>0", sort="-starts_at",
        columns=("who", "starts_at", "status", "no_shows", "owner", "type"),
    )  # fmt: skip
    yield Table("consultation", "All", sort="-starts_at")
    yield HomeSection(
        "consultation", "Consultations today", f"{ahead} is:mine starts_at:today",
        sort="starts_at", when="starts_at", order=15,
    )  # fmt: skip
    yield HomeSection(
        "consultation", "Consultations without an outcome", f"{ahead} is:mine ends_at<now",
        sort="starts_at", when="starts_at", style="red", order=22,
    )  # fmt: skip
    yield Agenda(
        "consultation", "starts_at", "ends_at", who="owner", label="Agenda",
        filter="status:BOOKED,CONFIRMED,HELD",
    )  # fmt: skip
    yield Badge("consultation", _when)
