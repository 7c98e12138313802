"""Completed actions set the last activity of their target, and of that target's account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from crmkit.core.fields import Item
from crmkit.core.kinds.refs import Link
from crmkit.core.session import Session

EARLY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATE = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)


@pytest.fixture
def account(admin: Session) -> int:
    """An account."""
    return admin.add("account", {"name": "Hale Ltd"}).id


@pytest.fixture
def client(admin: Session, account: int) -> int:
    """A client whose account it is."""
    return admin.add("client", {"name": "Hale", "account": account}).id


def touched(session: Session, entity: str, id: int) -> datetime | None:
    """Return a record's last activity."""
    found: datetime | None = session.get(entity, id).last_activity  # type: ignore[attr-defined]
    return found


def plan(session: Session, entity: str, id: int, **more: Any) -> int:
    """Add an open action about a record."""
    return session.add("action", {"subject": "Call", "about": Link(entity, id), **more}).id


def complete(session: Session, action: int, at: datetime | None = None) -> None:
    """Complete an action, now or at a time that has passed."""
    session.run("action.complete", action, {"outcome": "Spoke", **({"done_at": at} if at else {})})


def member(session: Session, entity: str, account: int, client: int) -> int:
    """Add a record that belongs to an account."""
    values: dict[str, dict[str, Any]] = {
        "contact": {"last_name": "Ngo", "account": (Item(account, "director"),)},
        "prospect": {"name": "Ngo", "account": account},
        "client": {"name": "Ngo", "account": account},
        "deal": {"name": "Lease", "account": account},
        "lead": {"name": "Ngo", "phone": "+442079460000", "client": client},
    }
    return session.add(entity, values[entity]).id


def test_an_open_action_is_no_touch(admin: Session, account: int) -> None:
    plan(admin, "account", account)

    assert touched(admin, "account", account) is None


def test_a_completed_action_touches_its_account(admin: Session, account: int) -> None:
    complete(admin, plan(admin, "account", account))

    assert touched(admin, "account", account) == admin.now


@pytest.mark.parametrize("entity", ["contact", "prospect", "client", "deal", "lead"])
def test_a_completed_action_touches_target_and_account(
    admin: Session, account: int, client: int, entity: str
) -> None:
    target = member(admin, entity, account, client)

    complete(admin, plan(admin, entity, target), LATE)

    assert touched(admin, entity, target) == LATE
    assert touched(admin, "account", account) == LATE


def test_a_deal_without_account_touches_the_account_of_its_client(
    admin: Session, account: int, client: int
) -> None:
    deal = admin.add("deal", {"name": "Lease", "client": client}).id

    complete(admin, plan(admin, "deal", deal), LATE)

    assert touched(admin, "account", account) == LATE


def test_a_contact_touches_every_account_that_it_belongs_to(admin: Session, account: int) -> None:
    other = admin.add("account", {"name": "Ito KK"}).id
    contact = admin.add(
        "contact", {"last_name": "Ngo", "account": (Item(account), Item(other))}
    ).id  # fmt: skip

    complete(admin, plan(admin, "contact", contact), LATE)

    assert [touched(admin, "account", id) for id in (account, other)] == [LATE, LATE]


def test_moving_the_card_to_done_is_a_touch_too(admin: Session, account: int) -> None:
    action = plan(admin, "account", account)

    admin.move("action", action, "DONE")

    assert touched(admin, "account", account) == admin.now


def test_an_action_that_is_added_as_done_is_a_touch(admin: Session, account: int) -> None:
    plan(admin, "account", account, status="DONE", done_at=EARLY)

    assert touched(admin, "account", account) == EARLY


def test_the_latest_touch_counts(admin: Session, account: int) -> None:
    complete(admin, plan(admin, "account", account), LATE)
    complete(admin, plan(admin, "account", account), EARLY)

    assert touched(admin, "account", account) == LATE


def test_reopening_takes_the_touch_back(admin: Session, account: int, client: int) -> None:
    contact = member(admin, "contact", account, client)
    complete(admin, plan(admin, "contact", contact), EARLY)
    late = plan(admin, "contact", contact)
    complete(admin, late, LATE)

    admin.run("action.reopen", late, {})

    assert touched(admin, "contact", contact) == EARLY
    assert touched(admin, "account", account) == EARLY


def test_undoing_a_completion_takes_the_touch_back(admin: Session, account: int) -> None:
    complete(admin, plan(admin, "account", account), LATE)

    admin.undo()

    assert touched(admin, "account", account) is None


def test_undoing_a_reopening_brings_the_same_touch_back(admin: Session, account: int) -> None:
    action = plan(admin, "account", account)
    complete(admin, action, EARLY)
    admin.run("action.reopen", action, {})

    admin.undo()

    assert touched(admin, "account", account) == EARLY


def test_deleting_an_action_takes_the_touch_back(admin: Session, account: int, client: int) -> None:
    deal = member(admin, "deal", account, client)
    action = plan(admin, "deal", deal)
    complete(admin, action, LATE)

    admin.delete("action", action)
    gone = touched(admin, "deal", deal), touched(admin, "account", account)
    admin.restore("action", action)

    assert gone == (None, None)
    assert touched(admin, "deal", deal) == LATE
    assert touched(admin, "account", account) == LATE


def test_an_action_that_turns_out_to_be_about_another_takes_its_touch_along(
    admin: Session, account: int, client: int
) -> None:
    action = plan(admin, "account", account)
    complete(admin, action, LATE)

    admin.set("action", action, {"about": Link("client", client)})
    admin.set("client", client, {"account": None})

    assert touched(admin, "client", client) == LATE
    assert touched(admin, "account", account) is None


@pytest.mark.parametrize("entity", ["contact", "prospect", "client", "deal"])
def test_a_record_that_changes_accounts_takes_its_touches_along(
    admin: Session, account: int, client: int, entity: str
) -> None:
    other = admin.add("account", {"name": "Ito KK"}).id
    target = member(admin, entity, account, client)
    complete(admin, plan(admin, entity, target), LATE)

    admin.set(entity, target, {"account": (Item(other),) if entity == "contact" else other})

    assert touched(admin, "account", account) is None
    assert touched(admin, "account", other) == LATE


def test_the_time_of_completion_is_filled_in_and_cleared(admin: Session, account: int) -> None:
    action = plan(admin, "account", account)

    done = admin.move("action", action, "DONE")
    opened = admin.move("action", action, "OPEN")

    assert done.done_at == admin.now  # type: ignore[attr-defined]
    assert opened.done_at is None  # type: ignore[attr-defined]
