"""Stale work: what nobody has touched for too long, and what one does about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from crmkit.api import Extension, Link, State, Tag
from crmkit.core.errors import Denied, Fault, Invalid, Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm

Login = Callable[..., Session]


def lead(session: Session, name: str = "Ann Other", **more: Any) -> int:
    return session.add("lead", {"name": name, "phone": "+442079460000", **more}).id


def deal(session: Session, name: str = "Estate", **more: Any) -> int:
    account = session.add("account", name="Bow & Sons").id
    return session.add("deal", {"name": name, "account": account, **more}).id


def stale(session: Session, entity: str = "lead") -> list[str]:
    """What is stale, as the filter has it; the badges must say the same."""
    found = [r.title for r in session.find(entity, "is:stale")]
    marked = [
        r.title
        for r in session.find(entity, limit=500)
        if any(tag.text.startswith("stale") for tag in session.badges(r))
    ]
    assert sorted(found) == sorted(marked)
    return found


@pytest.mark.parametrize(
    ("state", "days"), [("NOT_CONTACTED", 7), ("CONTACTED", 14), ("QUALIFIED", 30)]
)
def test_a_lead_is_stale_when_nobody_has_touched_it_for_longer_than_its_state_allows(
    admin: Session, clock: Clock, state: str, days: int
) -> None:
    lead(admin, status=state)
    clock.advance(days=days)
    assert stale(admin) == []
    clock.advance(seconds=1)
    assert stale(admin) == ["Ann Other"]


def test_what_is_closed_is_never_stale(admin: Session, clock: Clock) -> None:
    id = lead(admin)
    clock.advance(days=400)
    admin.run("lead.lose", id, {"reason": "No budget"})
    clock.advance(days=400)

    assert stale(admin) == []


def touch(session: Session, id: int, how: str) -> None:
    if how == "log":
        session.run("lead.log", id, {"text": "Left a message"})
    elif how == "complete":
        action = session.run("lead.plan", id, {"due": session.now}).id
        session.run("action.complete", action, {"outcome": "Spoke"})
    elif how == "move":
        session.move("lead", id, "CONTACTED")
    elif how == "edit":
        session.set("lead", id, {"notes": "A new note"})
    elif how == "open":
        session.add("action", subject="Some day", about=Link("lead", id))
    elif how == "late":
        session.run("lead.plan", id, {"due": session.now - timedelta(hours=1)})


@pytest.mark.parametrize(
    ("how", "fresh"),
    [("log", True), ("complete", True), ("move", True), ("edit", False), ("open", False),
     ("late", False)],
)  # fmt: skip
def test_a_touch_is_a_done_action_a_logged_note_or_a_change_of_state_and_no_edit(
    admin: Session, clock: Clock, how: str, fresh: bool
) -> None:
    id = lead(admin)
    clock.advance(days=10)
    touch(admin, id, how)

    assert (stale(admin) == []) is fresh


@pytest.mark.parametrize("how", ["log", "move"])
def test_undoing_a_touch_makes_it_stale_again(admin: Session, clock: Clock, how: str) -> None:
    id = lead(admin)
    clock.advance(days=10)
    touch(admin, id, how)
    clock.advance(minutes=1)
    admin.undo()

    assert stale(admin) == ["Ann Other"]
    assert admin.get("lead", id).moved_at == clock() - timedelta(days=10, minutes=1)


def test_what_was_undone_took_its_time_all_the_same(admin: Session, clock: Clock) -> None:
    id, began = lead(admin), clock()
    clock.advance(days=10)
    admin.move("lead", id, "QUALIFIED")
    clock.advance(days=1)
    admin.undo()

    with admin.store.reader() as reader:
        stays = reader.stays(admin.model.entity("lead"), id)
    assert [(s.state, s.entered - began, s.left and s.left - began) for s in stays] == [
        ("NOT_CONTACTED", timedelta(0), timedelta(days=10)),
        ("QUALIFIED", timedelta(days=10), timedelta(days=11)),
        ("NOT_CONTACTED", timedelta(days=11), None),
    ]


def test_it_is_not_stale_while_something_is_planned(admin: Session, clock: Clock) -> None:
    id = lead(admin)
    clock.advance(days=10)
    action = admin.run("lead.plan", id, {"due": admin.now + timedelta(days=2)})
    assert (action.title, action.kind, stale(admin)) == ("Call: Ann Other", "CALL", [])

    clock.advance(days=2)
    assert stale(admin) == ["Ann Other"]


@pytest.mark.parametrize("how", ["reopen", "later", "elsewhere", "delete"])
def test_what_is_planned_follows_the_actions(admin: Session, clock: Clock, how: str) -> None:
    id, other = lead(admin), lead(admin, "Bea Other")
    clock.advance(days=10)
    due = admin.now + timedelta(days=2)
    action = admin.run("lead.plan", id, {"due": due}).id
    if how == "reopen":
        admin.run("action.complete", action)
        admin.run("action.reopen", action)
        expected = (due, None)
    elif how == "later":
        admin.set("action", action, {"due": due + timedelta(days=1)})
        expected = (due + timedelta(days=1), None)
    elif how == "elsewhere":
        admin.set("action", action, {"about": Link("lead", other)})
        expected = (None, due)
    else:
        admin.delete("action", action)
        expected = (None, None)

    assert tuple(admin.get("lead", i).planned_until for i in (id, other)) == expected  # type: ignore[attr-defined]


def test_snoozing_leaves_it_alone_until_then(admin: Session, clock: Clock) -> None:
    id = lead(admin)
    clock.advance(days=10)
    with pytest.raises(Invalid, match="still to come"):
        admin.run("lead.snooze", id, {"until": admin.now})
    admin.run("lead.snooze", id, {"until": admin.now + timedelta(days=3)})
    assert stale(admin) == []

    clock.advance(days=3)
    assert stale(admin) == ["Ann Other"]


def test_the_mark_says_for_how_long(admin: Session, clock: Clock) -> None:
    record = admin.get("lead", lead(admin))
    clock.advance(days=21)

    assert admin.badges(record) == [Tag("stale 21 d", "warn")]


def test_losing_needs_a_reason_and_an_open_lead(admin: Session) -> None:
    id = lead(admin)
    with pytest.raises(Invalid, match="reason"):
        admin.run("lead.lose", id, {"reason": " "})
    lost = admin.run("lead.lose", id, {"reason": "No budget"})
    assert (lost.status, lost.lost_reason) == ("LOST", "No budget")
    with pytest.raises(Refused, match="does not apply"):
        admin.run("lead.lose", id, {"reason": "No budget"})


def test_deals_go_stale_and_are_worked_through_too(admin: Session, clock: Clock) -> None:
    ids = {name: deal(admin, name) for name in ("call", "later", "lost", "kim's", "left")}
    clock.advance(days=22)
    admin.run("deal.plan", ids["call"], {"due": admin.now + timedelta(days=1)})
    later: Any = admin.run("deal.snooze", ids["later"], {"until": admin.now + timedelta(days=7)})
    lost: Any = admin.run("deal.lose", ids["lost"], {"reason": "Too dear"})
    given: Any = admin.run("deal.assign", ids["kim's"], {"to": admin.actor.id})

    assert stale(admin, "deal") == ["kim's", "left"]
    assert later.subject == "Come back to later"
    assert (lost.stage, given.salesperson) == ("CLOSED_LOST", admin.actor.id)
    assert [a.title for a in admin.find("action", "is:won")] == ["Lost: Too dear"]


def test_a_note_is_a_done_action_found_by_its_words(admin: Session) -> None:
    account = admin.add("account", name="Bow & Sons").id
    text = "Spoke with the board about the lease\nThey want a quotation by Friday."
    noted: Any = admin.run("account.log", account, {"text": text})
    long: Any = admin.run("account.log", account, {"text": "word " * 40, "kind": "CALL"})

    assert (noted.title, noted.kind, noted.status) == (text.splitlines()[0], "NOTE", "DONE")
    assert (noted.outcome, noted.done_at) == (text, admin.now)
    assert (long.outcome, long.kind) == (("word " * 40).strip(), "CALL")
    assert len(long.title) <= 80
    assert [hit.id for hit in admin.search("quotation")] == [noted.id]
    assert admin.get("account", account).last_activity == admin.now  # type: ignore[attr-defined]


@pytest.mark.parametrize("entity", ["contact", "account", "prospect", "lead", "deal", "client"])
def test_whatever_actions_may_be_about_can_be_logged_and_planned(
    admin: Session, entity: str
) -> None:
    assert {"log", "plan"} <= {c.name for c in admin.model.entity(entity).commands}


def test_nothing_is_logged_of_what_is_to_come_or_without_words(admin: Session) -> None:
    id = lead(admin)
    with pytest.raises(Invalid, match="write what happened"):
        admin.run("lead.log", id, {"text": " \n"})
    with pytest.raises(Invalid, match="plan it"):
        admin.run("lead.log", id, {"text": "Spoke", "at": admin.now + timedelta(hours=1)})


def test_a_reader_logs_nothing(login: Login, admin: Session) -> None:
    id = lead(admin, owner=None)
    with pytest.raises(Denied, match=r"action\.create is missing"):
        login("rae", "crm_worker").run("lead.log", id, {"text": "Spoke"})


def test_the_stale_leads_of_my_day_are_mine(login: Login, admin: Session, clock: Clock) -> None:
    kim = login("kim", "crm_supervisor")
    lead(kim, "his")
    lead(admin, "hers")
    clock.advance(days=8)
    section = next(s for s in kim.model.home if s.label == "Stale leads")

    assert [r.title for r in kim.find("lead", section.filter, sort=section.sort)] == ["his"]


def firm(tmp_path: Any, clock: Clock, stale: dict[str, Any], **hooks: Any) -> Session:
    sections = {"stale": stale}
    return firm_crm(f"sqlite:///{tmp_path / 'a.db'}", clock, sections, **hooks).session("ada")


def test_the_firm_says_how_long_each_state_may_rest(tmp_path: Any, clock: Clock) -> None:
    ada = firm(tmp_path, clock, {"lead": {"NOT_CONTACTED": 2, "CONTACTED": 0}})
    lead(ada, "new")
    lead(ada, "known", status="CONTACTED")
    clock.advance(days=3)
    assert stale(ada) == ["new"]
    clock.advance(days=300)
    assert stale(ada) == ["new"]


def test_nothing_is_stale_where_the_firm_wants_it_so(tmp_path: Any, clock: Clock) -> None:
    ada = firm(tmp_path, clock, {"lead": {"NOT_CONTACTED": 0, "CONTACTED": 0, "QUALIFIED": 0}})
    lead(ada)
    clock.advance(days=300)
    assert stale(ada) == []


def test_a_firms_own_state_goes_stale_as_it_declares(tmp_path: Any, clock: Clock) -> None:
    state = State("CREDIT_CHECK", after="CONTACTED", fallback="CONTACTED",
                  rot_after=timedelta(days=3))  # fmt: skip
    ada = firm(tmp_path, clock, {}, crm_extensions=[Extension("lead", states=(state,))])
    lead(ada, status="CREDIT_CHECK")
    clock.advance(days=4)
    assert stale(ada) == ["Ann Other"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (5, r"\[stale\] lead: write the days for each state"),
        ({"CONTACTED": "long"}, "CONTACTED: write a number of days"),
        ({"CONTACTED": -1}, "CONTACTED: write a number of days"),
        ({"LOST": 3}, r"\[stale\] lead: LOST is no open state"),
    ],
)
def test_a_period_that_cannot_be_is_named(
    tmp_path: Any, clock: Clock, given: Any, said: str
) -> None:
    with pytest.raises(Fault, match=said):
        firm(tmp_path, clock, {"lead": given}).count("lead", "is:stale")
