"""Full-text search: what both databases share. Index and queries get words made by one function.

An entry's key is the record's id * 256 + the entity's number, so that newer records have higher
keys. Hits come in tiers: the title begins with the first word (0), the title has all words (1),
the record has them somewhere (2); the newest first in each.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from crmkit.core.entity import Record
from crmkit.core.model import EntityModel
from crmkit.core.words import tokens
from crmkit.sql.lanes import Lane

SHIFT = 8
MOST_ENTITIES = (1 << SHIFT) - 1
_LONGEST_WORD = 64

Entry = tuple[int, list[str], list[str]]
"""A key, the words of the title, and those of the rest."""


class SearchIndex(Protocol):
    """What each kind of database does in its own way."""

    def ddl(self) -> list[str]:
        """Return the SQL that makes the index, beyond its table."""

    def put(self, lane: Lane, entries: Sequence[Entry]) -> None:
        """Add entries."""

    def drop(self, lane: Lane, keys: Sequence[int]) -> None:
        """Take entries out."""

    def compact(self, lane: Lane) -> None:
        """Write the index anew without what was taken out of it."""

    def query(self, words: Sequence[str]) -> str:
        """Return the query for records with words that begin with each of `words`."""

    def matcher(
        self,
        id: sa.ColumnElement[Any],
        query: sa.BindParameter[Any],
        number: sa.BindParameter[Any],
    ) -> sa.ColumnElement[Any]:
        """Return the condition that a record's id is found by a query."""

    def tiers(self, words: Sequence[str]) -> list[tuple[Hashable, str]]:
        """Return for each tier what its statement depends on, and its query."""

    def statement(self, tier: Hashable, scope: sa.ColumnElement[Any] | None) -> sa.Select[Any]:
        """Return the select of a tier's keys; parameters `query` and `most`."""

    def key(self) -> sa.ColumnElement[Any]:
        """Return the column of the key."""

    def tables(self) -> tuple[Any, ...]:
        """Return the tables that hold the index."""


def split(key: int) -> tuple[int, int]:
    """Return the record's id and the entity's number of a key."""
    return key >> SHIFT, key & MOST_ENTITIES


def shortened(words: Iterable[str]) -> list[str]:
    """Return words no longer than an index takes; queries are cut to the same length."""
    return [word[:_LONGEST_WORD] for word in words]


def entry(entity: EntityModel, number: int, record: Record) -> Entry:
    """Return the index entry of a record."""
    title, body = entity.search_text(record)
    return (record.id << SHIFT | number, shortened(tokens(title)), shortened(tokens(body)))


def in_scopes(
    key: sa.ColumnElement[Any],
    free: Sequence[int],
    bound: Mapping[int, sa.Select[Any]],
) -> sa.ColumnElement[Any]:
    """Return the condition that a key is of an entity seen whole, or passes its entity's test."""
    number = key.bitwise_and(sa.literal_column(str(MOST_ENTITIES)))
    parts = [
        sa.and_(number == sa.literal_column(str(n)), sa.exists(test)) for n, test in bound.items()
    ]
    if free:
        parts.append(number.in_([sa.literal_column(str(n)) for n in free]))
    return sa.or_(*parts) if parts else sa.literal_column("1 = 0")


def record_id(key: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return the record's id in a key."""
    return key.bitwise_rshift(sa.literal_column(str(SHIFT)))
