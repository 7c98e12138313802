"""Ways to tamper with the database itself, and what `crmkit audit verify` sees of each.

What it can see: whatever does not fit together. What it cannot: a cut tail, and a chain that was
written anew by somebody who knows how; these show against an anchor that was noted elsewhere. A
record that was changed behind the journal's back shows when records are compared as well.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, frozen

from crmkit.app import init, open_crm
from crmkit.core.anchor import heads
from crmkit.core.journal import GENESIS
from crmkit.core.session import Session

Execute = Callable[[str], int]


@frozen
class Tampered:
    """A kind of tampering, and which of the three ways of looking show it."""

    name: str
    do: Callable[[Path, Execute], None]
    plain: bool
    anchored: bool
    records: bool


def change_a_value(_: Path, run: Execute) -> None:
    assert run("UPDATE crm_change SET \"after\" = replace(\"after\", 'Retail', 'Bakery') "
               "WHERE \"after\" LIKE '%Retail%'") == 1  # fmt: skip


def delete_in_the_middle(_: Path, run: Execute) -> None:
    assert run('DELETE FROM crm_change WHERE "commit" = 3') == 1
    assert run("DELETE FROM crm_commit WHERE id = 3") == 1


def cut_the_tail(_: Path, run: Execute) -> None:
    newest = "(SELECT max(id) FROM crm_commit)"
    assert run(f'DELETE FROM crm_change WHERE "commit" = {newest}') == 1
    assert run(f"DELETE FROM crm_commit WHERE id = {newest}") == 1


def insert_a_row(_: Path, run: Execute) -> None:
    columns = 'entity, record, op, title, "before", "after", salt, digest'
    assert run(f"INSERT INTO crm_change (id, \"commit\", {columns}) SELECT id + 1000, \"commit\", "
               f"{columns} FROM crm_change WHERE \"commit\" = 2") == 1  # fmt: skip


def write_the_chain_anew(place: Path, run: Execute) -> None:
    """Change a value, and mend every digest and hash, as one does who has read the source."""
    change_a_value(place, run)
    crm = open_crm(place)
    with crm.store.reader() as reader:
        commits = [reader.commit(c.id) for c in reader.commits(limit=1000, ascending=True)]
    crm.store.close()
    prev = GENESIS
    for commit in commits:
        assert commit is not None
        for change in commit.changes:
            digest = change.compute_digest()
            run(f"UPDATE crm_change SET digest = '{digest}' WHERE \"commit\" = {commit.id} "
                f"AND record = {change.record} AND entity = '{change.entity}'")  # fmt: skip
        whole = evolve(commit, prev=prev)
        prev = whole.compute_hash(c.compute_digest() for c in commit.changes)
        run(f"UPDATE crm_commit SET prev = '{whole.prev}', hash = '{prev}' WHERE id = {commit.id}")


def change_a_record(_: Path, run: Execute) -> None:
    assert run("UPDATE account SET industry = 'Bakery' WHERE industry = 'Retail'") == 1


def change_all_that_tells(place: Path, run: Execute) -> None:
    """Change the record as well as its journal: nothing in the database tells of it any more."""
    write_the_chain_anew(place, run)
    change_a_record(place, run)


def plant_a_trigger(_: Path, run: Execute) -> None:
    run("a trigger")


def take_the_guards_away(_: Path, run: Execute) -> None:
    run("no guards")


_PROMOTED = "UPDATE user___roles SET value = 'admin'"
PLANTS = {
    "a trigger": (
        f"CREATE TRIGGER planted AFTER INSERT ON account BEGIN {_PROMOTED}; END",
        "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {_PROMOTED}; RETURN NULL; END $$;"
        "CREATE TRIGGER planted AFTER INSERT ON account EXECUTE FUNCTION planted()",
    ),
    "a rule": ("", f"CREATE RULE planted AS ON INSERT TO account DO ALSO {_PROMOTED}"),
    "no guards": (
        "DROP TRIGGER crm_commit_no_update; DROP TRIGGER crm_change_no_delete",
        "ALTER TABLE crm_change DISABLE TRIGGER ALL; DROP TRIGGER crm_commit_keep ON crm_commit",
    ),
    "a guard that does nothing": (
        "DROP TRIGGER crm_change_no_update; CREATE TRIGGER crm_change_no_update BEFORE update ON "
        "crm_change BEGIN SELECT 1; END",
        "CREATE OR REPLACE FUNCTION crm_keep() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN NEW; END $$",
    ),
    "a view in place of a table": (
        "ALTER TABLE crm_meta RENAME TO kept; CREATE VIEW crm_meta AS SELECT * FROM kept",
        "ALTER TABLE crm_meta RENAME TO kept; CREATE VIEW crm_meta AS SELECT * FROM kept",
    ),
    "another function": (
        "",
        "CREATE OR REPLACE FUNCTION crm_fold(given text) RETURNS text "
        "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT given $$",
    ),
}
"""What somebody leaves in a database that acts later, by the kind of database."""


KINDS = [
    Tampered("a value", change_a_value, plain=True, anchored=True, records=True),
    Tampered("deleted", delete_in_the_middle, plain=True, anchored=True, records=True),
    Tampered("cut tail", cut_the_tail, plain=False, anchored=True, records=True),
    Tampered("inserted", insert_a_row, plain=True, anchored=True, records=True),
    Tampered("anew", write_the_chain_anew, plain=False, anchored=True, records=True),
    Tampered("all of it", change_all_that_tells, plain=False, anchored=True, records=False),
    Tampered("a record", change_a_record, plain=False, anchored=False, records=True),
    Tampered("a trigger", plant_a_trigger, plain=True, anchored=True, records=True),
    Tampered("no guards", take_the_guards_away, plain=True, anchored=True, records=True),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def place(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose journal has six commits."""
    monkeypatch.setenv("LOGNAME", "ada")
    folder = tmp_path / "firm"
    crm = init(folder, database=url)
    ada: Session = crm.session("ada")
    id = ada.add("account", {"name": "ACME", "industry": "Law"}).id
    ada.add("account", {"name": "Bow & Sons"})
    ada.set("account", id, {"industry": "Retail"})
    ada.set("account", id, {"website": "https://acme.example"})
    ada.add("account", {"name": "Last & Co"})
    crm.store.close()
    return folder


