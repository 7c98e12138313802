"""Settings that mean nothing are told of, with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.app import init
from crmkit.cli.settings_check import doubts
from crmkit.core.workspace import open_workspace
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('theme = "drak"', "line 2: there is no theme 'drak'; write dark or light"),
        ('currency = "ABC"', "line 2: there is no currency ABC; write one such as EUR"),
        ('region = "XQ"', "line 2: there is no region XQ; write one such as DE"),
        ('[keys]\nqiut = "q"', "line 3: keys: there is no action 'qiut'"),
    ],
)
def test_a_setting_that_means_nothing_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, told: str
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    crm = init(tmp_path / "firm")
    file = tmp_path / "firm" / "crmkit.toml"
    assert doubts(file, crm.config, crm.model) == []
    file.write_text(f'name = "Firm"\n{setting}\n', encoding="utf-8")
    [said] = doubts(file, open_workspace(tmp_path / "firm").config, crm.model)
    assert said.startswith(f"crmkit.toml, {told}")
    crm.store.close()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("[stale]\nlead = { NOPE = 5 }", "[stale] lead: NOPE is no open state"),
        ("[satisfaction]\nlow_nps = 99", "[satisfaction] low_nps: write a score of 0 to 10"),
    ],
)
def test_doctor_names_a_plugins_setting_that_means_nothing(
    crm: Command, firm: Path, setting: str, told: str
) -> None:
    file = firm / "crmkit.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{setting}\n", encoding="utf-8")
    said = crm("doctor")
    assert (said.code, told in said.out) == (1, True), said


ST = """
from crmkit.api import *
plugin = Plugin("st", requires=("leads",))
DAYS = Setting("days", 5)

@hookimpl
def crm_settings():
    yield DAYS
"""


def test_a_section_of_a_plugin_that_does_not_run_stops_nothing(crm: Command, firm: Path) -> None:
    """Neither in safe mode, nor where `custom.toml` cannot be read, nor where it is off."""
    (firm / "plugins" / "st.py").write_text(ST, encoding="utf-8")
    file = firm / "crmkit.toml"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n[st]\ndays = 7\n", encoding="utf-8")
    assert crm("lead", "list").code == 0
    assert "st" not in crm("doctor", "--format", "json").json[3]["detail"]
    assert crm("plugin", "enable", "st").code == 0
    assert crm("--safe", "lead", "list").code == 0
    (firm / "custom.toml").write_text("[[\n", encoding="utf-8")
    assert crm("lead", "list").code == 0


def test_a_section_of_no_plugin_is_told_by_doctor_with_its_line(crm: Command, firm: Path) -> None:
    file = firm / "crmkit.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n[stael]\ndays = 7\n", encoding="utf-8")
    assert crm("lead", "list").code == 0
    said = crm("doctor")
    line = len(text.splitlines()) + 2
    assert said.code == 1
    assert f"crmkit.toml, line {line}: [stael]: no plugin 'stael'; did you mean stale" in said.out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("days = 'x'", "[st] days: write a whole number, not 'x'"),
        ("dayz = 5", "[st] no setting 'dayz'; did you mean days?"),
    ],
)
def test_a_wrong_setting_of_a_firms_plugin_puts_it_off_with_the_line(
    crm: Command, firm: Path, line: str, told: str
) -> None:
    (firm / "plugins" / "st.py").write_text(ST, encoding="utf-8")
    assert crm("plugin", "enable", "st").code == 0
    file = firm / "crmkit.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n[st]\n{line}\n", encoding="utf-8")
    said = crm("lead", "list")
    assert said.code == 0
    where = f"{file}, line {len(text.splitlines()) + 3}"
    assert f"crmkit: plugin st is off: {where}: {told} (to leave it so: " in said.err


@pytest.mark.parametrize("safe", [[], ["--safe"]])
def test_a_wrong_setting_of_the_programs_own_stops_it_with_the_line(
    crm: Command, firm: Path, safe: list[str]
) -> None:
    """What the firm decided, deadlines say, is not silently something else."""
    (firm / "plugins" / "st.py").write_text(ST, encoding="utf-8")
    crm("plugin", "enable", "st")
    file = firm / "crmkit.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n[claims]\nclaim_hours = 'x'\n", encoding="utf-8")
    said = crm(*safe, "lead", "list")
    assert said.code == 1
    assert f"crmkit: plugin claims: {file}, line {len(text.splitlines()) + 3}: [claims]" in said.err
    assert len(said.err.splitlines()) == 1
