"""Board sums, kept in the transaction that changes them, and figures computed on demand.

Beside the sums of each workflow the count of all records is kept, under the field ''.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crmkit.core.entity import Record
from crmkit.core.expr import And, Everything, Expr, Or, Test
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.store import StateSum
from crmkit.sql.rows import Layout, loader
from crmkit.sql.where import as_list, in_list

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader
    from crmkit.sql.writer import SqlWriter

Figures = dict[tuple[str, str, int, str], list[int]]
"""Count and total by field, state, owner (0 for nobody) and currency ('' without an amount)."""


def board(reader: SqlReader, entity: EntityModel, flow: Field, where: Expr) -> list[StateSum]:
    """Return the sum of every state that has records.

    Out of the table of sums where the condition is about nothing but the owner.
    """
    owners = _owners(entity, where)
    rows = (
        _computed(reader, entity, flow, where)
        if owners is None
        else _kept(reader, entity, flow.key, owners)
    )
    counts: Counter[str] = Counter()
    sums: dict[str, dict[str, int]] = {}
    for state, currency, count, total in rows:
        if not count or state is None:
            continue
        counts[state] += int(count)  # PostgreSQL adds whole numbers up to a decimal one
        if currency:
            of_state = sums.setdefault(state, {})
            of_state[currency] = of_state.get(currency, 0) + int(total or 0)
    return [StateSum(state, count, sums.get(state, {})) for state, count in counts.items()]


def total(reader: SqlReader, entity: EntityModel, where: Expr) -> int | None:
    """Return how many records a condition finds, if the kept sums know it."""
    owners = _owners(entity, where)
    if owners is None:
        return None
    return sum(int(count) for _, _, count, _ in _kept(reader, entity, "", owners))


def _owners(entity: EntityModel, where: Expr) -> frozenset[int] | str | None:
    """Return the owners that a condition asks for ('all'; 0 is nobody), None for another one."""
    if isinstance(where, Everything):
        return "all"
    if isinstance(where, Test) and where.field is entity.owner:
        if where.op == "empty":
            return frozenset({0})
        if where.op == "in":
            return frozenset(value or 0 for value in where.values)
    if isinstance(where, Or | And):
        parts = [_owners(entity, part) for part in where.parts]
        sets = [p for p in parts if isinstance(p, frozenset)]
        if len(sets) == len(parts):
            join = frozenset.union if isinstance(where, Or) else frozenset.intersection
            return join(*sets)
    return None


def _kept(
    reader: SqlReader, entity: EntityModel, field: str, owners: frozenset[int] | str
) -> list[Any]:
    table = reader.store.tables.core.summary
    some = isinstance(owners, frozenset)

    def build() -> sa.Select[Any]:
        query = (
            sa.select(
                table.c.state, table.c.currency, sa.func.sum(table.c.count),
                sa.func.sum(table.c.total),
            )
            .where(table.c.entity == sa.bindparam("entity", type_=sa.Text()))
            .where(table.c.field == sa.bindparam("field", type_=sa.Text()))
            .group_by(table.c.state, table.c.currency)
        )  # fmt: skip
        return (
            query.where(in_list(table.c.owner, "owners", reader.store.dialect)) if some else query
        )

    statement = reader.statements.get(("kept", some), build)
    values: dict[str, Any] = {"entity": entity.name, "field": field}
    if isinstance(owners, frozenset):
        values["owners"] = as_list(sorted(owners), reader.store.dialect)
    return reader.lane.rows(statement, statement.bind(values))


def _computed(reader: SqlReader, entity: EntityModel, flow: Field, where: Expr) -> list[Any]:
    shape, values = reader.condition(entity, where)
    statement = reader.statements.get(
        ("board", entity.name, flow.key, shape),
        lambda: _counted(reader, entity, flow, where, False),
    )
    return reader.lane.rows(statement, statement.bind(values))


def _counted(
    reader: SqlReader, entity: EntityModel, flow: Field | None, where: Expr, owners: bool
) -> sa.Select[Any]:
    """Return the select of state, (owner,) currency, count and total."""
    layout = reader.store.layout(entity)
    used: set[str] = set()
    condition = reader.store.conditions(entity).clause(where, used)
    nothing: Any = sa.literal_column("''")
    nobody: Any = sa.literal_column("0")
    state = layout.tables.place(flow) if flow else None
    amount = layout.tables.place(entity.amount) if flow and entity.amount else None
    groups: list[Any] = [state.first if state else nothing]
    if owners:
        owner = entity.owner
        groups.append(
            sa.func.coalesce(layout.tables.place(owner).first, nobody) if owner else nobody
        )
    groups.append(sa.func.coalesce(amount.columns[1], nothing) if amount else nothing)
    total = sa.func.sum(amount.first) if amount else sa.literal_column("0")
    used |= {place.field.facet for place in (state, amount) if place and place.field.facet}
    return (
        sa.select(*groups, sa.func.count(), total)
        .select_from(layout.source(used))
        .where(condition, layout.tables.main.c.deleted_at.is_(None))
        .group_by(*(g for g in groups if g is not nothing and g is not nobody))
    )


def aggregate(
    reader: SqlReader,
    entity: EntityModel,
    where: Expr,
    by: Field,
    function: str,
    value: Field | None,
) -> dict[Any, Any]:
    """Return one figure for each value of `by`; money as {currency: minor units}."""
    shape, values = reader.condition(entity, where)
    key = ("aggregate", entity.name, by.key, function, value.key if value else "", shape)
    statement = reader.statements.get(
        key, lambda: _aggregate(reader, entity, where, by, function, value)
    )
    wide = len(by.kind.columns)
    load_by = loader(by.kind, reader.store.dialect)
    money = value is not None and function != "count" and value.kind.name == "money"
    load = _figure_loader(reader, function, value)
    found: dict[Any, Any] = {}
    for row in reader.lane.rows(statement, statement.bind(values)):
        group = row[0] if wide == 1 else row[:wide]
        if row[0] is None:
            group = None
        elif load_by is not None:
            group = load_by(group)
        figure = row[wide] if row[wide] is None else load(row[wide])
        if money:
            of_group = found.setdefault(group, {})
            if row[wide + 1] is not None:
                of_group[row[wide + 1]] = figure
        else:
            found[group] = figure
    return found


def _figure_loader(reader: SqlReader, function: str, value: Field | None) -> Callable[[Any], Any]:
    whole = function in ("count", "sum") or value is None or value.kind.name == "money"
    load = None if whole or value is None else loader(value.kind, reader.store.dialect)
    return load or (int if whole else lambda stored: stored)


def _aggregate(
    reader: SqlReader,
    entity: EntityModel,
    where: Expr,
    by: Field,
    function: str,
    value: Field | None,
) -> sa.Select[Any]:
    layout = reader.store.layout(entity)
    used: set[str] = set()
    condition = reader.store.conditions(entity).clause(where, used)
    places = [layout.tables.place(f) for f in (by, value) if f is not None]
    used |= {p.field.facet for p in places if p.field.facet and not p.field.many}
    source = layout.source(used)
    for table in {p.table.name: p.table for p in places if p.field.many}.values():
        source = source.join(table, table.c.record == layout.tables.main.c.id)
    groups = list(places[0].columns)
    count = function == "count" or len(places) == 1
    figure = sa.func.count() if count else getattr(sa.func, function)(places[1].first)
    extra = []
    if not count and places[1].field.kind.name == "money":
        extra = [places[1].columns[1]]
    return (
        sa.select(*groups, figure, *extra)
        .select_from(source)
        .where(condition, layout.tables.main.c.deleted_at.is_(None))
        .group_by(*groups, *extra)
    )


# Keeping the sums --------------------------------------------------------------------------


def weigh(layout: Layout, record: Record, sign: int, into: Figures) -> None:
    """Add a record's part to the sums (or take it away); deleted ones count for nothing."""
    if record.deleted_at is not None:
        return
    entity = layout.tables.entity
    owner = layout.value(record, entity.owner) if entity.owner else None
    money = layout.value(record, entity.amount) if entity.amount else None
    into.setdefault(("", "", owner or 0, ""), [0, 0])[0] += sign
    for flow in entity.flows:
        state = layout.value(record, flow)
        if state is None:
            continue
        key = (flow.key, state, owner or 0, money.currency if money else "")
        figures = into.setdefault(key, [0, 0])
        figures[0] += sign
        figures[1] += sign * (money.minor if money else 0)


