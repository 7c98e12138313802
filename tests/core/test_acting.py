"""A session acts as its user is now: switched off, with other roles, in another team."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmkit.core.acting import CHANGED
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.errors import Denied, NotFound
from crmkit.core.fields import Item
from crmkit.core.session import Session
from crmkit.sql.store import open_store

Login = Callable[..., Session]
LEAD = {"name": "Ann Other", "email": "ann@example.com"}


@pytest.fixture
def eve(login: Login) -> Session:
    return login("eve", "crm_manager")


def test_who_was_switched_off_saves_nothing_in_a_session_that_is_open(
    eve: Session, admin: Session
) -> None:
    lead = eve.add("lead", LEAD)
    admin.set("user", eve.actor.id, {"active": False})
    with pytest.raises(Denied, match="the user eve is switched off"):
        eve.save(lead.evolve(company="Mine Ltd"))
    assert admin.get("lead", lead.id).version == 1
    with pytest.raises(Denied, match="the user eve is switched off"):
        eve.renew()
    admin.set("user", eve.actor.id, {"active": True})
    assert eve.save(lead.evolve(company="Mine Ltd")).version == 2


def test_who_was_deleted_saves_nothing_in_a_session_that_is_open(
    eve: Session, admin: Session
) -> None:
    admin.delete("user", eve.actor.id)
    with pytest.raises(NotFound, match="the user eve was deleted"):
        eve.add("lead", LEAD)


def test_whose_roles_were_taken_away_may_no_more_in_a_session_that_is_open(
    eve: Session, admin: Session
) -> None:
    lead = eve.add("lead", LEAD)
    admin.set("user", eve.actor.id, {"roles": (Item("guest"),)})
    with pytest.raises(Denied, match=r"lead\.create"):
        eve.add("lead", LEAD)
    with pytest.raises(Denied, match=r"lead\.read"):
        eve.get("lead", lead.id)
    admin.set("user", eve.actor.id, {"roles": (Item("crm_manager"),)})
    assert eve.renew()
    assert not eve.renew()
    assert eve.get("lead", lead.id).name == "Ann Other"


def test_whoever_is_promoted_may_more_at_his_next_save(login: Login, admin: Session) -> None:
    gus = login("gus", "guest")
    admin.set("user", gus.actor.id, {"roles": (Item("crm_manager"),)})
    assert gus.add("lead", LEAD).owner == gus.actor.id


def test_another_process_switches_somebody_off(crm: Crm, eve: Session) -> None:
    other = open_store(crm.store.url, crm.model)
    Crm(crm.model, other, crm.config, crm.clock).session(SYSTEM).set(
        "user", eve.actor.id, {"active": False}
    )
    other.close()
    with pytest.raises(Denied, match="switched off"):
        eve.add("lead", LEAD)


def test_who_comes_into_the_team_is_a_mate_at_once(login: Login, admin: Session) -> None:
    eve, kim = login("eve", "crm_manager", team="north"), login("kim", "staff")
    assert kim.actor.id not in eve.actor.team
    admin.set("user", kim.actor.id, {"team": "north"})
    assert eve.renew()
    assert kim.actor.id in eve.actor.team


def test_a_user_changed_in_a_long_transaction_is_looked_at_anew(
    eve: Session, admin: Session
) -> None:
    with admin.transaction() as unit:
        unit.set("user", eve.actor.id, {"active": False})
        unit.flush()
        unit.add("lead", **LEAD)
    with pytest.raises(Denied, match="switched off"):
        eve.add("lead", LEAD)


def test_what_changes_no_user_leaves_the_actor_as_he_is(eve: Session, crm: Crm) -> None:
    with crm.store.reader() as reader:
        mark = reader.meta(CHANGED)
    rights = eve.rights
    eve.add("lead", LEAD)
    eve.add("lead", LEAD)
    assert eve.rights is rights
    with crm.store.reader() as reader:
        assert reader.meta(CHANGED) == mark


def test_a_note_kept_within_a_transaction_is_read_there(crm: Crm) -> None:
    with crm.store.writer() as writer:
        writer.set_meta(CHANGED, "one")
        assert writer.meta(CHANGED) == "one"
        with pytest.raises(ZeroDivisionError), writer.savepoint():
            writer.set_meta(CHANGED, "two")
            raise ZeroDivisionError
        assert writer.meta(CHANGED) == "one"
