"""The workspace as a whole: init, upgrade, doctor, info, the journal."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crmkit.core.crm import Crm
from crmkit.core.workspace import login
from tests.cli.conftest import Command


def test_init_makes_a_workspace_once(shell: Command, nowhere: Path) -> None:
    folder = nowhere / "firm"
    said = shell("init", str(folder), "--name", "Doe & Partners")
    assert (said.code, said.out) == (0, "")
    assert (folder / "crmkit.db").is_file()
    assert "Doe & Partners" in (folder / "crmkit.toml").read_text()
    again = shell("init", str(folder))
    assert again.code == 2
    assert "workspace already" in again.err


def test_whoever_makes_it_is_admin(crm: Command) -> None:
    users = crm("user", "list", "--format", "json").json
    assert "admin" in [item["value"] for item in users[0]["roles"]] or any(
        "admin" in [i["value"] for i in u["roles"]] for u in users
    )


def test_a_workspace_of_a_wrong_currency_is_refused_and_leaves_nothing(
    shell: Command, nowhere: Path
) -> None:
    said = shell("init", str(nowhere / "firm"), "--currency", "euro")
    assert said.code == 1
    assert "'euro' is not a code such as EUR" in said.err
    assert not (nowhere / "firm" / "crmkit.toml").exists()


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records the demo was asked to make up."""
    asked: list[int] = []

    def load_demo(crm: Crm, records: int, **_: object) -> None:
        asked.append(records)
        crm.session(crm.actor(login())).add("account", name="Made Up Ltd")

    loader = ModuleType("crmkit.demo.loader")
    monkeypatch.setattr(loader, "load_demo", load_demo, raising=False)
    monkeypatch.setitem(sys.modules, "crmkit.demo.loader", loader)
    return asked


def test_the_demos_last_line_is_a_folder_that_opens(shell: Command, loaded: list[int]) -> None:
    said = shell("demo", "--records", "7", "--no-tui")
    assert (said.code, loaded) == (0, [7])
    assert "Made Up Ltd" in shell("--workspace", said.lines[-1], "account", "list").out


@pytest.mark.parametrize("records", ["0", "1000001", "many"])
def test_a_demo_has_one_to_a_million_records(
    records: str, shell: Command, loaded: list[int]
) -> None:
    assert shell("demo", "--records", records, "--no-tui").code == 2
    assert loaded == []


def test_the_demo_without_a_terminal_says_what_to_do(shell: Command, loaded: list[int]) -> None:
    said = shell("demo")
    assert (said.code, loaded) == (2, [])
    assert "--no-tui" in said.err


def test_upgrade_of_what_is_up_to_date_does_nothing(crm: Command) -> None:
    said = crm("upgrade")
    assert (said.code, said.out) == (0, "")
    assert "up to date" in said.err


def test_doctor_finds_a_healthy_workspace_healthy(crm: Command, firm: Path) -> None:
    firm.chmod(0o700)
    said = crm("doctor", "--format", "json")
    assert [row["check"] for row in said.json if not row["ok"]] == []
    assert said.code == 0


def test_doctor_and_audit_find_a_changed_row(crm: Command, firm: Path) -> None:
    firm.chmod(0o700)
    assert crm("account", "add", "name=Acme").code == 0
    intact = crm("audit", "verify")
    assert intact.code == 0
    assert len(intact.lines) == 1
    _tamper(firm / "crmkit.db")
    said = crm("audit", "verify")
    assert said.code == 1
    assert "altered" in said.err
    assert crm("doctor").code == 1


def _tamper(path: Path) -> None:
    with sqlite3.connect(path) as db:
        triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        tables = [n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = next(n for n in tables if "commit" in n)
        db.execute(f"UPDATE \"{table}\" SET label = 'Nothing to see'")
    db.close()


def test_doctor_says_when_others_may_look_in(crm: Command, firm: Path) -> None:
    firm.chmod(0o755)
    said = crm("doctor", "--format", "json")
    assert said.code == 1
    assert [row["check"] for row in said.json if not row["ok"]] == ["privacy"]


def test_info_names_versions_paths_and_plugins(crm: Command, firm: Path) -> None:
    told = crm("info", "--format", "json").json
    assert told["workspace"] == str(firm)
    assert {"leads", "deals"} <= {p["name"] for p in told["plugins"] if p["on"]}
    assert any("leads" in line for line in crm("info").lines)


def test_info_hides_the_databases_password(crm: Command, firm: Path) -> None:
    config = firm / "crmkit.toml"
    url = "postgresql://crm:secret@db.example.com/crm"
    config.write_text(f'database = "{url}"\n' + config.read_text())
    told = crm("info").out
    assert "secret" not in told
    assert "db.example.com" in told


def test_info_works_without_a_workspace(shell: Command) -> None:
    assert shell("info", "--format", "json").json["workspace"] is None


@pytest.mark.parametrize("by", ["worker", "guest"])
def test_the_log_of_others_is_for_those_who_may_read_it(by: str, crm: Command) -> None:
    assert crm("account", "add", "name=Acme").code == 0
    assert crm("log", "--format", "json").json[0]["label"] == "Add account Acme"
    assert crm("log", "--format", "json", by=by).json == []


def test_the_log_of_one_user(crm: Command) -> None:
    assert crm("account", "add", "name=Acme", by="boss").code == 0
    assert [c["by"] for c in crm("log", "--by", "boss", "--format", "json").json] == ["boss"]
    assert crm("log", "--by", "nobody").code == 3


def test_undo_says_what_stays(crm: Command) -> None:
    account = crm("account", "add", "name=Acme").lines[0]
    commit = str(crm("log", "--format", "json").json[0]["id"])
    assert crm("account", "set", account, "phone=+49 30 901820").code == 0
    said = crm("undo", commit)
    assert said.code == 6
    assert "changed since" in said.err
    assert crm("undo", "99999").code == 3


def test_doctor_says_where_nothing_can_be_written(
    firm: Path, crm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system that is read-only is found before somebody loses what he typed."""
    said = {row["check"]: row for row in crm("doctor", "--format", "json").json}
    assert said["writing"]["ok"]
    monkeypatch.setattr("crmkit.cli.health.os.access", lambda path, how: path != firm / "crmkit.db")
    said = {row["check"]: row for row in crm("doctor", "--format", "json").json}
    assert not said["writing"]["ok"]
    assert said["writing"]["detail"] == f"nothing can be written to {firm / 'crmkit.db'}"
