"""Identity keys: the normalised values that duplicates are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crmkit.core.entity import Record
from crmkit.core.model import EntityModel
from crmkit.sql.rows import Layout
from crmkit.sql.where import as_list, in_list

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader
    from crmkit.sql.writer import SqlWriter

_NAMES = ("entity", "record", "field", "key")
Key = tuple[str, int, str, str]


def keys(layout: Layout, record: Record) -> set[Key]:
    """Return the identity keys of a record's values."""
    entity = layout.tables.entity
    return {
        (entity.name, record.id, f.key, key)
        for f in entity.identities
        for value in f.values(layout.value(record, f))
        if value != "" and (key := f.kind.identity(value))
    }


def add(writer: SqlWriter, layout: Layout, records: Sequence[Record]) -> None:
    """Keep the keys of new records."""
    if layout.tables.entity.identities:
        _put(writer, [key for record in records for key in keys(layout, record)])


def change(writer: SqlWriter, layout: Layout, before: Record, after: Record) -> None:
    """Keep the keys of a changed record."""
    if layout.same(before, after, layout.tables.entity.identities):
        return
    old, new = keys(layout, before), keys(layout, after)
    if old - new:
        table = writer.store.tables.core.identity
        statement = writer.statements.get(
            "drop identity",
            lambda: table.delete().where(
                *(table.c[name] == sa.bindparam(name, type_=table.c[name].type) for name in _NAMES)
            ),
        )
        writer.lane.change_many(statement, sorted(old - new))
    _put(writer, new - old)


def holders(reader: SqlReader, entity: EntityModel, wanted: Iterable[tuple[str, str]]) -> list[int]:
    """Return the ids of the entity's live records that have any of (kind, key), in their order."""
    groups: dict[str, set[str]] = {}
    for kind, key in wanted:
        groups.setdefault(kind, set()).add(key)
    found: set[int] = set()
    for kind, group in groups.items():
        fields = [f.key for f in entity.identities if f.kind.name == kind]
        if fields:
            found |= _with_keys(reader, entity, fields, sorted(group))
    return sorted(found)


def _with_keys(
    reader: SqlReader, entity: EntityModel, fields: Sequence[str], wanted: Sequence[str]
) -> set[int]:
    table = reader.store.tables.core.identity
    main = reader.store.layout(entity).tables.main
    statement = reader.statements.get(
        ("identical", entity.name),
        lambda: (
            sa.select(table.c.record, table.c.field)
            .join(main, main.c.id == table.c.record)
            .where(in_list(table.c.key, "keys", reader.store.dialect))
            .where(table.c.entity == sa.bindparam("entity", type_=sa.Text()))
            .where(main.c.deleted_at.is_(None))
        ),
    )
    given = {"keys": as_list(list(wanted), reader.store.dialect), "entity": entity.name}
    rows = reader.lane.rows(statement, statement.bind(given))
    return {record for record, field in rows if field in fields}


def _put(writer: SqlWriter, found: Iterable[Key]) -> None:
    rows = sorted(found)
    if rows:
        table = writer.store.tables.core.identity
        writer.lane.change_many(writer.statements.insert(table, _NAMES), rows)
