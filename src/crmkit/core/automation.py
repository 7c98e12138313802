"""Automations: what a firm wants to follow from what happens, and the effects they can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from attrs import field, frozen

from crmkit.core.entity import Record

_PLACE = re.compile(r"\{([a-z_.]+)\}")
_OFFSET = re.compile(r"([+-]?)\s*(.+)")
WORDS = ("entity", "id", "title")
"""What stands between braces and is no field."""


@frozen
class Created:
    """When a record is added."""


@frozen(init=False)
class Updated:
    """When any of the named fields changes, or any field at all where none is named."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


@frozen
class Moved:
    """When a record is moved to a state, from any other or from one."""

    to: str = ""
    source: str = ""


@frozen
class Older:
    """When a record has been in a state for longer than a span such as `7d` or `2 weeks`."""

    state: str
    than: str


@frozen
class Reached:
    """When a date or moment has come; `-2d` stands for two days before it, `1h` for one after."""

    field: str
    offset: str = ""


Trigger = Created | Updated | Moved | Older | Reached


@frozen(init=False)
class Do:
    """One thing that an automation does: an effect by name, and what it is told, as people type it.

    In what it is told, `{name}` stands for the value of the record's field `name`, `{title}` for
    what the record is called, `{id}` for its number and `{entity}` for its entity.
    """

    effect: str
    said: Mapping[str, str]

    def __init__(self, effect: str, **said: str) -> None:
        object.__setattr__(self, "effect", effect)
        object.__setattr__(self, "said", said)

    def places(self) -> Iterator[str]:
        """Yield the names that stand between braces."""
        for text in self.said.values():
            yield from _PLACE.findall(text)

    def torn(self) -> Iterator[tuple[str, str]]:
        """Yield what it is told, by key, where a brace stands that belongs to no name."""
        for key, text in self.said.items():
            if set("{}") & set(_PLACE.sub("", text)):
                yield key, text

    def constants(self) -> dict[str, str]:
        """Return what the effect is told whatever the record: the texts without braces."""
        return {key: text for key, text in self.said.items() if not _PLACE.search(text)}

    def told(self, value: Callable[[str], str]) -> dict[str, str]:
        """Return what the effect is told about one record; `value` gives what a name stands for."""
        return {k: _PLACE.sub(lambda m: value(m[1]), text) for k, text in self.said.items()}


@frozen
class Automation:
    """What follows from a trigger on an entity's records that the filter `where` finds.

    It runs in the transaction of what triggers it, as a commit of its own in the journal, and
    with the rights of an admin: who writes one without code must have the grants for what it does.
    One that fails undoes nothing but its own. Where it is not `on`, a firm switches it on.
    """

    name: str
    entity: str
    trigger: Trigger
    do: tuple[Do, ...]
    where: str = field(kw_only=True, default="")
    label: str = field(kw_only=True, default="")
    on: bool = field(kw_only=True, default=True)
    owner: str = field(kw_only=True, default="")


@frozen
class Switch:
    """Switches an automation, of whatever plugin, on or off."""

    name: str
    on: bool
    owner: str = field(kw_only=True, default="")


@frozen
class Effect:
    """What automations can do, by name: `run(record, ctx, said)` with texts as people type them.

    `keys` are what it may be told, those that it must be told in `required`; with `fields` it is
    told values of the record's own fields.
    """

    name: str
    run: Callable[[Record, Any, Mapping[str, str]], Any]
    keys: tuple[str, ...] = field(kw_only=True, default=())
    required: tuple[str, ...] = field(kw_only=True, default=())
    fields: bool = field(kw_only=True, default=False)
    more: bool = field(kw_only=True, default=False)
    """Whether it may be told anything besides, such as the parameters of a command."""
    needs: Callable[[Any, Mapping[str, str]], Iterable[str]] | None = field(
        kw_only=True, default=None
    )
    """Says which grants, such as `action.create`, somebody must have to write it into an automation
    of the firm's own; it is given the entity's `spec` and what the effect would be told."""
    check: Callable[[Any, Any, Mapping[str, str]], Any] | None = field(kw_only=True, default=None)
    """Raises Invalid for what can never work: it is given the entity's `spec`, a `ctx` that reads,
    and what the effect would be told whatever the record."""
    help: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


def span(text: str) -> timedelta:
    """Return a span of calendar time, with its sign: `7d`, `-2d`, `3 weeks`, nothing.

    ValueError for other text, and for business time, which has no fixed length.
    """
    from crmkit.core.hours import parse_span

    if not text.strip():
        return timedelta()
    found = _OFFSET.fullmatch(text.strip())
    assert found is not None
    length, clock = parse_span(found[2])
    if clock != "calendar":
        raise ValueError(f"{text!r} counts business time; write calendar time such as 7d")
    return -length if found[1] == "-" else length
