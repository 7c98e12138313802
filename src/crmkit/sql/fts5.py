"""Full-text search on SQLite: an FTS5 table over text that is divided into words already."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import sqlalchemy as sa

from crmkit.sql.lanes import Lane
from crmkit.sql.search import Entry, record_id, shortened
from crmkit.sql.statements import Prepared

# The tokenizer must not divide our words again: to it, every character beyond ASCII is a letter.
_TABLE = """CREATE VIRTUAL TABLE crm_search USING fts5(
    title, body, prefix = '1 2 3', tokenize = "ascii tokenchars '_'")"""

# Bulk loads write fewer, larger pieces of the index.
_HASH = "INSERT INTO crm_search (crm_search, rank) VALUES ('hashsize', 33554432)"

_rows = sa.table("crm_search", sa.column("rowid", sa.Integer()))
_key = _rows.c.rowid


def _matches(query: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
    return sa.literal_column("crm_search").op("MATCH", is_comparison=True)(query)


class Fts5:
    """The index of a SQLite database."""

    def __init__(self, dialect: Any) -> None:
        self._put = Prepared(
            sa.text("INSERT INTO crm_search (rowid, title, body) VALUES (:k, :t, :b)"), dialect
        )
        self._drop = Prepared(sa.text("DELETE FROM crm_search WHERE rowid = :k"), dialect)

    def ddl(self) -> list[str]:
        """Return the SQL that makes the index."""
        return [_TABLE, _HASH]

    def put(self, lane: Lane, entries: Sequence[Entry]) -> None:
        """Add entries."""
        lane.change_many(
            self._put, [(key, " ".join(title), " ".join(body)) for key, title, body in entries]
        )

    def drop(self, lane: Lane, keys: Sequence[int]) -> None:
        """Take entries out."""
        lane.change_many(self._drop, [(key,) for key in keys])

    def compact(self, lane: Lane) -> None:
        """Write the index anew without what was taken out of it (it is only marked at first)."""
        lane.sql("INSERT INTO crm_search (crm_search) VALUES ('optimize')")

    def query(self, words: Sequence[str]) -> str:
        """Return the query for records with words that begin with each of `words`."""
        return " AND ".join(_prefix(word) for word in shortened(words))

    def matcher(
        self,
        id: sa.ColumnElement[Any],
        query: sa.BindParameter[Any],
        number: sa.BindParameter[Any],
    ) -> sa.ColumnElement[Any]:
        """Return the condition that a record's id is found by a query."""
        entity = _key.bitwise_and(sa.literal_column("255"))
        return id.in_(sa.select(record_id(_key)).where(_matches(query), entity == number))

    def tiers(self, words: Sequence[str]) -> list[tuple[Hashable, str]]:
        """Return the query of each tier; they share one statement."""
        cut = shortened(words)
        rest = [f"title : {_prefix(word)}" for word in cut]
        first = " AND ".join([f"title : ^ {_prefix(cut[0])}", *rest[1:]])
        return [("", first), ("", " AND ".join(rest)), ("", self.query(cut))]

    def statement(self, tier: Hashable, scope: sa.ColumnElement[Any] | None) -> sa.Select[Any]:
        """Return the select of a tier's keys, the newest first."""
        query = sa.select(_key).where(_matches(sa.bindparam("query", type_=sa.Text())))
        if scope is not None:
            query = query.where(scope)
        return query.order_by(_key.desc()).limit(sa.bindparam("most", type_=sa.Integer()))

    def key(self) -> sa.ColumnElement[Any]:
        """Return the column of the key."""
        return _key

    def tables(self) -> tuple[Any, ...]:
        """Return the tables that hold the index."""
        return (_rows,)


def _prefix(word: str) -> str:
    """Return the query for words that begin so; quoted, it can hold no operator."""
    return '"{}" *'.format(word.replace('"', '""'))
