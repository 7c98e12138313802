"""What the firm was promised."""

import asyncio

import pytest

from crmkit.api import Refused
from crmkit.testing import PluginContract

plugin = "family_law"


class TestContract(PluginContract):
    """It keeps the contract of all plugins."""


def test_a_lead_is_not_qualified_before_the_conflict_is_checked(crm):
    lead = crm.make("lead", name="Ann Other", other_party="Bob Other")
    assert crm.admin.move("lead", lead.id, "CONFLICT_CHECK").status == "CONFLICT_CHECK"
    with pytest.raises(Refused, match="conflict of interest"):
        crm.admin.move("lead", lead.id, "QUALIFIED")
    lead = crm.admin.move("lead", lead.id, "QUALIFIED", {"no_conflict": True})
    assert lead.status == "QUALIFIED"
    assert crm.value(lead, "other_party") == "Bob Other"


def test_the_other_party_is_found(crm):
    lead = crm.make("lead", other_party="Bob Other")
    assert [hit.id for hit in crm.admin.search("bob")] == [lead.id]


def test_files_bring_the_fields_and_take_them_away(crm, tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("name,email,other_party,no_conflict\nAnn,ann@example.com,Bob,yes\n")
    assert crm.shell("lead", "import", str(path)).code == 0
    said = crm.shell("lead", "list", "other_party:bob", "--format", "json")
    assert [(row["name"], row["no_conflict"]) for row in said.json] == [("Ann", True)]


def test_history_undo_and_merging_know_the_fields(crm):
    keep, lose = crm.make("lead", name="Ann"), crm.make("lead", name="Anne", other_party="Bob")
    crm.admin.set("lead", keep.id, {"no_conflict": True})
    assert "family_law.no_conflict" in crm.admin.history("lead", keep.id)[0].change.after
    crm.admin.undo()
    assert crm.value(keep, "no_conflict") is False
    crm.admin.merge("lead", keep.id, [lose.id])
    assert crm.value(keep, "other_party") == "Bob"


def test_the_terminal_has_the_fields_and_the_column(crm, pilot):
    lead = crm.make("lead", name="Ann Other", other_party="Bob")
    crm.admin.move("lead", lead.id, "CONFLICT_CHECK")

    async def look():
        async with pilot() as seat:
            board = await seat.show(seat.desk.go_board, "lead")
            assert "Conflict check" in board
            assert "Ann Other" in board
            form = await seat.show(seat.desk.open_form, "lead", lead.id)
            assert "Other party" in form

    asyncio.run(look())


def test_switched_off_the_state_may_go_to_its_fallback_only(crm):
    lead = crm.make("lead", other_party="Bob")
    crm.admin.move("lead", lead.id, "CONFLICT_CHECK")
    crm.reopen(disabled=["family_law"])
    assert "other_party" not in crm.model.entity("lead").by_key
    assert crm.admin.get("lead", lead.id).status == "CONFLICT_CHECK"
    assert crm.admin.move("lead", lead.id, "CONTACTED").status == "CONTACTED"
    crm.reopen()
    assert crm.value(lead, "other_party") == "Bob"
