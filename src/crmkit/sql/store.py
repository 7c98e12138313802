"""The store: a database that a Model's records are kept in."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa

from crmkit.core.errors import Fault, Interrupted
from crmkit.core.model import EntityModel, Model
from crmkit.sql import catalog as catalogs
from crmkit.sql import creation, guarding, journal, purge, rebuilding, summary
from crmkit.sql.catalog import Catalog, Entry
from crmkit.sql.driver import cautions
from crmkit.sql.engine import Database
from crmkit.sql.fts5 import Fts5
from crmkit.sql.lanes import Lane
from crmkit.sql.reader import SqlReader
from crmkit.sql.replacing import REPLACED, refuse_replaced
from crmkit.sql.rows import Layout
from crmkit.sql.search import SearchIndex
from crmkit.sql.statements import Prepared, Statements
from crmkit.sql.tables import Tables, build
from crmkit.sql.watching import Watch
from crmkit.sql.where import Conditions
from crmkit.sql.writer import SqlWriter

_BULK = 5000


def open_store(url: str, model: Model) -> SqlStore:
    """Open a database by its URL (`sqlite:///path`, `postgresql://user@server/name`)."""
    return SqlStore(url, model)


class _Own(threading.local):
    """A thread's own connections."""

    reader: SqlReader | None = None
    writer: SqlWriter | None = None


