"""Pages: walked from either end they are the sorted list, with ties and empty values."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkit.core.entity import TITLE_FIELD, Record
from crmkit.core.expr import And, Everything, Expr, Or, Test
from crmkit.core.fields import Field
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.store import Cursor, Select
from crmkit.sql.store import SqlStore
from tests.sql import world

PERSON = world.extended().entity("person")
SORTS = [None, TITLE_FIELD, *map(PERSON.field, ("due", "score", "vip", "acme.checked", "id"))]


STAGE, OWNER = PERSON.field("stage"), PERSON.field("owner")
OPEN = Test(STAGE, "in", ("NEW", "WON"))
MINE = Test(OWNER, "in", (1, 2))
NOBODYS = Test(OWNER, "empty")
SEEN: dict[str, tuple[Expr, Any]] = {
    "all": (Everything(), lambda r: True),
    "one state": (Test(STAGE, "in", ("NEW",)), lambda r: r.stage == "NEW"),
    "open": (OPEN, lambda r: r.stage != "LOST"),
    "mine or nobody's": (Or((MINE, NOBODYS)), lambda r: r.owner != 3),
    "that, open and important": (
        And((OPEN, Or((NOBODYS, MINE, MINE)), Test(PERSON.field("vip"), "in", (True,)))),
        lambda r: r.stage != "LOST" and r.owner != 3 and r.vip,
    ),
    "nobody's among ids": (Test(OWNER, "in", (None, 3)), lambda r: r.owner in (None, 3)),
    "mine or open": (Or((MINE, OPEN)), lambda r: r.owner in (1, 2) or r.stage != "LOST"),
}


def _moment(day: int | None) -> datetime | None:
    return None if day is None else datetime(2026, 1, day, tzinfo=UTC)


@pytest.fixture
def crowd(store: SqlStore, person: EntityModel) -> list[Record]:
    """Sixty people with few different values, many of them empty, and a deleted one."""
    r = random.Random(3)
    days = [None, 1, 2, 3]
    rows: list[dict[str, Any]] = [
        {
            "name": r.choice(["Ann", "bea", "Bea", "Émile", "zoe"]),
            "stage": r.choice(["NEW", "WON", "LOST"]),
            "due": _moment(r.choice(days)),
            "score": r.choice([None, -1, 0, 7]),
            "vip": r.random() < 0.5,
            "owner": r.choice([None, 1, 2, 3]),
            "acme.checked": _moment(r.choice(days)),
        }
        for _ in range(60)
    ]
    with store.writer() as writer:
        made = writer.insert(person, [world.new(person, **row) for row in rows])
        writer.insert(person, [world.new(person, name="Ann", deleted_at=world.NOW)])
    return made


def ordered(records: list[Record], sort: Field | None, descending: bool) -> list[int]:
    """Return ids by value and id, both in one direction, empty values last."""

    def value(record: Record) -> Any:
        if sort is None:
            return 0
        return fold(record.title) if sort is TITLE_FIELD else record.get(sort)

    filled = [r for r in records if value(r) is not None]
    empty = [r for r in records if value(r) is None]
    filled.sort(key=lambda r: (value(r), r.id), reverse=descending)
    empty.sort(key=lambda r: r.id, reverse=descending)
    return [r.id for r in filled + empty]


def place(record: Record, sort: Field | None) -> Cursor:
    return Cursor(record.get(sort) if sort else None, record.id)


def test_walking_the_pages_gives_the_sorted_list(
    store: SqlStore, person: EntityModel, crowd: list[Record]
) -> None:
    @settings(
        max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        sort=st.sampled_from(SORTS),
        descending=st.booleans(),
        reverse=st.booleans(),
        limit=st.integers(1, 70),
        seen=st.sampled_from(list(SEEN)),
    )
    def check(sort: Field | None, descending: bool, reverse: bool, limit: int, seen: str) -> None:
        where, keeps = SEEN[seen]
        wanted = ordered([r for r in crowd if keeps(r)], sort, descending)
        walked: list[int] = []
        after = None
        with store.reader() as reader:
            while True:
                page = reader.find(
                    Select(
                        entity=person, where=where, sort=sort, descending=descending, limit=limit,
                        after=after, reverse=reverse,
                    )
                )  # fmt: skip
                walked += [r.id for r in page]
                if len(page) < limit:
                    break
                after = place(page[-1], sort)
        assert walked == (wanted[::-1] if reverse else wanted)

    check()


def test_skipping_rows_gives_the_rest_of_the_sorted_list(
    store: SqlStore, person: EntityModel, crowd: list[Record]
) -> None:
    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(
        sort=st.sampled_from(SORTS), descending=st.booleans(), reverse=st.booleans(),
        skip=st.integers(0, 65), limit=st.integers(1, 65),
    )  # fmt: skip
    def check(sort: Field | None, descending: bool, reverse: bool, skip: int, limit: int) -> None:
        wanted = ordered(crowd, sort, descending)
        wanted = wanted[::-1] if reverse else wanted
        with store.reader() as reader:
            page = reader.find(
                Select(
                    entity=person, sort=sort, descending=descending, limit=limit, offset=skip,
                    reverse=reverse,
                )
            )  # fmt: skip
        assert [r.id for r in page] == wanted[skip : skip + limit]

    check()


def test_a_page_goes_on_behind_a_record_that_has_gone(
    store: SqlStore, person: EntityModel, crowd: list[Record]
) -> None:
    wanted = ordered(crowd, person.field("due"), False)
    by_id = {r.id: r for r in crowd}
    gone = by_id[wanted[9]]
    with store.writer() as writer:
        writer.update(person, [(gone, world.changed(gone, deleted_at=world.NOW))])
    with store.reader() as reader:
        after = Cursor(gone.due, gone.id)
        page = reader.find(Select(entity=person, sort=person.field("due"), after=after, limit=100))
    assert [r.id for r in page] == wanted[10:]


def test_without_relations_repeating_fields_are_left_out(
    store: SqlStore, person: EntityModel
) -> None:
    with store.writer() as writer:
        writer.insert(person, [world.new(person, name="Ann", tags=world.items("x"))])
    with store.reader() as reader:
        assert reader.find(Select(entity=person, relations=False))[0].tags == ()
        assert reader.find(Select(entity=person))[0].tags == world.items("x")


SEEKS = [
    ("title", Everything(), "ix_person_title_key"),
    ("due", Everything(), "ix_person_due"),
    ("due", Test(PERSON.field("stage"), "in", ("NEW",)), "ix_person_stage_due"),
    ("acme.vat_id", Everything(), "ix_person__acme_vat_id"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(("sort", "where", "index"), SEEKS, ids=lambda v: str(v)[:20])
def test_sorted_pages_seek_on_an_index(
    store: SqlStore, person: EntityModel, sort: str, where: Any, index: str, descending: bool
) -> None:
    with store.writer() as writer:
        fresh = [
            world.new(
                person, name=f"P{n % 97}", due=_moment(n % 28 + 1), **{"acme.vat_id": f"V{n}"}
            )
            for n in range(6000)
        ]
        writer.insert(person, fresh)
    by = person.field(sort)
    at = {"title": "P50", "due": _moment(14), "acme.vat_id": "V3000"}[sort]
    with store.reader() as reader:
        plans = []
        original = reader.lane.rows

        def explained(statement: Any, values: Any) -> Any:
            if not statement.sql.startswith("EXPLAIN"):
                plans.extend(
                    " ".join(map(str, row))
                    for row in reader.lane.sql("EXPLAIN QUERY PLAN " + statement.sql, values)
                )
            return original(statement, values)

        reader.lane.rows = explained  # type: ignore[method-assign]
        reader.find(
            Select(
                entity=person, where=where, sort=by, descending=descending, after=Cursor(at, 3000),
                relations=False,
            )
        )  # fmt: skip
        del reader.lane.rows  # type: ignore[method-assign]
    assert any(index in line for line in plans)
    assert not any("SCAN" in line or "TEMP B-TREE" in line for line in plans), plans
