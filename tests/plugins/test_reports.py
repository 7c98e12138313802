"""The figures of those who run the firm."""

from __future__ import annotations

import pytest

from crmkit.api import Link, Money
from crmkit.core.errors import Denied
from crmkit.core.session import Session
from tests.core.conftest import Login


def test_the_pipeline_counts_values_and_what_they_are_likely_to_bring(admin: Session) -> None:
    """By stage in its order, by owner with the most first; other currencies are only counted."""
    account = admin.add("account", name="Ash plc")
    kim = admin.add("user", name="kim")
    for value, stage, owner in (
        (Money(100_000, "GBP"), "QUALIFIED", kim.id), (Money(50_000, "GBP"), "QUALIFIED", None),
        (Money(70_000, "EUR"), "LEAD", None), (Money(30_000, "GBP"), "CLOSED_WON", kim.id),
    ):  # fmt: skip
        admin.add("deal", name="D", account=account.id, value=value, stage=stage, salesperson=owner)
    rows = {r["stage"]: r for r in admin.report("pipeline").rows}
    assert list(rows)[:2] == ["Lead", "Qualified"]
    qualified = rows["Qualified"]
    assert (qualified["count"], qualified["value"]) == (2, Money(150_000, "GBP"))
    assert qualified["weighted"] == Money(37_500, "GBP")
    assert (rows["Lead"]["count"], rows["Lead"]["value"]) == (1, Money(0, "GBP"))
    by = admin.report("pipeline", by="salesperson").rows
    assert [(r["salesperson"], r["count"], r["value"].minor) for r in by] == [
        ("kim", 1, 100_000), ("(nobody)", 2, 50_000),
    ]  # fmt: skip


def test_conversion_follows_a_cohort_through_the_states(admin: Session) -> None:
    """Each state: who came so far, who went on, who was lost there."""

    def lead(*moves: str, first: str = "NOT_CONTACTED") -> None:
        made = admin.add("lead", name="L", phone="+442079460000", status=first)
        for state in moves:
            admin.move("lead", made.id, state, {"lost_reason": "Price"} if state == "LOST" else {})

    lead()
    lead("CONTACTED")
    lead("CONTACTED", "NOT_CONTACTED")
    lead("CONTACTED", "QUALIFIED", "LOST")
    lead(first="QUALIFIED")
    rows = admin.report("conversion").rows
    assert [(r["entered"], r["reached"], r["rate"], r["lost"], r["here"]) for r in rows] == [
        (5, 4, 80.0, 0, 2), (4, 2, 50.0, 0, 1), (2, 0, 0.0, 1, 1), (0, None, None, 0, 0),
    ]  # fmt: skip
    assert admin.report("conversion", "is:lost").rows[0]["entered"] == 1


def test_actions_are_counted_by_kind_and_target(admin: Session) -> None:
    """An action about a client is told from one about a prospect."""
    client = admin.add("client", name="Ash plc")
    prospect = admin.add("prospect", name="Beech")
    for entity, id in (("client", client.id), ("client", client.id), ("prospect", prospect.id)):
        made = admin.add("action", subject="Call", kind="CALL", about=Link(entity, id))
    admin.run("action.complete", made.id)
    found = {(r["kind"], r["target"]): (r["count"], r["done"], r["open"])
             for r in admin.report("actions").rows}  # fmt: skip
    assert found == {("Call", "Client"): (2, 0, 2), ("Call", "Prospect"): (1, 1, 0)}


@pytest.mark.parametrize("name", ["pipeline", "conversion", "actions", "satisfaction"])
def test_figures_are_for_those_who_run_the_firm(login: Login, name: str) -> None:
    """A manager of the CRM runs each of them on nothing; a worker none."""
    login("max", "crm_manager").report(name)
    with pytest.raises(Denied, match=rf"report\.{name}"):
        login("kim", "crm_worker").report(name)
