"""Rows to records and back, without running a validator: what is stored was checked before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from crmkit.core.entity import SYSTEM_FIELDS, Facet, Record
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.base import Kind, fold
from crmkit.core.kinds.numbers import FlagKind
from crmkit.sql.compiled import Value, reader, writer
from crmkit.sql.tables import EntityTables, Place
from crmkit.sql.types import Convert, Dialect

_new = object.__new__
_set = object.__setattr__


def loader(kind: Kind, dialect: Dialect) -> Convert | None:
    """Return what turns a kind's stored columns into a value; None where nothing is to be done.

    For a kind of one column it takes that column, else the columns together as one sequence.
    """
    decoders = [dialect.decoders.get(column) for _, column in kind.columns]
    plain = type(kind).load in (Kind.load, FlagKind.load)
    if len(decoders) == 1:
        decode = decoders[0]
        if plain:
            return decode
        if decode is None:
            return kind.load
        return lambda stored: kind.load(decode(stored))
    columns = [column for _, column in kind.columns]

    def whole(stored: Sequence[Any]) -> Any:
        return kind.load(*map(dialect.decode, columns, stored))

    if any(decoders):
        return whole
    return lambda stored: kind.load(*stored)


def storer(kind: Kind, dialect: Dialect) -> Callable[[Any], tuple[Any, ...]]:
    """Return what turns a value, or None, into the primitives that the driver takes."""
    columns = [column for _, column in kind.columns]
    nothing = (None,) * len(columns)
    encoders = [dialect.encoders.get(column) for column in columns]

    def store(value: Any) -> tuple[Any, ...]:
        if value is None:
            return nothing
        return tuple(map(dialect.encode, columns, kind.store(value)))

    if stored_as_is(kind, dialect):
        return lambda value: (value,)
    if not any(encoders):
        return lambda value: nothing if value is None else kind.store(value)
    return store


def stored_as_is(kind: Kind, dialect: Dialect) -> bool:
    """Whether a kind's values go to the driver as they are."""
    encoders = [dialect.encoders.get(column) for _, column in kind.columns]
    return type(kind).store is Kind.store and encoders == [None]


class Part:
    """The columns of one table that hold one object's values: a record's, or a facet's."""

    def __init__(self, places: Sequence[Place], repeating: Iterable[Field], dialect: Dialect):
        self.columns = [column for place in places for column in place.columns]
        self.values = [_value(place, dialect) for place in places]
        self.repeating = [f.name for f in repeating]
        self.row = writer(self.values)
        """From an object's dictionary to the stored values, in the order of the columns."""


def _value(place: Place, dialect: Dialect) -> Value:
    kind = place.field.kind
    single = len(place.columns) == 1 and type(kind).store is Kind.store
    return Value(
        place.field.name,
        len(place.columns),
        loader(kind, dialect),
        dialect.encoders.get(place.kinds[0]) if single else None,
        None if single else storer(kind, dialect),
    )


class Layout:
    """How one entity's records lie in its tables."""

    def __init__(self, tables: EntityTables, dialect: Dialect) -> None:
        self.tables = tables
        self.spec = tables.entity.spec
        fields = tables.entity.fields
        own = [f for f in fields if not f.facet]
        inner = [*SYSTEM_FIELDS, *(f for f in own if not f.many)]
        self.main = Part([tables.single[f.key] for f in inner], [f for f in own if f.many], dialect)
        self.facets: list[tuple[str, type[Facet], Part]] = []
        for part in tables.entity.facets:
            mine = [f for f in fields if f.facet == part.name]
            places = [tables.single[f.key] for f in mine if not f.many]
            self.facets.append(
                (part.name, part.cls, Part(places, [f for f in mine if f.many], dialect))
            )
        parts = [self.main, *(part for _, _, part in self.facets)]
        self._read = reader([(part.values, part.repeating) for part in parts])
        self.columns = [*self.main.columns, *(c for _, _, p in self.facets for c in p.columns)]
        self.main_names = [*(c.name for c in self.main.columns), "title", "title_key"]
        self._classes = {name: cls for name, cls, _ in self.facets}
        self.repeating = [
            Repeating(place, dialect, self._classes.get(place.field.facet))
            for place in tables.many.values()
        ]

    def source(self, joined: Iterable[str] | None = None) -> sa.FromClause:
        """Return the entity's table joined with all facets, or with those that are named."""
        found: sa.FromClause = self.tables.main
        for name, table in self.tables.facets.items():
            if joined is None or name in joined:
                found = found.join(table, table.c.id == self.tables.main.c.id)
        return found

    def record(self, row: Sequence[Any]) -> Record:
        """Return the record of a row; its repeating fields are empty as yet."""
        record: Record = _new(self.spec.cls)
        values, *others = self._read(row)
        facets = values["facets"] = {}
        for (_, cls, _), facet_values in zip(self.facets, others, strict=True):
            facet: Facet = _new(cls)
            _set(facet, "__dict__", facet_values)
            facets[cls] = facet
        _set(record, "__dict__", values)
        return record

    def value(self, record: Record, f: Field) -> Any:
        """Return the value of a field."""
        holder: Any = record.facets[self._classes[f.facet]] if f.facet else record
        return holder.__dict__.get(f.name)

    def same(self, one: Record, other: Record, fields: Iterable[Field]) -> bool:
        """Whether two records have the same values in some fields."""
        return all(self.value(one, f) == self.value(other, f) for f in fields)

    def main_row(self, record: Record) -> list[Any]:
        """Return the stored values of the entity's own table, in the order of `main_names`."""
        row = self.main.row(record.__dict__)
        title = record.title
        row.append(title)
        row.append(fold(title))
        return row

    def part(self, facet: str) -> tuple[type[Facet], Part]:
        """Return a facet's class, and how its values lie in its table."""
        return next((cls, part) for name, cls, part in self.facets if name == facet)


class Repeating:
    """How one repeating field's values lie in their table."""

    def __init__(self, place: Place, dialect: Dialect, facet: type[Facet] | None) -> None:
        self.place = place
        self.facet = facet
        self.field = place.field
        self.table = place.table
        self.columns = [*place.columns, place.table.c.label, place.table.c.primary]
        self.names = ["record", "position", *(c.name for c in self.columns)]
        self._store = storer(place.field.kind, dialect)
        self._load = loader(place.field.kind, dialect)
        self._wide = len(place.columns)

    def rows(self, id: int, items: Sequence[Item] | None) -> list[tuple[Any, ...]]:
        """Return the rows of a record's values, in the order of `names`."""
        return [
            (id, n, *self._store(item.value), item.label, item.primary)
            for n, item in enumerate(items or ())
        ]

    def item(self, row: Sequence[Any]) -> Item:
        """Return the value of a row that begins with the value's columns."""
        stored = row[: self._wide]
        value = stored[0] if self._wide == 1 else stored
        if self._load is not None:
            value = self._load(value)
        return Item(value, row[self._wide], bool(row[self._wide + 1]))

    def set(self, record: Record, items: tuple[Item, ...]) -> None:
        """Put the values into a record that is being read."""
        holder: Any = record if self.facet is None else record.facets[self.facet]
        holder.__dict__[self.field.name] = items

    def get(self, record: Record) -> tuple[Item, ...]:
        """Return a record's values."""
        holder: Any = record if self.facet is None else record.facets[self.facet]
        return holder.__dict__.get(self.field.name) or ()
