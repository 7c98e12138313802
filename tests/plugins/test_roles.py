"""What each role may do, entity by entity."""

from __future__ import annotations

import pytest

from crmkit.core.expr import Everything, Nothing
from crmkit.core.model import Model
from crmkit.core.policy import Actor, Rights

OTHERS = ("contact", "account", "prospect", "deal", "client", "action")
VERBS = ("create", "read", "update", "delete", "export")


def verbs(model: Model, role: str, entity: str) -> dict[str, str]:
    """Return the verbs that a role has on an entity, each with `all` or `some` records."""
    rights = Rights(Actor(7, "kim", (role,)), model, lambda entity, filter: Everything())
    found = {}
    for verb in VERBS:
        scope = rights.scope(model.entity(entity), verb)
        if not isinstance(scope, Nothing):
            found[verb] = "all" if isinstance(scope, Everything) else "some"
    return found


@pytest.mark.parametrize("entity", OTHERS)
def test_a_worker_reads(model: Model, entity: str) -> None:
    reach = "some" if entity == "action" else "all"  # not those about leads that he may not see
    assert verbs(model, "crm_worker", entity) == {"read": reach}


@pytest.mark.parametrize("role", ["crm_supervisor", "account_manager"])
@pytest.mark.parametrize("entity", OTHERS)
def test_a_supervisor_creates_and_updates(model: Model, role: str, entity: str) -> None:
    reach = "some" if entity == "action" else "all"  # not those about leads that he may not see
    assert verbs(model, role, entity) == dict.fromkeys(("create", "read", "update"), reach)


@pytest.mark.parametrize("role", ["crm_manager", "admin"])
@pytest.mark.parametrize("entity", [*OTHERS, "lead"])
def test_a_crm_manager_does_everything(model: Model, role: str, entity: str) -> None:
    assert verbs(model, role, entity) == dict.fromkeys(VERBS, "all")


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("contact", dict.fromkeys(VERBS, "all")),
        ("client", dict.fromkeys(VERBS, "all")),
        ("account", {"read": "all"}),
        ("deal", {"read": "all"}),
        ("lead", {}),
        ("prospect", {}),
        ("action", {}),
    ],
)
def test_a_manager_keeps_clients_and_contacts(
    model: Model, entity: str, expected: dict[str, str]
) -> None:
    assert verbs(model, "manager", entity) == expected


@pytest.mark.parametrize("entity", [*OTHERS, "lead"])
def test_a_contributor_reads_his_own(model: Model, entity: str) -> None:
    assert verbs(model, "contributor", entity) == {"read": "some"}


@pytest.mark.parametrize("role", ["guest", "staff"])
@pytest.mark.parametrize("entity", [*OTHERS, "lead"])
def test_guests_and_mere_staff_see_nothing(model: Model, role: str, entity: str) -> None:
    assert verbs(model, role, entity) == {}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("crm_worker", {"read": "some"}),
        ("crm_supervisor", {"create": "all", "read": "some", "update": "some"}),
        ("create_leads", {"create": "all", "read": "some"}),
        ("manage_leads", {"read": "some", "update": "all"}),
        ("view_all_leads", {"read": "all"}),
    ],
)
def test_leads_of_others_need_a_role_of_their_own(
    model: Model, role: str, expected: dict[str, str]
) -> None:
    assert verbs(model, role, "lead") == expected


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("crm_worker", False), ("crm_supervisor", False), ("view_all_leads", False),
        ("manage_leads", True), ("crm_manager", True), ("admin", True),
    ],
)  # fmt: skip
def test_a_leads_owner_is_for_lead_management(model: Model, role: str, may: bool) -> None:
    rights = Rights(Actor(7, "kim", (role,)), model, lambda entity, filter: Everything())
    lead = model.entity("lead")

    assert rights.field_allowed(lead, lead.field("owner"), "read") is may
    assert rights.field_allowed(lead, lead.field("owner"), "update") is may
