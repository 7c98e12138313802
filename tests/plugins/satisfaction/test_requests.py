"""Asking clients, recording what they answer, and seeing to low scores."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from crmkit.core.crm import Crm
from crmkit.core.errors import Invalid, Refused
from crmkit.core.session import Session
from tests.core.conftest import Clock


@pytest.fixture
def client(admin: Session) -> Any:
    kim = admin.add("user", name="kim")
    contact = admin.add("contact", first_name="Jo", last_name="Ash")
    return admin.add("client", name="Ash plc", account_manager=kim.id, primary_contact=contact.id)


def actions(session: Session) -> list[Any]:
    return list(session.find("action", sort="id"))


def test_asking_makes_a_request_and_its_action_in_one_commit(admin: Session, client: Any) -> None:
    """The account manager is to call the client's contact; undo takes both back."""
    asked = admin.run("client.ask", client.id, {"matter": "M-7"})
    assert (asked.status, asked.asked_on) == ("REQUESTED", dt.date(2026, 11, 23))
    assert (asked.matter, asked.account_manager) == ("M-7", client.account_manager)
    (action,) = actions(admin)
    assert action.subject == "Ask Jo Ash how satisfied they are about M-7"
    assert action.owner == client.account_manager
    assert admin.get("client", client.id).facets
    admin.undo()
    assert admin.count("satisfaction") == admin.count("action") == 0


def test_nobody_is_asked_twice_within_the_cool_down(
    admin: Session, client: Any, clock: Clock
) -> None:
    """The refusal says when they may be asked again; then they may."""
    admin.run("client.ask", client.id)
    with pytest.raises(Refused, match="ask again from 2027-02-21"):
        admin.run("client.ask", client.id)
    clock.advance(days=90)
    assert admin.run("client.ask", client.id).status == "REQUESTED"


def test_an_answer_is_recorded_with_its_class_and_index(admin: Session, client: Any) -> None:
    """Scores make the category and the weighted index; the day is stamped."""
    asked = admin.run("client.ask", client.id)
    said = {"nps": 9, "communication": 5, "expertise": 4, "outcome": 3, "comment": "Fine."}
    found = admin.run("satisfaction.record", asked.id, said)
    assert (found.status, found.answered_on) == ("ANSWERED", dt.date(2026, 11, 23))
    assert (found.category, found.index) == ("PROMOTER", 75)
    assert admin.run("satisfaction.record", asked.id, {"nps": 6}).category == "DETRACTOR"
    with pytest.raises(Invalid, match="say what was answered"):
        admin.run("satisfaction.record", asked.id)


def test_a_score_without_a_request_is_of_today_unless_it_says_when(
    admin: Session, client: Any
) -> None:
    """Reports over a time know it; a file's scores are of no known day."""
    today, before = dt.date(2026, 11, 23), dt.date(2026, 11, 2)
    given = ({}, {"answered_on": before})
    made = [admin.add("satisfaction", client=client.id, nps=9, **more) for more in given]
    assert [score.answered_on for score in made] == [today, before]  # type: ignore[attr-defined]


def test_a_score_typed_into_a_request_closes_it(admin: Session, client: Any) -> None:
    """Setting the field is as good as recording the answer."""
    asked = admin.run("client.ask", client.id)
    admin.set("satisfaction", asked.id, {"csat": 4})
    assert admin.get("satisfaction", asked.id).status == "ANSWERED"  # type: ignore[attr-defined]


def test_a_low_score_is_followed_up_once(admin: Session, client: Any) -> None:
    """The account manager gets a call to make; a comment added later makes no second one."""
    low = admin.add("satisfaction", client=client.id, nps=3, comment="Slow.")
    (action,) = actions(admin)
    assert (action.priority, action.owner) == ("HIGH", client.account_manager)
    assert action.notes == "Slow."
    admin.set("satisfaction", low.id, {"comment": "Too slow."})
    admin.add("satisfaction", client=client.id, nps=10)
    assert len(actions(admin)) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [({"nps": 11}, "nps"), ({"nps": -1}, "nps"), ({"csat": 0}, "csat"), ({"nps": 5}, "client")],
)
def test_scores_out_of_range_and_of_nobody_are_refused(
    admin: Session, client: Any, values: dict[str, int], field: str
) -> None:
    """Each is told by its field."""
    whose = {} if field == "client" else {"client": client.id}
    with pytest.raises(Invalid) as refused:
        admin.add("satisfaction", {**whose, **values})
    assert list(refused.value.problems) == [field]


def test_a_request_is_not_answered_by_moving_it(admin: Session, client: Any) -> None:
    """An answer holds a score or a comment."""
    asked = admin.run("client.ask", client.id)
    with pytest.raises(Refused, match="Record a score"):
        admin.move("satisfaction", asked.id, "ANSWERED")
    admin.run("satisfaction.decline", asked.id)
    with pytest.raises(Refused):
        admin.run("satisfaction.decline", asked.id)


def test_active_clients_are_asked_at_their_interval(
    crm: Crm, admin: Session, client: Any, clock: Clock
) -> None:
    """The firm's interval, or the client's own; never those that are not to be asked."""
    often = admin.add("client", {"name": "Often Ltd", "ask_every": 30})
    admin.add("client", {"name": "Never Ltd", "ask_every": 0})
    admin.add("client", name="Gone Ltd", status="PAST")
    assert crm.tick() == ([], [])
    clock.advance(days=30)
    assert crm.tick()[0] == ["1 satisfaction requests"]
    assert [s.client for s in admin.find("satisfaction")] == [often.id]  # type: ignore[attr-defined]
    assert crm.tick() == ([], [])
    clock.advance(days=150)
    assert crm.tick() == (["2 satisfaction requests, 1 expired"], [])
    asked = {s.client for s in admin.find("satisfaction", "status:REQUESTED")}  # type: ignore[attr-defined]
    assert asked == {client.id, often.id}
