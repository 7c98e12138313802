"""Whose a record is: its owner's, or for a time his who claimed it, or nobody's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crmkit.core.expr import Expr, Nothing, Test, all_of, any_of, negated
from crmkit.core.model import EntityModel


def held_by(entity: EntityModel, users: Iterable[int], now: datetime) -> Expr:
    """Return the condition that a record is one of the users', by a claim too."""
    ids = tuple(sorted(users))
    theirs = Test(entity.holder, "in", ids)
    if entity.lease is None or entity.owner is None:
        return theirs
    by, until = entity.lease
    claimed = all_of(Test(entity.owner, "empty"), Test(until, "gt", (now,)), Test(by, "in", ids))
    return any_of(theirs, claimed)


def unheld(entity: EntityModel, now: datetime) -> Expr:
    """Return the condition that a record is in the pool: nobody owns it, no claim on it runs."""
    if entity.owner is None:
        return Nothing()
    free = Test(entity.owner, "empty")
    if entity.lease is None:
        return free
    return all_of(free, negated(Test(entity.lease[1], "gt", (now,))))
