"""Consultations for calendar programs: iCalendar files (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crmkit.api import Told

STATUS = {
    "REQUESTED": "TENTATIVE", "BOOKED": "TENTATIVE", "CONFIRMED": "CONFIRMED",
    "HELD": "CONFIRMED", "NO_SHOW": "CONFIRMED", "CANCELLED": "CANCELLED",
}  # fmt: skip


def write(meetings: Iterable[Any], told: Told) -> bytes:
    """Return an iCalendar file with an event for each consultation that has a start."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//crmkit//consultations//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    found = [m for m in meetings if m.starts_at is not None]
    wanted = {("user", m.owner) for m in found if m.owner}
    wanted |= {(m.who.entity, m.who.id) for m in found if m.who}
    names = told.titles(wanted)
    for meeting in found:
        calendar.add_component(_event(meeting, names, told))
    data: bytes = calendar.to_ical()
    return data


def _event(meeting: Any, names: dict[tuple[str, int], str], told: Told) -> Any:
    from icalendar import Event

    event = Event()
    # Stable, so that a calendar that reads the file again changes what it has.
    event.add("uid", f"consultation-{meeting.id}@crmkit")
    event.add("dtstamp", meeting.updated_at or told.now)
    event.add("sequence", max(0, meeting.version - 1))
    event.add("dtstart", meeting.starts_at)
    event.add("dtend", meeting.ends_at or meeting.starts_at)
    whom = names.get((meeting.who.entity, meeting.who.id), "") if meeting.who else ""
    event.add("summary", ": ".join(filter(None, [meeting.title, whom])))
    event.add("status", STATUS.get(meeting.status, "TENTATIVE"))
    if meeting.place:
        event.add("location", meeting.place)
    holder = names.get(("user", meeting.owner), "")
    lines = [f"Held by {holder}" if holder else "", meeting.notes]
    if text := "\n".join(filter(None, lines)):
        event.add("description", text)
    return event
