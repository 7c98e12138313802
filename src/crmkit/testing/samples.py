"""Values for fields, so that a test needs to say only those that matter to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crmkit.core.entity import Record
from crmkit.core.errors import Invalid
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.reach import Address
from crmkit.core.kinds.refs import Link, LinkKind
from crmkit.core.model import EntityModel

_TRIES = 4


def sample(f: Field, number: int, now: datetime, make: Callable[[str], Record]) -> Any:
    """Return a value that the field takes; `make` makes a record to point at."""
    value = _single(f, number, now, make)
    return (Item(value),) if f.many else value


def _single(f: Field, number: int, now: datetime, make: Callable[[str], Record]) -> Any:
    if f.targets:
        target = make(f.targets[0])
        return Link(f.targets[0], target.id) if isinstance(f.kind, LinkKind) else target.id
    if isinstance(f.kind, ChoiceKind):
        return next(iter(f.kind.options))
    if f.kind.example:
        return f.kind.parse(f.kind.example, Locale(now))
    simple: Mapping[str, Any] = {
        "email": f"sample{number}@example.com",
        "phone": f"+4420794600{number % 100:02}",
        "url": f"https://example.com/{number}",
        "number": number,
        "percent": number % 101,
        "money": Money(100 * number, "GBP"),
        "flag": True,
        "date": now.date(),
        "moment": now,
        "address": Address(street=f"{number} High Street", city="London"),
    }
    return simple.get(f.kind.name, f"{f.label} {number}"[: _room(f)])


def _room(f: Field) -> int | None:
    return getattr(f.kind, "max_length", None)


def add(
    put: Callable[..., Record], now: datetime, model: EntityModel, values: Mapping[str, Any],
    number: int, make: Callable[[str], Record], *, whole: bool = False,
) -> Record:  # fmt: skip
    """Add a record by `put`; what is required and not given gets a sample.

    With `whole` everything does.
    Where a check names fields, those that had none get one, the others none: it is tried again.
    """
    asked = {model.field(k): v for k, v in values.items()}
    more = {
        f: sample(f, number, now, make)
        for f in model.fields
        if f.typed and f not in asked and not f.flow
        and (f.required or (whole and f is not model.owner))
    }  # fmt: skip
    refused: set[Field] = set()
    for _ in range(_TRIES):
        try:
            return put(model.name, **{f.key: v for f, v in (more | asked).items()})
        except Invalid as error:
            named = {model.field(k) for k in error.problems if k in model.by_key} - asked.keys()
            if not named - refused:
                raise
            refused |= named & more.keys()
            for f in named:
                if f in more and not f.required:
                    del more[f]
                elif f not in refused:
                    more[f] = sample(f, number, now, make)
    return put(model.name, **{f.key: v for f, v in (more | asked).items()})
