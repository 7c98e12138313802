"""The clocks of a complaint: what they count, when they stop, and what is missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crmkit.core.crm import Crm
from crmkit.core.errors import Fault, Invalid
from crmkit.core.session import Session
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, firm_host


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def tag(session: Session, id: int) -> tuple[str, str]:
    (found,) = session.badges(session.get("complaint", id))
    return found.text, found.tone


def test_deadlines_count_business_hours_by_severity(admin: Session) -> None:
    """Monday nine o'clock, nine to five: hours and days of work."""
    made: Any = admin.add("complaint", subject="Slow", severity="CRITICAL")
    assert made.acknowledge_by == at("2026-11-23 13:00")
    assert made.respond_by == at("2026-11-23 17:00")
    assert made.resolve_by == at("2026-12-04 17:00")
    mild: Any = admin.set("complaint", made.id, {"severity": "LOW"})
    assert mild.resolve_by == at("2027-01-18 09:00")


def test_a_complaint_of_sunday_is_due_on_monday(admin: Session) -> None:
    """Sunday 16:00 and four business hours is Monday 13:00."""
    made: Any = admin.add(
        "complaint", subject="Slow", severity="CRITICAL", received_at=at("2026-11-22 16:00")
    )
    assert made.acknowledge_by == at("2026-11-23 13:00")


def test_waiting_for_the_client_stops_the_clocks(admin: Session, clock: Clock) -> None:
    """From Friday four o'clock to Monday ten: two hours of work do not count."""
    clock.now = at("2026-11-27 15:00")
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    admin.move("complaint", made.id, "INVESTIGATING")
    clock.now = at("2026-11-27 16:00")
    admin.move("complaint", made.id, "WAITING_FOR_CLIENT")
    assert tag(admin, made.id) == ("clock stopped", "quiet")
    clock.now = at("2026-11-30 10:00")
    back: Any = admin.move("complaint", made.id, "INVESTIGATING")
    assert back.respond_by == at("2026-11-30 17:00")
    clock.now = at("2026-11-30 14:59")
    assert tag(admin, made.id) == ("respond in 2 h 1 min", "quiet")
    clock.now = at("2026-11-30 15:00")
    assert tag(admin, made.id) == ("respond in 2 h", "warn")


def test_the_time_left_is_amber_in_its_last_quarter_and_red_when_over(
    admin: Session, clock: Clock
) -> None:
    """The badge says it in words as well."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    assert tag(admin, made.id) == ("acknowledge in 4 h", "quiet")
    clock.advance(hours=3)
    assert tag(admin, made.id) == ("acknowledge in 1 h", "warn")
    clock.advance(hours=2)
    assert tag(admin, made.id) == ("acknowledge 1 h over", "bad")


def test_time_left_is_said_in_business_days_where_those_are_counted(admin: Session) -> None:
    """Sixteen hours of work are two days, not sixteen hours of the clock."""
    made = admin.add("complaint", subject="Slow", severity="MEDIUM")
    assert tag(admin, made.id) == ("acknowledge in 2 business days", "quiet")


def test_a_missed_deadline_is_a_fact_in_the_journal(crm: Crm, admin: Session, clock: Clock) -> None:
    """By the step that comes late, or by the job where nobody takes one; it stays."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    other = admin.add("complaint", subject="Slower", severity="CRITICAL")
    assert crm.tick()[0] == []
    clock.advance(hours=5)
    late: Any = admin.move("complaint", made.id, "ACKNOWLEDGED")
    assert [i.value for i in late.breached] == ["ACKNOWLEDGE"]
    assert crm.tick() == (["1 missed deadline of complaints"], [])
    assert crm.tick() == ([], [])
    (entry, *_) = admin.history("complaint", other.id)
    assert (entry.commit.via, list(entry.change.after)) == ("tick", ["breached"])
    assert admin.count("complaint", "is:breached") == 2
    admin.set("complaint", made.id, {"severity": "LOW"})
    assert admin.count("complaint", "is:breached") == 2
    admin.add("complaint", subject="Slowest", severity="CRITICAL")
    clock.advance(days=2)
    assert crm.tick() == (["3 missed deadlines of complaints"], [])


