"""Reading: records, pages, sums and search, in one consistent view of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from crmkit.core.entity import Record
from crmkit.core.expr import Everything, Expr
from crmkit.core.fields import Field, Item
from crmkit.core.journal import Commit
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.store import Hit, Select, StateSum, Stay
from crmkit.sql import hits, identity, journal, paging, stays, summary
from crmkit.sql.failures import Lost
from crmkit.sql.lanes import Lane
from crmkit.sql.rows import Layout
from crmkit.sql.where import as_list, in_list

if TYPE_CHECKING:
    from crmkit.core.purge import Note
    from crmkit.sql.store import SqlStore

_BATCH = 500


class SqlReader:
    """One consistent view of the data; a context manager, and one of its thread's own."""

    def __init__(self, store: SqlStore, lane: Lane) -> None:
        self.store = store
        self.lane = lane
        self.statements = store.statements
        self.depth = 0

    @property
    def alive(self) -> bool:
        """Whether the connection still stands; if not, it is let go of."""
        if not self.lane.alive:
            self.lane.close()
            return False
        return True

    def __enter__(self) -> SqlReader:
        if self.depth == 0:
            try:
                self.lane.begin()
            except Lost:
                self.lane.close()
                self.lane = self.store.kept(self.store.database.reading())
                self.lane.begin()
        self.depth += 1
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.depth -= 1
        if self.depth:
            return
        if error is None:
            self.lane.end(commit=True)
        else:
            self.lane.abandon()

    # Records -----------------------------------------------------------------------------

    def get(self, entity: EntityModel, id: int, *, deleted: bool = False) -> Record | None:
        """Return a record by id, or None; deleted ones only when asked for."""
        layout = self.store.layout(entity)
        statement = self.statements.get(
            ("get", entity.name, deleted), lambda: _get(layout, deleted)
        )
        row = self.lane.one(statement, (id,))
        if row is None:
            return None
        record = layout.record(row)
        self.fill(layout, [record])
        return record

    def get_many(self, entity: EntityModel, ids: Sequence[int]) -> dict[int, Record]:
        """Return records by id, those that exist and are not deleted."""
        layout = self.store.layout(entity)
        statement = self.statements.get(
            ("get_many", entity.name), lambda: _get_many(layout, self.store)
        )
        found: list[Record] = []
        for start in range(0, len(ids), _BATCH):
            listed = as_list(ids[start : start + _BATCH], self.store.dialect)
            found += map(layout.record, self.lane.rows(statement, (listed,)))
        self.fill(layout, found)
        return {record.id: record for record in found}

    def find(self, select: Select) -> list[Record]:
        """Return a page of records."""
        layout = self.store.layout(select.entity)
        found = [layout.record(row) for row in paging.rows(self, select)]
        if select.relations:
            self.fill(layout, found)
        return found

    def fill(self, layout: Layout, records: Sequence[Record]) -> None:
        """Read the repeating fields of records, one query for each field."""
        if not records or not layout.repeating:
            return
        by_id = {record.id: record for record in records}
        ids = list(by_id)
        for part in layout.repeating:
            name = part.table.name
            found: dict[int, list[Item]] = {}
            if len(ids) == 1:
                one = self.statements.get(("one", name), lambda: _items_of_one(part))  # noqa: B023
                rows = self.lane.rows(one, ids)
                if rows:
                    found[ids[0]] = [part.item(row[1:]) for row in rows]
            else:
                many = self.statements.get(("many", name), lambda: _items(part, self.store))  # noqa: B023
                for start in range(0, len(ids), _BATCH):
                    listed = as_list(ids[start : start + _BATCH], self.store.dialect)
                    for row in self.lane.rows(many, (listed,)):
                        found.setdefault(row[0], []).append(part.item(row[1:]))
            for id, items in found.items():
                part.set(by_id[id], tuple(items))

    def identical(self, entity: EntityModel, keys: Iterable[tuple[str, str]]) -> list[int]:
        """Return the ids of records with any of the given (kind, identity) keys."""
        return identity.holders(self, entity, keys)

    def titles(self, entity: EntityModel, ids: Iterable[int]) -> dict[int, str]:
        """Return the titles of records, deleted ones too."""
        main = self.store.layout(entity).tables.main
        statement = self.statements.get(
            ("titles", entity.name),
            lambda: sa.select(main.c.id, main.c.title).where(
                in_list(main.c.id, "ids", self.store.dialect)
            ),
        )
        wanted = list(ids)
        found: dict[int, str] = {}
        for start in range(0, len(wanted), _BATCH):
            listed = as_list(wanted[start : start + _BATCH], self.store.dialect)
            found.update(self.lane.rows(statement, (listed,)))
        return found

    def named(self, entity: EntityModel, title: str, limit: int = 3) -> list[int]:
        """Return the ids of records whose folded title equals the folded text."""
        main = self.store.layout(entity).tables.main
        statement = self.statements.get(
            ("named", entity.name),
            lambda: (
                sa.select(main.c.id)
                .where(main.c.title_key == sa.bindparam("key", type_=sa.Text()))
                .where(main.c.deleted_at.is_(None))
                .order_by(main.c.id)
                .limit(sa.bindparam("most", type_=sa.Integer()))
            ),
        )
        values = statement.bind({"key": fold(title), "most": limit})
        return [row[0] for row in self.lane.rows(statement, values)]

    # Figures -----------------------------------------------------------------------------

    def count(self, entity: EntityModel, where: Expr, *, cap: int | None = None) -> int:
        """Return how many records there are, counting no further than `cap`."""
        return paging.count(self, entity, where, cap)

    def board(self, entity: EntityModel, flow: Field, where: Expr) -> list[StateSum]:
        """Return the sum of every state that has records."""
        return summary.board(self, entity, flow, where)

    def aggregate(
        self,
        entity: EntityModel,
        where: Expr,
        by: Field,
        function: Literal["count", "sum", "max", "min"],
        value: Field | None = None,
    ) -> dict[Any, Any]:
        """Return one figure for each value of `by`; money as {currency: minor units}."""
        return summary.aggregate(self, entity, where, by, function, value)

    def search(
        self, tokens: Sequence[str], scopes: Mapping[EntityModel, Expr], limit: int, raw: str = ""
    ) -> list[Hit]:
        """Return records with words that begin with every token, the best tier first."""
        return hits.search(self, tokens, scopes, limit, raw)

    # The journal -------------------------------------------------------------------------

    def stays(self, entity: EntityModel, id: int) -> list[Stay]:
        """Return the states a record has been in, oldest first."""
        return stays.stays(self, entity, id)

    def paths(self, entity: EntityModel, flow: Field, where: Expr) -> dict[tuple[str, ...], int]:
        """Return the ways that records went through a workflow's states, and how many each."""
        return stays.paths(self, entity, flow, where)

    def last_commit(self, chain: str) -> Commit | None:
        """Return the newest commit of a chain."""
        return journal.last_commit(self, chain)

    def commits(
        self,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        entity: str = "",
        record: int = 0,
        actor: int | None = None,
        ascending: bool = False,
    ) -> list[Commit]:
        """Return commits (with the changes of the record that is named, or without any)."""
        asked = journal.Asked(limit, before, after, entity, record, actor, ascending)
        return journal.commits(self, asked)

    def commit(self, id: int) -> Commit | None:
        """Return a commit with all its changes."""
        return journal.commit(self, id)

    def meta(self, key: str) -> str | None:
        """Return a note that the program keeps in the database."""
        table = self.store.tables.core.meta
        statement = self.statements.get(
            "meta",
            lambda: sa.select(table.c.value).where(
                table.c.key == sa.bindparam("key", type_=sa.Text())
            ),
        )
        row = self.lane.one(statement, (key,))
        return row[0] if row else None

    def notes(self) -> Mapping[str, Note]:
        """Return what the database knows of plugins, of those that are off too, by name."""
        from crmkit.sql.purge import notes_of

        return notes_of(self)

    def run(self, statement: sa.ClauseElement) -> list[Any]:
        """Run a statement that is needed once; return its rows."""
        from crmkit.sql.statements import Prepared

        whole = {"render_postcompile": True}
        made = Prepared(statement, self.statements.dialect, compile_kwargs=whole)
        return self.lane.sql(made.sql, made.bind({}))

    def condition(self, entity: EntityModel, where: Expr) -> tuple[Any, dict[str, Any]]:
        """Return the shape of a condition and its parameters by name."""
        if isinstance(where, Everything):
            return "Everything", {}
        values: list[Any] = []
        shape = self.store.conditions(entity).shape(where, values)
        return shape, {f"p{n}": value for n, value in enumerate(values)}


def _get(layout: Layout, deleted: bool) -> sa.Select[Any]:
    main = layout.tables.main
    query = sa.select(*layout.columns).select_from(layout.source())
    query = query.where(main.c.id == sa.bindparam("id", type_=main.c.id.type))
    return query if deleted else query.where(main.c.deleted_at.is_(None))


def _get_many(layout: Layout, store: SqlStore) -> sa.Select[Any]:
    main = layout.tables.main
    query = sa.select(*layout.columns).select_from(layout.source())
    return query.where(in_list(main.c.id, "ids", store.dialect), main.c.deleted_at.is_(None))


def _items_of_one(part: Any) -> sa.Select[Any]:
    record = part.table.c.record
    query = sa.select(record, *part.columns).order_by(part.table.c.position)
    return query.where(record == sa.bindparam("id", type_=record.type))


def _items(part: Any, store: SqlStore) -> sa.Select[Any]:
    record = part.table.c.record
    query = sa.select(record, *part.columns).order_by(record, part.table.c.position)
    return query.where(in_list(record, "ids", store.dialect))
