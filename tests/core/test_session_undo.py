"""Undo: what it puts back, what it leaves, and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmkit.core.errors import NotFound, Refused
from crmkit.core.session import Session


def account(session: Session, **values: object) -> int:
    return session.add("account", {"name": "ACME", **values}).id


def test_undo_of_a_change_puts_the_old_value_back(admin: Session) -> None:
    id = account(admin, industry="Law")
    admin.set("account", id, {"industry": "Retail"})
    done = admin.undo()
    assert (admin.get("account", id).industry, done.count, done.left) == ("Law", 1, [])


def test_undo_goes_further_back_each_time(admin: Session) -> None:
    id = account(admin, industry="One")
    admin.set("account", id, {"industry": "Two"})
    admin.set("account", id, {"industry": "Three"})
    admin.undo()
    admin.undo()
    assert admin.get("account", id).industry == "One"


def test_undo_of_an_undo_does_it_again(admin: Session) -> None:
    id = account(admin, industry="One")
    admin.set("account", id, {"industry": "Two"})
    undone = admin.undo()
    assert undone.commit is not None
    admin.undo(undone.commit.id)
    assert admin.get("account", id).industry == "Two"


def test_undo_of_a_move_moves_back(admin: Session) -> None:
    id = admin.add("lead", {"name": "Ann", "email": "ann@example.com"}).id
    admin.move("lead", id, "QUALIFIED")
    admin.undo()
    assert admin.get("lead", id).status == "NOT_CONTACTED"
    columns = {c.state.code: c.count for c in admin.board("lead")}
    assert (columns["NOT_CONTACTED"], columns["QUALIFIED"]) == (1, 0)


def test_undo_of_a_new_record_takes_it_away(admin: Session) -> None:
    id = account(admin)
    admin.undo()
    with pytest.raises(NotFound):
        admin.get("account", id)


def test_undo_of_a_deletion_restores(admin: Session) -> None:
    id = account(admin)
    admin.delete("account", id)
    admin.undo()
    assert admin.get("account", id).title == "ACME"


def test_what_changed_since_is_left_and_named(admin: Session) -> None:
    id = account(admin, industry="One")
    admin.set("account", id, {"industry": "Two", "notes": "new"})
    target = admin.log(limit=1)[0].id
    admin.set("account", id, {"industry": "Three"})
    done = admin.undo(target)
    found = admin.get("account", id)
    assert (found.industry, found.notes) == ("Three", "")
    assert done.left == ["Account ACME: Industry changed since"]


def test_a_new_record_that_was_changed_since_stays(admin: Session) -> None:
    id = account(admin)
    target = admin.log(limit=1)[0].id
    admin.set("account", id, {"notes": "worth keeping"})
    with pytest.raises(Refused, match="Notes changed since"):
        admin.undo(target)
    assert admin.get("account", id).notes == "worth keeping"


def test_a_new_record_that_others_point_at_stays(admin: Session) -> None:
    id = account(admin)
    target = admin.log(limit=1)[0].id
    admin.add("account", {"name": "Daughter", "parent": id})
    with pytest.raises(Refused, match="Daughter needs it"):
        admin.undo(target)


def test_what_cannot_be_undone_names_the_one_before_it(
    admin: Session, login: Callable[..., Session]
) -> None:
    boss = login("boss", "crm_manager")
    account(admin)
    older = admin.log(limit=1)[0].id
    id = account(admin)
    boss.set("account", id, {"notes": "worth keeping"})
    with pytest.raises(Refused, match=f"Notes changed since; undo {older} takes back the one"):
        admin.undo()
    assert admin.undo(older).count == 1


def test_one_commit_of_many_records_is_undone_whole(admin: Session) -> None:
    with admin.transaction("Mother and daughter") as unit:
        mother = unit.add("account", name="Mother")
        unit.add("account", name="Daughter", parent=mother.id)
    done = admin.undo()
    assert (admin.count("account"), done.count) == (0, 2)


def test_with_nothing_to_undo_it_says_so(admin: Session) -> None:
    with pytest.raises(NotFound, match="nothing of yours"):
        admin.undo()


def test_another_users_commit_is_not_mine_to_undo_without_the_journal(
    admin: Session, login
) -> None:
    account(admin)
    commit = admin.log(limit=1)[0].id
    with pytest.raises(NotFound):
        login("wim", "crm_supervisor").undo(commit)
