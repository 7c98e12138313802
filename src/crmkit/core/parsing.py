"""From text that people type to values: dates as spoken, names of records, lists of values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from crmkit.core.declare import Parametrised
from crmkit.core.errors import Invalid, unknown
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.refs import Link, RefKind, Unresolved
from crmkit.core.model import EntityModel

_LABELLED = re.compile(r"(.*\S)\s*\(([^()]*)\)\s*", re.DOTALL)


@frozen
class Parser:
    """Reads text for one actor; `named` finds the records that have exactly a name."""

    locale: Locale
    me: int
    named: Callable[[Sequence[str], str], list[Link]]

    def parse(self, model: EntityModel, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values by field key; Invalid collects every problem."""
        found: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for key, text in texts.items():
            try:
                f = self._known(model, key)
                found[f.key] = self.field(f, text)
            except Invalid as error:
                problems |= error.problems if "" not in error.problems else {key: str(error)}
        if problems:
            raise Invalid(problems)
        return found

    def _known(self, model: EntityModel, key: str) -> Field:
        if key in model.by_key:
            return model.by_key[key]
        raise Invalid({key: model.unknown_field(key)})

    def params(self, command: Parametrised, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values of a command's parameters; Invalid collects every problem."""
        known = {f.name: f for f in command.fields}
        found: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for key, text in texts.items():
            if key not in known:
                problems[key] = unknown(f"parameter of {command.name}", key, list(known))
                continue
            try:
                found[key] = self.field(known[key], text)
            except Invalid as error:
                problems |= error.problems
        if problems:
            raise Invalid(problems)
        return found

    def field(self, f: Field, text: str) -> Any:
        """Return one field's typed value; '' is its blank, and `none` that of a reference.

        Invalid says what is wrong.
        """
        try:
            if text == "" or (text == "none" and f.targets and not f.required):
                return f.blank()
            return f.validate(self._items(f, text) if f.many else self._value(f, text))
        except ValueError as error:
            raise Invalid({f.key: str(error)}) from None

    def _items(self, f: Field, text: str) -> tuple[Item, ...]:
        separator = r"\s+\|\s+|\n" if f.kind.name == "address" else r"\s*(?:\||\n|;|,(?=\s))\s*"
        if f.kind.name == "text":
            separator = r"\s*(?:\||\n|;|,)\s*"
        parts = [p.strip() for p in re.split(separator, text) if p.strip()]
        return tuple(self._item(f, part) for part in parts)

    def _item(self, f: Field, text: str) -> Item:
        if found := _LABELLED.fullmatch(text):
            try:
                return Item(self._value(f, found[1]), found[2].strip())
            except ValueError:
                pass
        return Item(self._value(f, text))

    def _value(self, f: Field, text: str) -> Any:
        if text == "me" and "user" in f.targets:
            return self.me
        try:
            return f.kind.parse(text, self.locale)
        except Unresolved as unresolved:
            return self._record(f, unresolved)

    def _record(self, f: Field, wanted: Unresolved) -> Any:
        found = self.named(wanted.targets, wanted.text)
        if not found:
            raise ValueError(f"no {' or '.join(wanted.targets)} is called {wanted.text!r}")
        if len(found) > 1:
            listed = ", ".join(map(str, found[:3]))
            raise ValueError(f"several are called {wanted.text!r} ({listed}); write the number")
        return found[0].id if isinstance(f.kind, RefKind) else found[0]
