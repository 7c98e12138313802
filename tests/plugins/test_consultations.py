"""Consultations: booked without overlap, held with what follows, missed, and in calendars."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmkit.api import Link
from crmkit.core.crm import Crm
from crmkit.core.errors import Denied, Detour, Invalid, Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock, Login

THREE = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def prospect(admin: Session) -> Any:
    return admin.add("prospect", name="Ida Moss", phone="+442079460000")


def booked(session: Session, starts: datetime = THREE, **more: Any) -> Any:
    values = {"type": "First meeting", "status": "BOOKED", "starts_at": starts}
    return session.add("consultation", values | more)


def test_a_request_is_booked_confirmed_and_held(admin: Session, prospect: Any) -> None:
    """Its length is the usual one, unless it is said; the outcome is asked for."""
    made = admin.add("consultation", who=Link("prospect", prospect.id))
    with pytest.raises(Invalid, match="starts_at"):
        admin.run("consultation.book", made.id)
    found = admin.run("consultation.book", made.id, {"starts_at": THREE})
    assert (found.status, found.minutes, found.ends_at) == ("BOOKED", 60, THREE + HOUR)
    admin.run("consultation.confirm", made.id)
    with pytest.raises(Detour):
        admin.move("consultation", made.id, "HELD")
    with pytest.raises(Invalid, match="outcome"):
        admin.run("consultation.hold", made.id)
    held = admin.run("consultation.hold", made.id, {"outcome": "DECLINE", "result": "No case."})
    assert (held.status, held.outcome, held.result) == ("HELD", "DECLINE", "No case.")
    with pytest.raises(Refused):
        admin.run("consultation.cancel", made.id, {"reason": "x"})


@pytest.mark.parametrize(
    ("starts", "minutes", "clash"),
    [
        (THREE, 60, True), (THREE + HOUR / 2, 60, True), (THREE - HOUR / 2, 31, True),
        (THREE - HOUR, 180, True), (THREE + HOUR / 4, 5, True),
        (THREE + HOUR, 60, False), (THREE - HOUR, 60, False),
    ],
)  # fmt: skip
def test_nobody_is_booked_twice_at_once(
    admin: Session, starts: datetime, minutes: int, clash: bool
) -> None:
    """The other one is named; back to back is well, and so is somebody else's."""
    first = booked(admin)
    other = admin.add("user", name="kim")
    booked(admin, starts, minutes=minutes, owner=other.id)
    if not clash:
        booked(admin, starts, minutes=minutes)
        return
    with pytest.raises(Invalid, match=f"ada has consultation {first.id}, First meeting, "
                                      "2026-11-24 15:00 to 16:00"):  # fmt: skip
        booked(admin, starts, minutes=minutes)
    admin.run("consultation.cancel", first.id, {"reason": "ill"})
    booked(admin, starts, minutes=minutes)


