"""Duplicates: what plugins that find them declare, and what they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import field, frozen


@frozen
class Match:
    """A record that may be the one at hand: `score` 0 to 100, with the reasons in words.

    It is `certain` where an e-mail address or a phone number is the same.
    """

    entity: str
    id: int
    score: int
    certain: bool = False
    reasons: tuple[str, ...] = ()


@frozen
class Pair:
    """Two records of one entity, by id, that may be one."""

    first: int
    second: int
    score: int
    certain: bool = False
    reasons: tuple[str, ...] = ()


@frozen
class Matcher:
    """How duplicates of an entity are found.

    `near(record, ctx)` yields the matches of one record, stored or not, without reading them all;
    `pairs(records, ctx)` those among all records.
    """

    entity: str
    near: Callable[[Any, Any], Iterable[Match]]
    pairs: Callable[[Iterable[Any], Any], Iterable[Pair]]
    owner: str = field(kw_only=True, default="")
