"""The three example plugins as a stranger has them: installed into a venv, used by the shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("family_law", "matters", "ethical_wall")
PATIENCE = 600

pytestmark = pytest.mark.slow


@frozen
class Said:
    """What a program left."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The data."""
        return json.loads(self.out)


@frozen
class Stranger:
    """Somebody with a folder, and in it a venv with crmkit and the examples."""

    home: Path

    def run(self, *args: str, folder: Path | None = None) -> Said:
        """Run a program of the venv."""
        kept = ("LANG", "TERM", "LOGNAME", "USER")
        env = {k: v for k, v in os.environ.items() if k in kept or k.startswith("PIP_")}
        env |= {"PATH": f"{self.home / 'venv' / 'bin'}:{os.environ['PATH']}", "COLUMNS": "200"}
        env |= {"HOME": str(self.home), "XDG_CONFIG_DIRS": os.environ.get("XDG_CONFIG_DIRS", "")}
        done = subprocess.run(
            args, cwd=folder or self.home, env={k: v for k, v in env.items() if v}, text=True,
            capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def install(self, *what: str) -> None:
        """Install packages; skips where they cannot be had."""
        said = self.run("python", "-m", "pip", "install", "-q", *what)
        if said.code:
            pytest.skip(f"pip cannot install {', '.join(what)}: {said.err.strip()[-200:]}")


@frozen
class Shell:
    """The installed `crmkit` on a workspace of its own."""

    stranger: Stranger
    place: Path

    def __call__(self, *args: str, code: int = 0, by: str = "") -> Said:
        """Run a command, and look at its exit code."""
        acting = ["--as", by] if by else []
        said = self.stranger.run("crmkit", "--workspace", str(self.place), *acting, *args)
        assert said.code == code, said.out + said.err
        return said

    def rows(self, *args: str, by: str = "") -> Any:
        """Return the rows of a list."""
        return self(*args, "--format", "json", by=by).json

    def file(self, name: str, text: str) -> str:
        """Write a file; return its path."""
        path = self.place.parent / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A stranger who has installed the built wheel and the examples."""
    home = tmp_path_factory.mktemp("stranger")
    venv.create(home / "venv", with_pip=True)
    found = Stranger(home)
    said = found.run("python", "-m", "pip", "wheel", "-q", "--no-deps", "-w", "wheels", str(ROOT))
    if said.code:
        pytest.skip(f"pip cannot build the wheel: {said.err.strip()[-200:]}")
    for name in EXAMPLES:
        caches = shutil.ignore_patterns("__pycache__", ".pytest_cache")
        shutil.copytree(ROOT / "plugins_example" / name, home / name, ignore=caches)
    wheel = next((home / "wheels").glob("crmkit-*.whl"))
    found.install(str(wheel), "pytest>=8.3", *(str(home / name) for name in EXAMPLES))
    where = found.run("python", "-c", "import crmkit; print(crmkit.__file__)").out
    assert where.startswith(str(home / "venv"))
    return found


@pytest.fixture
def crm(stranger: Stranger, tmp_path: Path) -> Shell:
    """A new workspace."""
    shell = Shell(stranger, tmp_path / "firm")
    said = stranger.run(
        "crmkit", "init", str(shell.place), "--region", "GB", "--currency", "GBP"
    )  # fmt: skip
    assert said.code == 0, said.err
    return shell


def test_all_are_found_and_none_runs_until_it_is_enabled(crm: Shell) -> None:
    """The list names the package of each; its entity is not there."""
    found = {row["name"]: (row["from"], row["state"]) for row in crm.rows("plugin", "list")}
    assert {name: found[name] for name in EXAMPLES} == {
        name: (f"package {name}", "disabled") for name in EXAMPLES
    }
    crm("matter", "list", code=2)


def test_family_law_adds_two_fields_a_state_and_a_guard(crm: Shell) -> None:
    """In commands, board, import, export, journal and merge; off it is gone, on it is back."""
    assert "table lead__family_law" in crm("plugin", "enable", "family_law").err
    crm("lead", "add", "name=Ann Other", "email=ann@example.com", "other_party=Bob Other")
    crm("lead", "move", "1", "conflict-check")
    assert "Check for a conflict" in crm("lead", "move", "1", "qualified", code=6).err
    board = {column["state"]: column["count"] for column in crm.rows("lead", "board")}
    assert board["CONFLICT_CHECK"] == 1
    path = crm.file("more.csv", "name,email,other_party,no_conflict\nCy,cy@example.com,Dee,yes\n")
    crm("lead", "import", path)
    out = crm("lead", "list", "other_party:dee", "--format", "csv",
              "--columns", "name,other_party,no_conflict").out  # fmt: skip
    assert out.splitlines() == ["name,other_party,no_conflict", "Cy,Dee,yes"]
    assert "family_law.other_party" in crm("lead", "history", "1").out
    crm("lead", "set", "1", "no_conflict=yes")
    crm("undo")
    assert crm.rows("lead", "show", "1")["no_conflict"] is False

    crm("plugin", "disable", "family_law")
    assert "other_party" not in crm("lead", "show", "1").out
    assert "no field" in crm("lead", "list", "other_party:dee", code=6).err
    assert "CONFLICT_CHECK" in crm("lead", "list").out
    crm("plugin", "enable", "family_law")
    assert crm.rows("lead", "show", "1")["other_party"] == "Bob Other"

    crm("lead", "add", "name=Ann Other", "email=ann2@example.com")
    crm("lead", "merge", "3", "1")
    assert crm.rows("lead", "show", "3")["other_party"] == "Bob Other"


def test_matters_are_an_entity_with_numbers_a_board_a_report_and_a_panel(crm: Shell) -> None:
    """Linked to clients, whose merging they follow; purged they begin anew, under new numbers."""
    said = crm("plugin", "enable", "matters").err
    assert "table matter\n" in said
    for name in ("Acme", "Acme Ltd"):
        crm("client", "add", f"name={name}")
    assert "0001" in crm("client", "open-matter", "1", "Lease").err
    crm("matter", "set", "1", "fee=100", "area=Property")
    crm("matter", "move", "1", "engaged")
    crm("matter", "import", crm.file("m.csv", "name,client,area\nWill,Acme,Probate\n"))
    assert [row["number"][-4:] for row in crm.rows("matter", "list")] == ["0002", "0001"]
    assert {c["state"]: c["count"] for c in crm.rows("matter", "board")}["ENGAGED"] == 1
    assert "Property" in crm("report", "matters").out
    shown = crm("client", "show", "1").out
    assert "Matters" in shown
    assert "Lease, Engaged, 100.00 GBP" in shown
    assert "Will" in crm("matter", "list", "--format", "csv").out
    assert "matter" in crm("log").out
    crm("client", "merge", "2", "1")
    assert [row["client"]["id"] for row in crm.rows("matter", "list")] == [2, 2]

    crm("plugin", "disable", "matters")
    crm("matter", "list", code=2)
    assert "Matters" not in crm("client", "show", "2").out
    crm("plugin", "enable", "matters")
    assert "Lease, Engaged, 100.00 GBP" in crm("client", "show", "2").out

    crm("plugin", "disable", "matters")
    crm("plugin", "purge", "matters", "--yes")
    crm("plugin", "enable", "matters")
    assert crm.rows("matter", "list") == []
    assert crm("matter", "add", "name=New", "client=2").out.strip() == "3"
    assert "0 faults" in crm("audit", "verify").err


def test_an_ethical_wall_hides_clients_from_a_team(crm: Shell) -> None:
    """In lists, counts, search, boards and files; and somebody is to look back."""
    toml = crm.place / "crmkit.toml"
    toml.write_text(toml.read_text() + '\n[ethical_wall]\nteams = ["B"]\n', encoding="utf-8")
    crm("plugin", "enable", "ethical_wall")
    crm("user", "add", "kim", "--role", "crm_manager", "--team", "B")
    for name in ("Acme", "Bolt", "Corner Shop"):
        crm("client", "add", f"name={name}")
    for id, name in enumerate(("Acme", "Bolt", "Corner Shop"), 1):
        crm("deal", "add", f"name={name} deal", f"client={id}", "value=10")
    for id in ("1", "2"):
        crm("client", "set", id, "walled=yes")
    assert [row["name"] for row in crm.rows("client", "list", by="kim")] == ["Corner Shop"]
    assert sum(c["count"] for c in crm.rows("deal", "board", by="kim")) == 1
    assert crm("search", "acme", by="kim").out == ""
    assert "Acme" not in crm("deal", "list", "--format", "csv", by="kim").out
    crm("client", "show", "1", by="kim", code=3)
    assert "Ask who has worked for Acme until now" in crm("action", "list").out
    assert len(crm.rows("action", "list", by="kim")) == 0
    crm("plugin", "disable", "ethical_wall", "--yes")
    assert len(crm.rows("client", "list", by="kim")) == 3
    crm("plugin", "enable", "ethical_wall")
    assert len(crm.rows("client", "list", by="kim")) == 1
    assert "say which of the values holds" in crm("client", "merge", "3", "1", code=6).err
    crm("client", "merge", "3", "1", "walled=yes")
    assert len(crm.rows("client", "list", by="kim")) == 0


def test_all_three_go_together(crm: Shell) -> None:
    """Enabled one after the other, with nothing off, and nothing wrong; the wall hides matters."""
    toml = crm.place / "crmkit.toml"
    toml.write_text(toml.read_text() + '\n[ethical_wall]\nteams = ["B"]\n', encoding="utf-8")
    for name in EXAMPLES:
        crm("plugin", "enable", name)
    crm("user", "add", "kim", "--role", "crm_manager", "--team", "B")
    for name, walled in (("Acme", "yes"), ("Corner Shop", "no")):
        id = crm("client", "add", f"name={name}", f"walled={walled}").out.strip()
        crm("matter", "add", f"name={name} lease", f"client={id}", "lawyer=kim")
    assert [row["name"] for row in crm.rows("matter", "list", by="kim")] == ["Corner Shop lease"]
    assert sum(c["count"] for c in crm.rows("matter", "board", by="kim")) == 1
    states = {row["name"]: row["state"] for row in crm.rows("plugin", "list")}
    assert [states[name] for name in EXAMPLES] == ["on"] * 3
    assert crm("doctor").out.count("yes") >= 6


@pytest.mark.parametrize("name", EXAMPLES)
def test_their_own_tests_pass_there(stranger: Stranger, name: str) -> None:
    """But for the contract, which the suite holds them to anyway and a new package is held to."""
    said = stranger.run("python", "-m", "pytest", "-q", "-k", "not TestContract",
                        folder=stranger.home / name)  # fmt: skip
    assert said.code == 0, said.out[-3000:]
    assert " passed" in said.out


def test_a_new_package_is_installed_and_its_tests_pass(stranger: Stranger, crm: Shell) -> None:
    """With nothing edited."""
    work = crm.place.parent
    said = stranger.run("crmkit", "plugin", "new", "firm_x", "--for", "lead", "--package",
                        folder=work)  # fmt: skip
    assert said.code == 0, said.err
    stranger.install("-e", str(work / "firm_x"))
    said = stranger.run("pytest", "-q", folder=work / "firm_x")
    assert said.code == 0, said.out[-3000:]
    assert "table lead__firm_x" in crm("plugin", "enable", "firm_x").err
    assert "keeps all" in crm("plugin", "check", "firm_x").err
