"""Carrying values from one record over to another, of an entity with fields that are alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from crmkit.api import Field, Item, Record

KEPT_APART = frozenset({"imports.external_id"})
"""What a record was called in a file says nothing of a record that is made from it."""


def carried(
    record: Record, own: Iterable[Field], theirs: Iterable[Field], leave: Collection[str] = ()
) -> dict[str, Any]:
    """Return the record's values, by field key, for an entity's fields of the same name and kind.

    A firm's extensions are among them: the same name of the same plugin comes first, and a name
    that only one field of the record has is enough. `leave` names fields that stay out.
    """
    sources = [f for f in own if f.typed and not f.flow]
    found = {}
    for target in theirs:
        if not target.typed or target.flow or target.name in leave or target.key in KEPT_APART:
            continue
        source = _source_of(target, sources)
        if source is None or source.is_empty(record.get(source)):
            continue
        try:
            found[target.key] = target.validate(_shaped(record.get(source), source, target))
        except ValueError:
            continue  # a choice that the other entity does not offer
    return found


def _source_of(target: Field, sources: list[Field]) -> Field | None:
    named = [f for f in sources if f.key == target.key] or [
        f for f in sources if f.name == target.name
    ]
    if len(named) != 1:
        return None
    source = named[0]
    same = source.kind.name == target.kind.name and source.targets == target.targets
    return source if same else None


def _shaped(value: Any, source: Field, target: Field) -> Any:
    """Return a value for a field that repeats where the other does not, or the other way."""
    if target.many and not source.many:
        return (Item(value),)
    if source.many and not target.many:
        return next((i.value for i in value if i.primary), value[0].value)
    return value


def completing(
    record: Record, values: Mapping[str, Any], fields: Iterable[Field]
) -> dict[str, Any]:
    """Return of the values what the record lacks: empty fields, and further items of lists."""
    found = {}
    for f in fields:
        if f.key not in values:
            continue
        now, new = record.get(f), values[f.key]
        if f.many:
            known = {_same(f, item.value) for item in now}
            more = tuple(item for item in new if _same(f, item.value) not in known)
            if more:
                found[f.key] = (*now, *more)
        elif f.is_empty(now) and not f.is_empty(new):
            found[f.key] = new
    return found


def _same(f: Field, value: Any) -> Any:
    """Return what makes two values one: an e-mail address, say, in whatever case."""
    return f.kind.identity(value) or value if f.identity else value
