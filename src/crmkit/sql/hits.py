"""Searching: the tiers one after the other until there are enough hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from crmkit.core.entity import TITLE_FIELD
from crmkit.core.expr import Everything, Expr, Nothing, Words, all_of
from crmkit.core.model import EntityModel
from crmkit.core.store import Hit, Select
from crmkit.sql.search import in_scopes, record_id, split

if TYPE_CHECKING:
    from crmkit.sql.reader import SqlReader

Scopes = Mapping[EntityModel, Expr]


def search(
    reader: SqlReader, tokens: Sequence[str], scopes: Scopes, limit: int, raw: str
) -> list[Hit]:
    """Return the best hits; without tokens, titles and texts that contain `raw`."""
    seen = {m: s for m, s in scopes.items() if not isinstance(s, Nothing)}
    if not seen:
        return []
    if not tokens:
        return _containing(reader, seen, limit, raw)
    tiers: dict[int, int] = {}
    for tier, (kind, query) in enumerate(reader.store.search.tiers(tokens)):
        if len(tiers) >= limit:
            break
        for key in _keys(reader, kind, query, seen, limit):
            tiers.setdefault(key, tier)
    return _hits(reader, tiers)[:limit]


def _keys(reader: SqlReader, kind: Any, query: str, scopes: Scopes, limit: int) -> list[int]:
    values: dict[str, Any] = {"query": query, "most": limit}
    shapes = []
    for entity, scope in sorted(scopes.items(), key=lambda pair: pair[0].name):
        number = reader.store.number(entity)
        shape: Any = "Everything"
        if not isinstance(scope, Everything):
            found: list[Any] = []
            shape = reader.store.conditions(entity).shape(scope, found)
            values |= {f"s{number}_{n}": value for n, value in enumerate(found)}
        shapes.append((number, shape))
    statement = reader.statements.get(
        ("search", kind, tuple(shapes)), lambda: _statement(reader, kind, scopes)
    )
    return [row[0] for row in reader.lane.rows(statement, statement.bind(values))]


def _statement(reader: SqlReader, kind: Any, scopes: Scopes) -> sa.Select[Any]:
    index, store = reader.store.search, reader.store
    free: list[int] = []
    bound: dict[int, sa.Select[Any]] = {}
    for entity, scope in scopes.items():
        number = store.number(entity)
        if isinstance(scope, Everything):
            free.append(number)
            continue
        used: set[str] = set()
        condition = store.conditions(entity).clause(scope, used, f"s{number}_")
        layout = store.layout(entity)
        here = layout.tables.main.c.id == record_id(index.key())
        bound[number] = (
            sa.select(sa.literal_column("1"))
            .select_from(layout.source(used))
            .where(here, condition)
            .correlate(*index.tables())
        )
    everything = not bound and len(free) == store.indexed
    return index.statement(kind, None if everything else in_scopes(index.key(), free, bound))


def _hits(reader: SqlReader, tiers: Mapping[int, int]) -> list[Hit]:
    by_number: dict[int, list[int]] = {}
    for key in tiers:
        id, number = split(key)
        by_number.setdefault(number, []).append(id)
    titles: dict[tuple[int, int], tuple[str, str]] = {}
    for number, ids in by_number.items():
        entity = reader.store.numbered(number)
        if entity is not None:
            found = reader.titles(entity, ids)
            titles |= {(number, id): (entity.name, title) for id, title in found.items()}
    return [
        Hit(*(entity, id, title), tier)
        for key, tier in tiers.items()
        for id, number in [split(key)]
        if (number, id) in titles
        for entity, title in [titles[number, id]]
    ]


def _containing(reader: SqlReader, scopes: Scopes, limit: int, raw: str) -> list[Hit]:
    found: list[Hit] = []
    for entity, scope in scopes.items():
        where = all_of(scope, Words((), raw))
        select = Select(
            entity=entity, where=where, sort=TITLE_FIELD, limit=limit - len(found), relations=False
        )
        if select.limit > 0:
            found += [Hit(entity.name, r.id, r.title) for r in reader.find(select)]
    return found
