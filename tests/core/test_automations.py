"""What follows from what happens: triggers, conditions, effects, and what stops them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from crmkit.api import (
    Automation,
    Condition,
    Created,
    Do,
    Effect,
    Moved,
    NotFound,
    Older,
    Reached,
    Refused,
    Switch,
    Updated,
)
from crmkit.core.crm import Crm
from crmkit.core.fields import Item
from crmkit.core.following import all_suspended, suspended
from crmkit.core.rehearsal import rehearse
from crmkit.core.session import Session
from crmkit.core.waking import wake
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, firm_host

CALL = Do("action", kind="call", subject="Ring {title}", due="+1d")
Firm = Callable[..., Session]


def broken(record: Any, ctx: Any, said: Any) -> None:
    ctx.set("lead", record.id, {"notes": "half done"})
    raise ZeroDivisionError("broken")


@pytest.fixture
def firm(database_url: str, clock: Clock) -> Iterator[Firm]:
    """Return a maker of an admin's session in a firm with automations."""
    made: list[Crm] = []

    def make(*automations: Automation | Switch, **hooks: Any) -> Session:
        made.append(firm_crm(database_url, clock, crm_automations=automations, **hooks))
        return made[0].session("ada")

    yield make
    for crm in made:
        crm.store.close()


def tick(session: Session, clock: Clock) -> tuple[list[str], list[str]]:
    return Crm(session.model, session.store, clock=clock).tick()


def lead(session: Session, **values: Any) -> Any:
    return session.add("lead", {"name": "Zoë", "email": "zoe@example.com", **values})


def subjects(session: Session) -> list[str]:
    return [a.subject for a in session.find("action", sort="id")]  # type: ignore[attr-defined]


def test_a_new_record_that_the_filter_finds_brings_an_action(firm: Firm) -> None:
    session = firm(Automation("ring", "lead", Created(), (CALL,), where="source:Website"))
    lead(session, source="Event")
    assert subjects(session) == []
    made = lead(session, source="Website", name="Bo", email="bo@example.com")
    (action,) = session.find("action").records
    assert action.subject == "Ring Bo"  # type: ignore[attr-defined]
    assert action.about.id == made.id  # type: ignore[attr-defined]
    assert action.owner == made.owner  # type: ignore[attr-defined]


def test_each_run_is_a_commit_of_its_own_under_the_automations_name(firm: Firm) -> None:
    session = firm(Automation("ring", "lead", Created(), (CALL,)))
    lead(session)
    newest, before = session.log(limit=2)
    assert newest.actor_name == "automation ring"
    assert newest.via == "automation"
    assert newest.label == "Automation ring: Zoë"
    assert before.actor_name == "ada"


def test_undo_takes_back_ones_own_and_leaves_what_the_automation_did(firm: Firm) -> None:
    session = firm(Automation("mark", "lead", Moved("CONTACTED"), (Do("set", notes="Rung"),)))
    one = lead(session)
    session.move("lead", one.id, "CONTACTED")
    assert session.get("lead", one.id).notes == "Rung"  # type: ignore[attr-defined]
    session.undo()
    after: Any = session.get("lead", one.id)
    assert (after.status, after.notes) == ("NOT_CONTACTED", "Rung")


def test_only_a_change_of_the_named_field_counts(firm: Firm) -> None:
    session = firm(Automation("seen", "lead", Updated("company"), (CALL,)))
    one = lead(session)
    session.set("lead", one.id, {"notes": "No matter"})
    assert subjects(session) == []
    session.set("lead", one.id, {"company": "Acme"})
    assert subjects(session) == ["Ring Zoë"]


def test_only_the_move_to_and_from_the_named_states_counts(firm: Firm) -> None:
    session = firm(Automation("q", "lead", Moved("QUALIFIED", "CONTACTED"), (CALL,)))
    one = lead(session)
    session.move("lead", one.id, "QUALIFIED")
    assert subjects(session) == []
    session.move("lead", one.id, "CONTACTED")
    session.move("lead", one.id, "QUALIFIED")
    assert subjects(session) == ["Ring Zoë"]


def test_effects_set_assign_move_create_and_give_commands(firm: Firm) -> None:
    does = (
        Do("set", company="{name} Ltd", status="CONTACTED"),
        Do("assign", to="ada"),
        Do("create", record="prospect", name="{title}", notes="From {entity} {id}"),
        Do("command", name="log", text="Looked at"),
    )
    session = firm(Automation("all", "lead", Updated("source"), does))
    one = lead(session, owner=None)
    session.set("lead", one.id, {"source": "Event"})
    after: Any = session.get("lead", one.id)
    assert (after.company, after.status, after.owner) == ("Zoë Ltd", "CONTACTED", session.actor.id)
    (made,) = session.find("prospect").records
    assert (made.name, made.notes) == ("Zoë", f"From lead {one.id}")  # type: ignore[attr-defined]
    assert subjects(session) == ["Looked at"]


