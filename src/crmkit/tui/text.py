"""Text from data on its way to the screen: made harmless, and cut to a width."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from crmkit.core.visible import DANGEROUS, safe, safe_block, whole_flags

__all__ = ["ELLIPSIS", "OutputGuard", "fit", "safe", "safe_block", "width"]

ELLIPSIS = "\u2026"
MOST = 8
"""Characters of safe text that a cell may hold; a long text is not measured to its end."""


def width(text: str) -> int:
    """Return how many terminal cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return a safe text made exactly `cells` wide: padded, or cut with an ellipsis."""
    if cells <= 0:
        return ""
    text = text[: cells * MOST]
    have = width(text)
    if have > cells:
        text = whole_flags(set_cell_size(text, cells - 1)) + ELLIPSIS
        have = width(text)
    blank = " " * (cells - have)
    return blank + text if right else text + blank


class OutputGuard(LineFilter):
    """The second lock: replaces controls that any widget still let through."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters, as wide as they were."""
        if not any(_acts(text) for text, _, _ in segments):
            return segments
        return [s if s.control or not _acts(s.text) else _guarded(s) for s in segments]


def _acts(text: str) -> bool:
    if text.isascii():
        return not text.isprintable()
    return DANGEROUS.search(text) is not None


def _guarded(segment: Segment) -> Segment:
    text, style, control = segment
    return Segment(set_cell_size(safe(text), cell_len(text)), style, control)
