"""Computing anew what is kept beside the records: words, identity keys, board sums, states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from crmkit.core.entity import Record
from crmkit.core.kinds.base import Column
from crmkit.core.model import EntityModel
from crmkit.core.store import Cursor, Select
from crmkit.sql import identity, stays, summary
from crmkit.sql.catalog import Catalog, Entry, lacking
from crmkit.sql.search import SHIFT
from crmkit.sql.search import entry as index_entry

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore
    from crmkit.sql.writer import SqlWriter

_BATCH = 2000


def freshen(store: SqlStore, catalog: Catalog) -> None:
    """Make right what was written while a plugin, which is on now, was off."""
    entities = {
        entry.entity
        for entry in catalog.entries.values()
        if entry.stale and entry.name in store.tables.metadata.tables
    }
    if entities:  # what waits for an upgrade is made right behind it
        entities -= {e.entity for e in store.wanted.values() if _lacks(catalog, e)}
    if not entities:
        return
    with store.writer() as writer:
        for name in sorted(entities):
            rebuild(writer, store.model.entity(name))
        table = store.tables.core.table
        known = list(store.tables.metadata.tables)
        writer.run(
            table.update()
            .where(table.c.entity.in_(entities), table.c.name.in_(known))
            .values(stale=0)
        )
        store.forget_catalog()
        store.refresh(writer)


def _lacks(catalog: Catalog, entry: Entry) -> bool:
    """Whether a table is not there yet, or not all of it."""
    have = catalog.entries.get(entry.name)
    return have is None or (have.shape != entry.shape and bool(lacking(have.shape, entry.shape)))


def rebuild(writer: SqlWriter, entity: EntityModel) -> None:
    """Compute all of it anew for one entity."""
    words(writer, entity)
    keys(writer, entity)
    summary.rebuild(writer, entity)
    states(writer, entity)


def words(writer: SqlWriter, entity: EntityModel) -> None:
    """Put an entity's records into the search index anew."""
    if not entity.searched:
        return
    number = writer.store.number(entity)
    for records in _batches(writer, entity):
        writer.store.search.drop(writer.lane, [r.id << SHIFT | number for r in records])
        alive = [r for r in records if r.deleted_at is None]
        writer.store.search.put(writer.lane, [index_entry(entity, number, r) for r in alive])


def keys(writer: SqlWriter, entity: EntityModel) -> None:
    """Take the identity keys of an entity's fields anew; those of other fields stay."""
    if not entity.identities:
        return
    table = writer.store.tables.core.identity
    mine = table.c.field.in_([f.key for f in entity.identities])
    writer.run(table.delete().where(table.c.entity == entity.name, mine))
    layout = writer.store.layout(entity)
    for records in _batches(writer, entity):
        identity.add(writer, layout, records)


def states(writer: SqlWriter, entity: EntityModel) -> None:
    """Note the state of records that have none noted yet."""
    stay = writer.store.tables.core.stay
    layout = writer.store.layout(entity)
    main = layout.tables.main
    for flow in entity.flows:
        place = layout.tables.place(flow)
        noted = sa.select(stay.c.record).where(
            stay.c.entity == entity.name, stay.c.field == flow.key
        )
        bare = (
            sa.select(main.c.id, place.first, sa.func.coalesce(main.c.moved_at, main.c.created_at))
            .select_from(layout.source({flow.facet} if flow.facet else ()))
            .where(main.c.id.not_in(noted), place.first.is_not(None))
        )
        rows = writer.run(bare)
        if rows:
            decode = writer.store.dialect.decode
            moves = [(id, flow.key, s, decode(Column.MOMENT, at)) for id, s, at in rows]
            stays.enter(writer, entity, moves)


def _batches(writer: SqlWriter, entity: EntityModel) -> Iterator[list[Record]]:
    """Yield all records of an entity, deleted ones too."""
    after: Cursor | None = None
    while True:
        select = Select(entity=entity, limit=_BATCH, after=after, deleted=True)
        records = writer.find(select)
        if not records:
            return
        yield records
        after = Cursor(None, records[-1].id)
