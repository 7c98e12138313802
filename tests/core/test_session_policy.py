"""Policy inside every read and write: what is hidden leaves no trace."""

from __future__ import annotations

import pytest

from crmkit.core.errors import Conflict, Denied, NotFound
from crmkit.core.session import Session


@pytest.fixture
def three_leads(login, admin: Session) -> dict[str, int]:
    """A lead of wim's, one of admin's, one of nobody's."""
    wim = login("wim", "crm_supervisor").actor.id

    def lead(name: str, owner: int | None) -> int:
        values = {"name": name, "email": "x@example.com", "owner": owner, "notes": "lease"}
        return admin.add("lead", values).id

    return {
        "mine": lead("Mine Lead", wim),
        "other": lead("Other Lead", admin.actor.id),
        "pool": lead("Pool Lead", None),
    }


def test_without_view_all_only_own_and_unassigned_leads_are_there(login, three_leads) -> None:
    wim = login("wim")
    seen = {three_leads["mine"], three_leads["pool"]}
    assert {r.id for r in wim.find("lead")} == seen
    assert wim.count("lead") == 2
    assert {h.id for h in wim.search("lease", entities=["lead"])} == seen
    assert {h.id for h in wim.search("lead", entities=["lead"])} == seen
    assert sum(c.count for c in wim.board("lead")) == 2
    assert {r.id for r in wim.column("lead", "NOT_CONTACTED")} == seen
    with pytest.raises(NotFound):
        wim.get("lead", three_leads["other"])
    with pytest.raises(NotFound):
        wim.history("lead", three_leads["other"])
    titles = wim.titles([("lead", three_leads["other"])])
    assert titles == {("lead", three_leads["other"]): f"lead {three_leads['other']}"}


def test_with_view_all_every_lead_is_there(login, three_leads) -> None:
    assert login("vera", "crm_worker", "view_all_leads").count("lead") == 3


def test_the_assignee_is_hidden_without_lead_management(login, three_leads) -> None:
    wim = login("wim")
    assert wim.get("lead", three_leads["mine"]).owner is None
    assert "owner" not in {f.name for f in wim.visible_fields("lead")}
    with pytest.raises(Denied, match=r"lead\.read\.owner"):
        wim.find("lead", "owner:ada")
    with pytest.raises(Denied, match=r"lead\.update\.owner"):
        wim.set("lead", three_leads["mine"], {"owner": None})
    assert wim.count("lead", "owner:me") == 1


def test_a_lead_manager_sees_and_sets_the_assignee(login, three_leads) -> None:
    boss = login("boss", "crm_worker", "manage_leads", "view_all_leads")
    assert boss.get("lead", three_leads["mine"]).owner is not None
    assert boss.set("lead", three_leads["pool"], {"owner": boss.actor.id}).owner == boss.actor.id


def test_a_deny_wins_over_every_grant(login, admin: Session, model) -> None:
    from attrs import evolve

    from crmkit.core.declare import Deny, Role

    keep = admin.add("client", {"name": "Open client"}).id
    wall = admin.add("client", {"name": "Walled client"}).id
    roles = {**model.roles, "walled": (Role("walled", (Deny("client.*", where=f"id:{wall}"),)),)}
    who = evolve(login("eve", "crm_manager").actor, roles=("crm_manager", "walled"))
    from crmkit.core.session import Session as Made

    eve = Made(evolve(model, roles=roles), admin.store, who, lambda: admin.locale)
    assert {r.id for r in eve.find("client")} == {keep}
    assert eve.count("client") == 1
    assert eve.search("walled") == []
    with pytest.raises(NotFound):
        eve.get("client", wall)
    with pytest.raises(NotFound):
        eve.set("client", wall, {"name": "x"})


def test_what_is_about_a_record_that_is_denied_is_denied_to_its_owner_too(
    login, admin: Session, model
) -> None:
    """His own action about a client whom he just may not read is his to see all the same."""
    from attrs import evolve

    from crmkit.core.declare import Deny, Role
    from crmkit.core.kinds.refs import Link
    from crmkit.core.session import Session as Made

    eve = login("eve", "contributor")
    wall = admin.add("client", {"name": "Walled client"}).id
    admin.add("action", {"subject": "Call", "about": Link("client", wall), "owner": eve.actor.id})
    assert eve.count("client") == 0
    assert eve.count("action") == 1
    walled = Role("walled", (Deny("client.*", where=f"id:{wall}"),))
    roles = {**model.roles, "walled": (walled,)}
    who = evolve(eve.actor, roles=("contributor", "walled"))
    shut_out = Made(evolve(model, roles=roles), admin.store, who, lambda: admin.locale)
    assert shut_out.count("action") == 0


