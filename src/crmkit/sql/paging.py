"""Pages by keyset: a sorted list is walked in segments, each a plain statement that seeks.

`(col, id) > (?, ?)` does not seek in SQLite, and finds nothing behind NULL. So behind a place
come the rest of its value (`col = ? AND id > ?`), then what is greater, then what is empty; each
is asked for only while the page is not full.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import evolve, frozen

from crmkit.core.entity import TITLE_FIELD
from crmkit.core.expr import And, Everything, Expr, Or, Test, all_of
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.store import Select
from crmkit.sql import summary
from crmkit.sql.rows import storer

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader

Clause = sa.ColumnElement[Any]

_MOST_BRANCHES = 24


@frozen
class Segment:
    """A run of a sorted list: `tie` shares the place's value, `beyond` lies behind it."""

    part: str
    seeks: bool = False
    """Whether it begins behind a place's id."""


def rows(reader: SqlReader, select: Select) -> list[Any]:
    """Return the rows of a page."""
    parts = branches(reader, select)
    if len(parts) > 1:
        return _merged(reader, [evolve(select, where=part) for part in parts])
    shape, values = reader.condition(select.entity, select.where)
    found: list[Any] = []
    skip = select.offset
    if select.after is not None:
        values |= _place(reader, select)
    for segment in _segments(select):
        most = select.limit - len(found)
        if most <= 0:
            break
        got = _run(reader, select, segment, shape, {**values, "most": most, "skip": skip})
        if skip and not got:
            skip = max(0, skip - _size(reader, select, segment, shape, values))
        elif got:
            skip = 0
        found += got
    return found


def branches(reader: SqlReader, select: Select) -> list[Expr]:
    """Return conditions that exclude each other and together are that of a sorted page.

    A board's index leads from one owner and one state to their sorted records. So `is:open` of
    mine and nobody's is read as the first records of each owner and state, and merged; sorting
    all of them would take time in proportion to the whole list.
    """
    entity = select.entity
    if select.sort is None or select.offset or not entity.flows:
        return [select.where]
    place = reader.store.layout(entity).tables.place(select.sort)
    if select.sort.key != entity.spec.sort.lstrip("-") or len(place.columns) > 1:
        return [select.where]
    parts = select.where.parts if isinstance(select.where, And) else (select.where,)
    found: list[Expr] = [Everything()]
    for part in parts:
        ways = _ways(entity, part)
        if len(found) * len(ways) > _MOST_BRANCHES:
            return [select.where]
        found = [all_of(one, way) for one in found for way in ways]
    return found


def _ways(entity: EntityModel, part: Expr) -> list[Expr]:
    """Return a test on the state or the owner, value by value; any other condition as it is."""
    inner = part.parts if isinstance(part, Or) else (part,)
    fields = {p.field.key for p in inner if isinstance(p, Test) and p.op in ("in", "empty")}
    leading = {entity.flows[0].key, entity.owner.key if entity.owner else ""}
    if len(fields) != 1 or not fields <= leading:
        return [part]
    tests = [p for p in inner if isinstance(p, Test) and p.op in ("in", "empty")]
    if len(tests) != len(inner) or any(t.field.many for t in tests):
        return [part]
    field = tests[0].field
    values = {v for t in tests if t.op == "in" for v in t.values if v is not None}
    empty = any(t.op == "empty" or None in t.values for t in tests)
    ways: list[Expr] = [Test(field, "in", (v,)) for v in sorted(values)]
    return [*ways, Test(field, "empty")] if empty else ways or [part]


def _merged(reader: SqlReader, selects: list[Select]) -> list[Any]:
    """Return the first rows of several pages of one order."""
    select = selects[0]
    assert select.sort is not None
    layout = reader.store.layout(select.entity)
    at = layout.columns.index(layout.tables.place(select.sort).first)
    down = select.descending != select.reverse

    pages = [rows(reader, one) for one in selects]
    filled = [row for page in pages for row in page if row[at] is not None]
    empty = [row for page in pages for row in page if row[at] is None]
    filled.sort(key=lambda row: (row[at], row[0]), reverse=down)
    empty.sort(key=lambda row: row[0], reverse=down)
    whole = empty + filled if select.reverse else filled + empty
    return whole[: select.limit]


def count(reader: SqlReader, entity: EntityModel, where: Expr, cap: int | None) -> int:
    """Return how many records a condition finds, counting no further than `cap`."""
    known = summary.total(reader, entity, where)
    if known is not None:
        return known if cap is None else min(known, cap)
    shape, values = reader.condition(entity, where)
    statement = reader.statements.get(
        ("count", entity.name, shape, cap is not None),
        lambda: _count(reader, entity, where, cap is not None),
    )
    values["cap"] = cap
    return int(reader.lane.one(statement, statement.bind(values))[0])


