"""Kinds for words: one line of text, and notes of many lines."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from attrs import frozen

from crmkit.core.kinds.base import Kind

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return the text; ValueError for what no database keeps (NUL, half surrogates)."""
    if not isinstance(text, str):
        raise ValueError(f"write text, not {type(text).__name__}")
    if found := _UNSTORABLE.search(text):
        raise ValueError(f"remove the character U+{ord(found[0]):04X}, which cannot be stored")
    return text


@frozen
class TextKind(Kind):
    """One line of text, kept exactly as typed."""

    name: ClassVar[str] = "text"
    operators: ClassVar[frozenset[str]] = frozenset({":", "=", "!=", "<", "<=", ">", ">="})
    max_length: int | None = None

    def validate(self, value: Any) -> str:
        text = storable(value)
        if self.max_length is not None and len(text) > self.max_length:
            raise ValueError(f"shorten it to {self.max_length} characters (now {len(text)})")
        return text

    def describe(self) -> dict[str, Any]:
        return {"max_length": self.max_length} if self.max_length else {}


@frozen
class NoteKind(TextKind):
    """Text of many lines."""

    name: ClassVar[str] = "note"
    operators: ClassVar[frozenset[str]] = frozenset({":", "=", "!="})
    widget: ClassVar[str] = "area"

    def identity(self, value: Any) -> str:
        return ""
