"""Killed in the middle of it: all or nothing, and what was acknowledged is there for good."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from crmkit.core.audit import verify
from crmkit.core.errors import Fault
from crmkit.sql.store import SqlStore
from tests.acceptance.consistency import faults
from tests.acceptance.office import Office
from tests.acceptance.workers import import_file, save_together, started

ROUNDS = int(os.environ.get("CRMKIT_ROUNDS", "10"))
"""How often a process is killed, half of the times while it imports, half while it saves."""

ROWS, TOGETHER = 300, 5
PATIENCE = 60


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Office]:
    """Ada's workspace on a database of either kind, with a few leads."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    with made.session().transaction() as unit:
        for n in range(TOGETHER):
            unit.add("lead", name=f"Lead {n}", email=f"lead{n}@example.com", notes="note 0")
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of deals, each with an account that is not there yet."""
    lines = [f"Deal {n},Account {n},{n * 10},2026-12-01" for n in range(ROWS)]
    path = tmp_path / "deals.csv"
    path.write_text("\n".join(["name,account,value,expected_close", *lines]))
    return path


def kills(office: Office) -> int:
    """Return how often to kill: less often on PostgreSQL, whose server is not what is killed."""
    return ROUNDS if office.crm.store.dialect.sqlite else max(2, ROUNDS // 5)


def test_an_import_that_is_killed_leaves_all_or_nothing(office: Office, file: Path) -> None:
    rounds, chance = -(-kills(office) // 2), random.Random(7)
    office.close()
    whole = _imported_in(office, file)
    landed = 1
    for n in range(rounds):
        with started(import_file, office.path, file) as (process, end):
            assert end.poll(PATIENCE)
            assert end.recv() == "ready"
            time.sleep(whole * (n + chance.random()) / rounds)
            process.kill()
            process.join(PATIENCE)
            acknowledged = _last(end) == "landed"
        session = office.session()
        deals, accounts = session.count("deal"), session.count("account")
        assert accounts == ROWS
        assert deals in (landed * ROWS, (landed + 1) * ROWS)
        assert not acknowledged or deals == (landed + 1) * ROWS
        landed = deals // ROWS
        assert [c.size for c in session.log(limit=1)] == [ROWS if landed > 1 else 2 * ROWS]
        office.close()
        assert faults(office.path) == []
    assert landed <= rounds


def _imported_in(office: Office, file: Path) -> float:
    """Import the file undisturbed; return the seconds that it took."""
    with started(import_file, office.path, file) as (_, end):
        assert end.poll(PATIENCE)
        assert end.recv() == "ready"
        began = time.monotonic()
        assert end.poll(PATIENCE)
        assert end.recv() == "landed"
        return time.monotonic() - began


def _last(end) -> object:
    """Return the last thing that was told, None where there was nothing."""
    told = None
    try:
        while end.poll(0):
            told = end.recv()
    except (EOFError, OSError):
        pass
    return told


def test_saves_that_are_killed_leave_all_or_nothing_and_none_that_was_told_is_lost(
    office: Office,
) -> None:
    ids = list(range(1, TOGETHER + 1))
    rounds, chance, last = kills(office) // 2, random.Random(11), 0
    office.close()
    for _ in range(rounds):
        with started(save_together, office.path, ids, last + 1) as (process, end):
            assert end.poll(PATIENCE)
            assert end.recv() == "ready"
            assert end.poll(PATIENCE)  # one has landed; it is killed somewhere in the next ones
            time.sleep(chance.uniform(0.0, 0.12))
            process.kill()
            process.join(PATIENCE)
            told = _last(end) or last
        session = office.session()
        notes = {lead.notes for lead in session.find("lead")}
        assert len(notes) == 1
        stored = int(notes.pop().removeprefix("note "))
        assert stored in (told, told + 1)
        assert session.count("action") == stored
        assert {hit.id for hit in session.search(f"company {stored}", entities=["lead"])} == {
            *(ids if stored else ())
        }
        last = stored
        office.close()
        assert faults(office.path) == []
    assert last >= rounds


@pytest.mark.parametrize("table", ["crm_commit", "crm_change"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_rows_of_the_journal_can_be_neither_changed_nor_deleted(
    office: Office, table: str, verb: str
) -> None:
    engine = _engine(office)
    with (
        pytest.raises(sa.exc.DBAPIError, match="the journal is kept as it is"),
        engine.begin() as connection,
    ):
        connection.exec_driver_sql(verb.format(table))
    engine.dispose()
    assert verify(office.crm.store).faults == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE crm_change SET after = replace(after, 'Lead 2', 'Lead X') WHERE id = 4",
        "UPDATE crm_commit SET actor_name = 'eve' WHERE id = 2",
        "DELETE FROM crm_change WHERE id = 3",
    ],
)
def test_a_row_that_was_changed_without_the_triggers_is_found(
    office: Office, tampering: str
) -> None:
    engine = _engine(office)
    with engine.begin() as connection:
        for drop in _without_triggers(office):
            connection.exec_driver_sql(drop)
        assert connection.exec_driver_sql(tampering).rowcount == 1
    engine.dispose()
    said = office.shell("audit", "verify", code=1)
    assert "commit 2" in said.err
    assert "commit 2" in office.shell("doctor", code=1).out


def _engine(office: Office) -> sa.Engine:
    store = office.crm.store
    assert isinstance(store, SqlStore)
    engine, _ = store.database.engine, office.close()
    return engine


def _without_triggers(office: Office) -> list[str]:
    tables = ("crm_commit", "crm_change")
    if not (office.path / "crmkit.db").exists():
        return [f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in tables]
    return [f"DROP TRIGGER {table}_no_{verb}" for table in tables for verb in ("update", "delete")]


def test_a_failing_transaction_leaves_nothing(office: Office) -> None:
    session = office.session()
    before = len(session.log(limit=100))
    with pytest.raises(Fault), session.transaction() as unit:
        unit.set("lead", 1, {"notes": "half"})
        raise Fault("out of it")
    assert session.get("lead", 1).notes == "note 0"
    assert len(session.log(limit=100)) == before
    assert faults(office.path) == []
