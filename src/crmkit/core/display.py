"""Values as people read them: names instead of numbers, labels instead of codes, local times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from attrs import frozen

from crmkit.core.blaming import Broken, mark
from crmkit.core.entity import Record
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.refs import Link
from crmkit.core.model import Model

Titles = Callable[[Iterable[tuple[str, int]]], dict[tuple[str, int], str]]


@frozen
class Display:
    """Shows values of many records at once, asking for the names they refer to only once."""

    model: Model
    locale: Locale
    titles: Titles

    def rows(self, records: Sequence[Record], fields: Sequence[Field]) -> list[list[str]]:
        """Return one row of texts for each record."""
        wanted = {
            _target(f, value)
            for record in records
            for f in fields
            if f.targets and f.targets[0]
            for value in f.values(record.get(f))
        }
        names = self.titles(wanted) if wanted else {}
        return [[self._text(f, record.get(f), names) for f in fields] for record in records]

    def _text(self, f: Field, value: Any, names: dict[tuple[str, int], str]) -> str:
        if not f.targets or not f.targets[0]:
            return self._own(f, value) if f.many or not f.targets else str(value or "")
        if f.many:
            return " | ".join(
                names[_target(f, item.value)] + (f" ({item.label})" if item.label else "")
                for item in value or ()
            )
        return names[_target(f, value)] if value is not None else ""

    def _own(self, f: Field, value: Any) -> str:
        """Return a value by its kind; a plugin's that fails is a mark in its place."""
        try:
            return f.format(value, self.locale)
        except Broken as error:
            return mark(error)


def _target(f: Field, value: Any) -> tuple[str, int]:
    return (value.entity, value.id) if isinstance(value, Link) else (f.targets[0], value)