def test_what_an_automation_made_is_named_where_it_keeps_what_triggered_it(firm: Firm) -> None:
    session = firm(Automation("ring", "lead", Created(), (CALL,)))
    lead(session)
    made, added, *_ = session.log()
    with pytest.raises(Refused) as refused:
        session.undo()
    first = f"needs it; undo {made.id} first, which made that: Automation ring: Zoë"
    assert str(refused.value).endswith(first)
    session.undo(made.id)
    assert session.undo().undid.id == added.id
    assert session.count("lead") == 0


def test_one_that_fails_undoes_its_own_and_lets_the_save_stand(firm: Firm) -> None:
    effects = (Effect("broken", broken),)
    session = firm(Automation("bad", "lead", Created(), (CALL, Do("broken"))), crm_effects=effects)
    one = lead(session)
    assert session.get("lead", one.id).notes == ""  # type: ignore[attr-defined]
    assert subjects(session) == []
    (run,) = session.find("automation_run").records
    said = f"effect broken of plugin acme failed: ZeroDivisionError: broken ({__file__}:"
    assert (run.outcome, run.told[: len(said)]) == ("failed", said)  # type: ignore[attr-defined]
    assert session.store.verify() == []


def test_one_whose_filter_fails_is_told_of_and_lets_the_save_stand(firm: Firm) -> None:
    odd = Condition("lead", "odd", lambda told: 1 / 0)  # type: ignore[arg-type, return-value]
    ways = (
        Automation("now", "lead", Created(), (CALL,), where="is:odd"),
        Automation("later", "lead", Older("NOT_CONTACTED", "1d"), (CALL,), where="is:odd"),
    )
    session = firm(*ways, crm_conditions=(odd,))
    one = lead(session)
    assert session.get("lead", one.id).version == 1
    (run,) = session.find("automation_run", "automation=now").records
    assert "is:odd of plugin acme failed" in run.told  # type: ignore[attr-defined]
    assert wake(session)[1] == []  # it begins
    (said,) = wake(session)[1]
    assert said.startswith("automation later failed: is:odd of plugin acme failed")


def test_one_that_failed_three_times_is_left_alone_until_it_is_resumed(
    firm: Firm, caplog: pytest.LogCaptureFixture
) -> None:
    session = firm(
        Automation("bad", "lead", Created(), (Do("broken"),)),
        crm_effects=(Effect("broken", broken),),
    )
    for n in range(5):
        lead(session, name=f"Lead {n}", email=f"{n}@example.com")
        assert all_suspended(session) == (["bad"] if n > 1 else [])
    assert session.count("automation_run") == 3
    (said,) = caplog.messages
    assert "bad is suspended after 3 failures in a row" in said
    with session.transaction() as unit:
        assert suspended(unit, "bad")
        unit.add("automation_run", automation="bad", outcome="resumed")
        assert not suspended(unit, "bad")


def test_automations_that_answer_each_other_end(firm: Firm) -> None:
    session = firm(
        Automation("ping", "lead", Updated("notes"), (Do("set", company="{company}x"),)),
        Automation("pong", "lead", Updated("company"), (Do("set", notes="{notes}y"),)),
    )
    one = lead(session)
    session.set("lead", one.id, {"notes": "go"})
    after: Any = session.get("lead", one.id)
    assert (after.company, after.notes) == ("x", "goy")


def test_automations_that_make_records_for_each_other_end(firm: Firm) -> None:
    more = Do("create", record="prospect", name="{title}+")
    session = firm(Automation("breed", "prospect", Created(), (more,)))
    session.add("prospect", name="One")
    assert session.count("prospect") == 9
    (failed,) = session.find("automation_run", "outcome=failed").records
    assert failed.told == "automations answer one another without end"  # type: ignore[attr-defined]


def test_imports_and_undo_trigger_nothing(firm: Firm) -> None:
    session = firm(Automation("ring", "lead", Created(), (CALL,)))
    with session.transaction("Import") as unit:
        unit.lenient = True
        unit.add("lead", name="Zoë", email="zoe@example.com")
    assert subjects(session) == []
    session.undo()
    assert subjects(session) == []


