"""Consultations: first meetings, with an agenda, and what comes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crmkit.api import (
    Agenda,
    Asked,
    Badge,
    Chart,
    Column,
    Command,
    Export,
    Extension,
    HomeSection,
    Plugin,
    Record,
    Report,
    Role,
    Setting,
    Sheet,
    Table,
    Tag,
    Told,
    hookimpl,
    spoken,
)
from crmkit.plugins.consultations import calendars, commands, consultation

plugin = Plugin(
    "consultations", version="1.0",
    requires=("roles", "prospects", "leads", "contacts", "clients", "actions"),
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
    """The end, no two at once, and actions about consultations."""
    yield Extension(
        "consultation", fills=(consultation.lasting,), checks=(consultation.takes_no_others_time,)
    )
    yield Extension("action", targets={"about": ("consultation",)})


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Booking, confirming, holding, missing, cancelling."""
    yield from commands.COMMANDS


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with consultations."""
    work = ("read", "create", "update", "move", *(c.name for c in commands.COMMANDS))
    yield Role("crm_worker", ("consultation.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, tuple(f"consultation.{verb}" for verb in work))
    yield Role("crm_manager", ("consultation.*",))
    yield Role("contributor", ("consultation.read@own",))


@hookimpl
def crm_exports() -> Iterable[Export]:
    """Files for calendar programs."""
    yield Export("consultation", "ics", calendars.write, label="iCalendar")


def outcomes(asked: Asked) -> Sheet:
    """Return how many consultations there were, how many nobody came to, and what came of them."""
    by = asked.by or "outcome"
    whole = asked.aggregate("consultation", asked.filter, by)
    counts = {
        state: asked.aggregate("consultation", _and(asked.filter, f"status:{state}"), by)
        for state in ("HELD", "NO_SHOW", "CANCELLED")
    }
    went_on = asked.aggregate("consultation", _and(asked.filter, "outcome:LEAD,CLIENT"), by)
    names = asked.labels("consultation", by, whole)
    rows = []
    for key in sorted(whole, key=lambda k: (-whole[k], str(names[k]))):
        held, missed = counts["HELD"].get(key, 0), counts["NO_SHOW"].get(key, 0)
        rows.append({
            by: names[key] or "(none)", "count": whole[key], "held": held, "no_show": missed,
            "cancelled": counts["CANCELLED"].get(key, 0),
            "no_show_rate": _rate(missed, held + missed),
            "went_on": _rate(went_on.get(key, 0), held),
        })  # fmt: skip
    columns = (
        Column(by, asked.field("consultation", by).label),
        Column("count", "Consultations", "count"), Column("held", "Held", "count"),
        Column("no_show", "No-shows", "count"), Column("cancelled", "Cancelled", "count"),
        Column("no_show_rate", "No-show rate", "percent"),
        Column("went_on", "Went on", "percent"),
    )  # fmt: skip
    return Sheet(columns=columns, rows=tuple(rows), chart=Chart(by, ("count",)))


def _rate(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


def _and(filter: str, more: str) -> str:
    return f"({filter}) {more}" if filter.strip() else more


@hookimpl
def crm_reports() -> Iterable[Report]:
    """What consultations lead to."""
    yield Report(
        name="consultations", label="Consultations", run=outcomes, entity="consultation",
        by=("outcome", "status", "owner", "type", "channel"),
        help="Held, missed, cancelled, and how many went on as lead or client.",
    )  # fmt: skip


def _when(meeting: Any, told: Told) -> Tag | None:
    if meeting.status not in consultation.BLOCKING or meeting.starts_at is None:
        return None
    if told.now < meeting.starts_at:
        left = meeting.starts_at - told.now
        return Tag(f"in {spoken(left)}", "warn" if left.total_seconds() < 3600 else "quiet")
    if meeting.ends_at is None or told.now < meeting.ends_at:
        return Tag("now", "good")
    return Tag("outcome?", "bad")


@hookimpl
def crm_views() -> Iterable[Table | HomeSection | Badge | Agenda]:
    """The lists, the agenda, and those of the day."""
    ahead = "status:BOOKED,CONFIRMED"
    yield Table("consultation", "Today", filter=f"{ahead} starts_at:today", sort="starts_at")
    yield Table("consultation", "This week", filter=f'{ahead} starts_at:"this week"')
    yield Table("consultation", "Mine", filter="is:open is:mine", sort="starts_at")
    yield Table("consultation", "Requests", filter="status:REQUESTED", sort="created_at")
    yield Table("consultation", "To be closed", filter=f"{ahead} ends_at<now", sort="starts_at")
    yield Table("consultation", "No-shows", filter="status:NO_SHOW", sort="-starts_at")
    yield Table("consultation", "All", sort="-starts_at")
    yield HomeSection(
        "consultation", "Consultations today", f"{ahead} is:mine starts_at:today",
        sort="starts_at", when="starts_at", order=15,
    )  # fmt: skip
    yield Agenda(
        "consultation", "starts_at", "ends_at", who="owner", label="Agenda",
        filter="status:BOOKED,CONFIRMED,HELD",
    )  # fmt: skip
    yield Badge("consultation", _when)
