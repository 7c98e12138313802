"""What plugins do once to the data that is there, and what they look at in a check-up."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.api import Step
from crmkit.core.crm import Crm
from crmkit.core.errors import Fault
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm, firm_host


def with_steps(crm: Crm, *found: Step) -> Crm:
    """Return the same data under a Model with more steps."""
    from crmkit.sql.store import open_store

    model = firm_host(crm_steps=found).model
    return Crm(model, open_store(crm.store.url, model), crm.config, crm.clock)  # type: ignore[attr-defined]


@pytest.fixture
def crm(database_url: str, clock: Clock) -> Any:
    made = firm_crm(database_url, clock)
    yield made
    made.store.close()


def mend(ctx: Any) -> str:
    for lead in ctx.find("lead", "notes:none"):
        ctx.set("lead", lead.id, {"notes": "Mended"})
    return "all leads are mended"


def test_a_new_workspace_needs_none(crm: Crm) -> None:
    assert crm.pending() == []


def test_a_step_is_taken_once_and_is_in_the_journal(crm: Crm) -> None:
    crm.session("ada").add("lead", name="Zoë", email="zoe@example.com")
    later = with_steps(crm, Step("mend", run=mend))
    assert later.pending() == ["step mend of plugin acme"]
    assert later.upgrade() == ["all leads are mended"]
    session = later.session("ada")
    assert session.find("lead").records[0].notes == "Mended"  # type: ignore[attr-defined]
    assert session.log(limit=1)[0].label == "Step mend of plugin acme"
    assert (later.pending(), later.upgrade()) == ([], [])
    later.store.close()


def test_one_that_fails_is_taken_back_and_named(crm: Crm) -> None:
    def fail(ctx: Any) -> str:
        mend(ctx)
        raise KeyError("gone")

    crm.session("ada").add("lead", name="Zoë", email="zoe@example.com")
    later = with_steps(crm, Step("bad", run=fail))
    with pytest.raises(Fault, match="step bad of plugin acme failed: KeyError: 'gone'"):
        later.upgrade()
    assert later.session("ada").find("lead").records[0].notes == ""  # type: ignore[attr-defined]
    assert later.pending() == ["step bad of plugin acme"]
    later.store.close()


def test_derived_fields_of_what_was_there_before_are_worked_out(crm: Crm, clock: Clock) -> None:
    session = crm.session("ada")
    lead: Any = session.add("lead", name="Zoë", email="zoe@example.com")
    session.run("lead.log", lead.id, {"text": "Rang"})
    model = crm.model.entity("lead")
    with crm.store.writer() as writer:  # as it is when the column has just been made
        have = writer.get(model, lead.id)
        assert have is not None
        writer.update(model, [(have, have.evolve(last_activity=None))], derived=True)
    later = with_steps(crm, Step("again", derives=(("lead", "last_activity"),)))
    later.upgrade()
    assert later.session("ada").get("lead", lead.id).last_activity == clock.now  # type: ignore[attr-defined]
    later.store.close()


def test_doctors_check_names_users_without_a_role(crm: Crm) -> None:
    session = crm.session("ada")
    session.add("user", name="nobody")
    (check,) = [c for c in crm.model.checks if c.owner == "roles"]
    assert list(check.run(session.told)) == [
        "nobody has no role; give one: crmkit user set nobody --role crm_worker"
    ]
