"""What a plugin keeps in the database, found without it; and dropping that."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from crmkit.core.kinds.base import Column
from crmkit.core.kinds.numbers import Money
from crmkit.core.purge import Holding, Holdings, Note, Reference, Strays, notes
from crmkit.core.store import Writer
from crmkit.sql.catalog import ENTITY, FACET, MANY, Entry, columns
from crmkit.sql.search import SHIFT
from crmkit.sql.tables import facet_table

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader
    from crmkit.sql.store import SqlStore
    from crmkit.sql.writer import SqlWriter

_PREFIX = "plugin:"
_NEXT = "next:"
_BATCH = 5000
_NAMED = 3
_ORDER = {"id": 0, "record": 0, "position": 1, "title": 2, "value": 3} | dict.fromkeys(
    ("version", "created_at", "created_by", "updated_at", "updated_by", "moved_at", "deleted_at"), 5
)
"""Where the columns stand that are not those of fields (4)."""


def next_id(connection: Any, meta: sa.Table, entity: str) -> int:
    """Return the first number for a new table's records: none that a purged one gave."""
    query = sa.select(meta.c.value).where(meta.c.key == _NEXT + entity)
    return int(connection.execute(query).scalar() or 1)


def note(store: SqlStore) -> None:
    """Keep what has to be known of plugins while they are off."""
    with store.reader() as reader:
        made = notes(store.model, notes_of(reader))
        wanted = {_PREFIX + name: found.text() for name, found in made.items()}
        stale = [key for key, text in wanted.items() if reader.meta(key) != text]
    if stale:
        with store.writer() as writer:
            for key in stale:
                writer.set_meta(key, wanted[key])


class SqlPurging:
    """What a database can do about the tables of one plugin."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store

    def holdings(self, plugin: str) -> Holdings:
        """Return what there is, as the transaction of this thread sees it."""
        with self.store.reader() as reader:
            known = notes_of(reader)
            mine = _entries(self.store, plugin)
            dropped = {e.entity for e in mine if e.kind == ENTITY}
            tables = [_holding(reader, entry) for entry in mine]
            strays = [
                found
                for place in known.get(plugin, Note()).states
                if place[0] not in dropped and (found := _strays(reader, place)).count
            ]
            others = {name: note for name, note in known.items() if name != plugin}
            reasons = [*_guests(reader, plugin, dropped), *_pointers(reader, others, dropped)]
        return Holdings(plugin, tuple(tables), tuple(strays), tuple(reasons))

    def rows(self, table: Holding) -> Iterator[Mapping[str, str]]:
        """Yield a table's rows as text by column."""
        with self.store.reader() as reader:
            entry = self.store.catalog.entries[table.table]
            kinds = notes_of(reader).get(entry.plugin, Note()).kinds
            yield from _rows(reader, entry, kinds)

    def drop(self, writer: Writer, plugin: str) -> None:
        """Drop the plugin's tables and all that is kept beside them; numbers never come again."""
        sql = cast("SqlWriter", writer)
        entries = _entries(self.store, plugin)
        for entry in entries:
            if entry.kind == ENTITY:
                _forget_entity(sql, entry)
            elif entry.kind == FACET:
                _forget_facet(sql, entry)
        table = self.store.tables.core.table
        for entry in entries:
            sql.lane.sql(f'DROP TABLE "{entry.name}"')
        sql.run(table.delete().where(table.c.name.in_([e.name for e in entries])))
        meta = self.store.tables.core.meta
        sql.run(meta.delete().where(meta.c.key == _PREFIX + plugin))
        sql.set_meta("schema", secrets.token_hex(8))
        self.store.forget_catalog()
        self.store.refresh(sql)


def _entries(store: SqlStore, plugin: str) -> list[Entry]:
    """Return the plugin's tables: entities and facets first, then what hangs on them."""
    order = (ENTITY, FACET, MANY)
    found = [e for e in store.catalog.entries.values() if e.plugin == plugin]
    return sorted(found, key=lambda e: (order.index(e.kind), e.name))


