"""The journal's rows: appended, chained, read back, and never changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmkit.core.errors import Fault
from crmkit.core.journal import GENESIS, Change
from crmkit.core.model import EntityModel, Model
from crmkit.sql.store import SqlStore
from tests.sql import world

VALUES = {"name": 'Zoë "quoted" \u202e', "value": {"amount": "1.50", "currency": "EUR"}, "x": None}


def change(record: int = 1, op: str = "update") -> Change:
    return Change(entity="person", record=record, op=op, before=VALUES, after={"name": "B"},
                  title="Zoë")  # type: ignore[arg-type]  # fmt: skip


@pytest.fixture
def written(store: SqlStore) -> SqlStore:
    for n in range(4):
        with store.writer() as writer:
            writer.append(world.commit(change(n % 2 + 1), change(9), label=f"C{n}"))
    return store


def test_a_commit_comes_back_as_it_was_sealed(store: SqlStore) -> None:
    with store.writer() as writer:
        made = writer.append(world.commit(change(), change(2, "create")))
    with store.reader() as reader:
        found = reader.commit(made.id)
    assert found == made
    assert found is not None
    assert [c.compute_digest() for c in found.changes] == [c.digest for c in made.changes]
    assert found.compute_hash(c.digest for c in found.changes) == found.hash
    assert [c.commit for c in found.changes] == [made.id, made.id]


def test_commits_are_chained(written: SqlStore) -> None:
    with written.reader() as reader:
        found = reader.commits(limit=10, ascending=True)
        assert reader.last_commit("main") == found[-1]
        assert reader.last_commit("other") is None
        assert reader.commit(77) is None
    assert [c.prev for c in found] == [GENESIS, *(c.hash for c in found[:-1])]
    assert [c.seq for c in found] == [1, 2, 3, 4]
    assert [(c.size, c.changes) for c in found] == [(2, ())] * 4


def test_commits_are_listed_newest_first_and_between(written: SqlStore) -> None:
    with written.reader() as reader:
        assert [c.id for c in reader.commits(limit=3)] == [4, 3, 2]
        assert [c.id for c in reader.commits(limit=3, before=3)] == [2, 1]
        assert [c.id for c in reader.commits(limit=3, after=2, ascending=True)] == [3, 4]
        assert reader.commits(limit=3, actor=5) == []
        assert len(reader.commits(limit=9, actor=1)) == 4


def test_a_records_commits_carry_its_changes(written: SqlStore) -> None:
    with written.reader() as reader:
        found = reader.commits(limit=9, entity="person", record=2)
        assert [(c.id, [x.record for x in c.changes]) for c in found] == [(4, [2]), (2, [2])]
        assert found[0].changes[0].before == VALUES
        assert reader.commits(limit=9, entity="person", record=5) == []
        assert len(reader.commits(limit=9, entity="person")) == 4


def test_two_chains_are_apart(store: SqlStore) -> None:
    from attrs import evolve

    with store.writer() as writer:
        for chain in ("a", "b", "a"):
            writer.append(evolve(world.commit(change()), chain=chain))
    with store.reader() as reader:
        assert reader.last_commit("a").seq == 2
        assert reader.last_commit("b").seq == 1


@pytest.mark.parametrize("table", ["crm_commit", "crm_change"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = 7", "DELETE FROM {}"])
def test_what_is_written_stays(written: SqlStore, table: str, verb: str) -> None:
    with pytest.raises(Fault, match="the journal is kept as it is"), written.writer() as writer:
        writer.lane.sql(verb.format(table))
    with written.reader() as reader:
        assert len(reader.commits(limit=9)) == 4


def test_a_change_slipped_in_is_found(written: SqlStore) -> None:
    assert written.verify() == []
    with written.writer() as writer:
        writer.lane.sql(
            'INSERT INTO crm_change (id, "commit", entity, record, op, title, salt, digest)'
            " VALUES (99, 2, 'person', 1, 'update', 'x', '', '')"
        )
    assert written.verify() == ["the journal has 9 changes, its commits have 8"]


def test_two_processes_write_one_chain(
    store: SqlStore, person: EntityModel, opened: Callable[[Model], SqlStore]
) -> None:
    other = opened(store.model)
    for one in (store, other, store):
        with one.writer() as writer:
            writer.insert(person, [world.new(person, name="Ann")])
            writer.append(world.commit(change()))
    with other.reader() as reader:
        found = reader.commits(limit=9, ascending=True)
    assert [(c.id, c.seq) for c in found] == [(1, 1), (2, 2), (3, 3)]
    assert found[2].prev == found[1].hash
