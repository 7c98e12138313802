"""Full-text search on PostgreSQL: a tsvector and a GIN index over text divided into words already.

Positions say where a word stands: weight A is the title, and the title's first word is kept once
more with a caret before it, for the best tier.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from crmkit.sql.lanes import Lane
from crmkit.sql.search import Entry, record_id, shortened
from crmkit.sql.statements import Prepared
from crmkit.sql.tables import Tables

_MOST_POSITIONS = 16_383
_LOOKED_AT = 2000
_NARROW = 2
"""Prefixes of so few letters go to the b-tree first: GIN would collect half of the database."""


class TsVector:
    """The index of a PostgreSQL database."""

    def __init__(self, tables: Tables, dialect: Any) -> None:
        table = tables.core.search
        assert table is not None
        self._table = table
        self._put = Prepared(
            table.insert().values(
                key=sa.bindparam("key", type_=sa.BigInteger()),
                title=sa.bindparam("title", type_=sa.Text()),
                words=sa.bindparam("words", type_=table.c.words.type),
            ),
            dialect,
        )
        self._drop = Prepared(
            table.delete().where(table.c.key == sa.bindparam("key", type_=sa.BigInteger())), dialect
        )

    def ddl(self) -> list[str]:
        """Return the SQL that makes the index, beyond its table."""
        return []

    def put(self, lane: Lane, entries: Sequence[Entry]) -> None:
        """Add entries."""
        lane.change_many(
            self._put,
            [(key, " ".join(title), _vector(title, body)) for key, title, body in entries],
        )

    def drop(self, lane: Lane, keys: Sequence[int]) -> None:
        """Take entries out."""
        lane.change_many(self._drop, [(key,) for key in keys])

    def compact(self, lane: Lane) -> None:
        """Do nothing: rows that were deleted go when PostgreSQL vacuums."""

    def query(self, words: Sequence[str]) -> str:
        """Return the query for records with words that begin with each of `words`."""
        return " & ".join(f"{_quoted(word)}:*" for word in shortened(words))

    def matcher(
        self,
        id: sa.ColumnElement[Any],
        query: sa.BindParameter[Any],
        number: sa.BindParameter[Any],
    ) -> sa.ColumnElement[Any]:
        """Return the condition that a record's id is found by a query."""
        key = self._table.c.key
        entity = key.bitwise_and(sa.literal_column("255"))
        found = sa.select(record_id(key)).where(self._matches(query), entity == number)
        return id.in_(found)

    def tiers(self, words: Sequence[str]) -> list[tuple[Hashable, str]]:
        """Return for each tier what its statement depends on, and its query."""
        cut = shortened(words)
        rest = [f"{_quoted(word)}:*A" for word in cut]
        first = " & ".join([f"{_quoted('^' + cut[0])}:*A", *rest[1:]])
        narrow = len(cut) == 1 and len(cut[0]) <= _NARROW
        best = ("title", cut[0]) if narrow else ("words", first)
        return [best, ("words", " & ".join(rest)), ("words", self.query(cut))]

    def statement(self, tier: Hashable, scope: sa.ColumnElement[Any] | None) -> sa.Select[Any]:
        """Return the select of a tier's keys.

        The newest come first among the matches that are looked at; sorting all of them would
        take seconds where a prefix is short.
        """
        key, title = self._table.c.key, self._table.c.title
        query = sa.bindparam("query", type_=sa.Text())
        if tier == "title":
            found: Any = sa.and_(
                title >= query, title < query.concat(sa.literal_column("U&'\\+10FFFF'"))
            )
        else:
            found = self._matches(query)
        some = sa.select(key).where(found)
        if scope is not None:
            some = some.where(scope)
        if tier == "title":
            return some.order_by(title).limit(sa.bindparam("most", type_=sa.Integer()))
        looked_at = some.limit(sa.literal_column(str(_LOOKED_AT))).subquery()
        newest = sa.select(looked_at.c.key).order_by(looked_at.c.key.desc())
        return newest.limit(sa.bindparam("most", type_=sa.Integer()))

    def key(self) -> sa.ColumnElement[Any]:
        """Return the column of the key."""
        return self._table.c.key

    def tables(self) -> tuple[Any, ...]:
        """Return the tables that hold the index."""
        return (self._table,)

    def _matches(self, query: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
        return self._table.c.words.op("@@", is_comparison=True)(sa.cast(query, TSQUERY()))


def _vector(title: Sequence[str], body: Sequence[str]) -> str:
    """Return the text of a tsvector: every word with where it stands."""
    parts = [f"{_quoted('^' + title[0])}:1A"] if title else []
    places: dict[str, list[str]] = {}
    for n, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{min(n, _MOST_POSITIONS)}A")
    for n, word in enumerate(dict.fromkeys(body), len(title) + 1):
        places.setdefault(word, []).append(f"{min(n, _MOST_POSITIONS)}")
    parts += [f"{_quoted(word)}:{','.join(at[:200])}" for word, at in places.items()]
    return " ".join(parts)


def _quoted(word: str) -> str:
    """Return a word that can hold no operator."""
    return "'{}'".format(word.replace("\\", "\\\\").replace("'", "''"))
