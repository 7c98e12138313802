"""Who writes to a SQLite file next is who came first: in any thread, in any process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from crmkit.core.errors import Fault
from crmkit.core.model import EntityModel
from crmkit.sql import engine, queueing
from crmkit.sql.store import SqlStore, open_store
from tests.acceptance.workers import started
from tests.sql import world

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.skipif(not queueing.possible(), reason="no locks that belong to an open file"),
]
PATIENCE = 60


@pytest.fixture(autouse=True)
def file(store: SqlStore) -> Path:
    """The database file of the store, which nobody has written to but to make it."""
    assert store.database.path is not None
    queueing.path(store.database.path).unlink()
    return store.database.path


@pytest.fixture
def ours(file: Path) -> Iterator[queueing.Turn]:
    """A turn that the test has, and lets go of."""
    turn = taken(file)
    yield turn
    turn.leave()


def taken(file: Path) -> queueing.Turn:
    turn = queueing.take(file, time.monotonic() + PATIENCE)
    assert turn is not None
    return turn


def save(there: Connection, url: str, times: int) -> None:
    """Write commits, each labelled with its ticket; tell of each."""
    store = open_store(url, world.extended())
    store.reader()
    there.send("ready")
    there.recv()
    for _ in range(times):
        there.send(saved(store))
    store.close()


def saved(store: SqlStore) -> int:
    with store.writer() as writer:
        assert writer.lane.turn is not None
        ticket = writer.lane.turn.ticket
        writer.append(world.commit(label=str(ticket)))
    return ticket


def hold(there: Connection, file: Path) -> None:
    """Take a turn and never leave."""
    turn = taken(file)
    there.send(turn.ticket)
    time.sleep(PATIENCE)


def labels(store: SqlStore) -> list[int]:
    """Return the tickets in the order in which their commits came."""
    with store.reader() as reader:
        return [int(c.label) for c in reader.commits(limit=9999, ascending=True)]


def last_ticket(file: Path) -> int:
    return int.from_bytes(queueing.path(file).read_bytes(), "little")


def until(true) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_processes_write_in_the_order_in_which_they_came(
    store: SqlStore, file: Path, database_url: str
) -> None:
    came = []
    with ExitStack() as stack:
        ends = [stack.enter_context(started(save, database_url, 1))[1] for _ in range(5)]
        for end in ends:
            assert end.recv() == "ready"
        turn = taken(file)
        for n, end in enumerate(ends, 1):
            end.send("go")
            until(lambda n=n: last_ticket(file) == turn.ticket + n)
        assert labels(store) == []
        turn.leave()
        came = [end.recv() for end in ends]
    assert came == sorted(came)
    assert labels(store) == came


def test_one_who_saves_for_ever_does_not_keep_the_others_waiting(
    store: SqlStore, file: Path, database_url: str
) -> None:
    greedy, savers, saves = 60, 3, 8
    with ExitStack() as stack:
        ends = [
            stack.enter_context(started(save, database_url, times))[1]
            for times in (greedy, *[saves] * savers)
        ]
        for end in ends:
            assert end.recv() == "ready"
        for end in ends:
            end.send("go")
        for end, times in zip(ends, (greedy, *[saves] * savers), strict=True):
            for _ in range(times):
                assert end.poll(PATIENCE)
                end.recv()
    found = labels(store)
    assert found == sorted(found)
    assert len(set(found)) == greedy + savers * saves


def test_threads_of_one_process_stand_in_the_same_line(store: SqlStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: [saved(store) for _ in range(5)], range(4)))
    found = labels(store)
    assert found == sorted(found)
    assert len(found) == 20


def test_a_dead_process_leaves_the_line(store: SqlStore, file: Path) -> None:
    with started(hold, file) as (process, end):
        assert end.recv() == 1
        turn = taken(file)
        assert turn.ahead() == 1
        process.kill()
        turn.wait(time.monotonic() + PATIENCE)
        turn.leave()
    assert saved(store) == 3


def test_a_forked_process_neither_keeps_nor_gives_up_its_parents_turn(
    file: Path, ours: queueing.Turn
) -> None:
    child = os.fork()
    if child == 0:
        ours.leave()
        os._exit(0)
    os.waitpid(child, 0)
    late = taken(file)
    assert late.ahead() == 1
    ours.leave()
    assert late.ahead() == 0
    late.leave()


def test_who_gives_up_lets_those_behind_him_wait_for_those_before_him(
    file: Path, ours: queueing.Turn
) -> None:
    second, third = taken(file), taken(file)
    second.leave()
    with pytest.raises(queueing.Late):
        third.wait(time.monotonic())
    ours.leave()
    third.wait(time.monotonic() + PATIENCE)
    third.leave()


def test_who_waits_too_long_in_line_is_told(
    store: SqlStore, ours: queueing.Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    with pytest.raises(Fault, match="the workspace is busy; try again"):
        saved(store)
    ours.leave()
    assert saved(store) == 3


def test_a_transaction_that_fails_ends_its_turn(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.writer():
        raise ZeroDivisionError
    assert saved(store) == 2


def test_a_line_that_somebody_emptied_goes_on(store: SqlStore, file: Path) -> None:
    assert saved(store) == 1
    queueing.path(file).write_bytes(b"")
    assert saved(store) == 1
    queueing.path(file).write_bytes(b"\xff" * 8)
    assert saved(store) == 1
    assert labels(store) == [1, 1, 1]


def test_reading_needs_no_line_and_makes_none(store: SqlStore, file: Path) -> None:
    with store.reader() as reader:
        reader.commits(limit=1)
    assert not queueing.path(file).exists()


def test_the_file_of_the_line_has_the_rights_of_the_database(store: SqlStore, file: Path) -> None:
    file.chmod(0o660)
    saved(store)
    assert queueing.path(file).stat().st_mode & 0o777 == 0o660


def test_where_no_line_can_be_had_writers_write_all_the_same(
    store: SqlStore, file: Path, person: EntityModel
) -> None:
    queueing.path(file).symlink_to("/nowhere/at/all")
    with store.writer() as writer:
        assert writer.lane.turn is None
        writer.insert(person, [world.new(person, name="Ann")])
    with store.reader() as reader:
        assert reader.get(person, 1) is not None