def test_time_in_a_state_triggers_once_for_each_stay(firm: Firm, clock: Clock) -> None:
    session = firm(Automation("old", "lead", Older("CONTACTED", "7d"), (CALL,)))
    one = lead(session)
    tick(session, clock)
    session.move("lead", one.id, "CONTACTED")
    clock.advance(days=6)
    assert tick(session, clock) == ([], [])
    clock.advance(days=2)
    assert tick(session, clock) == (["automation old ran on 1 records"], [])
    assert tick(session, clock) == ([], [])
    session.move("lead", one.id, "QUALIFIED")
    session.move("lead", one.id, "CONTACTED")
    clock.advance(days=8)
    assert tick(session, clock)[0]
    assert len(subjects(session)) == 2


def test_what_was_due_before_the_automation_was_there_is_left_alone(
    firm: Firm, clock: Clock
) -> None:
    session = firm(Automation("due", "lead", Reached("next_call"), (CALL,)))
    lead(session, next_call=clock.now - timedelta(days=3))
    tick(session, clock)
    clock.advance(days=1)
    assert tick(session, clock) == ([], [])


def test_a_date_triggers_before_it_comes_by_its_offset(firm: Firm, clock: Clock) -> None:
    session = firm(Automation("due", "lead", Reached("next_call", "-2d"), (CALL,)))
    tick(session, clock)
    lead(session, next_call=clock.now + timedelta(days=5))
    clock.advance(days=2)
    assert tick(session, clock) == ([], [])
    clock.advance(days=2)
    assert tick(session, clock)[0]
    assert tick(session, clock) == ([], [])


def test_what_is_off_does_nothing_and_a_switch_turns_it_on(firm: Firm) -> None:
    session = firm(
        Automation("ring", "lead", Created(), (CALL,), on=False),
        Automation("mail", "lead", Created(), (Do("action", subject="Mail"),)),
        Switch("ring", True),
        Switch("mail", False),
    )
    lead(session)
    assert subjects(session) == ["Ring Zoë"]


@pytest.mark.parametrize(
    ("automation", "said"),
    [
        (Automation("a", "led", Created(), (CALL,)), "no entity 'led'; did you mean lead?"),
        (Automation("a", "lead", Moved("WON"), (CALL,)), "no state of lead 'WON'"),
        (Automation("a", "lead", Updated("nam"), (CALL,)), "no field 'nam'; did you mean name?"),
        (Automation("a", "lead", Reached("name"), (CALL,)), "name is no date and no moment"),
        (Automation("a", "lead", Older("CONTACTED", "soon"), (CALL,)), "'soon' is no span of time"),
        (Automation("a", "lead", Created(), ()), "it does nothing"),
        (Automation("a", "lead", Created(), (Do("sing"),)), "no effect 'sing'"),
        (Automation("a", "lead", Created(), (Do("action"),)), "subject is missing"),
        (Automation("a", "lead", Created(), (Do("set", colour="red"),)), "no key 'colour'"),
        (Automation("a", "lead", Created(), (Do("set", notes="{nme}"),)), "no field 'nme'"),
        (Automation("a", "lead", Created(), (CALL,), where="statu:X"), "no field 'statu'"),
        (Automation("A b", "lead", Created(), (CALL,)), "its name: write at most 40 small letters"),
    ],
)  # fmt: skip
def test_a_fault_in_an_automation_is_told(automation: Automation, said: str) -> None:
    assert said in firm_host(crm_automations=[automation]).off["acme"]


def test_people_are_told_by_name_and_by_role(firm: Firm, clock: Clock) -> None:
    tell = Do("notify", to="{owner}, role:crm_manager", text="{title} came")
    session = firm(Automation("tell", "lead", Created(), (tell,)))
    boss = session.add("user", name="bea", roles=(Item("crm_manager"),))
    session.add("user", name="cy", roles=(Item("crm_worker"),))
    one = lead(session)
    found: Any = session.find("notice", sort="id").records
    assert [(n.text, n.to, n.seen_at) for n in found] == [
        ("Zoë came", session.actor.id, None), ("Zoë came", boss.id, None),
    ]  # fmt: skip
    assert found[0].about.id == one.id
    session.run("notice.seen", found[0].id)
    assert session.get("notice", found[0].id).seen_at == clock.now  # type: ignore[attr-defined]
    with pytest.raises(Refused, match="does not apply"):
        session.run("notice.seen", found[0].id)


