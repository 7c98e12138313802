"""What others commit is noticed, on each kind of database, at little cost."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from crmkit.core.model import Model
from crmkit.sql.store import SqlStore
from tests.sql import world

Open = Callable[[Model], SqlStore]


def write(store: SqlStore) -> None:
    with store.writer() as writer:
        writer.append(world.commit())


def soon(store: SqlStore, before: int) -> int:
    """Return the number once it is another: a server's word takes a moment to arrive."""
    deadline = time.monotonic() + 10
    while (now := store.changed()) == before and time.monotonic() < deadline:
        time.sleep(0.002)
    assert now != before
    return now


def test_each_commit_of_another_is_noticed_once(store: SqlStore, opened: Open) -> None:
    other = opened(store.model)
    seen = [store.changed()]
    for _ in range(3):
        write(other)
        seen.append(soon(store, seen[-1]))
        assert store.changed() == seen[-1]
    assert len(set(seen)) == 4


def test_several_commits_are_noticed(store: SqlStore, opened: Open) -> None:
    other = opened(store.model)
    before = store.changed()
    for _ in range(3):
        write(other)
    soon(store, before)


def test_what_is_not_committed_is_not_noticed(store: SqlStore, opened: Open) -> None:
    before = store.changed()
    with pytest.raises(ZeroDivisionError), opened(store.model).writer() as writer:
        writer.append(world.commit())
        assert store.changed() == before
        raise ZeroDivisionError
    assert store.changed() == before


def test_who_sees_the_change_sees_what_was_changed(store: SqlStore, opened: Open) -> None:
    before = store.changed()
    write(opened(store.model))
    soon(store, before)
    with store.reader() as reader:
        assert len(reader.commits(limit=9)) == 1


def test_what_is_committed_here_counts_too(store: SqlStore) -> None:
    before = store.changed()
    write(store)
    soon(store, before)


def test_after_close_it_watches_again(store: SqlStore, opened: Open) -> None:
    before = store.changed()
    store.close()
    write(opened(store.model))
    assert store.changed() != before


def test_other_firms_on_the_same_server_are_none_of_ours(postgres_database: str) -> None:
    import psycopg

    from crmkit.sql.store import open_store

    with psycopg.connect(postgres_database, autocommit=True) as server:
        server.execute("CREATE SCHEMA theirs")
    ours = open_store(postgres_database, world.plain())
    ours.create()
    before = ours.changed()
    with psycopg.connect(postgres_database, autocommit=True) as server:
        server.execute("SELECT pg_notify('crmkit', 'theirs')")
    assert ours.changed() == before
    write(ours)
    soon(ours, before)
    ours.close()


def test_nobody_listens_unasked(postgres_database: str) -> None:
    import psycopg

    from crmkit.sql.store import open_store

    def listening() -> int:
        with psycopg.connect(postgres_database, autocommit=True) as server:
            return server.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()[0]

    store = open_store(postgres_database, world.plain())
    store.create()
    write(store)
    unasked = listening()
    store.changed()
    assert listening() == unasked + 1
    store.close()
