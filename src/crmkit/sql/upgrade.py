"""Bringing a database up to the Model, by steps that only add.

Alembic compares the Model's tables with those that are there. New tables, columns and indexes are
made; a changed type is refused. What the Model does not know is left alone: it belongs to plugins
that are off, or is data that a plugin no longer shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from crmkit.core.errors import Fault
from crmkit.sql import catalog as catalogs
from crmkit.sql import creation, rebuilding, summary
from crmkit.sql.backups import backup
from crmkit.sql.catalog import ENTITY, FACET, KEYS, STATES, WORDS, Catalog, Entry
from crmkit.sql.failures import telling
from crmkit.sql.lanes import Lane
from crmkit.sql.writer import SqlWriter

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore


def upgrade(store: SqlStore) -> list[str]:
    """Make the database fit the Model; return what was done, a line each."""
    if not store.pending():
        return []
    refuse_changed_fields(store)
    done = [backup(store)]
    with telling(store.database.place), store.database.engine.begin() as connection:
        if not store.dialect.sqlite:
            connection.exec_driver_sql(store.database.writers_lock)
        lane = Lane(connection.connection, store.database.place, owned=False)
        writer = SqlWriter(store, lane)
        writer.depth = 1
        store.forget_catalog()
        store.refresh(writer)
        have = store.catalog
        done += _apply(store, connection)
        fresh = _register(store, connection, have)
        store.forget_catalog()
        store.refresh(writer)
        done += _fill(writer, have, fresh)
    store.forget_catalog()
    return done


def refuse_changed_fields(store: SqlStore) -> None:
    """Refuse fields that became repeating, or ceased to be: their values would be lost to sight."""
    have = store.catalog.entries
    for tables in store.tables.entities.values():
        for place in tables.places:
            f = place.field
            parent = tables.facets[f.facet].name if f.facet else tables.main.name
            there = have.get(parent)
            if f.many and there is not None and f.column in catalogs.columns(there.shape):
                _refuse(parent, f.column, "repeats now, and did not")
            if not f.many and f"{parent}___{f.column}" in have:
                _refuse(parent, f.column, "repeated, and does not any more")


def _refuse(table: str, column: str, why: str) -> None:
    raise Fault(
        f"table {table}, column {column}: it {why}. An upgrade only adds; bring the values over "
        "to a new field, or declare the field as it was"
    )


def _apply(store: SqlStore, connection: Any) -> list[str]:
    """Make what is missing; Fault for a difference that is not an addition."""
    known = store.tables.metadata.tables

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        return kind != "table" or name in known

    context = MigrationContext.configure(
        connection,
        opts={"compare_type": True, "compare_server_default": False, "include_name": ours},
    )
    steps = _flat(compare_metadata(context, store.tables.metadata))
    for step in steps:
        if step[0] in ("modify_type", "modify_nullable"):
            _, _, table, column, _, old, new = step
            _refuse(table, column, f"is {_name(old)} in the database, and should be {_name(new)}")
    there = _indexes(connection)
    done = []
    for step in (s for s in steps if s[0] == "add_table"):
        step[1].create(connection)
        there |= {str(index.name) for index in step[1].indexes}
        done.append(f"table {step[1].name}")
    for _, _, table, column in (s for s in steps if s[0] == "add_column"):
        context.impl.add_column(table, column)
        done.append(f"column {table}.{column.name}")
    for _, index in (s for s in steps if s[0] == "add_index"):
        if str(index.name) not in there:
            index.create(connection)
            done.append(f"index {index.name}")
    return done


def _flat(steps: Iterable[Any]) -> list[Any]:
    """Return Alembic's steps in one list: what changes in a column comes as a list of its own."""
    return [s for step in steps for s in (step if isinstance(step, list) else [step])]


def _name(value: Any) -> str:
    return {True: "optional", False: "obligatory"}.get(value, str(value))


def _indexes(connection: Any) -> set[str]:
    seen = sa.inspect(connection)
    return {str(i["name"]) for table in seen.get_table_names() for i in seen.get_indexes(table)}


def _register(store: SqlStore, connection: Any, have: Catalog) -> dict[str, Entry]:
    """Bring the catalog up to date; return the entries that are new or have grown."""
    table = store.tables.core.table
    fresh: dict[str, Entry] = {}
    new = []
    for name, entry in store.wanted.items():
        old = have.entries.get(name)
        if old is None:
            new.append(entry)
        elif catalogs.lacking(old.shape, entry.shape):
            shape = catalogs.merged(old.shape, entry.shape)
            connection.execute(table.update().where(table.c.name == name).values(shape=shape))
        else:
            continue
        fresh[name] = entry
    creation.register(store, connection, new, max(have.names, default=0))
    return fresh


def _fill(writer: SqlWriter, have: Catalog, fresh: dict[str, Entry]) -> list[str]:
    """Give every record its row in new facets, and compute what new fields need."""
    done = []
    for name, entry in fresh.items():
        if entry.kind == FACET and name not in have.entries:
            main = writer.store.tables.entities[entry.entity].main
            facet = writer.store.tables.metadata.tables[name]
            writer.run(facet.insert().from_select(["id"], sa.select(main.c.id)))
    for entity in writer.store.model.entities.values():
        grown = [
            (have.entries[n].shape if n in have.entries else None, e.shape)
            for n, e in fresh.items()
            if e.entity == entity.name and (e.kind != ENTITY or n in have.entries)
        ]
        if any(catalogs.gained(*pair, WORDS) for pair in grown):
            rebuilding.words(writer, entity)
            done.append(f"search in {entity.name}")
        if any(catalogs.gained(*pair, KEYS) for pair in grown):
            rebuilding.keys(writer, entity)
            done.append(f"identity keys of {entity.name}")
        if any(catalogs.gained(*pair, STATES) for pair in grown):
            summary.rebuild(writer, entity)
            rebuilding.states(writer, entity)
            done.append(f"board sums of {entity.name}")
    return done
