"""Making the tables of a new database, and seeing what an older one lacks."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crmkit.core.errors import Fault
from crmkit.sql import catalog as catalogs
from crmkit.sql import guarding
from crmkit.sql.catalog import ENTITY, Entry
from crmkit.sql.failures import telling
from crmkit.sql.purge import next_id
from crmkit.sql.search import MOST_ENTITIES

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore


def create(store: SqlStore) -> None:
    """Make the tables of an empty database; Fault where it holds any."""
    store.database.make_file()
    with telling(store.database.place), store.database.engine.begin() as connection:
        if sa.inspect(connection).get_table_names():
            raise Fault(f"{store.database.place} is not empty; choose another place")
        store.tables.metadata.create_all(connection)
        for sql in (*_functions(store, connection), *store.search.ddl()):
            connection.exec_driver_sql(sql)
        for sql in guarding.ddl(store.dialect):
            connection.exec_driver_sql(sql)
        register(store, connection, list(store.wanted.values()), 0)
    store.forget_catalog()


def _functions(store: SqlStore, connection: Any) -> list[str]:
    if store.dialect.sqlite:
        return []
    from crmkit.sql import folding

    known = connection.exec_driver_sql("SELECT collname FROM pg_collation").scalars()
    return folding.ddl(set(known))


def register(store: SqlStore, connection: Any, entries: list[Entry], last: int) -> None:
    """Write entries into the catalog, numbering entities behind the last number."""
    core = store.tables.core
    for entry in entries:
        number = 0
        if entry.kind == ENTITY:
            number = last = last + 1
            if number > MOST_ENTITIES:
                raise Fault(f"a database holds at most {MOST_ENTITIES} entities")
        connection.execute(
            core.table.insert().values(
                name=entry.name, entity=entry.entity, kind=entry.kind, plugin=entry.plugin,
                number=number, next_id=next_id(connection, core.meta, entry.entity),
                shape=entry.shape, stale=0,
            )
        )  # fmt: skip
    mark(store, connection)


def mark(store: SqlStore, connection: Any) -> None:
    """Give the schema a new mark, by which running processes see that it changed."""
    meta = store.tables.core.meta
    connection.execute(meta.delete().where(meta.c.key == "schema"))
    connection.execute(meta.insert().values(key="schema", value=secrets.token_hex(8)))


def waiting(store: SqlStore) -> dict[str, list[str]]:
    """Return what is to be done, by plugin."""
    have = store.catalog.entries
    found: dict[str, list[str]] = {}
    for name, entry in store.wanted.items():
        there = have.get(name)
        if there is None:
            found.setdefault(entry.plugin, []).append(f"create table {name}")
        elif there.shape != entry.shape:
            lines = catalogs.lacking(there.shape, entry.shape)
            if lines:
                found.setdefault(entry.plugin, []).extend(f"{name}: {line}" for line in lines)
    return found
