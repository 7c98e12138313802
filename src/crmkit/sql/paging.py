"""Pages by keyset: a sorted list is walked in segments, each a plain statement that seeks.

`(col, id) > (?, ?)` does not seek in SQLite, and finds nothing behind NULL. So behind a place
come the rest of its value (`col = ? AND id > ?`), then what is greater, then what is empty; each
is asked for only while the page is not full.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from attrs import frozen

from crmkit.core.entity import TITLE_FIELD
from crmkit.core.expr import Everything, Expr
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.store import Select
from crmkit.sql.rows import storer

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader

Clause = sa.ColumnElement[Any]


@frozen
class Segment:
    """A run of a sorted list: `tie` shares the place's value, `beyond` lies behind it."""

    part: str
    seeks: bool = False
    """Whether it begins behind a place's id."""


def rows(reader: SqlReader, select: Select) -> list[Any]:
    """Return the rows of a page."""
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


def count(reader: SqlReader, entity: EntityModel, where: Expr, cap: int | None) -> int:
    """Return how many records a condition finds, counting no further than `cap`."""
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
