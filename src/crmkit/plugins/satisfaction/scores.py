"""Scores: whole numbers on a scale, as surveys hand them out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from crmkit.api import FieldKind, Locale, Stored, of_kind

_WRITTEN = re.compile(r"([0-9]{1,9})(?:\s*(?:/|of|out of)\s*([0-9]{1,9}))?", re.IGNORECASE)


@frozen
class ScoreKind(FieldKind):
    """A score on a scale: `9`, or as many surveys write it, `9/10` and `9 out of 10`."""

    name = "score"
    columns = (("", Stored.INTEGER),)
    operators = frozenset({":", "=", "!=", "<", "<=", ">", ">="})
    right = True
    example = "4"
    lowest: int = 0
    highest: int = 10

    def parse(self, text: str, locale: Locale) -> int:
        """Return the score; ValueError where it is of another scale."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no score; write {self.lowest} to {self.highest}")
        if found[2] is not None and int(found[2]) != self.highest:
            raise ValueError(f"{text.strip()} is of another scale: this one ends at {self.highest}")
        return self.validate(int(found[1]))

    def validate(self, value: Any) -> int:
        """Return the score; ValueError where it is not on the scale."""
        if type(value) is not int:
            raise ValueError(f"write a whole number, not {value!r}")
        if not self.lowest <= value <= self.highest:
            raise ValueError(f"{value} is outside {self.lowest} to {self.highest}")
        return value

    def describe(self) -> Mapping[str, Any]:
        """Return the scale."""
        return {"lowest": self.lowest, "highest": self.highest}


def score(
    label: str, *, default: Any = None, lowest: int = 0, highest: int = 10, **more: Any
) -> Any:
    """Declare a score from `lowest` to `highest`."""
    return of_kind(label, ScoreKind(lowest, highest), default=default, **more)
