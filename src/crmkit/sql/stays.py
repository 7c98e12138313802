"""Time in states: when each record came to a state of its workflows, and left it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crmkit.core.expr import Expr
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Column
from crmkit.core.model import EntityModel
from crmkit.core.store import Stay

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader
    from crmkit.sql.writer import SqlWriter


def stays(reader: SqlReader, entity: EntityModel, id: int) -> list[Stay]:
    """Return the states a record has been in, oldest first."""
    table = reader.store.tables.core.stay
    statement = reader.statements.get(
        "stays",
        lambda: (
            sa.select(table.c.field, table.c.state, table.c.entered, table.c.left)
            .where(table.c.entity == sa.bindparam("entity", type_=sa.Text()))
            .where(table.c.record == sa.bindparam("record", type_=table.c.record.type))
            .order_by(table.c.field, table.c.n)
        ),
    )
    decode = reader.store.dialect.decode
    return [
        Stay(field, state, decode(Column.MOMENT, entered), decode(Column.MOMENT, left))
        for field, state, entered, left in reader.lane.rows(statement, (entity.name, id))
    ]


def paths(
    reader: SqlReader, entity: EntityModel, flow: Field, where: Expr
) -> dict[tuple[str, ...], int]:
    """Return the sequences of states that live records went through, and how many each."""
    shape, values = reader.condition(entity, where)
    statement = reader.statements.get(
        ("paths", entity.name, flow.key, shape), lambda: _paths(reader, entity, flow, where)
    )
    found: Counter[tuple[str, ...]] = Counter()
    path: list[str] = []
    last = None
    for record, state in reader.lane.rows(statement, statement.bind(values)):
        if record != last and last is not None:
            found[tuple(path)] += 1
            path = []
        last = record
        path.append(state)
    if path:
        found[tuple(path)] += 1
    return dict(found)


def _paths(reader: SqlReader, entity: EntityModel, flow: Field, where: Expr) -> sa.Select[Any]:
    layout = reader.store.layout(entity)
    main, stay = layout.tables.main, reader.store.tables.core.stay
    used: set[str] = set()
    condition = reader.store.conditions(entity).clause(where, used)
    mine = sa.and_(
        stay.c.record == main.c.id,
        stay.c.entity == sa.literal_column(f"'{entity.name}'"),
        stay.c.field == sa.literal_column(f"'{flow.key}'"),
    )
    return (
        sa.select(stay.c.record, stay.c.state)
        .select_from(layout.source(used).join(stay, mine))
        .where(condition, main.c.deleted_at.is_(None))
        .order_by(stay.c.record, stay.c.n)
    )


def enter(
    writer: SqlWriter, entity: EntityModel, moves: Iterable[tuple[int, str, str, Any]]
) -> None:
    """Note that new records are in states: (record, field, state, since when)."""
    table = writer.store.tables.core.stay
    encode = writer.store.dialect.encode
    names = ("entity", "record", "field", "n", "state", "entered", "left")
    writer.lane.change_many(
        writer.statements.insert(table, names),
        [
            (entity.name, id, field, 1, state, encode(Column.MOMENT, at), None)
            for id, field, state, at in moves
        ],
    )


def change_state(
    writer: SqlWriter, entity: EntityModel, id: int, field: str, state: str, at: Any
) -> None:
    """Note that a record went from its state to another."""
    table = writer.store.tables.core.stay
    whole, moment = table.c.record.type, table.c.entered.type
    mine = (
        table.c.entity == sa.bindparam("p_entity", type_=sa.Text()),
        table.c.record == sa.bindparam("p_record", type_=whole),
        table.c.field == sa.bindparam("p_field", type_=sa.Text()),
    )
    leave = writer.statements.get(
        "leave",
        lambda: (
            table.update()
            .where(*mine, table.c.left.is_(None))
            .values(left=sa.bindparam("p_at", type_=moment))
        ),
    )
    number = sa.select(sa.func.coalesce(sa.func.max(table.c.n), 0) + sa.literal_column("1"))
    follow = writer.statements.get(
        "follow",
        lambda: table.insert().values(
            entity=sa.bindparam("p_entity", type_=sa.Text()),
            record=sa.bindparam("p_record", type_=whole),
            field=sa.bindparam("p_field", type_=sa.Text()),
            n=number.where(*mine).scalar_subquery(),
            state=sa.bindparam("p_state", type_=sa.Text()),
            entered=sa.bindparam("p_at", type_=moment),
        ),
    )
    values = {
        "p_entity": entity.name, "p_record": id, "p_field": field, "p_state": state,
        "p_at": writer.store.dialect.encode(Column.MOMENT, at),
    }  # fmt: skip
    writer.lane.change(leave, leave.bind(values))
    writer.lane.change(follow, follow.bind(values))
