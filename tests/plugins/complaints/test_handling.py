"""The way of a complaint, who may go it, and what it leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crmkit.api import Link, Money
from crmkit.core.errors import Denied, Invalid, Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock, Login


@pytest.fixture
def made(admin: Session) -> Any:
    client = admin.add("client", name="Ash plc")
    return admin.add("complaint", subject="Slow", complainant=Link("client", client.id))


def test_a_complaint_goes_its_way_to_the_resolution(
    admin: Session, made: Any, clock: Clock
) -> None:
    """Each step stamps what it means; undo takes one back."""
    assert (made.status, made.received_at, made.owner) == ("RECEIVED", clock.now, admin.actor.id)
    for state in ("ACKNOWLEDGED", "INVESTIGATING", "WAITING_FOR_CLIENT", "INVESTIGATING"):
        clock.advance(hours=1)
        admin.move("complaint", made.id, state)
    clock.advance(hours=1)
    admin.move("complaint", made.id, "FINAL_RESPONSE", {"final_response": "We are sorry."})
    done: Any = admin.move(
        "complaint", made.id, "RESOLVED",
        {"remedy": (), "compensation": Money(10_000, "GBP")},
    )  # fmt: skip
    assert (done.acknowledged_at - made.received_at).total_seconds() == 3600
    assert done.responded_at == done.resolved_at == clock.now
    assert len(done.waits) == 1
    admin.undo()
    assert admin.get("complaint", made.id).status == "FINAL_RESPONSE"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("state", "error", "said"),
    [
        ("REOPENED", Refused, "cannot go from RECEIVED"),
        ("FINAL_RESPONSE", Refused, "cannot go from RECEIVED"),
        ("ESCALATED", Refused, "cannot go from RECEIVED"),
        ("NOWHERE", Invalid, "NOWHERE"),
    ],
)
def test_only_its_own_ways_are_open(
    admin: Session, made: Any, state: str, error: type[Exception], said: str
) -> None:
    """The refusal says where it can go."""
    with pytest.raises(error, match=said):
        admin.move("complaint", made.id, state)


def test_work_starts_with_an_owner_and_ends_with_what_is_needed(admin: Session, made: Any) -> None:
    """No owner, no work; no text, no final response; no third party, no escalation."""
    admin.set("complaint", made.id, {"owner": None})
    with pytest.raises(Invalid, match="owner"):
        admin.move("complaint", made.id, "INVESTIGATING")
    admin.set("complaint", made.id, {"owner": admin.actor.id})
    admin.move("complaint", made.id, "INVESTIGATING")
    with pytest.raises(Invalid, match="final_response"):
        admin.move("complaint", made.id, "FINAL_RESPONSE")
    with pytest.raises(Invalid, match="third_party"):
        admin.move("complaint", made.id, "ESCALATED")


def test_messages_are_logged_and_the_first_one_sent_is_the_response(
    admin: Session, made: Any, clock: Clock
) -> None:
    """One received answers nothing."""
    admin.run("complaint.message", made.id, {"text": "Where is it?", "received": True})
    assert admin.get("complaint", made.id).responded_at is None  # type: ignore[attr-defined]
    clock.advance(hours=1)
    admin.run("complaint.message", made.id, {"text": "On its way.\nSorry."})
    assert admin.get("complaint", made.id).responded_at == clock.now  # type: ignore[attr-defined]
    found: Any = admin.find("action", f"about:complaint:{made.id}", sort="id").records
    assert [a.subject for a in found] == [
        "From complainant: Where is it?", "To complainant: On its way.",
    ]  # fmt: skip
    assert {a.status for a in found} == {"DONE"}
    with pytest.raises(Invalid, match="write what was said"):
        admin.run("complaint.message", made.id, {"text": " "})


def test_a_complaint_is_deleted_by_a_manager_with_a_reason_only(
    admin: Session, login: Login, made: Any
) -> None:
    """A supervisor may not; a manager says why."""
    with pytest.raises(Denied, match=r"complaint\.delete"):
        login("sue", "crm_supervisor").delete("complaint", made.id, reason="Twice")
    boss = login("max", "crm_manager")
    with pytest.raises(Invalid, match="say why"):
        boss.delete("complaint", made.id)
    boss.delete("complaint", made.id, reason="Entered twice")
    assert "Entered twice" in boss.log(limit=1)[0].label


def test_dates_out_of_order_are_refused_in_forms(admin: Session, made: Any) -> None:
    """Nothing is resolved before it came."""
    values = admin.parse("complaint", {"resolved_at": "2026-11-01"})
    with pytest.raises(Invalid, match="before received"):
        admin.set("complaint", made.id, values)


def test_each_role_may_do_with_complaints_what_it_should(login: Login, made: Any) -> None:
    """A worker reads, a contributor sees his own, a guest nothing."""
    assert login("kim", "crm_worker").count("complaint") == 1
    with pytest.raises(Denied):
        login("kim").add("complaint", subject="x")
    assert login("con", "contributor").count("complaint") == 0
    for role in ("guest", "manager"):
        with pytest.raises(Denied):
            login(role, role).count("complaint")
    assert login("sue", "crm_supervisor").add("complaint", subject="x").id


def test_a_complaint_is_not_received_tomorrow(admin: Session, clock: Clock) -> None:
    """Its deadlines would begin then; another machine's clock may be some minutes ahead."""
    with pytest.raises(Invalid, match="still to come"):
        admin.add("complaint", subject="Slow", received_at=clock.now + timedelta(hours=1))
    assert admin.add("complaint", subject="Slow", received_at=clock.now + timedelta(minutes=2))