@pytest.mark.parametrize(
    ("role", "verb", "allowed"),
    [
        ("crm_worker", "read", True),
        ("crm_worker", "create", False),
        ("crm_worker", "update", False),
        ("crm_supervisor", "create", True),
        ("crm_supervisor", "update", True),
        ("crm_supervisor", "delete", False),
        ("account_manager", "update", True),
        ("account_manager", "delete", False),
        ("crm_manager", "delete", True),
        ("crm_manager", "export", True),
        ("guest", "read", False),
        ("staff", "read", False),
        ("admin", "delete", True),
    ],
)
@pytest.mark.parametrize("entity", ["contact", "account", "prospect", "deal", "client", "action"])
def test_each_role_may_do_what_is_stated(login, role, verb, allowed, entity) -> None:
    session = login("who", role)
    assert session.rights.allows(session.model.entity(entity), verb) is allowed


def test_every_verdict_is_explained(login, three_leads, admin: Session) -> None:
    who = login("wim").actor
    verdicts = {v.verb: v for v in admin.explain(who, "lead", three_leads["other"])}
    assert not verdicts["read"].allowed
    assert "does not reach this record" in verdicts["read"].because
    assert not verdicts["delete"].allowed
    assert verdicts["delete"].because == "no role grants lead.delete"


def test_actions_about_what_is_hidden_are_hidden_too(login, three_leads, admin: Session) -> None:
    from crmkit.core.kinds.refs import Link

    wim = login("wim").actor.id

    def action(subject: str, lead: str, owner: int | None = None) -> int:
        about = Link("lead", three_leads[lead])
        return admin.add("action", {"subject": subject, "about": about, "owner": owner}).id

    hidden = action("Ring the other", "other")
    seen = {action("Ring mine", "mine"), action("Ring the pool", "pool")}
    own = action("Ring the other for wim", "other", wim)
    client = admin.add("client", {"name": "Everybody's"}).id
    seen.add(admin.add("action", {"subject": "Ring all", "about": Link("client", client)}).id)
    eve = login("wim")
    assert {r.id for r in eve.find("action")} == seen | {own}
    assert eve.count("action") == 4
    assert hidden not in {h.id for h in eve.search("ring", entities=["action"])}
    assert sum(c.count for c in eve.board("action")) == 4
    with pytest.raises(NotFound):
        eve.get("action", hidden)
    with pytest.raises(NotFound):
        eve.run("action.complete", hidden, {})
    assert login("vera", "crm_worker", "view_all_leads").count("action") == 5


def test_a_role_that_does_not_exist_is_not_given(admin: Session) -> None:
    from crmkit.core.errors import Invalid
    from crmkit.core.fields import Item

    with pytest.raises(Invalid, match="did you mean crm_worker"):
        admin.add("user", {"name": "new", "roles": (Item("crm_workr"),)})


def test_two_users_do_not_have_one_name(login, admin: Session) -> None:
    from crmkit.core.errors import Invalid

    login("wim", "crm_worker")
    with pytest.raises(Invalid, match="already"):
        admin.add("user", {"name": "wim"})


def test_a_denial_is_named_as_the_reason(login, admin: Session, model) -> None:
    from attrs import evolve

    from crmkit.core.declare import Deny, Role
    from crmkit.core.session import Session as Made

    roles = {**model.roles, "barred": (Role("barred", (Deny("client.*"),)),)}
    who = evolve(login("eve", "crm_manager").actor, roles=("crm_manager", "barred"))
    eve = Made(evolve(model, roles=roles), admin.store, who, lambda: admin.locale)
    with pytest.raises(Denied, match=r"eve may not read clients: role barred denies client\.\*"):
        eve.find("client")


def test_a_conflict_tells_nothing_of_fields_that_the_actor_may_not_read(
    login, admin: Session, three_leads
) -> None:
    wim, boss = login("wim"), admin.actor.id
    read = wim.get("lead", three_leads["mine"])
    admin.set("lead", read.id, {"name": "Renamed Lead"})
    with pytest.raises(Conflict) as caught:
        wim.save(read.evolve(name="My Lead"))
    found = caught.value
    assert found.mine == {"name": "My Lead"}
    assert found.theirs == {"name": "Renamed Lead"}
    assert found.base == {"name": "Mine Lead"}
    with pytest.raises(Conflict) as caught:
        wim.set("lead", read.id, {"name": "My Lead"}, version=read.version)
    assert caught.value.theirs.keys() == {"name"}
    admin.set("lead", three_leads["pool"], {"owner": boss, "company": "Their Ltd"})
    admin.set("lead", three_leads["pool"], {"owner": None})
    with pytest.raises(Conflict) as caught:
        wim.set("lead", three_leads["pool"], {"company": "My Ltd"}, version=1)
    assert caught.value.theirs == {"company": "Their Ltd"}
