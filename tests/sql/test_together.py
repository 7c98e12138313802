"""Several at once: writers wait for each other, readers for nobody, and nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from crmkit.core.errors import Fault
from crmkit.core.expr import Everything
from crmkit.core.journal import GENESIS
from crmkit.core.model import EntityModel, Model
from crmkit.sql import engine
from crmkit.sql.store import SqlStore
from tests.sql import world
from tests.sql.conftest import Put

Open = Callable[[Model], SqlStore]


def test_many_threads_write_one_after_the_other(store: SqlStore, person: EntityModel) -> None:
    def work(n: int) -> list[int]:
        ids = []
        for _ in range(5):
            with store.writer() as writer:
                made = writer.insert(person, [world.new(person, name=f"P{n}") for _ in range(2)])
                writer.append(world.commit())
            ids += [r.id for r in made]
        return ids

    with ThreadPoolExecutor(4) as pool:
        ids = [id for found in pool.map(work, range(4)) for id in found]
    assert sorted(ids) == list(range(1, 41))
    with store.reader() as reader:
        commits = reader.commits(limit=99, ascending=True)
        assert reader.count(person, Everything()) == 40
    assert [c.prev for c in commits] == [GENESIS, *(c.hash for c in commits[:-1])]
    assert store.verify() == []


def test_no_increment_is_lost(store: SqlStore, person: EntityModel, put: Put) -> None:
    id = put(name="Ann", score=0).id

    def work(_: int) -> int:
        late = 0
        for _ in range(5):
            while True:
                with store.reader() as reader:
                    before = reader.get(person, id)
                assert before is not None
                try:
                    with store.writer() as writer:
                        after = world.changed(before, score=before.score + 1)
                        if writer.update(person, [(before, after)]):
                            raise InterruptedError
                    break
                except InterruptedError:
                    late += 1
        return late

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    with store.reader() as reader:
        found = reader.get(person, id)
    assert (found.score, found.version) == (15, 16)


def test_readers_do_not_wait_for_a_writer(
    store: SqlStore, person: EntityModel, opened: Open
) -> None:
    other = opened(store.model)
    with store.writer() as writer:
        writer.insert(person, [world.new(person, name="Ann")])
        with other.reader() as reader:
            assert reader.count(person, Everything()) == 0
    with other.reader() as reader:
        assert reader.count(person, Everything()) == 1


def test_who_waits_too_long_is_told(
    store: SqlStore, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    other = opened(store.model)
    with (
        store.writer(),
        pytest.raises(Fault, match="the workspace is busy; try again"),
        other.writer(),
    ):
        pass
    with other.writer() as writer:
        writer.set_meta("then", "it goes on")


def test_a_threads_connections_end_with_it(store: SqlStore, person: EntityModel) -> None:
    def look() -> None:
        with store.reader() as reader:
            reader.count(person, Everything())

    for _ in range(3):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert len(list(store._lanes)) <= 2


def test_after_close_a_store_opens_again(store: SqlStore, put: Put, person: EntityModel) -> None:
    id = put(name="Ann").id
    store.close()
    with store.reader() as reader:
        assert reader.get(person, id) is not None