def test_of_two_bookings_at_the_same_moment_one_wins(crm: Crm, admin: Session) -> None:
    """Two writers that cannot see each other are let in one after the other."""
    start = threading.Barrier(2)
    lost: list[str] = []

    def book() -> None:
        session = crm.session("ada", "test")
        start.wait()
        try:
            booked(session)
        except Invalid as error:
            lost.append(str(error))

    threads = [threading.Thread(target=book) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (admin.count("consultation"), len(lost)) == (1, 1)


def test_it_goes_on_as_a_lead_in_one_commit(admin: Session, prospect: Any) -> None:
    """The lead and the follow-up come of it; undo takes all of it back."""
    made = booked(admin, who=Link("prospect", prospect.id))
    held = admin.run(
        "consultation.hold", made.id,
        {"outcome": "LEAD", "result": "A will.", "follow_up": "Send terms"},
    )  # fmt: skip
    (lead,) = admin.find("lead").records
    assert (lead.title, lead.phone, held.who) == (  # type: ignore[attr-defined]
        "Ida Moss", "+442079460000", Link("lead", lead.id),
    )  # fmt: skip
    assert [a.about for a in admin.find("action")] == [Link("lead", lead.id)]  # type: ignore[attr-defined]
    assert admin.undo().left == []
    assert admin.count("lead") == admin.count("action") == 0
    assert admin.get("consultation", made.id).who == Link("prospect", prospect.id)  # type: ignore[attr-defined]


@pytest.mark.parametrize("entity", ["lead", "prospect", "contact"])
def test_it_goes_on_as_a_client(admin: Session, prospect: Any, entity: str) -> None:
    """A lead by its conversion; others become the client themselves."""
    made = {
        "lead": lambda: admin.add("lead", name="Ida Moss", phone="+442079460000"),
        "prospect": lambda: prospect,
        "contact": lambda: admin.add("contact", first_name="Ida", last_name="Moss"),
    }[entity]()
    meeting = booked(admin, who=Link(entity, made.id))
    held = admin.run("consultation.hold", meeting.id, {"outcome": "CLIENT"})
    (client,) = admin.find("client").records
    assert held.who == Link("client", client.id)
    assert client.title == "Ida Moss"
    if entity == "lead":
        assert admin.get("lead", made.id).status == "CONVERTED"  # type: ignore[attr-defined]


def test_when_nobody_came_a_call_is_planned_unless_declined(admin: Session, prospect: Any) -> None:
    """The proposal stands in the form; emptied, nothing follows."""
    made = booked(admin, who=Link("prospect", prospect.id))
    values, _ = admin.propose("consultation.no_show", made.id)
    assert values == {"follow_up": "Call: nobody came to the consultation"}
    admin.run("consultation.no_show", made.id)
    (action,) = admin.find("action").records
    assert action.about == Link("prospect", prospect.id)  # type: ignore[attr-defined]
    other = booked(admin, THREE + 2 * HOUR)
    admin.run("consultation.no_show", other.id, {"follow_up": ""})
    assert admin.count("action") == 1


def test_the_badge_tells_the_time(admin: Session, clock: Clock) -> None:
    """Before, in the last hour, during, and when the outcome is missing."""
    made = booked(admin, clock.now + 2 * HOUR)
    found = []
    for hours in (0, 1.5, 1, 1):
        clock.advance(hours=hours)
        (tag,) = admin.badges(admin.get("consultation", made.id))
        found.append((tag.text, tag.tone))
    assert found == [("in 2 h", "quiet"), ("in 30 min", "warn"), ("now", "good"),
                     ("outcome?", "bad")]  # fmt: skip


def test_a_hundred_consultations_read_back_from_a_calendar_file(admin: Session) -> None:
    """One for one: times, titles with commas and line ends, state, and an id that stays."""
    from icalendar import Calendar

    titles = [f"Meeting {n}; with, commas\\ and ünïcode {'long ' * 20}" for n in range(100)]
    made = [
        booked(admin, THREE + 2 * n * HOUR, subject=title, place="Room 1, first floor",
               notes="One\nTwo")
        for n, title in enumerate(titles)
    ]  # fmt: skip
    admin.run("consultation.cancel", made[0].id, {"reason": "ill"})
    (export,) = admin.model.entity("consultation").exports
    records = admin.find("consultation", limit=200, sort="id").records
    data = export.write(records, admin.told)
    assert max(map(len, data.split(b"\r\n"))) <= 75
    events = Calendar.from_ical(data).walk("VEVENT")
    assert [str(e["UID"]) for e in events] == [f"consultation-{m.id}@crmkit" for m in made]
    assert [str(e["SUMMARY"]) for e in events] == [t.strip() for t in titles]
    assert [e.decoded("DTSTART") for e in events] == [m.starts_at for m in made]
    assert [e.decoded("DTEND") for e in events] == [m.ends_at for m in made]
    assert {str(e["LOCATION"]) for e in events} == {"Room 1, first floor"}
    assert [str(e["STATUS"]) for e in events[:2]] == ["CANCELLED", "TENTATIVE"]
    assert "Two" in str(events[5]["DESCRIPTION"])


def test_what_one_may_not_see_has_no_consultations(
    admin: Session, login: Login, prospect: Any
) -> None:
    """Another's lead hides its consultation; one without anybody is there; a guest sees none."""
    lead = admin.add("lead", name="Secret", phone="+442079460000")
    booked(admin, who=Link("lead", lead.id))
    booked(admin, THREE + HOUR)
    sue = login("sue", "crm_supervisor")
    assert [m.who for m in sue.find("consultation")] == [None]  # type: ignore[attr-defined]
    with pytest.raises(Denied):
        login("gus", "guest").count("consultation")
    with pytest.raises(Denied):
        login("kim", "crm_worker").add("consultation", type="Advice")


def test_the_report_counts_what_came_of_them(admin: Session) -> None:
    """No-show rate of those that should have been, and how many went on."""
    for n, (outcome, missed) in enumerate(
        (("LEAD", False), ("DECLINE", False), ("", True), ("", True))
    ):
        made = booked(admin, THREE + n * HOUR)
        if missed:
            admin.run("consultation.no_show", made.id, {"follow_up": ""})
        else:
            admin.run("consultation.hold", made.id, {"outcome": outcome})
    (row,) = admin.report("consultations", by="owner").rows
    assert (row["count"], row["held"], row["no_show"]) == (4, 2, 2)
    assert (row["no_show_rate"], row["went_on"]) == (50.0, 50.0)
