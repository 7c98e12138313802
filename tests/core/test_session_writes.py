"""Writing through a session: values, versions, moves, deletion and commands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crmkit.core.crm import Crm
from crmkit.core.errors import Conflict, Denied, Invalid, NotFound, Refused
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.session import Session


def lead(session: Session, name: str = "Ann Other", **values: object) -> int:
    return session.add("lead", {"name": name, "email": "ann@example.com", **values}).id


def test_a_record_comes_back_as_it_was_saved(admin: Session) -> None:
    id = lead(admin, company="Bow & Sons", phone="020 7946 0018", notes="one\ntwo")
    found = admin.get("lead", id)
    assert (found.title, found.company, found.notes) == ("Ann Other", "Bow & Sons", "one\ntwo")
    assert found.version == 1
    assert found.created_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert found.created_by == admin.actor.id


def test_whoever_adds_a_record_owns_it(admin: Session) -> None:
    assert admin.get("lead", lead(admin)).owner == admin.actor.id
    assert admin.get("lead", lead(admin, owner=None)).owner is None


def test_every_wrong_value_is_named_at_once(admin: Session) -> None:
    with pytest.raises(Invalid) as caught:
        admin.add("lead", {"email": "nonsense", "source": "Carrier pigeon"})
    assert {"email", "source"} <= caught.value.problems.keys()


def test_a_missing_required_value_is_named(admin: Session) -> None:
    with pytest.raises(Invalid) as caught:
        admin.add("lead", {"email": "ann@example.com", "name": "   "})
    assert caught.value.problems == {"name": "fill it in"}


def test_an_entity_check_says_what_is_missing(admin: Session) -> None:
    with pytest.raises(Invalid, match="phone"):
        admin.add("lead", {"name": "Nobody can reach me"})


def test_an_unknown_field_gets_a_suggestion(admin: Session) -> None:
    with pytest.raises(Invalid, match="did you mean company"):
        admin.set("lead", lead(admin), {"compny": "x"})


def test_saving_a_changed_copy_makes_the_next_version(admin: Session) -> None:
    read = admin.get("lead", lead(admin))
    saved = admin.save(read.evolve(company="New Ltd"))
    assert (saved.version, admin.get("lead", read.id).company) == (2, "New Ltd")


def test_saving_nothing_new_makes_no_version(admin: Session) -> None:
    read = admin.get("lead", lead(admin))
    admin.save(read.evolve(company=read.company))
    assert admin.get("lead", read.id).version == 1
    assert len(admin.history("lead", read.id)) == 1


def test_the_second_to_save_gets_mine_theirs_and_base(admin: Session) -> None:
    read = admin.get("lead", lead(admin, company="Base"))
    admin.save(read.evolve(company="Theirs"))
    with pytest.raises(Conflict) as caught:
        admin.save(read.evolve(company="Mine"))
    conflict = caught.value
    assert conflict.base["company"] == "Base"
    assert conflict.theirs["company"] == "Theirs"
    assert conflict.mine["company"] == "Mine"
    assert admin.get("lead", read.id).company == "Theirs"


def test_a_version_alone_is_enough_to_tell_base_from_theirs(admin: Session) -> None:
    id = lead(admin, company="Base")
    admin.set("lead", id, {"company": "Theirs"})
    admin.set("lead", id, {"notes": "also theirs"})
    with pytest.raises(Conflict) as caught:
        admin.set("lead", id, {"company": "Mine"}, version=1)
    assert caught.value.base["company"] == "Base"
    assert caught.value.theirs["notes"] == "also theirs"


def test_a_state_is_moved_not_set(admin: Session) -> None:
    id = lead(admin)
    with pytest.raises(Refused, match="move"):
        admin.set("lead", id, {"status": "QUALIFIED"})
    assert admin.move("lead", id, "QUALIFIED").status == "QUALIFIED"


def test_a_move_asks_for_the_fields_that_the_state_requires(admin: Session) -> None:
    id = lead(admin)
    with pytest.raises(Invalid) as caught:
        admin.move("lead", id, "LOST")
    assert caught.value.problems.keys() == {"lost_reason"}
    assert admin.get("lead", id).status == "NOT_CONTACTED"
    moved = admin.move("lead", id, "LOST", {"lost_reason": "Went elsewhere"})
    assert (moved.status, moved.lost_reason) == ("LOST", "Went elsewhere")


def test_a_move_to_no_state_names_what_is_near(admin: Session) -> None:
    with pytest.raises(Invalid, match="did you mean QUALIFIED"):
        admin.move("lead", lead(admin), "QUALIFED")


def test_time_in_each_state_is_recorded(admin: Session, crm: Crm, clock) -> None:
    id = lead(admin)
    clock.advance(days=2)
    admin.move("lead", id, "CONTACTED")
    clock.advance(days=3)
    admin.move("lead", id, "QUALIFIED")
    with crm.store.reader() as reader:
        stays = reader.stays(crm.model.entity("lead"), id)
    assert [s.state for s in stays] == ["NOT_CONTACTED", "CONTACTED", "QUALIFIED"]
    assert [(s.left - s.entered).days for s in stays if s.left] == [2, 3]


def test_deleting_hides_and_restoring_brings_back(admin: Session) -> None:
    id = lead(admin)
    admin.delete("lead", id)
    with pytest.raises(NotFound):
        admin.get("lead", id)
    assert admin.count("lead") == 0
    assert admin.search("ann") == []
    assert [r.id for r in admin.find("lead", deleted=True)] == [id]
    admin.restore("lead", id)
    assert admin.get("lead", id).title == "Ann Other"
    assert [h.id for h in admin.search("ann", entities=["lead"])] == [id]


def test_a_reference_must_point_at_something(admin: Session) -> None:
    with pytest.raises(Invalid, match="there is no client 99"):
        lead(admin, client=99)


def test_a_command_runs_in_one_commit(admin: Session) -> None:
    about = Link("lead", lead(admin))
    action = admin.add("action", {"subject": "Ring back", "about": about}).id
    admin.run("action.complete", action, {"outcome": "Will sign on Friday"})
    done = admin.get("action", action)
    assert (done.status, done.outcome) == ("DONE", "Will sign on Friday")
    assert len(admin.history("action", action)) >= 1
    assert admin.log(limit=1)[0].label.startswith("Complete")


def test_a_completed_action_touches_its_lead(admin: Session, clock) -> None:
    id = lead(admin)
    action = admin.add("action", {"subject": "Ring", "about": Link("lead", id)}).id
    clock.advance(hours=3)
    admin.run("action.complete", action, {"outcome": "ok"})
    assert admin.get("lead", id).last_activity == clock.now
    admin.run("action.reopen", action)
    assert admin.get("lead", id).last_activity is None


def test_revenue_of_an_account_is_derived_from_its_won_deals(admin: Session) -> None:
    account = admin.add("account", {"name": "ACME"}).id
    deal = admin.add(
        "deal", {"name": "Lease", "account": account, "value": Money(500_000, "GBP")}
    ).id
    assert admin.get("account", account).total_revenue in (None, Money(0, "GBP"))
    admin.move("deal", deal, "CLOSED_WON")
    assert admin.get("account", account).total_revenue == Money(500_000, "GBP")
    admin.undo()
    assert admin.get("account", account).total_revenue in (None, Money(0, "GBP"))


def test_derived_fields_are_not_typed(admin: Session) -> None:
    account = admin.add("account", {"name": "ACME"}).id
    with pytest.raises(Invalid, match="filled in by the program"):
        admin.set("account", account, {"total_revenue": Money(1, "GBP")})


def test_a_transaction_that_fails_leaves_nothing(admin: Session) -> None:
    with pytest.raises(Invalid), admin.transaction("Two leads") as unit:
        unit.add("lead", name="First", email="first@example.com")
        unit.add("lead", name="Second")
    assert admin.count("lead") == 0
    assert [c.label for c in admin.log() if c.label == "Two leads"] == []


def test_a_reader_is_refused_with_the_missing_grant(login, admin: Session) -> None:
    id = admin.add("account", {"name": "ACME"}).id
    with pytest.raises(Denied, match=r"account\.update") as caught:
        login("wim", "crm_worker").set("account", id, {"name": "Mine"})
    assert caught.value.grant == "account.update"
