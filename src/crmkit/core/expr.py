"""What a query asks for, resolved against the Model; policy builds it, stores read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from attrs import frozen

from crmkit.core.fields import Field

Op = Literal["in", "lt", "le", "gt", "ge", "between", "empty", "contains", "target"]


@frozen
class Everything:
    """Every record."""


@frozen
class Nothing:
    """No record."""


@frozen
class And:
    """What all of `parts` find."""

    parts: tuple[Expr, ...]


@frozen
class Or:
    """What any of `parts` finds."""

    parts: tuple[Expr, ...]


@frozen
class Not:
    """What `part` does not find (an empty field counts as not matching)."""

    part: Expr


@frozen
class Test:
    """A test on one field.

    `in`: equal to any of `values`; `between`: values[0] <= x < values[1]; `empty`: not filled
    in; `contains`: folded text holds the folded values[0]; `target`: a link to any record of the
    entities named in `values`. On a repeating field any one of its values may match. Values are
    those of the field's kind, not yet stored.
    """

    __test__ = False

    field: Field
    op: Op
    values: tuple[Any, ...] = ()


@frozen
class Words:
    """Full-text: every one of the folded `tokens` begins a word of the record."""

    tokens: tuple[str, ...]
    raw: str = ""


@frozen
class Through:
    """The record of `entity` that the reference `field` points at meets `part`."""

    field: Field
    entity: str
    part: Expr


Expr = Everything | Nothing | And | Or | Not | Test | Words | Through


def fields_of(expr: Expr) -> Iterator[Field]:
    """Yield the fields that an expression goes by, those of other entities left out."""
    if isinstance(expr, And | Or):
        for part in expr.parts:
            yield from fields_of(part)
    elif isinstance(expr, Not):
        yield from fields_of(expr.part)
    elif isinstance(expr, Test | Through):
        yield expr.field


def all_of(*parts: Expr) -> Expr:
    """Return the conjunction, made as simple as it can be."""
    kept: list[Expr] = []
    for part in parts:
        if isinstance(part, Nothing):
            return part
        if isinstance(part, And):
            kept.extend(part.parts)
        elif not isinstance(part, Everything):
            kept.append(part)
    return Everything() if not kept else kept[0] if len(kept) == 1 else And(tuple(kept))


def any_of(*parts: Expr) -> Expr:
    """Return the disjunction, made as simple as it can be."""
    kept: list[Expr] = []
    for part in parts:
        if isinstance(part, Everything):
            return part
        if isinstance(part, Or):
            kept.extend(part.parts)
        elif not isinstance(part, Nothing):
            kept.append(part)
    return Nothing() if not kept else kept[0] if len(kept) == 1 else Or(tuple(kept))


def negated(part: Expr) -> Expr:
    """Return the negation, made as simple as it can be."""
    if isinstance(part, Everything):
        return Nothing()
    if isinstance(part, Nothing):
        return Everything()
    return part.part if isinstance(part, Not) else Not(part)
