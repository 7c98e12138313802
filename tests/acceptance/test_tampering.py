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


KINDS = [
    Tampered("a value", change_a_value, plain=True, anchored=True, records=True),
    Tampered("deleted", delete_in_the_middle, plain=True, anchored=True, records=True),
    Tampered("cut tail", cut_the_tail, plain=False, anchored=True, records=True),
    Tampered("inserted", insert_a_row, plain=True, anchored=True, records=True),
    Tampered("anew", write_the_chain_anew, plain=False, anchored=True, records=True),
    Tampered("all of it", change_all_that_tells, plain=False, anchored=True, records=False),
    Tampered("a record", change_a_record, plain=False, anchored=False, records=True),
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
    db = sqlite3.connect(path, isolation_level=None)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{name}"')
    return lambda sql: db.execute(sql).rowcount


def _on_postgresql(url: str) -> Execute:
    import psycopg

    db: Any = psycopg.connect(url, autocommit=True)
    db.execute("ALTER TABLE crm_commit DISABLE TRIGGER ALL")
    db.execute("ALTER TABLE crm_change DISABLE TRIGGER ALL")
    return lambda sql: int(db.execute(sql).rowcount)


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
