"""Consultations as a file for calendar programs: iCalendar, RFC 5545, by the icalendar library."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import NAMESPACE_OID, uuid5

from attrs import frozen

from crmkit.api import Link, Told
from crmkit.plugins.consultations import parties
from crmkit.plugins.consultations.consultation import CHANNELS, FEES, OUTCOMES

if TYPE_CHECKING:
    from icalendar import Component, vCalAddress

PRODUCT = "-//crmkit//Consultations//EN"
STATUS = {
    "REQUESTED": "TENTATIVE", "BOOKED": "TENTATIVE", "CONFIRMED": "CONFIRMED",
    "HELD": "CONFIRMED", "NO_SHOW": "CONFIRMED", "CANCELLED": "CANCELLED",
}  # fmt: skip
_UNPRINTABLE = dict.fromkeys((*range(32), 127, *range(128, 160))) | {
    9: " ", 10: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n",
}  # fmt: skip
"""What RFC 5545 has no place for in text, or what readers take for the end of a line."""


@frozen
class Reached:
    """How somebody is called, and where he gets mail (empty where that is not known)."""

    name: str
    email: str = ""


def write(records: Iterable[Any], told: Told) -> bytes:
    """Return one calendar: an event for each consultation with a time, a to-do for the others.

    Times are UTC. UIDs follow from the record alone, so that a program that reads the file again
    replaces what it has.
    """
    from icalendar import Calendar

    found = list(records)
    people = _people(found, told)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for record in found:
        calendar.add_component(_component(record, people, told))
    return bytes(calendar.to_ical())


def uid(record: Any) -> str:
    """Return what names the consultation for all calendar programs, for ever."""
    return f"{uuid5(NAMESPACE_OID, f'crmkit consultation {record.id} {record.created_at}')}@crmkit"


def _component(record: Any, people: dict[Link, Reached], told: Told) -> Component:
    from icalendar import Event, Todo

    holder = people.get(Link("user", record.owner or 0))
    party = people.get(record.who) if record.who else None
    timed = record.starts_at is not None
    made: Component = Event() if timed else Todo()
    made.add("uid", uid(record))
    times = {
        "dtstamp": record.updated_at, "created": record.created_at,
        "last-modified": record.updated_at, "dtstart": record.starts_at, "dtend": record.ends_at,
    }  # fmt: skip
    for name, at in times.items():
        if at is not None:
            made.add(name, at.astimezone(UTC).replace(microsecond=0))
    made.add("sequence", max(0, record.version - 1))
    if timed:
        made.add("status", STATUS.get(record.status, "TENTATIVE"))
        free = record.status in ("NO_SHOW", "CANCELLED")
        made.add("transp", "TRANSPARENT" if free else "OPAQUE")
    else:
        made.add("status", "CANCELLED" if record.status == "CANCELLED" else "NEEDS-ACTION")
    with_whom = party.name if party else ""
    made.add("summary", _clean(": ".join(filter(None, [record.title, with_whom]))))
    if where := _clean(record.place or CHANNELS.get(record.channel, "")):
        made.add("location", where)
    made.add("description", _clean(_described(record, party, holder, told)))
    if record.type:
        made.add("categories", [_clean(record.type)])
    _invite(made, party, holder)
    return made


def _described(record: Any, party: Reached | None, holder: Reached | None, told: Told) -> str:
    """Return what a calendar shows of a consultation besides its time and place."""
    state = told.entity("consultation").flow_field().flow.state(record.status)
    fee = f"{record.fee} " if record.fee else ""
    lines = {
        "With": _named(party),
        "Held by": holder.name if holder else "",
        "Status": state.label if state else record.status,
        "Channel": CHANNELS.get(record.channel, ""),
        "Fee": f"{fee}{FEES.get(record.fee_status, '')}".strip(),
        "Outcome": OUTCOMES.get(record.outcome, ""),
        "Cancelled because": record.reason,
    }
    text = "\n".join(f"{label}: {value}" for label, value in lines.items() if value)
    notes = "\n\n".join(t for t in (record.notes.strip(), record.result.strip()) if t)
    return f"{text}\n\n{notes}" if notes else text


def _named(who: Reached | None) -> str:
    if who is None:
        return ""
    return f"{who.name} <{who.email}>" if who.email else who.name


def _invite(made: Component, party: Reached | None, holder: Reached | None) -> None:
    """Name organizer and attendee; RFC 5545 has no attendees where there is no organizer."""
    if holder is None or not holder.email:
        return
    made.add("organizer", _address(holder))
    if party is not None and party.email:
        attendee = _address(party)
        attendee.params["ROLE"] = "REQ-PARTICIPANT"
        attendee.params["RSVP"] = "FALSE"
        made.add("attendee", attendee)


def _address(who: Reached) -> vCalAddress:
    from icalendar import vCalAddress

    address = vCalAddress(f"mailto:{quote(who.email, safe='@+')}")
    address.params["CN"] = _clean(who.name).replace("\n", " ").replace('"', "'")
    return address


def _people(records: list[Any], told: Told) -> dict[Link, Reached]:
    """Return all who are named, with the addresses that the actor may read."""
    links = {r.who for r in records if r.who} | {Link("user", r.owner) for r in records if r.owner}
    titles = told.titles((link.entity, link.id) for link in links)
    found = {link: Reached(titles[link.entity, link.id]) for link in links}
    for entity in {link.entity for link in links}:
        ids = [link.id for link in links if link.entity == entity]
        for person in told.records(entity, ids):
            link = Link(entity, person.id)
            found[link] = Reached(found[link].name, parties.first(person.email))
    return found


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNPRINTABLE).strip()
