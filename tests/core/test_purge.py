"""Purging a plugin: what goes, what stays, and what stands in the way."""

from __future__ import annotations

import csv
import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crmkit.cli import main

ACME = '''
from crmkit.api import *
plugin = Plugin("acme", requires=("clients",))
@entity("vessel", title="name")
class Vessel(Record):
    """A ship."""
    name: str = text("Name", search=True)
    owner: int = ref("Owner", "client")
    fee: Money | None = money("Fee", default=None)
    built: object = date("Built", default=None)
    seen: object = moment("Seen", default=None)
    about: Link | None = ref("About", "client", "lead", default=None)
    ports: tuple = text("Ports", many=True, default=())
@facet("lead")
class Ours(Facet):
    code: str = text("Code", default="", search=True)
    steps: str = flow(Workflow("steps", states=(State("A"), State("B"))), default="A")
@hookimpl
def crm_entities():
    return [Vessel]
@hookimpl
def crm_extensions():
    yield Extension("lead", facet=Ours, states=(State("OURS", after="CONTACTED",
                    fallback="CONTACTED"),))
    yield Extension("action", targets={"about": ("vessel",)})
@hookimpl
def crm_policy():
    yield Role("crm_manager", ("vessel.*",))
'''
BOLT = """
from crmkit.api import *
plugin = Plugin("bolt", requires=("acme",))
@facet("lead")
class Bolt(Facet):
    ship: int | None = ref("Ship", "vessel", default=None)
@facet("vessel")
class Screw(Facet):
    screws: int = number("Screws", default=2)
@hookimpl
def crm_extensions():
    yield Extension("lead", facet=Bolt)
    yield Extension("vessel", facet=Screw)
"""

Shell = Callable[..., str]


