"""Whether a workspace's data is whole: the database, the journal, the sums and the search index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from crmkit.app import open_crm
from crmkit.core.audit import verify
from crmkit.core.model import EntityModel
from crmkit.core.store import Cursor, Select
from crmkit.sql.search import Entry, entry
from crmkit.sql.store import SqlStore


def faults(place: Path) -> list[str]:
    """Return everything that does not add up, as a new process finds it."""
    store = open_crm(place).store
    assert isinstance(store, SqlStore)
    try:
        found = [*store.verify(), *verify(store).faults]
        for entity in store.model.entities.values():
            found += _search_faults(store, entity)
        if store.dialect.sqlite:
            with store.writer() as writer:
                writer.lane.sql("INSERT INTO crm_search (crm_search) VALUES ('integrity-check')")
        return found
    finally:
        store.close()


def _search_faults(store: SqlStore, entity: EntityModel) -> list[str]:
    """Return where the words that are indexed are not those of the live records."""
    number, key = store.number(entity), store.search.key()
    columns = ["title", "body"] if store.dialect.sqlite else ["title"]
    indexed = sa.select(key, *(sa.literal_column(name) for name in columns)).select_from(key.table)
    mine = key.bitwise_and(sa.literal_column("255")) == sa.literal_column(str(number))
    with store.reader() as reader:
        there = {row[0]: tuple(row[1:]) for row in reader.run(indexed.where(mine))}
    wanted = {e[0]: tuple(" ".join(words) for words in e[1 : len(columns) + 1])
              for e in _entries(store, entity, number)}  # fmt: skip
    if wanted == there:
        return []
    wrong = sorted(k for k in wanted.keys() | there.keys() if wanted.get(k) != there.get(k))
    return [f"the search index has wrong words for {len(wrong)} of {entity.name}"]


def _entries(store: SqlStore, entity: EntityModel, number: int) -> Iterator[Entry]:
    after: Cursor | None = None
    with store.reader() as reader:
        while entity.searched:
            records = reader.find(Select(entity=entity, limit=1000, after=after))
            if not records:
                return
            yield from (entry(entity, number, record) for record in records)
            after = Cursor(None, records[-1].id)