@pytest.fixture
def execute(place: Path, url: str) -> Execute:
    """SQL straight on the database, by somebody whom no trigger stops."""
    return _on_sqlite(place / "crmkit.db") if not url else _on_postgresql(url)


def _on_sqlite(path: Path) -> Execute:
    """Take the guards away and put them back as they were, so that nothing tells of it."""
    db = sqlite3.connect(path, isolation_level=None)

    def run(sql: str) -> int:
        if sql in PLANTS:
            db.executescript(PLANTS[sql][0])
            return 0
        known = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        guards = db.execute(known).fetchall()
        for name, _ in guards:
            db.execute(f'DROP TRIGGER "{name}"')
        count = db.execute(sql).rowcount
        for _, ddl in guards:
            db.execute(ddl)
        return count

    return run


def _on_postgresql(url: str) -> Execute:
    import psycopg

    db: Any = psycopg.connect(url, autocommit=True)

    def run(sql: str) -> int:
        if sql in PLANTS:
            db.execute(PLANTS[sql][1])
            return 0
        db.execute("SET session_replication_role = replica")
        count = int(db.execute(sql).rowcount)
        db.execute("SET session_replication_role = origin")
        return count

    return run


@pytest.fixture
def audit(place: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run `crmkit audit verify`; return its exit code and what it says."""
    from crmkit.cli import main

    def run(*options: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["--workspace", str(place), "audit", "verify", *options])
        return code, capsys.readouterr().err

    return run


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_what_an_audit_sees(
    kind: Tampered, place: Path, execute: Execute, audit: Callable[..., tuple[int, str]]
) -> None:
    crm = open_crm(place)
    noted = place.parent / "anchors"
    noted.write_text("".join(head.line() + "\n" for head in heads(crm.store)))
    crm.store.close()
    looks = ((), ("--anchor", str(noted)), ("--records",))
    assert [audit(*look)[0] for look in looks] == [0, 0, 0]
    kind.do(place, execute)
    seen = [audit(*look)[0] == 1 for look in looks]
    assert seen == [kind.plain, kind.anchored, kind.records]


def test_a_cut_tail_that_grew_again_still_shows(
    place: Path, execute: Execute, audit: Callable[..., tuple[int, str]]
) -> None:
    crm = open_crm(place)
    noted = place.parent / "anchors"
    noted.write_text("".join(head.line() + "\n" for head in heads(crm.store)))
    cut_the_tail(place, execute)
    crm.session("ada").add("account", {"name": "Another & Co"})
    crm.store.close()
    assert audit()[0] == 0
    code, said = audit("--anchor", str(noted))
    assert code == 1
    assert "written anew" in said


def test_values_cannot_be_passed_off_as_erased(
    place: Path, execute: Execute, audit: Callable[..., tuple[int, str]]
) -> None:
    execute("UPDATE crm_change SET salt = '', \"after\" = replace(\"after\", 'Retail', 'Bakery') "
            "WHERE \"after\" LIKE '%Retail%'")  # fmt: skip
    assert audit()[0] == 1


@pytest.mark.parametrize("plant", PLANTS)
def test_what_was_planted_is_named_by_the_audit_and_the_doctor(
    plant: str, url: str, place: Path, execute: Execute, audit: Callable[..., tuple[int, str]],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from crmkit.cli import main

    if not PLANTS[plant][bool(url)]:
        pytest.skip("there is no such thing in this kind of database")
    execute(plant)
    code, said = audit()
    assert code == 1
    assert "somebody" in said
    assert main(["--workspace", str(place), "doctor"]) == 1
    assert "somebody" in capsys.readouterr().out


def test_views_of_the_firms_own_are_nobodys_business(
    place: Path, execute: Execute, audit: Callable[..., tuple[int, str]]
) -> None:
    execute("CREATE VIEW retail AS SELECT name FROM account WHERE industry = 'Retail'")
    assert audit()[0] == 0


def test_a_file_of_anchors_that_is_no_text_is_said_to_be_none(
    place: Path, audit: Callable[..., tuple[int, str]]
) -> None:
    noted = place.parent / "anchors"
    noted.write_bytes(b"\xff\xfe\x00")
    code, said = audit("--anchor", str(noted))
    assert code == 2
    assert "there is no anchor in it" in said