def test_who_comes_to_wait_too_late_has_missed_the_deadline(admin: Session, clock: Clock) -> None:
    """The clock ran out before it stopped; it stays over while the client is waited for."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    admin.move("complaint", made.id, "ACKNOWLEDGED")
    clock.advance(days=1, hours=1)
    late: Any = admin.move("complaint", made.id, "WAITING_FOR_CLIENT")
    assert (late.respond_by, [i.value for i in late.breached]) == (
        at("2026-11-23 17:00"), ["RESPOND"],
    )  # fmt: skip
    assert tag(admin, made.id) == ("respond 17 h over", "bad")


def test_a_clock_that_stops_at_its_last_moment_has_stopped(
    crm: Crm, admin: Session, clock: Clock
) -> None:
    """A moment later it would have been too late."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    admin.move("complaint", made.id, "ACKNOWLEDGED")
    clock.now = at("2026-11-23 17:00")
    admin.move("complaint", made.id, "WAITING_FOR_CLIENT")
    clock.advance(hours=1)
    assert crm.tick() == ([], [])
    assert tag(admin, made.id) == ("clock stopped", "quiet")


def test_nothing_is_missed_while_the_client_is_waited_for(
    crm: Crm, admin: Session, clock: Clock
) -> None:
    """A clock that stands still has no deadline, until it goes on."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    stopped: Any = admin.move("complaint", made.id, "ACKNOWLEDGED")
    stopped = admin.move("complaint", made.id, "WAITING_FOR_CLIENT")
    assert (stopped.respond_by, stopped.resolve_by) == (None, None)
    assert stopped.acknowledge_by == at("2026-11-23 13:00")
    clock.advance(days=70)
    assert crm.tick() == ([], [])
    assert admin.count("complaint", "is:overdue or is:due_soon or is:breached") == 0
    again: Any = admin.move("complaint", made.id, "INVESTIGATING")
    assert (again.respond_by, again.breached) == (at("2027-02-01 17:00"), ())


def test_a_final_response_stops_the_clock_of_the_resolution(
    crm: Crm, admin: Session, clock: Clock
) -> None:
    """Then it is for the client to say whether that will do; sent late, it is a breach."""
    for moment in ("2026-12-04 17:00", "2026-12-04 17:01"):
        clock.now = at("2026-11-23 09:00")
        made = admin.add("complaint", subject=moment, severity="CRITICAL")
        admin.move("complaint", made.id, "INVESTIGATING")
        admin.run("complaint.message", made.id, {"text": "We look into it."})
        clock.now = at(moment)
        admin.move("complaint", made.id, "FINAL_RESPONSE", {"final_response": "Sorry."})
    clock.advance(days=90)
    assert crm.tick() == ([], [])
    admin.move("complaint", made.id, "RESOLVED")
    assert [c.title for c in admin.find("complaint", "is:breached")] == ["2026-12-04 17:01"]
    assert admin.badges(admin.find("complaint", "-is:breached").records[0]) == []


def test_a_message_logged_later_counts_from_when_it_was_sent(admin: Session, clock: Clock) -> None:
    """It was in time; it cannot have been sent before the complaint came, or tomorrow."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    clock.advance(days=3)
    sent = {"text": "We have it.", "at": at("2026-11-23 11:00")}
    admin.run("complaint.message", made.id, sent)
    found: Any = admin.get("complaint", made.id)
    assert (found.responded_at, found.breached) == (at("2026-11-23 11:00"), ())
    admin.run("complaint.message", made.id, sent | {"at": at("2026-11-23 10:00")})
    admin.run("complaint.message", made.id, sent | {"at": at("2026-11-23 12:00")})
    found = admin.get("complaint", made.id)
    assert found.acknowledged_at == found.responded_at == at("2026-11-23 10:00")
    for wrong in ("2026-11-23 08:00", "2026-11-27 09:00"):
        with pytest.raises(Invalid, match="that is"):
            admin.run("complaint.message", made.id, {"text": "x", "at": at(wrong)})