@pytest.fixture
def firm(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace on either database, with the plugin acme and records of its."""
    for name in ("CRMKIT_SAFE", "CRMKIT_DISABLE", "CRMKIT_STRICT", "CRMKIT_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "firm"
    assert main(["init", str(place), "--database", database_url]) == 0
    for name, text in (("acme", ACME), ("bolt", BOLT)):
        (place / "plugins" / f"{name}.py").write_text(text, encoding="utf-8")
        (place / "plugins" / f"{name}.py").chmod(0o600)
    return place


@pytest.fixture
def crm(firm: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run the shell; the exit code is checked, the whole output returned."""

    def run(*args: str, code: int = 0) -> str:
        capsys.readouterr()
        got = main(["--workspace", str(firm), *args])
        said = capsys.readouterr()
        assert got == code, said.err
        return said.out + said.err

    run("plugin", "enable", "acme")
    run("client", "add", "name=Doe")
    run("vessel", "add", "name=Otter", "owner=1", "fee=12.50 EUR", "built=1999-12-31",
        "seen=2026-01-02 03:04", "about=client:1", "ports=Kiel, Bath")  # fmt: skip
    run("lead", "add", "name=Ann", "email=a@example.com", "acme.code=quokka")
    run("lead", "move", "1", "OURS")
    return run


def _archive(firm: Path) -> Path:
    return next((firm / "purged").glob("acme-*.zip"))


def _rows(path: Path, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def _purge(crm: Shell, *more: str) -> str:
    crm("plugin", "disable", "acme")
    return crm("plugin", "purge", "acme", "--yes", *more)


def test_everything_is_written_out_first_for_the_owner_s_eyes(crm: Shell, firm: Path) -> None:
    """Amounts, dates, times, links and repeated values stand as an import reads them."""
    said = _purge(crm)
    assert "vessel: 1" in said
    assert "lead in the state OURS: 1, which go to CONTACTED" in said
    path = _archive(firm)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    row = _rows(path, "vessel.csv")[0]
    assert (row["name"], row["fee"], row["built"]) == ("Otter", "12.50 EUR", "1999-12-31")
    assert (row["owner"], row["about"]) == ("1", "client:1")
    assert row["seen"].startswith("2026-01-02T03:04:00")
    assert [r["value"] for r in _rows(path, "vessel___ports.csv")] == ["Kiel", "Bath"]
    mine = _rows(path, "lead__acme.csv")
    assert [(r["id"], r["title"], r["code"]) for r in mine] == [("1", "Ann", "quokka")]
    with zipfile.ZipFile(path) as archive:
        told = json.loads(archive.read("manifest.json"))
    assert [t["rows"] for t in told["tables"]] == [1, 1, 2]


def test_nothing_of_it_is_left_and_records_fall_back(crm: Shell) -> None:
    """Tables, words, sums and states are gone; other data is as it was."""
    crm("plugin", "disable", "acme")
    crm("plugin", "purge", "acme", "--yes")
    assert "CONTACTED" in crm("lead", "list")
    assert "quokka" not in crm("lead", "list", "quokka", "--format", "csv")
    assert "Ann" not in crm("lead", "list", "quokka")
    assert "nothing is kept" in crm("plugin", "purge", "acme", "--yes", code=3)
    doctor = crm("doctor")
    assert " no " not in doctor
    assert "0 faults" in crm("audit", "verify")


def test_the_journal_stays_and_one_commit_says_it(crm: Shell) -> None:
    """The moves to the fallback are part of it; what is undone of it says what it leaves."""
    _purge(crm)
    log = crm("log")
    assert "Purge plugin acme: 3 tables with 4 rows dropped; see " in log
    assert "Add vessel Otter" in log
    history = crm("lead", "history", "1")
    assert "acme.code" in history
    assert history.count("OURS") == 2
    assert "no plugin has the state OURS" in crm("undo", code=6)
    commit = next(line.split()[0] for line in log.splitlines() if "Add vessel" in line)
    assert "its plugin is off" in crm("undo", commit, code=6)


def test_enabled_again_it_starts_empty_and_no_number_comes_twice(crm: Shell) -> None:
    """What the journal and old links mean by vessel 1 is never another ship."""
    _purge(crm)
    crm("plugin", "enable", "acme")
    assert "Otter" not in crm("vessel", "list")
    assert "quokka" not in crm("lead", "show", "1")
    assert crm("vessel", "add", "name=Seal", "owner=1").strip() == "2"
    commit = next(line.split()[0] for line in crm("log").splitlines() if "Add vessel Otter" in line)
    assert "vessel 1 is not there any more" in crm("undo", commit, code=6)
    crm("lead", "list", "steps:A")
    assert " no " not in crm("doctor")


def test_what_was_written_out_can_be_read_back(crm: Shell, firm: Path, tmp_path: Path) -> None:
    """The file of an entity goes through the import as it is."""
    _purge(crm)
    crm("plugin", "enable", "acme")
    with zipfile.ZipFile(_archive(firm)) as archive:
        archive.extract("vessel.csv", tmp_path)
    crm("vessel", "import", str(tmp_path / "vessel.csv"))
    row = json.loads(crm("vessel", "show", "2", "--format", "json"))
    assert (row["name"], row["owner"]["id"], row["built"]) == ("Otter", 1, "1999-12-31")
    assert row["fee"] == {"amount": "12.50", "currency": "EUR"}
    assert row["seen"] == "2026-01-02T03:04:00Z"


def test_a_plugin_that_is_on_is_not_purged(crm: Shell) -> None:
    """Nor a part of the program; the way is told."""
    said = crm("plugin", "purge", "acme", "--yes", code=6)
    assert "crmkit plugin disable acme" in said
    assert "crmkit plugin disable leads" in crm("plugin", "purge", "leads", "--yes", code=6)
    assert "cannot be purged" in crm("plugin", "purge", "users", "--yes", code=6)
    assert "Otter" in crm("vessel", "list")


def test_a_plugin_that_is_gone_or_broken_is_purged_without_it(crm: Shell, firm: Path) -> None:
    """The database knows all that is needed; nothing of a third party is imported."""
    (firm / "plugins" / "acme.py").unlink()
    (firm / "plugins" / "bolt.py").write_text("raise SystemExit(9)", encoding="utf-8")
    said = crm("plugin", "purge", "acme", "--yes")
    assert "3 tables with 4 rows" in said
    assert "CONTACTED" in crm("lead", "list")


def test_what_points_there_stands_in_the_way(crm: Shell) -> None:
    """Links and references of other plugins, and their fields on its entities; each is named."""
    crm("action", "add", "subject=Paint it", "about=vessel:1")
    crm("plugin", "enable", "bolt")
    crm("lead", "set", "1", "ship=1")
    crm("plugin", "disable", "acme", "--yes")
    said = crm("plugin", "purge", "acme", "--yes", code=6)
    assert "its vessel is still pointed at, in about of action 1" in said
    assert "in ship of lead 1" in said
    assert "crmkit plugin purge bolt" in said
    crm("action", "delete", "1")
    crm("plugin", "disable", "bolt")
    crm("plugin", "purge", "bolt", "--yes")
    assert "dropped" in crm("plugin", "purge", "acme", "--yes")


def test_a_purge_asks_and_takes_no_file_that_is_there(crm: Shell, tmp_path: Path) -> None:
    """Without a terminal it wants --yes; nothing is dropped by then."""
    crm("plugin", "disable", "acme")
    assert "--yes" in crm("plugin", "purge", "acme", code=2)
    (tmp_path / "there.zip").write_text("mine")
    path = str(tmp_path / "there.zip")
    assert "there already" in crm("plugin", "purge", "acme", "--yes", "--to", path, code=2)
    assert "no/such" in crm("plugin", "purge", "acme", "--yes", "--to", "/no/such/x.zip", code=1)
    crm("plugin", "enable", "acme")
    assert "Otter" in crm("vessel", "list")


def test_a_place_that_cannot_be_is_told_before_a_backup_is_made(crm: Shell, firm: Path) -> None:
    crm("plugin", "disable", "acme")
    before = sorted(firm.glob("*.bak.db"))
    said = crm("plugin", "purge", "acme", "--yes", "--to", "/nonexist/x.zip", code=1)
    assert "/nonexist/x.zip cannot be written" in said
    assert sorted(firm.glob("*.bak.db")) == before


def test_a_file_that_cannot_be_written_whole_drops_nothing(
    crm: Shell, firm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half-written file goes, and the data stays."""
    crm("plugin", "disable", "acme")
    monkeypatch.setattr("os.fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "disk full")))
    assert "nothing is dropped" in crm("plugin", "purge", "acme", "--yes", code=1)
    assert not list((firm / "purged").iterdir())
    monkeypatch.undo()
    crm("plugin", "enable", "acme")
    assert "Otter" in crm("vessel", "list")


def test_only_the_owner_of_the_workspace_purges(
    crm: Shell, firm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with switching plugins on and off."""
    crm("plugin", "disable", "acme")
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    assert "only the owner" in crm("plugin", "purge", "acme", "--yes", code=5)


def test_what_the_firm_added_without_code_is_purged_like_a_plugin(crm: Shell, firm: Path) -> None:
    """Enabled again its fields are there, and empty."""
    crm("custom", "field", "add", "lead", "area", "--kind", "text")
    crm("lead", "set", "1", "area=Probate")
    crm("plugin", "disable", "custom")
    assert "lead__custom: 1" in crm("plugin", "purge", "custom", "--yes")
    path = next((firm / "purged").glob("custom-*.zip"))
    assert [row["area"] for row in _rows(path, "lead__custom.csv")] == ["Probate"]
    crm("plugin", "enable", "custom")
    assert json.loads(crm("lead", "show", "1", "--format", "json"))["area"] == ""


def test_a_field_that_got_another_kind_stands_in_the_way_by_its_name(crm: Shell) -> None:
    """Its values are in another column than before; people know its name only."""
    crm("custom", "field", "add", "lead", "ship", "--kind", "number")
    crm("lead", "set", "1", "ship=1")
    crm("custom", "field", "change", "lead", "ship", "--kind", "ref", "--to", "vessel")
    crm("plugin", "disable", "acme")
    said = crm("plugin", "purge", "acme", "--yes", code=6)
    assert "in ship of lead 1" in said
