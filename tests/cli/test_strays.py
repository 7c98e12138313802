"""Records in states that are gone: shown, edited, and moved to one state only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

CHECKS = """
from crmkit.api import Extension, Plugin, State, hookimpl

plugin = Plugin("checks", requires=("leads",))


@hookimpl
def crm_extensions():
    yield Extension("lead", states=(
        State("CREDIT_CHECK", after="CONTACTED", fallback="CONTACTED"),
    ))
"""


@pytest.fixture
def checked(crm: Command, firm: Path) -> Command:
    """The shell, with a lead in a state of a plugin that is off now."""
    path = firm / "plugins" / "checks.py"
    path.write_text(CHECKS)
    path.chmod(0o600)
    assert crm("plugin", "enable", "checks").code == 0
    assert crm("lead", "add", "name=Jo", "phone=030123456").code == 0
    assert crm("lead", "move", "1", "CREDIT_CHECK").code == 0
    assert crm("plugin", "disable", "checks").code == 0
    return crm


def test_what_is_in_a_state_whose_plugin_is_off_is_shown_and_edited(checked: Command) -> None:
    assert checked("lead", "show", "1", "--format", "json").json["status"] == "CREDIT_CHECK"
    assert checked("lead", "list", "is:open", "--format", "ids").lines == ["1"]
    assert checked("lead", "set", "1", "company=Bow").code == 0
    assert checked("lead", "show", "1", "--format", "json").json["status"] == "CREDIT_CHECK"


def test_out_of_it_leads_one_way(checked: Command) -> None:
    """The refusal says which, and how the state comes back."""
    said = checked("lead", "move", "1", "QUALIFIED")
    assert said.code == 6
    assert said.err == (
        "crmkit: from CREDIT_CHECK a lead can only go to CONTACTED; plugin checks is off: "
        "crmkit plugin enable checks brings it back\n"
    )
    assert checked("lead", "move", "1", "CONTACTED").code == 0
    assert checked("lead", "move", "1", "QUALIFIED").code == 0


def test_the_plugin_brings_all_back(checked: Command) -> None:
    assert checked("plugin", "enable", "checks").code == 0
    assert checked("lead", "move", "1", "QUALIFIED").code == 0
    assert checked("doctor").code == 0


def test_doctor_counts_what_is_in_states_that_are_gone(checked: Command) -> None:
    said = checked("doctor")
    assert said.code == 1
    assert "1 lead in the state CREDIT_CHECK, which is not there" in " ".join(said.out.split())


def test_a_stage_that_is_retired_by_hand_has_one_way_out_too(crm: Command, firm: Path) -> None:
    said = crm("custom", "stage", "add", "lead", "Conflict check", "--after", "Contacted")
    assert said.code == 0
    assert crm("lead", "add", "name=Jo", "phone=030123456").code == 0
    assert crm("lead", "move", "1", "CONFLICT_CHECK").code == 0
    file, code = firm / "custom.toml", 'code = "CONFLICT_CHECK"'
    file.write_text(file.read_text().replace(code, f"{code}\nretired = true"))
    said = crm("lead", "move", "1", "QUALIFIED")
    assert (said.code, "can only go to CONTACTED" in said.err) == (6, True), said.err
    assert "1 lead in the state CONFLICT_CHECK" in " ".join(crm("doctor").out.split())
    assert crm("lead", "move", "1", "CONTACTED").code == 0


def test_a_stage_that_is_cut_out_by_hand_is_remembered_over_an_upgrade(
    crm: Command, firm: Path
) -> None:
    """Which is what the docs say to run after the file was changed."""
    said = crm("custom", "stage", "add", "lead", "Conflict check", "--after", "Contacted")
    assert said.code == 0
    assert crm("lead", "add", "name=Jo", "phone=030123456").code == 0
    assert crm("lead", "move", "1", "CONFLICT_CHECK").code == 0
    field = '[[field]]\nentity = "lead"\nname = "area"\nkind = "text"\n'
    (firm / "custom.toml").write_text(field)
    assert crm("upgrade").code == 0
    said = crm("lead", "move", "1", "QUALIFIED")
    assert (said.code, "can only go to CONTACTED" in said.err) == (6, True), said.err
    assert "1 lead in the state CONFLICT_CHECK" in " ".join(crm("doctor").out.split())
    assert crm("lead", "move", "1", "CONTACTED").code == 0