def test_what_is_due_soon_is_found(admin: Session, clock: Clock) -> None:
    """Within a day, and not while the client is waited for."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    admin.add("complaint", subject="Mild", severity="LOW")
    assert [c.title for c in admin.find("complaint", "is:due_soon")] == ["Slow"]
    admin.move("complaint", made.id, "INVESTIGATING")
    admin.move("complaint", made.id, "WAITING_FOR_CLIENT")
    assert admin.count("complaint", "is:due_soon") == 0


def test_a_complaint_that_is_added_further_on_has_stopped_its_clocks(
    admin: Session, clock: Clock
) -> None:
    """As if it had been moved there; what comes too late is a breach at once."""
    made: Any = admin.add("complaint", subject="Slow", severity="LOW", status="INVESTIGATING")
    assert (made.acknowledged_at, made.due_at) == (clock.now, made.respond_by)
    old = at("2026-01-05 09:00")
    over: Any = admin.add("complaint", subject="Old", status="RESOLVED", received_at=old)
    assert (over.resolved_at, over.due_at) == (clock.now, None)
    assert len(over.breached) == 3


def test_a_deadline_that_was_kept_stays_kept(admin: Session, clock: Clock) -> None:
    """Graver now, it has less time for what is still to be done; but when it came may be wrong."""
    made = admin.add("complaint", subject="Slow", severity="LOW")
    clock.advance(hours=6)
    admin.move("complaint", made.id, "ACKNOWLEDGED")
    grave: Any = admin.set("complaint", made.id, {"severity": "CRITICAL"})
    assert (grave.acknowledge_by, grave.breached) == (at("2026-11-25 17:00"), ())
    assert grave.respond_by == at("2026-11-23 17:00")
    admin.set("complaint", made.id, {"severity": "HIGH"})
    admin.move("complaint", made.id, "WAITING_FOR_CLIENT")
    clock.advance(days=3)
    older: Any = admin.set("complaint", made.id, {"received_at": at("2026-11-23 08:00")})
    assert older.acknowledge_by == at("2026-11-23 17:00")
    oldest: Any = admin.set("complaint", made.id, {"received_at": at("2026-11-20 15:00")})
    assert (oldest.acknowledge_by, oldest.breached) == (at("2026-11-23 15:00"), ())


def test_the_next_deadline_is_that_of_the_clock_that_runs_out_first(
    admin: Session, clock: Clock
) -> None:
    """Lists are in its order, and what is overdue is so by it; none is left in the end."""
    made: Any = admin.add("complaint", subject="Slow", severity="CRITICAL")
    assert made.due_at == made.acknowledge_by
    made = admin.move("complaint", made.id, "ACKNOWLEDGED")
    assert made.due_at == made.respond_by
    clock.advance(days=1)
    admin.add("complaint", subject="New", severity="MEDIUM")
    assert [c.title for c in admin.find("complaint")] == ["Slow", "New"]
    assert [c.title for c in admin.find("complaint", "is:overdue")] == ["Slow"]
    admin.run("complaint.message", made.id, {"text": "We look into it."})
    assert [c.title for c in admin.find("complaint")] == ["New", "Slow"]
    done: Any = admin.move("complaint", made.id, "RESOLVED")
    assert done.due_at is None
    admin.undo()
    again: Any = admin.get("complaint", made.id)
    assert again.due_at == again.resolve_by


def test_a_reopened_complaint_is_resolved_anew(admin: Session, clock: Clock) -> None:
    """The resolution's clock starts again."""
    made = admin.add("complaint", subject="Slow", severity="CRITICAL")
    admin.move("complaint", made.id, "RESOLVED")
    clock.now = at("2027-01-04 09:00")
    again: Any = admin.move("complaint", made.id, "REOPENED")
    assert again.resolved_at is None
    assert again.resolve_by == at("2027-01-15 17:00")
    admin.move("complaint", made.id, "FINAL_RESPONSE", {"final_response": "Sorry."})
    once_more: Any = admin.move("complaint", made.id, "REOPENED")
    assert (once_more.final_at, once_more.due_at) == (None, again.resolve_by)


def test_the_firm_sets_its_own_deadlines_and_hours(database_url: str, clock: Clock) -> None:
    """A setting for one clock leaves the others as they are."""
    sections = {"complaints": {"deadlines": {"HIGH": {"acknowledge": "24h"}}}}
    crm = firm_crm(database_url, clock, sections)
    made: Any = crm.session("ada").add("complaint", subject="Slow", severity="HIGH")
    assert made.acknowledge_by == at("2026-11-24 09:00")
    assert made.respond_by == at("2026-11-25 17:00")
    crm.store.close()


@pytest.mark.parametrize(
    ("deadlines", "said"),
    [
        ({"HUGE": {}}, "HUGE is no severity"),
        ({"HIGH": {"answer": "1d"}}, "answer is not acknowledge"),
        ({"HIGH": {"resolve": "soon"}}, "'soon' is no span"),
        (5, "write a section"),
    ],
)
def test_deadlines_that_cannot_be_are_named(deadlines: Any, said: str) -> None:
    """One clear line with the section."""
    with pytest.raises(Fault, match=said):
        firm_host({"complaints": {"deadlines": deadlines}})
