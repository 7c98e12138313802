"""Records on their way out: as JSON, as text that reads back, as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from attrs import frozen

from crmkit.cli import output
from crmkit.core.entity import Record
from crmkit.core.errors import Denied
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.session import Session

BATCH = 500
NEUTRAL = Locale()
"""Text for files depends on nobody's place or clock."""


@frozen
class Writer:
    """Writes records of one entity: the given fields of them, or all that the actor may read."""

    session: Session
    entity: EntityModel
    asked: tuple[Field, ...] = ()

    @property
    def names(self) -> tuple[Field, ...]:
        """The fields that a table shows unless others are asked for."""
        readable = self.session.visible_fields(self.entity.name)
        return tuple(f for f in self.entity.columns if f in readable)

    @property
    def everything(self) -> tuple[Field, ...]:
        """The fields that files and programs get unless others are asked for."""
        return self.asked or self.session.visible_fields(self.entity.name)

    def write(self, form: str, records: Iterable[Record]) -> None:
        """Write records in a format."""
        if form == "ids":
            for record in records:
                output.write(str(record.id))
        elif form == "json":
            output.write_json(self.objects(records))
        elif form == "table":
            self._table(records)
        else:
            fields = self.asked or (self.entity.by_key["id"], *self.everything)
            rows = ([plain(f, r.get(f)) for f in fields] for r in records)
            header = [self.entity.short(f) for f in fields]
            output.write_csv(header, rows, "\t" if form == "tsv" else ",")

    def _table(self, records: Iterable[Record]) -> None:
        fields = self.asked or (self.entity.by_key["id"], *self.names)
        rows = (
            row
            for batch in batches(records)
            for row in self.session.display_many(batch, fields)
        )  # fmt: skip
        right = [n for n, f in enumerate(fields) if f.name == "id" or f.kind.right]
        title = self.entity.spec.title
        main = next((n for n, f in enumerate(fields) if f.name == title), 1)
        output.write_table([self.entity.short(f) for f in fields], rows, right, main)

    def objects(self, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
        """Yield records as JSON: id, version and fields, references with what they are called."""
        fields = [f for f in self.everything if f.name not in ("id", "version")]
        for batch in batches(records):
            pointed = {
                target(f, v) for r in batch for f in fields if points(f) for v in f.values(r.get(f))
            }
            titles = self.session.titles(pointed) if pointed else {}
            for r in batch:
                values = {self.entity.short(f): _json(f, r.get(f), titles) for f in fields}
                yield {"id": r.id, "version": r.version, **values}


def batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Yield records in lists of a size at which names are looked up together."""
    source = iter(records)
    while batch := list(islice(source, BATCH)):
        yield batch


def points(f: Field) -> bool:
    """Whether the field points at records."""
    return bool(f.targets and f.targets[0])


def target(f: Field, value: Any) -> tuple[str, int]:
    """Return the entity and the id that a single value points at."""
    return (value.entity, value.id) if isinstance(value, Link) else (f.targets[0], value)


def _json(f: Field, value: Any, titles: dict[tuple[str, int], str]) -> Any:
    if not points(f) or value is None:
        return f.dump(value)

    def pointer(pointed: Any) -> dict[str, Any]:
        entity, id = target(f, pointed)
        return {"entity": entity, "id": id, "title": titles[entity, id]}

    if f.many:
        return [
            {"value": pointer(item.value), "label": item.label, "primary": item.primary}
            for item in value
        ]
    return pointer(value)


def plain(f: Field, value: Any) -> str:
    """Return a value as text that reads back as it is: codes, numbers of records, UTC."""
    if f.many:
        first = sorted(value or (), key=lambda item: not item.primary)
        return " | ".join(_plain_item(f, item) for item in first)
    return "" if value is None or value == "" else _plain_value(f, value)


def _plain_item(f: Field, item: Item) -> str:
    text = _plain_value(f, item.value)
    # An empty label keeps a value that ends in parentheses from being read as labelled.
    return f"{text} ({item.label})" if item.label or text.endswith(")") else text


def _plain_value(f: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    dumped = f.kind.dump(value)
    if isinstance(dumped, str | int):
        return str(dumped)
    return f.kind.format(value, NEUTRAL)


def columns(session: Session, entity: EntityModel, names: str) -> tuple[Field, ...]:
    """Return the fields that `--columns` names; Invalid or Denied for others."""
    found = tuple(entity.field(n.strip()) for n in names.split(",") if n.strip())
    readable = session.visible_fields(entity.name)
    for f in found:
        if not f.system and f not in readable:
            grant = f"{entity.name}.read.{f.key}"
            raise Denied(
                f"you may not read {entity.short(f)}: the grant {grant} is missing", grant=grant
            )
    return found