def add(writer: SqlWriter, entity: EntityModel, figures: Figures) -> None:
    """Add differences to the kept sums."""
    rows = [
        (entity.name, field, state, owner, currency, count, total)
        for (field, state, owner, currency), (count, total) in figures.items()
        if count or total
    ]
    if rows:
        table = writer.store.tables.core.summary
        sqlite = writer.store.dialect.sqlite
        statement = writer.statements.get("add to summary", lambda: _upsert(table, sqlite))
        assert statement.names == tuple(c.name for c in table.c)
        writer.lane.change_many(statement, rows)


def _upsert(table: sa.Table, sqlite: bool) -> Any:
    if sqlite:
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    binds = {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c}
    query = insert(table).values(binds)
    new = query.excluded
    return query.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={"count": table.c.count + new.count, "total": table.c.total + new.total},
    )


def rebuild(writer: SqlWriter, entity: EntityModel) -> None:
    """Count an entity's records and boards anew."""
    table = writer.store.tables.core.summary
    mine = table.c.field.in_(_keys(entity))
    writer.run(table.delete().where(table.c.entity == entity.name, mine))
    figures: Figures = {}
    for key in _keys(entity):
        figures |= {(key, *place): list(sums) for place, sums in _recount(writer, entity, key)}
    add(writer, entity, figures)


def faults(reader: SqlReader, entity: EntityModel) -> list[str]:
    """Return where the kept sums differ from a recount."""
    table = reader.store.tables.core.summary
    found = []
    for key in _keys(entity):
        kept = reader.run(
            sa.select(table.c.state, table.c.owner, table.c.currency, table.c.count, table.c.total)
            .where(table.c.entity == entity.name, table.c.field == key)
        )  # fmt: skip
        there = {tuple(r[:3]): (r[3], int(r[4])) for r in kept if r[3] or r[4]}
        if dict(_recount(reader, entity, key)) != there:
            what = (
                f"board sums of {entity.name}.{key}"
                if key
                else f"count and owners of {entity.name}"
            )
            found.append(f"the {what} differ from the records")
    return found


def _keys(entity: EntityModel) -> list[str]:
    return ["", *(flow.key for flow in entity.flows)]


def _recount(
    reader: SqlReader, entity: EntityModel, key: str
) -> Iterable[tuple[tuple[str, int, str], tuple[int, int]]]:
    """Yield state, owner and currency with count and total, as the records themselves have them."""
    flow = entity.field(key) if key else None
    for state, owner, currency, count, sum_ in reader.run(
        _counted(reader, entity, flow, Everything(), True)
    ):
        if state is not None and count:
            yield (state, owner, currency), (count, int(sum_ or 0))
