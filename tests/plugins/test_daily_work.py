"""The lists, the pipeline and my day, as those who work with them see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from crmkit.core.errors import Invalid
from crmkit.core.kinds.refs import Link
from crmkit.core.session import Session

Login = Callable[..., Session]
READERS = ("crm_worker", "crm_supervisor", "account_manager", "crm_manager", "contributor")


def lead(session: Session, name: str, **more: Any) -> int:
    """Add a lead."""
    return session.add("lead", {"name": name, "phone": "+442079460000", **more}).id


@pytest.mark.parametrize("role", READERS)
def test_every_list_and_every_part_of_my_day_opens(login: Login, role: str) -> None:
    session = login("kim", role)
    views = [*session.model.home, *(t for e in session.model.entities.values() for t in e.tables)]

    for view in views:
        if session.rights.allows(session.model.entity(view.entity), "read"):
            session.find(view.entity, view.filter, sort=view.sort)


def test_leads_float_up_as_their_next_call_nears(admin: Session) -> None:
    for name, days in (("later", 9), ("overdue", -2), ("soon", 1)):
        lead(admin, name, next_call=admin.now + timedelta(days=days))
    lead(admin, "never")

    assert [r.title for r in admin.find("lead")] == ["overdue", "soon", "later", "never"]


def test_a_lost_lead_needs_a_reason(admin: Session) -> None:
    id = lead(admin, "Ngo")

    with pytest.raises(Invalid, match="LOST"):
        admin.move("lead", id, "LOST")


def test_a_lead_that_was_taken_up_again_is_lost_for_a_reason_of_its_own(admin: Session) -> None:
    id = lead(admin, "Ngo")
    admin.run("lead.lose", id, {"reason": "No budget"})
    admin.move("lead", id, "CONTACTED")

    assert admin.get("lead", id).lost_reason == ""  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="LOST"):
        admin.move("lead", id, "LOST")
    admin.undo()
    assert admin.get("lead", id).lost_reason == "No budget"  # type: ignore[attr-defined]


@pytest.mark.parametrize("state", ["LOST", "CONVERTED"])
def test_a_lead_that_is_settled_is_called_no_more(admin: Session, state: str) -> None:
    id = lead(admin, "Ngo", next_call=admin.now)

    if state == "LOST":
        admin.move("lead", id, state, {"lost_reason": "No budget"})
    else:
        admin.run("lead.convert", id)

    assert admin.get("lead", id).next_call is None  # type: ignore[attr-defined]


def test_actions_are_outstanding_overdue_upcoming_or_done(admin: Session) -> None:
    about = Link("account", admin.add("account", {"name": "Hale Ltd"}).id)
    for subject, hours in (("late", -1), ("soon", 1)):
        due = admin.now + timedelta(hours=hours)
        admin.add("action", {"subject": subject, "about": about, "due": due})
    admin.add("action", {"subject": "some day", "about": about})
    done = admin.add("action", {"subject": "done", "about": about}).id
    admin.run("action.complete", done, {"outcome": "Spoke"})

    tables = {t.label: t for t in admin.model.entity("action").tables}
    listed = {
        label: [
            r.title for r in admin.find("action", tables[label].filter, sort=tables[label].sort)
        ]
        for label in ("Outstanding", "Overdue", "Upcoming", "Done")
    }

    assert listed == {
        "Outstanding": ["late", "soon", "some day"],
        "Overdue": ["late"],
        "Upcoming": ["soon"],
        "Done": ["done"],
    }


def test_my_day_is_mine(login: Login) -> None:
    ada, kim = login("ada", "crm_manager"), login("kim", "crm_manager")
    about = Link("account", ada.add("account", {"name": "Hale Ltd"}).id)
    for session, name in ((ada, "hers"), (kim, "his")):
        due = session.now + timedelta(hours=1)
        session.add("action", {"subject": name, "about": about, "due": due})
        lead(session, name, next_call=session.now)
    lead(ada, "nobody's", owner=None)

    day = {
        section.label: [r.title for r in kim.find(section.entity, section.filter)]
        for section in kim.model.home
    }

    assert day == {
        **dict.fromkeys(day, []),
        "Today": ["his"],
        "Next calls": ["his"],
        "Unassigned leads": ["nobody's"],
    }


def test_the_outcome_of_an_action_is_found_by_search(admin: Session) -> None:
    about = Link("account", admin.add("account", {"name": "Hale Ltd"}).id)
    id = admin.add("action", {"subject": "Call", "about": about}).id

    admin.run("action.complete", id, {"outcome": "Wants a quotation"})

    assert [(hit.entity, hit.id) for hit in admin.search("quotat")] == [("action", id)]


def test_a_deals_probability_is_its_stages_unless_it_has_its_own(admin: Session) -> None:
    """It follows the stage; one that was typed stays; emptied, it follows again."""
    account = admin.add("account", name="Ash plc")
    deal: Any = admin.add("deal", name="Estate", account=account.id)
    assert deal.probability == 10
    assert admin.move("deal", deal.id, "PROPOSAL").probability == 50  # type: ignore[attr-defined]
    assert admin.count("deal", "probability>=50") == 1
    admin.set("deal", deal.id, {"probability": 80})
    assert admin.move("deal", deal.id, "NEGOTIATION").probability == 80  # type: ignore[attr-defined]
    assert admin.set("deal", deal.id, {"probability": None}).probability == 75  # type: ignore[attr-defined]
    admin.undo()
    assert admin.get("deal", deal.id).probability == 80  # type: ignore[attr-defined]
