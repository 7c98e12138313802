"""Who writes to a PostgreSQL database next is who came first: the server keeps the line."""

from __future__ import annotations

import time
from contextlib import ExitStack
from multiprocessing.connection import Connection

from crmkit.sql.store import open_store
from tests.acceptance.workers import started
from tests.sql import world

PATIENCE = 60
WAITING = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def save_once(there: Connection, url: str, label: str) -> None:
    """Write one commit when told to."""
    store = open_store(url, world.plain())
    store.reader()
    there.send("ready")
    there.recv()
    with store.writer() as writer:
        writer.append(world.commit(label=label))
    there.send("done")
    store.close()


def test_processes_write_in_the_order_in_which_they_came(postgres_database: str) -> None:
    store = open_store(postgres_database, world.plain())
    store.create()
    names = ["a", "b", "c", "d"]
    with ExitStack() as stack:
        ends = [stack.enter_context(started(save_once, store.url, name))[1] for name in names]
        for end in ends:
            assert end.recv() == "ready"
        with store.writer() as writer:
            for n, end in enumerate(ends, 1):
                end.send("go")
                deadline = time.monotonic() + PATIENCE
                while writer.lane.sql(WAITING)[0][0] < n:
                    assert time.monotonic() < deadline
                    time.sleep(0.002)
        for end in ends:
            assert end.poll(PATIENCE)
            assert end.recv() == "done"
    with store.reader() as reader:
        found = [commit.label for commit in reader.commits(limit=9, ascending=True)]
    assert found == names
    store.close()
