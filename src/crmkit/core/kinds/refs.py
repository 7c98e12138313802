"""Kinds that point at records: of one entity, or of one out of several."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from attrs import field, frozen

from crmkit.core.kinds.base import Column, Kind, Locale


@frozen(order=True)
class Link:
    """A pointer at a record of a named entity, written `lead:42`."""

    entity: str
    id: int

    def __str__(self) -> str:
        return f"{self.entity}:{self.id}"


class Unresolved(ValueError):
    """Text that may name a record; whoever can look records up must resolve it."""

    def __init__(self, targets: tuple[str, ...], text: str) -> None:
        super().__init__(f"{text!r} names no {' or '.join(targets) or 'record'}")
        self.targets = targets
        self.text = text


@frozen
class RefKind(Kind):
    """A reference to a record of one entity; its value is the record's id."""

    name: ClassVar[str] = "ref"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.INTEGER),)
    widget: ClassVar[str] = "ref"
    target: str = field(kw_only=True)

    @property
    def targets(self) -> tuple[str, ...]:
        """The entities that may be pointed at."""
        return (self.target,)

    def parse(self, text: str, locale: Locale) -> int:
        """Return the id from `42` or `lead:42`; Unresolved where the text is a name."""
        bare = text.strip().removeprefix(f"{self.target}:").removeprefix("#")
        if re.fullmatch(r"[1-9][0-9]{0,17}", bare):
            return int(bare)
        raise Unresolved(self.targets, text.strip())

    def validate(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"write the number of the {self.target}, not {value!r}")
        return value

    def words(self, value: Any) -> str:
        return ""

    def identity(self, value: Any) -> str:
        return ""

    def describe(self) -> dict[str, Any]:
        return {"target": self.target}


@frozen
class LinkKind(Kind):
    """A reference to a record of one out of several entities; its value is a Link."""

    name: ClassVar[str] = "link"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (
        ("", Column.TEXT),
        ("_id", Column.INTEGER),
    )
    widget: ClassVar[str] = "ref"
    targets: tuple[str, ...] = field(kw_only=True)

    def parse(self, text: str, locale: Locale) -> Link:
        """Return the link from `lead:42`; Unresolved where the text is a name."""
        entity, colon, number = text.strip().partition(":")
        entity = entity.strip().casefold()
        if colon and entity in self.targets and re.fullmatch(r"\s*#?[1-9][0-9]{0,17}", number):
            return Link(entity, int(number.strip().lstrip("#")))
        if colon and entity in self.targets:
            raise Unresolved((entity,), number.strip())
        raise Unresolved(self.targets, text.strip())

    def validate(self, value: Any) -> Link:
        if not isinstance(value, Link) or value.id < 1:
            raise ValueError(f"write it as {self.targets[0]}:42, not {value!r}")
        if value.entity not in self.targets:
            raise ValueError(f"it must be about one of {', '.join(self.targets)}")
        return value

    def store(self, value: Any) -> tuple[Any, ...]:
        return value.entity, value.id

    def load(self, *stored: Any) -> Link | None:
        return None if stored[0] is None else Link(stored[0], stored[1])

    def dump(self, value: Any) -> Any:
        return str(value)

    def undump(self, data: Any) -> Link:
        entity, _, number = data.partition(":")
        return Link(entity, int(number))

    def words(self, value: Any) -> str:
        return ""

    def identity(self, value: Any) -> str:
        return ""

    def describe(self) -> dict[str, Any]:
        return {"targets": list(self.targets)}