def test_each_reads_only_what_he_is_told(firm: Firm) -> None:
    session = firm()
    mate = session.add("user", name="cy", roles=(Item("crm_worker"),))
    session.add("notice", text="For ada", to=session.actor.id)
    session.add("notice", text="For cy", to=mate.id)
    own = Crm(session.model, session.store).session("cy")
    assert [n.text for n in own.find("notice")] == ["For cy"]  # type: ignore[attr-defined]


def outcome(session: Session, name: str, days: int) -> list[tuple[str, tuple[str, ...], str]]:
    since = session.now - timedelta(days=days)
    return [(o.record.title, o.does, o.failed) for o in rehearse(session, name, since)]


def test_trying_tells_what_would_have_followed_and_keeps_nothing(firm: Firm, clock: Clock) -> None:
    session = firm(
        Automation("mark", "lead", Moved("CONTACTED"), (Do("set", notes="Rung"), CALL),
                   where="source:Event", on=False),
    )  # fmt: skip
    old, new = lead(session, source="Event"), lead(session, name="Bo", email="b@example.com")
    session.move("lead", old.id, "CONTACTED")
    clock.advance(days=20)
    session.set("lead", new.id, {"source": "Event"})
    session.move("lead", new.id, "CONTACTED")
    session.set("lead", new.id, {"source": "Other", "notes": "Later"})
    before = len(session.log(limit=1000)), session.store.verify()
    does = ("lead Bo: notes = Rung", "add action Ring Bo")
    assert outcome(session, "mark", 7) == [("Bo", does, "")]
    assert [title for title, _, _ in outcome(session, "mark", 30)] == ["Zoë", "Bo"]
    assert (len(session.log(limit=1000)), session.store.verify()) == before
    assert session.get("lead", new.id).notes == "Later"  # type: ignore[attr-defined]


def test_trying_counts_the_dates_from_then(firm: Firm, clock: Clock) -> None:
    session = firm(Automation("ring", "lead", Created(), (Do("set", next_call="+1d"),), on=False))
    lead(session)
    clock.advance(days=10)
    ((_, does, _),) = outcome(session, "ring", 30)
    assert does == ("lead Zoë: next call = 2026-11-24 09:00",)


def test_trying_finds_the_stays_that_lasted_long_enough(firm: Firm, clock: Clock) -> None:
    session = firm(Automation("old", "lead", Older("CONTACTED", "7d"), (CALL,), on=False))
    quick, slow = lead(session), lead(session, name="Bo", email="b@example.com")
    session.move("lead", quick.id, "CONTACTED")
    session.move("lead", slow.id, "CONTACTED")
    clock.advance(days=3)
    session.move("lead", quick.id, "QUALIFIED")
    clock.advance(days=10)
    assert [title for title, _, _ in outcome(session, "old", 30)] == ["Bo"]
    assert outcome(session, "old", 2) == []


def test_trying_finds_the_dates_that_came(firm: Firm, clock: Clock) -> None:
    session = firm(Automation("due", "lead", Reached("next_call"), (CALL,), on=False))
    lead(session, next_call=clock.now - timedelta(days=3))
    lead(session, name="Bo", email="b@example.com", next_call=clock.now + timedelta(days=3))
    assert [title for title, _, _ in outcome(session, "due", 30)] == ["Zoë"]


def test_trying_tells_what_would_fail(firm: Firm) -> None:
    session = firm(
        Automation("bad", "lead", Created(), (Do("broken"),), on=False),
        crm_effects=(Effect("broken", broken),),
    )
    lead(session)
    ((name, does, failed),) = outcome(session, "bad", 1)
    assert (name, does) == ("Zoë", ())
    assert failed.startswith("effect broken of plugin acme failed: ZeroDivisionError: broken")


def test_trying_what_is_not_there_names_what_is_near(firm: Firm) -> None:
    with pytest.raises(NotFound, match="did you mean ring_new_leads"):
        outcome(firm(), "ring_new_lead", 1)


def test_of_several_programs_one_runs_what_time_brings(firm: Firm, clock: Clock) -> None:
    session = firm(Automation("due", "lead", Reached("next_call"), (CALL,)))
    crm = Crm(session.model, session.store, clock=clock)
    every = timedelta(minutes=5)
    assert crm.tick_in_turn(every)
    lead(session, next_call=clock.now + timedelta(minutes=1))
    clock.advance(minutes=3)
    assert not crm.tick_in_turn(every)
    assert subjects(session) == []
    clock.advance(minutes=3)
    assert crm.tick_in_turn(every)
    assert subjects(session) == ["Ring Zoë"]
