"""Statements built once by SQLAlchemy and run many times on the driver itself.

Building and compiling a select on every call costs ten times what running it does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect as SaDialect
from sqlalchemy.sql import quoted_name

_MOST = 2000


class Prepared:
    """A compiled statement: its SQL and the order in which its parameters are given."""

    __slots__ = ("fixed", "names", "sql")

    def __init__(self, statement: sa.ClauseElement, dialect: SaDialect, **options: Any) -> None:
        compiled: Any = statement.compile(dialect=dialect, **options)
        self.sql: str = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        given = compiled.params
        self.fixed: dict[str, Any] = {n: given[n] for n in self.names if given[n] is not None}

    def bind(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parameters in their order, from values by name."""
        whole = {**self.fixed, **values} if self.fixed else values
        return tuple([whole[name] for name in self.names])


class Statements:
    """The statements that a store has built, by what they are for."""

    def __init__(self, dialect: SaDialect) -> None:
        self.dialect = dialect
        self._known: dict[Hashable, Prepared] = {}

    def get(self, key: Hashable, build: Callable[[], sa.ClauseElement]) -> Prepared:
        """Return the statement for a key, built on its first use."""
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            found = self._known[key] = Prepared(build(), self.dialect)
        return found

    def insert(self, table: sa.Table, names: Sequence[str], key: Hashable = None) -> Prepared:
        """Return an insert of whole rows; its parameters stand in the order of `names`."""
        key = key or ("insert", table.name, tuple(names))
        found = self._known.get(key)
        if found is None:
            columns = [sa.column(name, table.c[name].type) for name in names]
            ordered = sa.table(quoted_name(table.name, True), *columns)
            found = Prepared(ordered.insert(), self.dialect)
            assert found.names == tuple(names)
            self._known[key] = found
        return found
