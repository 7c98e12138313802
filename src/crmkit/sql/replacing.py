"""Columns that another took the place of: who still knows them may not write there."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from crmkit.core.errors import Refused

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore
    from crmkit.sql.writer import SqlWriter

REPLACED = "replaced"
"""The note in the database that lists those columns."""


def _place(store: SqlStore, entity: str, key: str) -> str:
    tables = store.tables.entities[entity]
    place = tables.many.get(key) or tables.single[key]
    repeats = key in tables.many
    return place.table.name if repeats else f"{place.table.name}.{place.columns[0].name}"


def replace(old: SqlStore, writer: SqlWriter, entity: str, key: str) -> None:
    """Note, in a transaction of the new Model, that a field's former column is no longer used.

    Programs that are open with the former Model are refused when they write next.
    """
    known = set(json.loads(writer.meta(REPLACED) or "[]"))
    known.add(_place(old, entity, key))
    writer.set_meta(REPLACED, json.dumps(sorted(known)))
    writer.set_meta("schema", secrets.token_hex(8))


def refuse_replaced(store: SqlStore, noted: str | None) -> None:
    """Refuse to write by a Model that knows a field by a column that is no longer used."""
    for place in json.loads(noted or "[]"):
        table, _, column = place.partition(".")
        there = store.tables.metadata.tables.get(table)
        if there is not None and (not column or column in there.c):
            raise Refused(
                "a field is of another kind since this was opened: leave this and open it again; "
                "nothing was saved"
            )