class SqlStore:
    """A database; threads may share it."""

    def __init__(self, url: str, model: Model) -> None:
        self.model = model
        self.url = url
        self.database = Database(url)
        self.dialect = self.database.dialect
        self.tables: Tables = build(model, self.dialect)
        self.statements = Statements(self.database.engine.dialect)
        self.search: SearchIndex = self._search_index()
        self._layouts: dict[str, Layout] = {}
        self._conditions: dict[str, Conditions] = {}
        self._catalog: Catalog | None = None
        self._schema: str | None = None
        self._own = _Own()
        self._lanes: weakref.WeakSet[Lane] = weakref.WeakSet()
        self._watch = Watch(self.database)
        self._unseen = 0

    def _search_index(self) -> SearchIndex:
        if self.dialect.sqlite:
            return Fts5(self.statements.dialect)
        from crmkit.sql.tsvector import TsVector

        return TsVector(self.tables, self.statements.dialect)

    # Transactions ------------------------------------------------------------------------

    def reader(self) -> SqlReader:
        """Open a consistent view; within a write transaction of this thread, that one's view."""
        own = self._own
        if own.writer is not None and own.writer.depth:
            return _Inside(own.writer)  # type: ignore[return-value]
        if own.reader is None or not own.reader.alive:
            own.reader = SqlReader(self, self.kept(self.database.reading()))
        if self._catalog is None:
            self._load(own.reader)
        return own.reader

    def writer(self) -> SqlWriter:
        """Open a write transaction: committed at the end, rolled back on any exception."""
        own = self._own
        if own.writer is None or not own.writer.alive:
            own.writer = SqlWriter(self, self.kept(self.database.writing()))
        return own.writer

    def kept(self, lane: Lane) -> Lane:
        """Remember a connection, to let go of it when the store is closed."""
        self._lanes.add(lane)
        return lane

    def close(self) -> None:
        """Let go of all connections."""
        for lane in list(self._lanes):
            lane.close()
        self._watch.close()
        self._own = _Own()
        self.database.engine.dispose()

    def warm_up(self) -> None:
        """Work out what needs no connection, so that processes to come need not."""
        assert self.wanted
        for entity in self.model.entities.values():
            self.layout(entity)

    # What is known of the database -------------------------------------------------------

    @property
    def catalog(self) -> Catalog:
        """The tables that the database has."""
        if self._catalog is None:
            self.reader()
        assert self._catalog is not None
        return self._catalog

    def _load(self, reader: SqlReader) -> None:
        with reader:
            found = self._catalog = self._read_catalog(reader)
        rebuilding.freshen(self, found)

    def _read_catalog(self, reader: SqlReader) -> Catalog:
        self._schema = reader.meta("schema")
        if self._schema is None:
            raise Fault(f"{self.database.place} holds no crmkit data; make it with crmkit init")
        return Catalog.read(reader.run(catalogs.query(self.tables)))

    def refresh(self, writer: SqlWriter) -> None:
        """Look whether tables were added by another process since the catalog was read."""
        if self._catalog is None or writer.meta("schema") != self._schema:
            refuse_replaced(self, writer.meta(REPLACED))
            self._catalog = self._read_catalog(writer)

    def forget_catalog(self) -> None:
        """Read the catalog anew when it is needed."""
        self._catalog = None
        self._conditions.clear()

    @cached_property
    def wanted(self) -> Mapping[str, Entry]:
        """The tables that the Model needs."""
        return catalogs.wanted(self.tables)

    @property
    def indexed(self) -> int:
        """How many entities the search index may hold."""
        return len(self.catalog.numbers)

    def number(self, entity: EntityModel) -> int:
        """Return the entity's number in the search index."""
        found = self.catalog.numbers.get(entity.name)
        if found is None:
            raise Fault(f"the database has no {entity.name} yet: run crmkit upgrade")
        return found

    def numbered(self, number: int) -> EntityModel | None:
        """Return the entity of a number, if its plugin is on."""
        return self.model.entities.get(self.catalog.names.get(number, ""))

    def layout(self, entity: EntityModel) -> Layout:
        """Return how an entity's records lie in its tables."""
        found = self._layouts.get(entity.name)
        if found is None:
            found = Layout(self.tables.entities[entity.name], self.dialect)
            self._layouts[entity.name] = found
        return found

    def conditions(self, entity: EntityModel) -> Conditions:
        """Return what makes SQL of conditions on an entity."""
        found = self._conditions.get(entity.name)
        if found is None:
            tables = self.tables.entities[entity.name]
            number = self.catalog.numbers.get(entity.name, 0)
            found = Conditions(
                tables, self.dialect, number, self.search.query, self.search.matcher,
                lambda name: self.conditions(self.model.entity(name)),
            )  # fmt: skip
            self._conditions[entity.name] = found
        return found

    # The database as a whole -------------------------------------------------------------

    def create(self) -> None:
        """Make the tables of an empty database."""
        creation.create(self)
        purge.note(self)

    def waiting(self) -> dict[str, list[str]]:
        """Return what `upgrade` would do, by the plugin whose tables are not ready."""
        return creation.waiting(self)

    def pending(self) -> list[str]:
        """Return what `upgrade` would do, a line each."""
        return [line for lines in self.waiting().values() for line in lines]

    def upgrade(self) -> list[str]:
        """Make the database fit the Model by additive steps; return what was done."""
        from crmkit.sql.upgrade import upgrade

        done = upgrade(self)
        purge.note(self)
        return done

    def backup(self) -> str:
        """Copy the data as it is; return where to, in a sentence."""
        from crmkit.sql.backups import backup

        return backup(self)

    def purging(self) -> purge.SqlPurging:
        """Return what can be done about the tables of one plugin that is off."""
        return purge.SqlPurging(self)

    def changed(self) -> int:
        """Return a number that differs from the last where something was committed since."""
        return self._watch.number()

    def cautions(self) -> list[str]:
        """Return what is known to be wrong with the database's library."""
        return cautions(sqlite=self.dialect.sqlite)

    def written(self, lane: Lane, count: int) -> None:
        """Once much was written, let the database look at its tables: plans depend on it."""
        self._unseen += count
        if self._unseen >= _BULK:
            self._unseen = 0
            if self.dialect.sqlite:
                lane.sql("PRAGMA analysis_limit = 1000")
            lane.sql("ANALYZE")

    def verify(self) -> list[str]:
        """Return the faults that the database finds in itself, and what does not add up."""
        with self.reader() as reader:
            checks = [_integrity] if self.dialect.sqlite else []
            checks += [guarding.faults, journal.faults]
            for entity in self.model.entities.values():
                checks.append(partial(self._facet_faults, entity=entity))
                checks.append(partial(summary.faults, entity=entity))
            return [fault for check in checks for fault in _checked(check, reader)]

    def _facet_faults(self, reader: SqlReader, entity: EntityModel) -> list[str]:
        main = self.tables.entities[entity.name].main
        found = []
        for name in self.catalog.facets(entity.name):
            other = sa.table(name, sa.column("id"))
            missing = sa.select(sa.func.count()).where(main.c.id.not_in(sa.select(other.c.id)))
            count = reader.run(missing.select_from(main))[0][0]
            if count:
                found.append(f"{count} records of {entity.name} have no row in {name}")
        return found


def _integrity(reader: SqlReader) -> list[str]:
    found = [str(row[0]) for row in reader.lane.sql("PRAGMA integrity_check") if row[0] != "ok"]
    dangling = reader.lane.sql("PRAGMA foreign_key_check")
    return found + [f"a row of {row[0]} points at nothing" for row in dangling]


def _checked(check: Callable[[SqlReader], list[str]], reader: SqlReader) -> list[str]:
    """Return what a check finds; one that cannot be made is a fault, and the others are made."""
    try:
        return check(reader)
    except Interrupted:
        raise
    except Fault as error:
        return [str(error)]


class _Inside:
    """A view from within a write transaction that this thread has open."""

    def __init__(self, writer: SqlWriter) -> None:
        self._writer = writer

    def __enter__(self) -> SqlWriter:
        return self._writer

    def __exit__(self, *_: Any) -> None:
        pass


__all__ = ["Prepared", "SqlStore", "open_store"]
