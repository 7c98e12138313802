"""A workspace whose every text is a payload: typed, imported, and lying there from of old."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from crmkit.core.entity import Record
from crmkit.core.errors import CrmError
from crmkit.core.fields import Field
from crmkit.core.kinds.address import PARTS
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.testing.samples import add
from tests.acceptance.office import Office
from tests.acceptance.payloads import storable

TEXTS = frozenset(("text", "note", "email", "phone", "url", "choice", "tags", "flow"))
"""Kinds whose stored value is text, though not always any text."""


def infest(office: Office, payloads: Sequence[str], *, states: bool = False) -> None:
    """Fill every field of every entity with payloads, in as many records as there are payloads.

    With `states` the states of workflows are payloads too: such records are on no board.
    """
    ada = office.session()
    made = _Maker(ada)
    for model in entities(ada):
        _typed(ada, model, payloads, made)
    ids = {model.name: made.ids(model, len(payloads)) for model in entities(ada)}
    models = entities(ada)
    office.close()
    _old(office.path, models, ids, payloads, states)


def entities(session: Session) -> list[EntityModel]:
    """Return the entities that hold text."""
    return [m for m in session.model.entities.values() if not m.spec.hidden or m.name == "user"]


class _Maker:
    """Makes records, with a sample in every field."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._numbers = count(1)
        self._known: dict[str, Record] = {}

    def any(self, entity: str) -> Record:
        """Return some record of an entity."""
        if entity == "user":
            return self._session.get("user", self._session.actor.id)
        if entity not in self._known:
            model = self._session.model.entity(entity)
            self._known[entity] = self._add(model, {}, next(self._numbers))
        return self._known[entity]

    def one(self, model: EntityModel, values: dict[str, str]) -> Record:
        """Make a record."""
        number = next(self._numbers)
        if model.name == "user":
            return self._session.add("user", {"name": f"user{number}", **values})
        return self._add(model, values, number, whole=True)

    def _add(
        self, model: EntityModel, values: dict[str, str], number: int, *, whole: bool = False
    ) -> Record:
        ada = self._session
        return add(ada.add, ada.now, model, values, number, self.any, whole=whole)

    def ids(self, model: EntityModel, wanted: int) -> list[int]:
        """Return as many ids of an entity as are wanted."""
        page = self._session.find(model.name, sort="id", limit=wanted)
        own = self._session.actor.id if model.name == "user" else 0
        found = [r.id for r in page if r.id != own]
        return found + [self.one(model, {}).id for _ in range(wanted - len(found))]


def _typed(ada: Session, model: EntityModel, payloads: Sequence[str], made: _Maker) -> None:
    """Type them in: what the core does not take, it refuses in words."""
    fields = [f for f in model.fields if f.typed and f.kind.name in ("text", "note")]
    fields = [f for f in fields if not f.many and (model.name, f.key) != ("user", "name")]
    for at, _ in enumerate(payloads):
        values = {f.key: payloads[(at + n) % len(payloads)] for n, f in enumerate(fields)}
        if not all(map(storable, values.values())):
            values = {k: v for k, v in values.items() if storable(v)}
        with suppress(CrmError):
            made.one(model, values)


def _old(
    place: Path, models: Sequence[EntityModel], ids: dict[str, list[int]],
    payloads: Sequence[str], states: bool,
) -> None:  # fmt: skip
    """Write them past the core, as data from other days may be."""
    database = sqlite3.connect(place / "crmkit.db")
    with database:
        for model in models:
            for at, id in enumerate(ids[model.name]):
                turn = _turn(payloads, at)
                for table, key, column, f in _places(database, model):
                    if f.flow and not states:
                        continue
                    said = next(turn)
                    text = _address(said, turn) if f.kind.name == "address" else _bytes(said)
                    quoted = f'UPDATE "{table}" SET "{column}" = ? WHERE "{key}" = ?'
                    database.execute(quoted, (text, id))
                named = f'UPDATE "{model.name}" SET title = ?, title_key = ? WHERE id = ?'
                title = _bytes(next(turn))
                database.execute(named, (title, title, id))
    database.close()


def _turn(payloads: Sequence[str], at: int) -> Iterator[str]:
    return (payloads[n % len(payloads)] for n in count(at))


def _places(
    database: sqlite3.Connection, model: EntityModel
) -> Iterator[tuple[str, str, str, Field]]:
    """Yield the table, its key, the column and the field of all that holds text."""
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    for f in model.fields:
        if f.kind.name not in TEXTS | {"address"} or (model.name, f.name) == ("user", "name"):
            continue
        table = f"{model.name}__{f.facet}" if f.facet else model.name
        if not f.many:
            yield table, "id", f.name, f
        elif (own := f"{table}___{f.name}") in tables:
            yield own, "record", "value", f
            if f.kind.name != "address":
                yield own, "record", "label", f


def _address(said: str, turn: Iterator[str]) -> str:
    """Return an address, in whose JSON even half surrogates can hide."""
    return json.dumps(dict(zip(PARTS, [said, *turn_of(turn)], strict=True)))


def turn_of(turn: Iterator[str]) -> list[str]:
    """Return the next payloads, one for each further part of an address."""
    return [next(turn) for _ in PARTS[1:]]


def _bytes(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def write_csv(path: Path, payloads: Sequence[str], columns: Sequence[str]) -> None:
    """Write a file of payloads, one a row in each column."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        for at, _ in enumerate(payloads):
            rows.writerow(_bytes(payloads[(at + n) % len(payloads)]) for n in range(len(columns)))
