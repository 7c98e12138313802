"""Files for other programs ask for a grant of their own, record by record."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def clients(crm: Command) -> list[str]:
    """A client of the worker's, and one of the boss's."""
    return [
        crm("client", "add", f"name={name}", f"account_manager={owner}").lines[0]
        for name, owner in (("Ash", "worker"), ("Beech", "boss"))
    ]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_files_are_for_those_who_may_export(form: str, crm: Command, clients: list[str]) -> None:
    said = crm("client", "list", "--format", form, by="worker")
    assert (said.code, said.out) == (5, "")
    assert "client.export" in said.err
    assert len(crm("client", "list", "--format", form, by="boss").lines) == 3
    assert len(crm("client", "list", "--format", "json", by="worker").json) == 2
    assert crm("client", "show", clients[0], "--format", form, by="worker").code == 0


def test_what_is_read_but_not_exported_is_left_out_and_counted(
    crm: Command, clients: list[str], firm: Path
) -> None:
    (firm / "custom.toml").write_text(
        '[[role]]\nname = "crm_worker"\ngrants = ["client.export@own"]\n'
    )
    said = crm("client", "list", "--format", "csv", "--columns", "id", by="worker")
    assert (said.code, said.lines) == (0, ["id", clients[0]])
    assert said.err == "1 not exported: the grant client.export does not reach them\n"


def test_a_firm_takes_export_away(crm: Command, clients: list[str], firm: Path) -> None:
    (firm / "custom.toml").write_text(
        '[[role]]\nname = "crm_manager"\ndenies = ["client.export"]\n'
    )
    assert crm("client", "list", "--format", "csv", by="boss").code == 5
    assert len(crm("client", "list", "--format", "ids", by="boss").lines) == 2
