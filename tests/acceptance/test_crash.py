"""Writers that are killed at any moment, several at once: what was acknowledged is there."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from crmkit.app import open_crm
from crmkit.core.audit import verify
from crmkit.core.kinds.numbers import Money
from crmkit.core.session import Session
from crmkit.core.unit import Unit
from tests.acceptance.consistency import faults
from tests.acceptance.office import Office
from tests.acceptance.workers import started

ROUNDS = int(os.environ.get("CRMKIT_CRASH_ROUNDS", "3"))
"""How often all writers are killed, on each kind of database."""

WRITERS, LEADS, PATIENCE = 3, 6, 60
WHOLE = 10
"""In every so manieth round, and in the last, a new process looks through everything."""
STATES = ("NOT_CONTACTED", "CONTACTED")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Office]:
    """Ada's workspace on a database of either kind, with a few leads that all write to."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    with made.session().transaction() as unit:
        unit.add("account", name="Bow & Sons")
        for n in range(LEADS):
            unit.add("lead", name=f"Lead {n}", email=f"lead{n}@example.com")
    yield made
    made.close()


def write_for_ever(there: Connection, place: Path, name: str) -> None:
    """Do this and that with records, each time in one commit; tell of it once it is done.

    The first time is before the start, for it takes longest.
    """
    session = open_crm(place).session("ada")
    chance = random.Random(name)
    for n in itertools.count(1):
        label = f"{name} {n}"
        with session.transaction(label) as unit:
            write(unit, chance, label)
        if n == 1:
            there.send("ready")
            there.recv()
        there.send(label)


def write(unit: Unit, chance: random.Random, label: str) -> None:
    """Add, change and move leads and deals: what sums, states, search and keys hang on."""
    id = chance.randint(1, LEADS)
    lead = unit.get("lead", id)
    for what in chance.sample(("deal", "note", "move"), 2):
        if what == "deal":
            unit.add("deal", name=label, account=1, value=Money(100, "EUR"))
        elif what == "note":
            unit.set("lead", id, {"notes": label, "email": f"{len(label)}.{id}@example.com"})
        else:
            unit.move("lead", id, STATES[lead.status == STATES[0]])


def killed_at_work(place: Path, round: int, seconds: float) -> list[list[str]]:
    """Let several write, kill them all after so long; return what each was told was done."""
    with ExitStack() as stack:
        writers = [
            stack.enter_context(started(write_for_ever, place, f"{round}.{n}"))
            for n in range(WRITERS)
        ]
        for _, end in writers:
            assert end.poll(PATIENCE)
            assert end.recv() == "ready"
        for _, end in writers:
            end.send("go")
        time.sleep(seconds)
        assert all(process.is_alive() for process, _ in writers)
        for process, _ in writers:
            process.kill()
        for process, _ in writers:
            process.join(PATIENCE)
        return [told(end) for _, end in writers]


def told(end: Connection) -> list[str]:
    """Return all that came before the end."""
    found = []
    try:
        while end.poll(0):
            found.append(end.recv())
    except (EOFError, OSError):
        pass
    return found


def fresh(session: Session, known: int) -> dict[str, int]:
    """Return the labels of the commits since, with how many records each changed."""
    with session.store.reader() as reader:
        found = reader.commits(limit=100_000, after=known, ascending=True)
    return {commit.label: commit.size for commit in found}


def test_every_acknowledged_commit_is_there_whole_and_nothing_else_is_wrong(
    office: Office,
) -> None:
    chance, total = random.Random(5), 0
    known = office.session().log(limit=1)[0].id
    for round in range(ROUNDS):
        acknowledged = killed_at_work(office.path, round, chance.uniform(0.02, 0.4))
        session = office.session()
        landed = fresh(session, known)
        for n, labels in enumerate(acknowledged):
            mine = [label for label in landed if label.startswith(f"{round}.{n} ")]
            # The last may have landed without the word of it having come.
            assert labels == mine[: len(labels)]
            assert len(mine) - len(labels) in (0, 1)
        assert all(landed.values())
        total += sum(map(len, acknowledged))
        known = session.log(limit=1)[0].id
        assert session.store.verify() == []
        if (ROUNDS - round) % WHOLE == 1:
            assert verify(session.store).faults == []
            assert faults(office.path) == []
    assert total > ROUNDS
    print(f"{ROUNDS} rounds, {WRITERS * ROUNDS} killed, {total} acknowledged commits, none lost")
