"""Checking a Model: what is declared but could not be stored, reached or told from something else.

Each fault comes with the plugin to blame, as those of `crmkit.core.faults`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from crmkit.core.binding import OWN_WORDS
from crmkit.core.bringing import verbs_of
from crmkit.core.contribution import Contribution
from crmkit.core.entity import SYSTEM_FIELDS, TITLE_FIELD
from crmkit.core.errors import raised
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel, Model

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")
_NAMED = ("settings", "jobs", "listeners", "checks", "steps", "effects", "reports", "commands",
          "conditions")  # fmt: skip
_SYSTEM = (*(f.name for f in SYSTEM_FIELDS), TITLE_FIELD.name)
_MAIN = (*_SYSTEM, "title_key")
_CHILD = ("record", "position", "label", "primary")


def unsound(model: Model, contributions: Iterable[Contribution]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with names, columns and defaults."""
    for c in contributions:
        yield from ((c.plugin.name, said) for said in _nameless(c))
    for entity in model.entities.values():
        for owner, said in (*_hidden(entity), *_columns(entity), *_defaults(entity)):
            yield owner, f"{entity.name}: {said}"
    for one in model.shell:
        for said in _wrong_defaults(one.fields):
            yield one.owner, f"command {one.name}: {said}"


def _nameless(c: Contribution) -> Iterator[str]:
    """Yield names that nobody could type, or that are none."""
    for part in _NAMED:
        for one in getattr(c, part):
            if not isinstance(one.name, str) or not _PLAIN.fullmatch(one.name):
                what = type(one).__name__
                yield f"{what} {one.name!r}: give it a name of letters, digits, _, - and ."
    for role in c.roles:
        if not isinstance(role.name, str) or not role.name.strip():
            yield f"Role {role.name!r}: give it a name"


def _hidden(entity: EntityModel) -> Iterator[tuple[str, str]]:
    """Yield what nobody would ever get at, because something else is called so."""
    taken = {*_SYSTEM, "spec", *(f.name for f in entity.fields if not f.facet)}
    for f in entity.fields:
        if f.facet and f.name in taken:
            yield f.owner, f"field {f.name!r} is there already; give yours another name"
    verbs = verbs_of(entity)
    for command in entity.commands:
        if command.name.replace("_", "-") in verbs:
            said = f"command {command.name!r} is the shell's own; give yours another name"
            yield command.owner, said
    for condition in entity.conditions.values():
        if condition.name in OWN_WORDS:
            said = f"is:{condition.name} means something already; give yours another name"
            yield condition.owner, said
        elif condition.name != condition.name.casefold():
            yield condition.owner, f"is:{condition.name}: write it in small letters"


def _columns(entity: EntityModel) -> Iterator[tuple[str, str]]:
    """Yield fields that need a column of the database which something else has."""
    taken: dict[str, set[str]] = {"": {*_MAIN}}
    for f in entity.fields:
        if f.name in _SYSTEM:  # told of already
            continue
        if f.many:
            where, name = {*_CHILD}, "value"
        else:
            where, name = taken.setdefault(f.facet, {"id"}), f.column
        for suffix, _ in f.kind.columns:
            if name + suffix in where:
                needed = f"field {f.name!r} needs the column {name + suffix}"
                yield f.owner, f"{needed}, which something else has; rename it"
            where.add(name + suffix)


def _defaults(entity: EntityModel) -> Iterator[tuple[str, str]]:
    """Yield defaults that are no values of their kind: nothing could be saved with them."""
    for f in entity.fields:
        yield from ((f.owner, said) for said in _wrong_defaults([f]))
    for command in entity.commands:
        for said in _wrong_defaults(command.fields):
            yield command.owner, f"command {command.name}: {said}"


def _wrong_defaults(fields: Sequence[Field]) -> Iterator[str]:
    for f in fields:
        if not f.required and not f.flow and not _is_blank(f.default):
            try:
                f.validate(f.default)
            except Exception as error:
                why = str(error) if type(error) is ValueError else raised(error)
                yield f"field {f.name!r} cannot have the default {f.default!r}: {why}"


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", ())
