"""Board sums equal a recount, whatever was written; figures by group; time in states."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crmkit.core.entity import Record
from crmkit.core.expr import And, Everything, Expr, Or, Test
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.store import Stay
from crmkit.sql.store import SqlStore
from tests.sql import world
from tests.sql.conftest import Put

STATES = ("NEW", "WON", "LOST")


def values(r: random.Random) -> dict[str, Any]:
    return {
        "stage": r.choice(STATES),
        "owner": r.choice([None, 1, 2]),
        "value": r.choice([None, Money(r.randint(-9, 99), r.choice(["EUR", "USD"]))]),
        "score": r.choice([None, 1, 2, 3]),
        "acme.check": r.choice(["TODO", "DONE"]),
    }


@pytest.fixture
def crowd(store: SqlStore, person: EntityModel) -> list[Record]:
    """People after a hundred random writes in several transactions."""
    r = random.Random(5)
    kept: dict[int, Record] = {}
    for _ in range(12):
        with store.writer() as writer:
            fresh = [world.new(person, name=f"P{n}", **values(r)) for n in range(5)]
            kept |= {made.id: made for made in writer.insert(person, fresh)}
            pairs = []
            for id in r.sample(sorted(kept), 5):
                deleted = r.choice([None, None, world.NOW])
                after = world.changed(kept[id], deleted_at=deleted, **values(r))
                pairs.append((kept[id], after))
            assert writer.update(person, pairs) == []
            kept |= {after.id: after for _, after in pairs}
    return [r for r in kept.values() if r.deleted_at is None]


def figures(person: EntityModel, records: list[Record], flow: str) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    sums: dict[str, dict[str, int]] = {}
    for record in records:
        state, value = record.get(person.field(flow)), record.get(person.field("value"))
        counts[state] += 1
        if value is not None:
            of_state = sums.setdefault(state, {})
            of_state[value.currency] = of_state.get(value.currency, 0) + value.minor
    return {state: (count, sums.get(state, {})) for state, count in counts.items()}


def board(store: SqlStore, person: EntityModel, where: Expr, flow: str) -> dict[str, Any]:
    with store.reader() as reader:
        found = reader.board(person, person.field(flow), where)
        return {s.state: (s.count, dict(s.sums)) for s in found}


@pytest.mark.parametrize("flow", ["stage", "acme.check"])
def test_boards_are_right_after_many_writes(
    store: SqlStore, person: EntityModel, crowd: list[Record], flow: str
) -> None:
    owner, score = person.field("owner"), person.field("score")
    mine = Test(owner, "in", (1,))
    nobodys = Test(owner, "empty")
    cases: list[tuple[Expr, Any]] = [
        (Everything(), lambda r: True),
        (mine, lambda r: r.owner == 1),
        (nobodys, lambda r: r.owner is None),
        (Or((mine, nobodys)), lambda r: r.owner in (1, None)),
        (Test(owner, "in", (1, None)), lambda r: r.owner in (1, None)),
        (And((mine, nobodys)), lambda r: False),
        (Test(score, "ge", (2,)), lambda r: (r.score or 0) >= 2),
        (And((mine, Test(score, "empty"))), lambda r: r.owner == 1 and r.score is None),
    ]
    for where, keeps in cases:
        wanted = figures(person, [r for r in crowd if keeps(r)], flow)
        assert board(store, person, where, flow) == wanted, where


def test_the_kept_sums_equal_a_recount(store: SqlStore, crowd: list[Record]) -> None:
    assert store.verify() == []


def test_wrong_sums_are_found(store: SqlStore, crowd: list[Record]) -> None:
    with store.writer() as writer:
        writer.lane.sql("UPDATE crm_summary SET count = count + 1 WHERE field = 'stage'")
    assert store.verify() == ["the board sums of person.stage differ from the records"]


def test_a_board_of_the_whole_does_not_read_the_records(
    store: SqlStore, person: EntityModel, crowd: list[Record]
) -> None:
    with store.writer() as writer:
        writer.lane.sql("UPDATE crm_summary SET count = 7, total = 0 WHERE owner = 1")
    found = board(store, person, Test(person.field("owner"), "in", (1,)), "stage")
    assert {count % 7 for count, _ in found.values()} == {0}


def test_sums_beyond_64_bits_do_not_stop_anybody(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    for _ in range(3):
        put(name="Rich", value=Money(2**63 - 1, "EUR"))
    found = board(store, person, Everything(), "stage")["NEW"]
    assert found[0] == 3
    assert found[1]["EUR"] == pytest.approx(3 * (2**63 - 1))


def test_figures_by_group(store: SqlStore, person: EntityModel, put: Put) -> None:
    day = datetime(2026, 5, 1, tzinfo=UTC)
    link = Link("firm", 3)
    put(name="A", owner=1, score=2, due=day, value=Money(5, "EUR"), about=link,
        tags=world.items("x", "y"))  # fmt: skip
    put(name="B", owner=1, score=4, due=day + timedelta(1), value=Money(6, "EUR"))
    put(name="C", owner=1, value=Money(1, "USD"), score=None, about=link, tags=world.items("x"))
    put(name="D", score=None)
    everyone = Everything()

    def of(by: str, function: Any, value: str = "") -> dict[Any, Any]:
        with store.reader() as reader:
            field = person.field(value) if value else None
            return reader.aggregate(person, everyone, person.field(by), function, field)

    assert of("owner", "count") == {1: 3, None: 1}
    assert of("owner", "sum", "score") == {1: 6, None: None}
    assert of("owner", "max", "due") == {1: day + timedelta(1), None: None}
    assert of("owner", "min", "due") == {1: day, None: None}
    assert of("owner", "sum", "value") == {1: {"EUR": 11, "USD": 1}, None: {}}
    assert of("about", "max", "score") == {link: 2, None: 4}
    assert of("tags", "count") == {"x": 2, "y": 1}
    assert of("acme.vat_id", "max", "owner") == {"NONE": 1}


def test_time_in_each_state_is_kept(store: SqlStore, person: EntityModel, put: Put) -> None:
    first = put(name="Ann")
    later = world.NOW + timedelta(hours=5)
    second = world.changed(first, stage="WON")
    second.__dict__["moved_at"] = later
    with store.writer() as writer:
        writer.update(person, [(first, second)])
        third = world.changed(second, stage="NEW")
        writer.update(person, [(second, third), (put_same(third))])
    with store.reader() as reader:
        found = [s for s in reader.stays(person, first.id) if s.field == "stage"]
    assert found == [
        Stay("stage", "NEW", world.NOW, later),
        Stay("stage", "WON", later, later),
        Stay("stage", "NEW", later, None),
    ]


def put_same(record: Record) -> tuple[Record, Record]:
    """Return a change of something else than the state."""
    return record, world.changed(record, notes="x")
