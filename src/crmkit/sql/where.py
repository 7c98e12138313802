"""Conditions: the tree that policy and filters make, as SQL.

A tree is read twice in the same order: once for its shape and its values, which is cheap and done
on every call, and once for the SQL, which is done when a shape is new. Long lists go as one
parameter (a JSON array on SQLite, an array on PostgreSQL), so that they share one shape.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from crmkit.core.entity import TITLE_FIELD
from crmkit.core.expr import (
    And,
    Everything,
    Expr,
    Not,
    Nothing,
    Or,
    Test,
    Through,
    Words,
    any_of,
)
from crmkit.core.kinds.base import Column, fold
from crmkit.sql.rows import storer
from crmkit.sql.tables import EntityTables, Place
from crmkit.sql.types import Dialect, to_json

Clause = sa.ColumnElement[Any]
Matcher = Callable[[sa.ColumnElement[Any], sa.BindParameter[Any], sa.BindParameter[Any]], Clause]
Query = Callable[[Sequence[str]], str]

_SHORT = 8
_ORDER = {"lt": "__lt__", "le": "__le__", "gt": "__gt__", "ge": "__ge__"}


class Conditions:
    """Makes SQL of conditions on one entity."""

    def __init__(
        self,
        tables: EntityTables,
        dialect: Dialect,
        number: int,
        query: Query,
        matcher: Matcher,
        others: Callable[[str], Conditions],
    ) -> None:
        self._others = others
        self.tables = tables
        self.dialect = dialect
        self.number = number
        self._query = query
        self._matcher = matcher
        self._storers = {
            key: storer(place.field.kind, dialect)
            for places in (tables.single, tables.many)
            for key, place in places.items()
        }

    # The shape and the values ------------------------------------------------------------

    def shape(self, expr: Expr, values: list[Any]) -> Hashable:
        """Return what the SQL of a condition depends on; its parameters are added to `values`."""
        if isinstance(expr, Test):
            return self._test_shape(expr, values)
        if isinstance(expr, And | Or):
            return (type(expr).__name__, *(self.shape(p, values) for p in expr.parts))
        if isinstance(expr, Not):
            return ("Not", self.shape(expr.part, values))
        if isinstance(expr, Through):
            if len(self.tables.place(expr.field).columns) > 1:
                values.append(expr.entity)
            inside = self._others(expr.entity).shape(expr.part, values)
            return ("Through", expr.field.key, expr.entity, inside)
        if isinstance(expr, Words):
            if not expr.tokens:
                return ("raw", self.shape(self._containing(expr.raw), values))
            values += (self._query(expr.tokens), self.number)
        return type(expr).__name__

    def _test_shape(self, test: Test, values: list[Any]) -> Hashable:
        key, op = test.field.key, test.op
        if op == "empty":
            return (key, op)
        if op == "contains":
            values.append(fold(str(test.values[0])))
            return (key, op)
        if op == "target":
            values += test.values
            return (key, op, len(test.values))
        if op == "in":
            return (key, op, *self._alternatives(test, values))
        stored = [self._stored(test, v) for v in test.values]
        place = self.tables.place(test.field)
        number, unit = _split(place)
        values += (row[number] for row in stored)
        if unit is not None:
            values.append(stored[0][unit])
        return (key, op)

    def _alternatives(self, test: Test, values: list[Any]) -> Iterator[Hashable]:
        """Yield how many values there are, group by group of one unit (a currency, an entity)."""
        place = self.tables.place(test.field)
        number, unit = _split(place)
        groups: dict[Any, list[Any]] = {}
        for value in test.values:
            if value is None:
                groups["null"] = []
                continue
            row = self._stored(test, value)
            groups.setdefault((row[unit],) if unit is not None else (), []).append(row[number])
        for group, found in groups.items():
            if group == "null":
                yield "null"
                continue
            values += group
            if len(found) <= _SHORT:
                values += found
                yield len(found)
            else:
                values.append(to_json(found) if self.dialect.sqlite else found)
                yield "list"

    def _stored(self, test: Test, value: Any) -> tuple[Any, ...]:
        return self._storers[test.field.key](value)

    def _containing(self, raw: str) -> Expr:
        """Return the condition that text without any word stands in the record."""
        if not raw.strip():
            return Everything()
        if not fold(raw.strip()):
            return Nothing()
        fields = self.tables.entity.searched
        return any_of(*(Test(f, "contains", (raw.strip(),)) for f in (TITLE_FIELD, *fields)))

    # The SQL -----------------------------------------------------------------------------

    def clause(self, expr: Expr, used: set[str], prefix: str = "p") -> Clause:
        """Return the SQL of a condition with parameters p0, p1, ...; `used` gets its facets."""
        names = (f"{prefix}{n}" for n in range(1_000_000))
        return self._clause(expr, names, used)

    def _clause(self, expr: Expr, names: Iterator[str], used: set[str]) -> Clause:
        if isinstance(expr, Test):
            return self._test(expr, names, used)
        if isinstance(expr, And):
            return sa.and_(*[self._clause(p, names, used) for p in expr.parts])
        if isinstance(expr, Or):
            return sa.or_(*[self._clause(p, names, used) for p in expr.parts])
        if isinstance(expr, Not):
            inner = self._clause(expr.part, names, used)
            certain = isinstance(expr.part, Test) and expr.part.op == "empty"
            return sa.not_(inner) if certain else inner.is_not(sa.true())
        if isinstance(expr, Through):
            return self._through(expr, names, used)
        if isinstance(expr, Words):
            if not expr.tokens:
                return self._clause(self._containing(expr.raw), names, used)
            match = sa.bindparam(next(names), type_=sa.Text())
            return self._matcher(
                self.tables.main.c.id, match, sa.bindparam(next(names), type_=sa.Integer())
            )
        return sa.literal_column("1 = 1" if isinstance(expr, Everything) else "1 = 0")

    def _through(self, expr: Through, names: Iterator[str], used: set[str]) -> Clause:
        place = self.tables.place(expr.field)
        if expr.field.facet:
            used.add(expr.field.facet)
        number, unit = _split(place)
        kind = (
            [place.columns[unit] == _bind(next(names), place.columns[unit])]
            if unit is not None
            else []
        )
        other = self._others(expr.entity)
        joined: set[str] = set()
        inside = other._clause(expr.part, names, joined)
        source: Any = other.tables.main
        for facet in sorted(joined):
            table = other.tables.facets[facet]
            source = source.join(table, table.c.id == other.tables.main.c.id)
        found = sa.select(other.tables.main.c.id).select_from(source).where(inside).correlate(None)
        return sa.and_(*kind, place.columns[number].in_(found))

    def _test(self, test: Test, names: Iterator[str], used: set[str]) -> Clause:
        place = self.tables.place(test.field)
        if test.field.many:
            record = place.table.c.record
            if test.op == "empty":
                return self.tables.main.c.id.not_in(sa.select(record))
            inner = self._single(test, place, names)
            return self.tables.main.c.id.in_(sa.select(record).where(inner))
        if test.field.facet:
            used.add(test.field.facet)
        return self._single(test, place, names)

    def _single(self, test: Test, place: Place, names: Iterator[str]) -> Clause:
        if test.op == "empty":
            return self._empty(place)
        if test.op == "contains":
            return self._contains(place, next(names))
        if test.op == "target":
            return self._one_of(place.columns[0], len(test.values), names)
        if test.op == "in":
            return self._in(test, place, names)
        number, unit = _split(place)
        column: Any = place.columns[number]
        if test.op == "between":
            low, high = (_bind(next(names), column) for _ in range(2))
            found: Clause = sa.and_(column >= low, column < high)
        else:
            found = getattr(column, _ORDER[test.op])(_bind(next(names), column))
        if unit is None:
            return found
        return sa.and_(found, place.columns[unit] == _bind(next(names), place.columns[unit]))

    def _in(self, test: Test, place: Place, names: Iterator[str]) -> Clause:
        number, unit = _split(place)
        parts: list[Clause] = []
        for size in self._alternatives(test, []):
            if size == "null":
                parts.append(place.first.is_(None))
                continue
            mark = next(names) if unit is not None else ""
            found = self._one_of(place.columns[number], size, names)
            if unit is not None:
                found = sa.and_(place.columns[unit] == _bind(mark, place.columns[unit]), found)
            parts.append(found)
        return sa.or_(*parts) if parts else sa.literal_column("1 = 0")

    def _one_of(self, column: Clause, size: Hashable, names: Iterator[str]) -> Clause:
        if size == "list":
            return in_list(column, next(names), self.dialect)
        binds = [_bind(next(names), column) for _ in range(int(str(size)))]
        if not binds:
            return sa.literal_column("1 = 0")
        return column == binds[0] if len(binds) == 1 else column.in_(binds)

    def _empty(self, place: Place) -> Clause:
        kind = place.kinds[0]
        if kind is Column.TEXT:
            return sa.or_(place.first.is_(None), place.first == sa.literal_column("''"))
        if kind is Column.JSON:
            blank: Clause = sa.literal_column("'{}'")
            return sa.or_(place.first.is_(None), place.first == blank)
        return place.first.is_(None)

    def _contains(self, place: Place, name: str) -> Clause:
        if place.field is TITLE_FIELD:
            return self._holds(self.tables.main.c.title_key, name)
        if place.kinds[0] is Column.JSON:
            return self._json_holds(place.first, name)
        text = place.first
        whole = text if place.kinds[0] is Column.TEXT else sa.cast(text, sa.Text())
        return self._holds(sa.func.crm_fold(whole), name)

    def _holds(self, folded: Clause, name: str) -> Clause:
        position = sa.func.instr if self.dialect.sqlite else sa.func.strpos
        return position(folded, sa.bindparam(name, type_=sa.Text())) > 0

    def _json_holds(self, column: Clause, name: str) -> Clause:
        if self.dialect.sqlite:
            parts = sa.func.json_each(column).table_valued("value")
        else:
            from sqlalchemy.dialects.postgresql import JSONB

            parts = sa.func.jsonb_each_text(sa.cast(column, JSONB())).table_valued("key", "value")
        return sa.exists().where(self._holds(sa.func.crm_fold(parts.c.value), name))


def in_list(column: Clause, name: str, dialect: Dialect) -> Clause:
    """Return `column IN (a list of any length)`, the list being one parameter."""
    if dialect.sqlite:
        listed = sa.func.json_each(sa.bindparam(name, type_=sa.Text())).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))


def as_list(values: Sequence[Any], dialect: Dialect) -> Any:
    """Return the parameter that `in_list` takes for values that are stored as they are."""
    return to_json(list(values)) if dialect.sqlite else list(values)


def _bind(name: str, like: Clause) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=like.type)


def _split(place: Place) -> tuple[int, int | None]:
    """Return which column compares, and which must be equal: a currency, or a link's entity."""
    if len(place.columns) == 1:
        return 0, None
    unit = next((n for n, kind in enumerate(place.kinds) if kind is Column.TEXT), None)
    if unit is None or len(place.columns) > 2:
        raise NotImplementedError(f"{place.field.key}: a kind of more than two columns")
    return 1 - unit, unit