def notes_of(reader: SqlReader) -> dict[str, Note]:
    """Return what the database knows of plugins, of those that are off too, by name."""
    meta = reader.store.tables.core.meta
    query = sa.select(meta.c.key, meta.c.value).where(meta.c.key.startswith(_PREFIX))
    return {key.removeprefix(_PREFIX): Note.read(text) for key, text in reader.run(query)}


def _holding(reader: SqlReader, entry: Entry) -> Holding:
    count = reader.run(sa.select(sa.func.count()).select_from(sa.table(entry.name)))[0][0]
    kinds = notes_of(reader).get(entry.plugin, Note()).kinds
    return Holding(entry.name, entry.entity, entry.kind, count, tuple(_header(entry, kinds)))


def _strays(reader: SqlReader, place: tuple[str, str, str, str]) -> Strays:
    """Count the records in a state, deleted ones too."""
    entity, key, state, fallback = place
    facet, _, name = key.rpartition(".")
    owner = facet_table(entity, facet) if facet else entity
    if owner not in reader.store.catalog.entries:
        return Strays(entity, key, state, fallback, 0)
    table = sa.table(owner, sa.column(name))
    query = sa.select(sa.func.count()).select_from(table).where(table.c[name] == state)
    return Strays(entity, key, state, fallback, reader.run(query)[0][0])


# What stands in the way ----------------------------------------------------------------------


def _guests(reader: SqlReader, plugin: str, dropped: set[str]) -> Iterator[str]:
    """Yield that other plugins keep fields of its entities."""
    entries = reader.store.catalog.entries.values()
    found = {(e.plugin, e.entity) for e in entries if e.entity in dropped and e.plugin != plugin}
    for name, entity in sorted(found):
        yield f"plugin {name} keeps fields of {entity}; first: crmkit plugin purge {name}"


def _pointers(reader: SqlReader, others: Mapping[str, Note], dropped: set[str]) -> Iterator[str]:
    """Yield which records of other plugins point at its entities."""
    for found in others.values():
        for reference in found.references:
            for target in sorted(dropped):
                if reference.targets and target not in reference.targets:
                    continue
                if reference.entity in dropped:
                    continue
                count, first = _pointing(reader, reference, target)
                if count:
                    more = f" and {count - len(first)} more" if count > len(first) else ""
                    named = f"{reference.entity} {', '.join(map(str, first))}{more}"
                    yield (
                        f"its {target} is still pointed at, in {reference.name} of {named}: "
                        "change that, or delete them"
                    )


def _pointing(reader: SqlReader, ref: Reference, target: str) -> tuple[int, list[int]]:
    """Return how many live records point there, and the first of them."""
    have = reader.store.catalog.entries
    parent = facet_table(ref.entity, ref.facet) if ref.facet else ref.entity
    name, column = (f"{parent}___{ref.column}", "value") if ref.many else (parent, ref.column)
    if name not in have or ref.entity not in have or column not in columns(have[name].shape):
        return 0, []
    key = "record" if ref.many else "id"
    table = sa.table(name, sa.column(key), sa.column(column))
    main = sa.table(ref.entity, sa.column("id"), sa.column("deleted_at")).alias("main")
    wanted = table.c[column].is_not(None) if ref.targets else table.c[column] == target
    query = (
        sa.select(main.c.id)
        .where(main.c.id.in_(sa.select(table.c[key]).where(wanted)), main.c.deleted_at.is_(None))
        .order_by(main.c.id)
    )
    ids = [row[0] for row in reader.run(query)]
    return len(ids), ids[:_NAMED]


# Rows as text --------------------------------------------------------------------------------


def _header(entry: Entry, kinds: Mapping[str, str]) -> list[str]:
    """Return the columns of a table's file: those of one value stand together."""
    have = columns(entry.shape)
    joined = {second for first, second in _pairs(entry, kinds)}
    names = {*have, "title"} if entry.kind == FACET else set(have)
    names -= {*joined, "title_key"}
    return sorted(names, key=lambda name: (_ORDER.get(name, 4), name))


