"""Writing: one transaction with everything that hangs on a record, in batches."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crmkit.core.acting import CHANGED
from crmkit.core.entity import Record
from crmkit.core.errors import Fault
from crmkit.core.journal import Change, Commit
from crmkit.core.model import EntityModel
from crmkit.sql import guarding, identity, journal, stays, summary
from crmkit.sql.failures import Lost
from crmkit.sql.lanes import Lane
from crmkit.sql.reader import SqlReader
from crmkit.sql.rows import Layout
from crmkit.sql.search import Entry, entry
from crmkit.sql.settling import arrived
from crmkit.sql.tables import facet_table

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore

_CHUNK = 5000
_new = object.__new__


class SqlWriter(SqlReader):
    """One write transaction; reading in it sees what it has written."""

    def __init__(self, store: SqlStore, lane: Lane) -> None:
        super().__init__(store, lane)
        self._written = 0
        self.running: journal.Running | None = None
        self._marked = False
        self._last: Commit | None = None
        self._known: dict[str, str | None] = {}
        """Notes as they were when the transaction began."""

    def __enter__(self) -> SqlWriter:
        if self.depth:
            raise Fault("a transaction is open already; do this within it")
        try:
            self._begin()
            self.depth = 1
            self._last = None
            self._written = 0
            self.running = None
            self._marked = False
            self._known = self._first_notes()
            self.store.refresh(self)
        except BaseException:
            self.depth = 0
            self.lane.abandon()
            raise
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.depth = 0
        if error is not None:
            self.lane.abandon()
            if self._marked:
                self.store.forget_catalog()
            return
        try:
            self.store.written(self.lane, self._written)
            self._commit()
        except BaseException:
            self.lane.abandon()
            raise

    def _begin(self) -> None:
        try:
            self.store.database.begin(self.lane)
        except Lost:
            self.lane.close()
            self.lane = self.store.kept(self.store.database.writing())
            self.store.database.begin(self.lane)

    def _commit(self) -> None:
        try:
            self.lane.end(commit=True)
        except Lost:
            self.lane.close()
            if not arrived(self.store, self._last):
                raise

    def insert(self, entity: EntityModel, records: Sequence[Record]) -> list[Record]:
        """Store new records; return them with their ids (in the same order)."""
        layout = self.store.layout(entity)
        self._mark_stale(entity)
        first = self._take_ids(entity, len(records))
        with _uncollected(len(records) >= _CHUNK):
            stored = [_numbered(record, first + n) for n, record in enumerate(records)]
            for start in range(0, len(stored), _CHUNK):
                self._insert_chunk(layout, stored[start : start + _CHUNK])
        self._written += len(stored)
        return stored

    def update(
        self, entity: EntityModel, pairs: Sequence[tuple[Record, Record]], *, derived: bool = False
    ) -> list[int]:
        """Store (before, after) pairs; return the ids whose stored version is not `before`'s."""
        layout = self.store.layout(entity)
        self._mark_stale(entity)
        late = [b.id for b, a in pairs if not self._update_main(layout, b, a, derived)]
        if late:
            return late
        figures: summary.Figures = {}
        for before, after in pairs:
            self._update_parts(layout, before, after)
            identity.change(self, layout, before, after)
            summary.weigh(layout, before, -1, figures)
            summary.weigh(layout, after, +1, figures)
            self._note_states(layout, before, after)
        summary.add(self, entity, figures)
        self._update_search(layout, pairs)
        self._written += len(pairs)
        return []

    def append(self, commit: Commit) -> Commit:
        """Append a commit with its changes to the journal; return it with its id."""
        self._last = journal.append(self, commit)
        return self._last

    def redact(self, commits: Sequence[Commit]) -> None:
        """Write labels and changes of commits anew, found by their ids, in the journal."""
        with guarding.unguarded(self):
            for commit in commits:
                journal.redact(self, commit, [c for c in commit.changes if not c.salt])

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """Leave no trace in the database's file of what is overwritten or deleted within."""
        self.store.database.overwrite(self.lane)
        yield
        self.store.search.compact(self.lane)

    def record(self, changes: Sequence[Change]) -> None:
        """Write changes to the journal ahead of the commit that is appended next."""
        journal.record(self, changes)

    def lock(self, name: str) -> None:
        """Hold a lock to the transaction's end; on SQLite every writer waits for the others."""
        if not self.store.dialect.sqlite:
            self.lane.sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Take back what is written within, and no more, if it ends in an exception."""
        self.lane.sql("SAVEPOINT crm_part")
        try:
            yield
        except BaseException:
            self.lane.sql("ROLLBACK TO SAVEPOINT crm_part")
            self.lane.sql("RELEASE SAVEPOINT crm_part")
            self.running = None
            raise
        self.lane.sql("RELEASE SAVEPOINT crm_part")

    def meta(self, key: str) -> str | None:
        """Return a note that the program keeps in the database."""
        return self._known[key] if key in self._known else super().meta(key)

    def _first_notes(self) -> dict[str, str | None]:
        """Return what every transaction asks first; on a server each question is a way there."""
        table = self.store.tables.core.meta
        names = ("schema", CHANGED)
        statement = self.statements.get(
            "first notes",
            lambda: sa.select(table.c.key, table.c.value).where(
                sa.or_(*(table.c.key == sa.bindparam(name, type_=sa.Text()) for name in names))
            ),
        )
        found = dict(self.lane.rows(statement, statement.bind({name: name for name in names})))
        return {name: found.get(name) for name in names}

    def set_meta(self, key: str, value: str) -> None:
        """Keep a note in the database."""
        self._known.pop(key, None)
        table = self.store.tables.core.meta
        name = sa.bindparam("name", type_=sa.Text())
        drop = self.statements.get("drop meta", lambda: table.delete().where(table.c.key == name))
        self.lane.change(drop, (key,))
        self.lane.change(self.statements.insert(table, ("key", "value")), (key, value))

    # Inserting ---------------------------------------------------------------------------

    def _take_ids(self, entity: EntityModel, count: int) -> int:
        """Return the first of `count` ids that no record has had."""
        table = self.store.tables.core.table
        statement = self.statements.get(
            "take ids",
            lambda: (
                table.update()
                .where(table.c.name == sa.bindparam("entity", type_=sa.Text()))
                .values(next_id=table.c.next_id + sa.bindparam("count", type_=table.c.next_id.type))
                .returning(table.c.next_id)
            ),
        )
        row = self.lane.one(statement, statement.bind({"entity": entity.name, "count": count}))
        if row is None:
            raise Fault(f"the database has no {entity.name} yet: run crmkit upgrade")
        return int(row[0]) - count

    def _insert_chunk(self, layout: Layout, records: Sequence[Record]) -> None:
        entity = layout.tables.entity
        main = self.statements.insert(layout.tables.main, layout.main_names)
        self._put(main, [layout.main_row(record) for record in records])
        self._insert_facets(layout, records)
        for part in layout.repeating:
            rows = [row for r in records for row in part.rows(r.id, part.get(r))]
            if rows:
                self._put(self.statements.insert(part.table, part.names), rows)
        identity.add(self, layout, records)
        self._enter_states(layout, records)
        if not entity.searched:
            return
        number = self.store.number(entity)
        alive = [r for r in records if r.deleted_at is None]
        self.store.search.put(self.lane, [entry(entity, number, r) for r in alive])

    def _insert_facets(self, layout: Layout, records: Sequence[Record]) -> None:
        entity = layout.tables.entity.name
        for name, table in layout.tables.facets.items():
            cls, part = layout.part(name)
            statement = self.statements.insert(table, ["id", *(c.name for c in part.columns)])
            self._put(statement, [(r.id, *part.row(r.facets[cls].__dict__)) for r in records])
        known = {facet_table(entity, name) for name in layout.tables.facets}
        for name in self.store.catalog.facets(entity):
            if name not in known:
                other = sa.table(name, sa.column("id", layout.tables.main.c.id.type))
                statement = self.statements.get(
                    ("insert", name),
                    lambda: other.insert().values(id=sa.bindparam("id")),  # noqa: B023
                )
                self._put(statement, [(record.id,) for record in records])

    def _put(self, statement: Any, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) == 1:
            self.lane.change(statement, rows[0])
        else:
            self.lane.change_many(statement, rows)

    def _enter_states(self, layout: Layout, records: Sequence[Record]) -> None:
        entity = layout.tables.entity
        figures: summary.Figures = {}
        moves = []
        for record in records:
            summary.weigh(layout, record, +1, figures)
            since = record.moved_at or record.created_at
            for flow in entity.flows:
                moves.append((record.id, flow.key, layout.value(record, flow), since))
        summary.add(self, entity, figures)
        if moves:
            stays.enter(self, entity, moves)

    # Updating ----------------------------------------------------------------------------

    def _update_main(self, layout: Layout, before: Record, after: Record, derived: bool) -> bool:
        old, new = layout.main_row(before), layout.main_row(after)
        names = [n for n, was, now in zip(layout.main_names, old, new, strict=True) if was != now]
        if not names and derived:
            return True
        main = layout.tables.main
        checked = not derived
        statement = self.statements.get(
            ("update", main.name, tuple(names), checked),
            lambda: _update(main, names, checked),
        )
        row = dict(zip(layout.main_names, new, strict=True))
        values = {f"v_{name}": row[name] for name in names}
        values |= {"at_id": before.id, "at_version": before.version}
        return self.lane.change(statement, statement.bind(values)) == 1

    def _update_parts(self, layout: Layout, before: Record, after: Record) -> None:
        for name, table in layout.tables.facets.items():
            cls, part = layout.part(name)
            was, now = before.facets[cls], after.facets[cls]
            if was is now:
                continue
            old, new = part.row(was.__dict__), part.row(now.__dict__)
            changed = {
                c.name: value
                for c, a, value in zip(part.columns, old, new, strict=True)
                if a != value
            }
            if changed:
                statement = self.statements.get(
                    ("update", table.name, tuple(changed)),
                    lambda: _update(table, list(changed), False),  # noqa: B023
                )
                values = {f"v_{n}": v for n, v in changed.items()} | {"at_id": before.id}
                self.lane.change(statement, statement.bind(values))
        for repeating in layout.repeating:
            if repeating.get(before) != repeating.get(after):
                self._replace_items(repeating, after)

    def _replace_items(self, part: Any, record: Record) -> None:
        table = part.table
        drop = self.statements.get(
            ("drop items", table.name),
            lambda: table.delete().where(
                table.c.record == sa.bindparam("at", type_=table.c.record.type)
            ),
        )
        self.lane.change(drop, (record.id,))
        rows = part.rows(record.id, part.get(record))
        if rows:
            self._put(self.statements.insert(table, part.names), rows)

    def _note_states(self, layout: Layout, before: Record, after: Record) -> None:
        entity = layout.tables.entity
        for flow in entity.flows:
            state = layout.value(after, flow)
            if state != layout.value(before, flow):
                moved, was = after.moved_at, before.moved_at
                # An undo puts `moved_at` back to what it was, and happens now all the same.
                back = moved is None or (was is not None and moved < was)
                at = after.updated_at if back else moved
                stays.change_state(self, entity, after.id, flow.key, state, at)

    def _update_search(self, layout: Layout, pairs: Iterable[tuple[Record, Record]]) -> None:
        entity = layout.tables.entity
        if not entity.searched:
            return
        number = self.store.number(entity)
        drop: list[int] = []
        put: list[Entry] = []
        for before, after in pairs:
            same = layout.same(before, after, entity.searched) and before.title == after.title
            if same and before.deleted_at == after.deleted_at:
                continue
            old = None if before.deleted_at else entry(entity, number, before)
            new = None if after.deleted_at else entry(entity, number, after)
            if old == new:
                continue
            drop += [old[0]] if old else []
            put += [new] if new else []
        if drop:
            self.store.search.drop(self.lane, drop)
        if put:
            self.store.search.put(self.lane, put)

    def _mark_stale(self, entity: EntityModel) -> None:
        """Remember that facets of plugins that are off do not see this write."""
        mine = {facet_table(entity.name, part.name) for part in entity.facets}
        for name in self.store.catalog.facets(entity.name):
            if name not in mine and not self.store.catalog.entries[name].stale:
                table = self.store.tables.core.table
                self.run(table.update().where(table.c.name == name).values(stale=1))
                self._marked = True
                self.store.forget_catalog()
                self.store.refresh(self)


@contextmanager
def _uncollected(many: bool) -> Iterator[None]:
    """Keep the garbage collector from walking all records again and again while they are made."""
    if not many or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _numbered(record: Record, id: int) -> Record:
    copy: Record = _new(type(record))
    copy.__dict__.update(record.__dict__)
    copy.__dict__["id"] = id
    copy.__dict__.pop("_as_read", None)
    copy.__dict__.pop("_changes", None)
    return copy


def _update(table: sa.Table, names: Sequence[str], checked: bool) -> sa.Update:
    query = table.update().values(
        {name: sa.bindparam(f"v_{name}", type_=table.c[name].type) for name in names}
    )
    query = query.where(table.c.id == sa.bindparam("at_id", type_=table.c.id.type))
    if not checked:
        return query
    return query.where(table.c.version == sa.bindparam("at_version", type_=table.c.version.type))
