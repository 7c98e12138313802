"""What the database says of its own tables: whose they are, numbers, ids, and their shape."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from attrs import field, frozen

from crmkit.core.fields import Field
from crmkit.sql.tables import Tables

ENTITY, FACET, MANY = "entity", "facet", "many"
WORDS, KEYS, STATES = "words", "keys", "states"
_LINES = {
    "indexes": "add index {}",
    WORDS: "search the words of {}",
    KEYS: "find duplicates by {}",
    STATES: "sum up the states of {}",
}


@frozen
class Entry:
    """One table: the entity it belongs to, what it is, its plugin and its shape.

    `number` is the entity's own in the search index. `stale` says that records were written while
    the plugin was off, so that what is computed from its fields is to be computed anew.
    """

    name: str
    entity: str
    kind: str
    plugin: str
    number: int
    shape: str
    stale: bool = field(converter=bool)


@frozen
class Catalog:
    """All tables of entities, facets and repeating fields that the database has."""

    entries: Mapping[str, Entry]
    numbers: Mapping[str, int] = field(init=False)
    names: Mapping[int, str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = {e.entity: e.number for e in self.entries.values() if e.kind == ENTITY}
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "names", {n: name for name, n in numbers.items()})

    def facets(self, entity: str) -> list[str]:
        """Return the names of an entity's facet tables, of plugins that are off too."""
        return [e.name for e in self.entries.values() if (e.entity, e.kind) == (entity, FACET)]

    @classmethod
    def read(cls, rows: list[Any]) -> Catalog:
        """Return the catalog from the rows that `query` gives."""
        return cls({row[0]: Entry(*row) for row in rows})


def query(tables: Tables) -> sa.Select[Any]:
    """Return the select of the catalog's rows."""
    t = tables.core.table
    return sa.select(t.c.name, t.c.entity, t.c.kind, t.c.plugin, t.c.number, t.c.shape, t.c.stale)


def wanted(tables: Tables) -> dict[str, Entry]:
    """Return an entry for every table that the Model needs; numbers are yet to be given."""
    found = {}
    for entity in tables.entities.values():
        many = {place.table.name for place in entity.many.values()}
        facets = {table.name for table in entity.facets.values()}
        for name, plugin in entity.plugins.items():
            kind = MANY if name in many else FACET if name in facets else ENTITY
            mine = [p.field for p in entity.places if p.table.name == name and not p.field.system]
            made = shape(tables.metadata.tables[name], mine)
            found[name] = Entry(name, entity.entity.name, kind, plugin, 0, made, False)
    return found


def shape(table: sa.Table, fields: Iterable[Field]) -> str:
    """Return as JSON what a table has: columns, indexes, and fields with something beyond it."""
    whole = {
        "columns": {c.name: str(c.type) for c in table.c},
        "indexes": sorted(str(index.name) for index in table.indexes),
        WORDS: sorted(f.key for f in fields if f.search),
        KEYS: sorted(f.key for f in fields if f.identity),
        STATES: sorted(f.key for f in fields if f.flow),
    }
    return json.dumps(whole, sort_keys=True)


def columns(made: str) -> dict[str, str]:
    """Return the columns of a shape with their types."""
    found: dict[str, str] = json.loads(made)["columns"]
    return found


def lacking(have: str, want: str) -> list[str]:
    """Return what a table of one shape lacks of another, a line each."""
    old, new = json.loads(have), json.loads(want)
    lines = [
        f"add column {name}" if name not in old["columns"] else f"column {name} has another type"
        for name, kind in new["columns"].items()
        if old["columns"].get(name) != kind
    ]
    for part, line in _LINES.items():
        lines += [line.format(name) for name in new[part] if name not in old.get(part, ())]
    return lines


def gained(have: str | None, want: str, part: str) -> bool:
    """Whether a table has fields in a part (words, keys, states) that it had not before."""
    old = json.loads(have).get(part, ()) if have else ()
    return not set(json.loads(want)[part]) <= set(old)


def merged(have: str, want: str) -> str:
    """Return the shape of a table that has what both have: nothing is ever dropped."""
    old, new = json.loads(have), json.loads(want)
    whole = {part: sorted({*old.get(part, ()), *new[part]}) for part in _LINES}
    return json.dumps({**whole, "columns": {**old["columns"], **new["columns"]}}, sort_keys=True)