def _pairs(entry: Entry, kinds: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the two columns of amounts (with their currency) and of links."""
    for name in columns(entry.shape):
        end = {"money": "_currency", "link": "_id"}.get(_kind(entry, name, kinds))
        if end:
            yield name, name + end


def _kind(entry: Entry, column: str, kinds: Mapping[str, str]) -> str:
    """Return the kind of a column's field, '' where that is not known."""
    head, _, last = entry.name.partition("___")
    if entry.kind == MANY and column != "value":
        return ""
    field = last if entry.kind == MANY else column
    facet = head.partition("__")[2]
    return kinds.get(f"{entry.entity}.{facet}.{field}" if facet else f"{entry.entity}.{field}", "")


def _rows(reader: SqlReader, entry: Entry, kinds: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    have = columns(entry.shape)
    table = sa.table(entry.name, *(sa.column(name) for name in have))
    keys = [table.c[name] for name in (("record", "position") if entry.kind == MANY else ("id",))]
    query = sa.select(table).order_by(*keys).limit(_BATCH)
    after: Sequence[Any] = ()
    while True:
        page = query.where(sa.tuple_(*keys) > sa.tuple_(*after)) if after else query
        rows = reader.run(page)
        values = [dict(zip(have, row, strict=True)) for row in rows]
        titles = _titles(reader, entry, [row["id"] for row in values if "id" in row])
        for row in values:
            yield _texts(reader, entry, kinds, row, titles)
        if len(rows) < _BATCH:
            return
        after = [values[-1][key.name] for key in keys]


def _titles(reader: SqlReader, entry: Entry, ids: list[int]) -> Mapping[int, str]:
    if entry.kind != FACET or entry.entity not in reader.store.catalog.entries or not ids:
        return {}
    main = sa.table(entry.entity, sa.column("id"), sa.column("title"))
    query = sa.select(main.c.id, main.c.title).where(main.c.id.between(ids[0], ids[-1]))
    return dict(reader.run(query))


def _texts(
    reader: SqlReader, entry: Entry, kinds: Mapping[str, str], row: dict[str, Any],
    titles: Mapping[int, str],
) -> dict[str, str]:  # fmt: skip
    types = {str(type_): column for column, type_ in reversed(reader.store.dialect.types.items())}
    have = columns(entry.shape)
    ends = dict(_pairs(entry, kinds))
    found = {}
    for name in _header(entry, kinds):
        if name == "title" and entry.kind == FACET:
            found[name] = titles.get(row["id"], "")
            continue
        column = types.get(have[name], Column.TEXT)
        value = reader.store.dialect.decode(column, row[name])
        other = row[ends[name]] if name in ends else None
        found[name] = _text(_kind(entry, name, kinds), value, other)
    return found


def _text(kind: str, value: Any, other: Any) -> str:
    """Return a stored value as an import reads it."""
    if value is None:
        return ""
    if kind == "money":
        return f"{Money(value, other).amount} {other}"
    if kind == "link":
        return f"{value}:{other}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# Dropping ------------------------------------------------------------------------------------


def _forget_entity(writer: SqlWriter, entry: Entry) -> None:
    core = writer.store.tables.core
    main = sa.table(entry.name, sa.column("id"))
    ids = [row[0] for row in writer.run(sa.select(main.c.id))]
    for at in range(0, len(ids), _BATCH):
        keys = [id << SHIFT | entry.number for id in ids[at : at + _BATCH]]
        writer.store.search.drop(writer.lane, keys)
    for table in (core.identity, core.summary, core.stay):
        writer.run(table.delete().where(table.c.entity == entry.entity))
    given = sa.select(core.table.c.next_id).where(core.table.c.name == entry.name)
    writer.set_meta(_NEXT + entry.entity, str(writer.run(given)[0][0]))


def _forget_facet(writer: SqlWriter, entry: Entry) -> None:
    core = writer.store.tables.core
    start = f"{entry.name.partition('__')[2]}."
    for table in (core.identity, core.summary, core.stay):
        begins = sa.func.substr(table.c.field, 1, len(start)) == start
        writer.run(table.delete().where(table.c.entity == entry.entity, begins))
    # The words of its fields are still found. Whoever opens the workspace next, with all plugins
    # that are on, makes that right.
    writer.run(core.table.update().where(core.table.c.name == entry.entity).values(stale=1))
