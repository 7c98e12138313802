"""Identity keys: the normalised values that duplicates are found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crmkit.core.entity import Record
from crmkit.sql.rows import Layout

if TYPE_CHECKING:
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


def _put(writer: SqlWriter, found: Iterable[Key]) -> None:
    rows = sorted(found)
    if rows:
        table = writer.store.tables.core.identity
        writer.lane.change_many(writer.statements.insert(table, _NAMES), rows)
