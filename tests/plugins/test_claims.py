"""Claims: a lead of the pool is one's own for a time, and back in the pool when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from crmkit.api import Tag
from crmkit.core.crm import Crm
from crmkit.core.errors import Denied, Invalid, NotFound, Refused
from crmkit.core.session import Session
from tests.core.conftest import MONDAY, Clock
from tests.core.plugin_maker import firm_crm, firm_host

Login = Callable[..., Session]
NOON = MONDAY + timedelta(hours=3)


@pytest.fixture
def kim(login: Login, clock: Clock) -> Session:
    clock.now = NOON
    return login("kim", "crm_supervisor")


@pytest.fixture
def lee(login: Login) -> Session:
    return login("lee", "account_manager")


@pytest.fixture
def boss(login: Login) -> Session:
    return login("boss", "manage_leads", "view_all_leads")


@pytest.fixture
def pooled(admin: Session) -> int:
    """The number of a lead that nobody owns."""
    return lead(admin, "Ann Other")


def lead(session: Session, name: str, **more: Any) -> int:
    values = {"name": name, "phone": "+442079460000", "owner": None, **more}
    return session.add("lead", values).id


def claimed(session: Session, id: int) -> tuple[int | None, datetime | None, int | None]:
    """Who claimed a lead, until when, and who owns it, if the session may know."""
    found: Any = session.get("lead", id)
    return found.claimed_by, found.claimed_until, found.owner


def names(session: Session, filter: str) -> list[str]:
    return [r.title for r in session.find("lead", filter)]


def test_a_claim_made_at_noon_is_back_in_the_pool_at_noon_next_day(
    kim: Session, lee: Session, pooled: int, clock: Clock
) -> None:
    kim.run("lead.claim", pooled)
    assert names(kim, "is:mine is:claimed") == ["Ann Other"]
    assert names(kim, "is:unassigned") == names(lee, "") == []

    clock.advance(hours=24, minutes=-1)
    assert names(kim, "is:mine") == ["Ann Other"]
    assert names(lee, "") == []

    clock.advance(minutes=1)
    assert names(kim, "is:mine") == names(kim, "is:claimed") == []
    assert names(lee, "is:unassigned") == ["Ann Other"]
    lee.run("lead.claim", pooled)
    assert names(lee, "is:mine") == ["Ann Other"]


def test_the_one_who_is_late_reads_who_claimed_it_and_until_when(
    kim: Session, lee: Session, pooled: int
) -> None:
    kim.run("lead.claim", pooled)

    with pytest.raises(NotFound):
        lee.get("lead", pooled)
    for verb in ("claim", "own"):
        with pytest.raises(Refused, match=r"^kim claimed it until Tue 12:00\.$"):
            lee.run(f"lead.{verb}", pooled)
    with pytest.raises(Refused, match="You claimed lead .* until Tue 12:00"):
        kim.run("lead.claim", pooled)


def test_what_is_owned_is_not_claimed_and_its_owner_not_told(
    kim: Session, lee: Session, admin: Session
) -> None:
    id = lead(admin, "Secret Name", owner=lee.actor.id)

    for verb in ("claim", "own"):
        with pytest.raises(Refused, match=r"not in the pool any more: somebody owns it\.$"):
            kim.run(f"lead.{verb}", id)
        with pytest.raises(Refused, match="is yours already"):
            lee.run(f"lead.{verb}", id)


def test_owning_ends_the_claim_and_keeps_the_lead(
    kim: Session, lee: Session, admin: Session, pooled: int, clock: Clock
) -> None:
    kim.run("lead.claim", pooled)
    kim.run("lead.own", pooled)
    clock.advance(days=2)

    assert claimed(admin, pooled) == (None, None, kim.actor.id)
    assert names(lee, "") == []


def test_releasing_puts_it_back_at_once(kim: Session, lee: Session, pooled: int) -> None:
    kim.run("lead.claim", pooled)
    with pytest.raises((NotFound, Denied)):
        lee.run("lead.release", pooled)
    kim.run("lead.release", pooled)

    assert claimed(lee, pooled) == (None, None, None)
    with pytest.raises((Refused, Denied)):
        kim.run("lead.release", pooled)


def test_lead_management_assigns_claims_for_others_and_changes_owners(
    kim: Session, lee: Session, boss: Session, pooled: int
) -> None:
    boss.run("lead.claim_for", pooled, {"to": kim.actor.id})
    assert claimed(kim, pooled) == (kim.actor.id, NOON + timedelta(hours=24), None)

    boss.run("lead.assign", pooled, {"to": lee.actor.id})
    assert claimed(boss, pooled) == (None, None, lee.actor.id)
    assert names(kim, "") == []

    boss.set("lead", pooled, {"owner": kim.actor.id})
    assert names(kim, "is:mine") == ["Ann Other"]
    boss.run("lead.release", pooled)
    assert names(lee, "is:unassigned") == ["Ann Other"]


@pytest.mark.parametrize("how", ["own", "set", "move"])
def test_an_owner_ends_the_claim_however_he_came_to_it(
    kim: Session, admin: Session, pooled: int, how: str
) -> None:
    kim.run("lead.claim", pooled)
    if how == "own":
        kim.run("lead.own", pooled)
    elif how == "set":
        admin.set("lead", pooled, {"owner": kim.actor.id})
    else:
        admin.move("lead", pooled, "CONTACTED", {"owner": kim.actor.id})

    assert claimed(admin, pooled) == (None, None, kim.actor.id)


@pytest.mark.parametrize("verb", ["assign", "claim_for"])
def test_deciding_for_others_is_for_lead_management(
    kim: Session, lee: Session, pooled: int, verb: str
) -> None:
    with pytest.raises(Denied, match=rf"lead\.{verb} is missing"):
        kim.run(f"lead.{verb}", pooled, {"to": lee.actor.id})


@pytest.mark.parametrize("role", ["crm_worker", "contributor", "guest", "view_all_leads"])
def test_readers_do_not_claim(login: Login, pooled: int, role: str) -> None:
    with pytest.raises(Denied, match=r"lead\.claim is missing"):
        login("rae", role).run("lead.claim", pooled)


def test_nobody_is_given_a_lead_who_cannot_log_in(
    boss: Session, lee: Session, admin: Session, pooled: int
) -> None:
    admin.set("user", lee.actor.id, {"active": False})
    with pytest.raises(Invalid, match="log in"):
        boss.run("lead.assign", pooled, {"to": lee.actor.id})


def test_a_claim_is_typed_by_nobody(admin: Session, pooled: int) -> None:
    with pytest.raises(Invalid, match="filled in by the program"):
        admin.set("lead", pooled, {"claimed_by": admin.actor.id})


def test_history_shows_every_claim(
    kim: Session, lee: Session, admin: Session, pooled: int, clock: Clock
) -> None:
    for session in (kim, lee, kim):
        session.run("lead.claim", pooled)
        clock.advance(hours=24)

    told = [(e.commit.actor_name, e.commit.label) for e in admin.history("lead", pooled)][:3]
    assert told == [(who, "Claim: Ann Other") for who in ("kim", "lee", "kim")]


def test_undo_takes_a_claim_back(kim: Session, lee: Session, pooled: int) -> None:
    kim.run("lead.claim", pooled)
    kim.undo()

    assert names(lee, "is:unassigned") == ["Ann Other"]


def test_the_card_says_who_and_how_long_and_warns_in_the_last_hours(
    kim: Session, pooled: int, clock: Clock
) -> None:
    kim.run("lead.claim", pooled)
    record = kim.get("lead", pooled)
    said = []
    for hours in (0, 21, 2.5, 0.5):
        clock.advance(hours=hours)
        said += [tag for tag in kim.badges(record) if tag.text.startswith("claimed")]

    assert said == [
        Tag("claimed by kim, 24 h left"),
        Tag("claimed by kim, 3 h left", "warn"),
        Tag("claimed by kim, 30 min left", "warn"),
    ]


def test_my_day_shows_claims_that_end_within_a_working_day(
    kim: Session, lee: Session, pooled: int, clock: Clock
) -> None:
    section = next(s for s in kim.model.home if s.label == "Claims about to end")
    kim.run("lead.claim", pooled)
    assert names(kim, section.filter) == []

    clock.advance(hours=16)
    assert names(kim, section.filter) == ["Ann Other"]
    assert names(lee, section.filter) == []


def test_the_firm_says_how_long_a_claim_lasts(tmp_path: Any, clock: Clock) -> None:
    crm: Crm = firm_crm(f"sqlite:///{tmp_path / 'a.db'}", clock, {"claims": {"claim_hours": 200}})
    ada = crm.session("ada")
    id = lead(ada, "Ann Other")
    ada.run("lead.claim", id)

    assert claimed(ada, id)[1] == MONDAY + timedelta(hours=200)
    with pytest.raises(Refused, match="until Tue 01 Dec 17:00"):
        ada.run("lead.claim", id)
    crm.store.close()


@pytest.mark.parametrize("hours", [0, 1.5, True, "24"])
def test_a_length_that_cannot_be_is_refused(hours: Any) -> None:
    from crmkit.core.errors import Fault

    with pytest.raises(Fault, match=r"\[claims\] claim_hours: write a number of hours"):
        firm_host({"claims": {"claim_hours": hours}})
