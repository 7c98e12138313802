"""Consultations in files for calendar programs, read back by a library that reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Component

from crmkit.api import Item, Link
from crmkit.core.session import Session
from tests.core.conftest import Clock, Login

THREE = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATES = ("REQUESTED", "BOOKED", "CONFIRMED", "HELD", "NO_SHOW", "CANCELLED")
SAID = {
    "REQUESTED": "TENTATIVE", "BOOKED": "TENTATIVE", "CONFIRMED": "CONFIRMED",
    "HELD": "CONFIRMED", "NO_SHOW": "CONFIRMED", "CANCELLED": "CANCELLED",
}  # fmt: skip
ODD = 'Ida; Moss, "Möß" \\n\\, 見積り 🙂 ' + "long " * 20 + "end"


def export(session: Session, filter: str = "") -> bytes:
    (form,) = session.model.entity("consultation").exports
    records = session.find("consultation", filter, limit=200, sort="id", export=True).records
    data: bytes = form.write(records, session.told)
    return data


def events(data: bytes) -> list[Component]:
    calendar = Calendar.from_ical(data)
    return [c for c in calendar.subcomponents if c.name in ("VEVENT", "VTODO")]


def add(session: Session, **values: Any) -> Any:
    return session.add("consultation", {"status": "BOOKED", "starts_at": THREE, **values})


def test_a_hundred_consultations_read_back_one_for_one(admin: Session) -> None:
    """Times over two changes of the clock, every state, titles and notes as they were."""
    made = [
        add(
            admin, status=STATES[n % 6], starts_at=THREE + n * timedelta(days=4, hours=1),
            minutes=30 + n, subject=f"{n} {ODD}", place=f"Room {n}; first floor, left",
            notes=f"One\nTwo, {n}\n\nFour", outcome="REFER", reason="ill",
        )
        for n in range(100)
    ]  # fmt: skip
    data = export(admin)
    assert max(len(line) for line in data.split(b"\r\n")) <= 75
    assert data.count(b"\n") == data.count(b"\r\n")
    found = events(data)
    assert [
        (str(e["SUMMARY"]), e.decoded("DTSTART"), e.decoded("DTEND"), str(e["LOCATION"]),
         str(e["STATUS"]))
        for e in found
    ] == [(m.subject, m.starts_at, m.ends_at, m.place, SAID[m.status]) for m in made]  # fmt: skip
    assert all(str(e["DESCRIPTION"]).endswith(m.notes) for e, m in zip(found, made, strict=True))
    assert len({str(e["UID"]) for e in found}) == 100
    assert all(not e.errors for e in Calendar.from_ical(data).walk())


def test_what_changes_keeps_its_uid_and_says_that_it_is_newer(admin: Session, clock: Clock) -> None:
    made = add(admin)
    (before,) = events(export(admin))
    clock.advance(hours=1)
    admin.set("consultation", made.id, {"starts_at": THREE + HOUR})
    (after,) = events(export(admin))
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.decoded("DTSTAMP") == before.decoded("DTSTAMP") + HOUR
    assert export(admin) == export(admin)


def test_a_request_without_a_time_is_a_to_do(admin: Session) -> None:
    """A calendar has no place for it, and nothing is left out."""
    add(admin, status="REQUESTED", starts_at=None, subject="Will")
    (found,) = events(export(admin))
    assert (found.name, str(found["SUMMARY"])) == ("VTODO", "Will")
    assert str(found["STATUS"]) == "NEEDS-ACTION"


@pytest.fixture
def invited(admin: Session) -> Any:
    """A consultation of somebody with an address, with somebody with one."""
    admin.set("user", admin.actor.id, {"email": "ada@firm.example"})
    ida = admin.add(
        "contact", first_name="Ida", last_name='"Q" Moss',
        email=(Item("home@moss.example"), Item("ida@moss.example", primary=True)),
    )  # fmt: skip
    return add(admin, who=Link("contact", ida.id), type="Advice")


def test_who_holds_it_invites_whom_he_meets(admin: Session, invited: Any) -> None:
    (found,) = events(export(admin))
    assert (str(found["ORGANIZER"]), found["ORGANIZER"].params["CN"]) == (
        "mailto:ada@firm.example", "ada",
    )  # fmt: skip
    assert (str(found["ATTENDEE"]), found["ATTENDEE"].params["CN"]) == (
        "mailto:ida@moss.example", "Ida 'Q' Moss",
    )  # fmt: skip
    assert str(found["SUMMARY"]) == 'Advice: Ida "Q" Moss'


def test_addresses_that_may_not_be_exported_stay(
    admin: Session, invited: Any, login: Login
) -> None:
    """Who may not read users has no organizer, and then there are no attendees."""
    boss = login("boss", "crm_manager")
    (found,) = events(export(boss))
    assert "ORGANIZER" not in found
    assert "ATTENDEE" not in found
    assert "ada@" not in str(found["DESCRIPTION"])


def test_control_characters_break_no_line(admin: Session) -> None:
    """Nor does anything that a reader takes for the end of a line."""
    add(admin, subject="A\x85B\u2028C\x0bD\x1cE", notes="x\r\nBEGIN:VALARM\ry", place="\x07")
    data = export(admin)
    (found,) = events(data)
    assert [c.name for c in found.walk()] == ["VEVENT"]
    assert str(found["DESCRIPTION"]).endswith("x\nBEGIN:VALARM\ny")
    assert set(data) & set(range(32)) <= {10, 13}
