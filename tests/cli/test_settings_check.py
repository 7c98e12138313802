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
