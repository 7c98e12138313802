"""Records for files that leave the firm, and access that is explained: both ask for a grant."""

from __future__ import annotations

import pytest
from attrs import evolve

from crmkit.core.declare import Deny, Grant, Role
from crmkit.core.errors import Denied, NotFound
from crmkit.core.session import Session


def with_rules(admin: Session, who: Session, *rules: Grant | Deny) -> Session:
    """Return a user's session in a firm whose plugin adds rules to a role of his."""
    firms = {**admin.model.roles, "firm": (Role("firm", rules),)}
    actor = evolve(who.actor, roles=(*who.actor.roles, "firm"))
    return Session(evolve(admin.model, roles=firms), admin.store, actor, lambda: admin.locale)


def test_reading_alone_exports_nothing(login, admin: Session) -> None:
    admin.add("client", {"name": "Ash"})
    worker = login("wim", "crm_worker")
    assert len(worker.find("client")) == 1
    with pytest.raises(Denied, match=r"client\.export"):
        worker.find("client", export=True)
    assert len(login("boss", "crm_manager").find("client", export=True)) == 1


def test_a_firm_grants_export_and_reading_still_bounds_it(login, admin: Session) -> None:
    admin.add("lead", {"name": "Other", "email": "x@example.com", "owner": admin.actor.id})
    pooled = admin.add("lead", {"name": "Pool", "email": "y@example.com", "owner": None}).id
    wim = with_rules(admin, login("wim", "crm_worker"), Grant("lead.export"))
    assert [r.id for r in wim.find("lead", export=True)] == [pooled]


def test_a_firm_denies_export_of_what_may_be_read(login, admin: Session) -> None:
    keep, wall = (admin.add("client", {"name": name}).id for name in ("Keep", "Wall"))
    boss = login("boss", "crm_manager")
    walled = with_rules(admin, boss, Deny("client.export", where=f"id:{wall}"))
    assert {r.id for r in walled.find("client")} == {keep, wall}
    assert [r.id for r in walled.find("client", export=True)] == [keep]


def test_access_is_explained_to_whom_it_concerns(login, admin: Session) -> None:
    other = admin.add("lead", {"name": "A", "email": "x@example.com", "owner": admin.actor.id}).id
    pooled = admin.add("lead", {"name": "B", "email": "y@example.com", "owner": None}).id
    wim, eve = login("wim", "crm_worker"), login("eve", "crm_worker", "staff")
    assert any(v.verb == "read" and v.allowed for v in wim.explain(wim.actor, "lead", pooled))
    assert admin.explain(wim.actor, "lead", pooled) == wim.explain(wim.actor, "lead", pooled)
    with pytest.raises(NotFound):
        wim.explain(wim.actor, "lead", other)
    for asks, about in ((wim, eve), (eve, wim)):
        with pytest.raises(Denied, match=r"user\.read"):
            asks.explain(about.actor, "lead", pooled)
        with pytest.raises(Denied, match=r"user\.read"):
            asks.explain(about.actor, "lead")
    assert eve.explain(eve.actor, "lead", pooled)


def test_whether_a_record_may_be_worked_on_is_told_before_the_work(login, admin: Session) -> None:
    other = admin.add("lead", {"name": "A", "email": "x@example.com", "owner": admin.actor.id}).id
    wim = login("wim", "crm_supervisor")
    with pytest.raises(NotFound):
        wim.demand("lead", "update", other)
    vera = login("vera", "crm_supervisor", "view_all_leads")
    with pytest.raises(Denied, match=r"lead\.update is missing"):
        vera.demand("lead", "update", other)
    admin.demand("lead", "update", other)