def _segments(select: Select) -> Iterator[Segment]:
    if select.sort is None or select.sort.key == "id":
        yield Segment("all", seeks=select.after is not None)
        return
    after = select.after
    if select.sort is TITLE_FIELD:
        yield from (
            (Segment("tie", seeks=True), Segment("beyond")) if after else (Segment("filled"),)
        )
        return
    in_empty = after is not None and after.value is None
    if after is not None and not in_empty:
        yield Segment("tie", seeks=True)
        yield Segment("beyond")
    elif select.reverse:
        yield Segment("empty", seeks=in_empty)
        yield Segment("filled")
        return
    elif in_empty:
        yield Segment("empty", seeks=True)
        return
    else:
        yield Segment("filled")
    if not select.reverse:
        yield Segment("empty")


def _place(reader: SqlReader, select: Select) -> dict[str, Any]:
    assert select.after is not None
    place: dict[str, Any] = {"at_id": select.after.id}
    if select.sort is not None and select.after.value is not None:
        if select.sort is TITLE_FIELD:
            place["at"] = fold(select.after.value)
        else:
            store = storer(select.sort.kind, reader.store.dialect)
            place["at"] = store(select.after.value)[0]
    return place


def _key(select: Select, what: str, segment: Segment, shape: Any) -> Any:
    return (
        what, select.entity.name, shape, select.sort.key if select.sort else "", segment,
        select.descending != select.reverse, select.deleted, select.offset > 0,
    )  # fmt: skip


def _run(
    reader: SqlReader, select: Select, segment: Segment, shape: Any, values: dict[str, Any]
) -> list[Any]:
    key = _key(select, "find", segment, shape)
    statement = reader.statements.get(key, lambda: _page(reader, select, segment))
    return reader.lane.rows(statement, statement.bind(values))


def _size(
    reader: SqlReader, select: Select, segment: Segment, shape: Any, values: dict[str, Any]
) -> int:
    key = _key(select, "size", segment, shape)

    def build() -> sa.Select[Any]:
        query = _page(reader, select, segment).order_by(None).limit(None).offset(None)
        return sa.select(sa.func.count()).select_from(query.subquery())

    statement = reader.statements.get(key, build)
    return int(reader.lane.one(statement, statement.bind(values))[0])


def _page(reader: SqlReader, select: Select, segment: Segment) -> sa.Select[Any]:
    layout = reader.store.layout(select.entity)
    main = layout.tables.main
    parts = [_condition(reader, select.entity, select.where, set())]
    if not select.deleted:
        parts.append(main.c.deleted_at.is_(None))
    down = select.descending != select.reverse
    column = _sorted_by(reader, select)
    # The id beside the sorted column, a facet's own: only so does its index give the order.
    id = main.c.id if column is None else column.table.c.id
    order = [id]
    if column is not None:
        parts += _limits(column, segment, down)
        if segment.part in ("filled", "beyond"):
            order.insert(0, column)
    if segment.seeks:
        at_id = sa.bindparam("at_id", type_=main.c.id.type)
        parts.append(id < at_id if down else id > at_id)
    query = (
        sa.select(*layout.columns)
        .select_from(layout.source())
        .where(*parts)
        .order_by(*(c.desc() if down else c.asc() for c in order))
        .limit(sa.bindparam("most", type_=sa.Integer()))
    )
    return query.offset(sa.bindparam("skip", type_=sa.Integer())) if select.offset else query


def _sorted_by(reader: SqlReader, select: Select) -> Any:
    if select.sort is None or select.sort.key == "id":
        return None
    tables = reader.store.layout(select.entity).tables
    return (
        tables.main.c.title_key if select.sort is TITLE_FIELD else tables.place(select.sort).first
    )


def _limits(column: Any, segment: Segment, down: bool) -> list[Clause]:
    at = sa.bindparam("at", type_=column.type)
    if segment.part == "tie":
        return [column == at]
    if segment.part == "beyond":
        return [column < at if down else column > at]
    if segment.part == "empty":
        return [column.is_(None)]
    return [column.is_not(None)]


def _condition(reader: SqlReader, entity: EntityModel, where: Expr, used: set[str]) -> Clause:
    if isinstance(where, Everything):
        return sa.true()
    return reader.store.conditions(entity).clause(where, used)


def _count(reader: SqlReader, entity: EntityModel, where: Expr, capped: bool) -> sa.Select[Any]:
    layout = reader.store.layout(entity)
    main = layout.tables.main
    used: set[str] = set()
    condition = _condition(reader, entity, where, used)
    query: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(layout.source(used))
    query = query.where(condition, main.c.deleted_at.is_(None))
    if capped:
        query = query.limit(sa.bindparam("cap", type_=sa.Integer()))
    return sa.select(sa.func.count()).select_from(query.subquery())
