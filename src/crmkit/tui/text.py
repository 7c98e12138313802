"""Text from data on its way to the screen: made harmless, and cut to a width."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_MARKS = 4
"""How many combining marks one character keeps; more would paint over the lines around it."""

_ZERO_WIDTH_KEPT = {"\u200c", "\u200d"}
_DANGEROUS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_MANY_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
                         r"\ufe20-\ufe2f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]{5,}")  # fmt: skip


def _visible(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code < 0xA0:
        return "\u2426"
    if 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or char in "\u200e\u200f\u061c":
        return "\u2194"
    if 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code in (0xFFFE, 0xFFFF):
        return "\ufffd"
    return "\u00b7"


def safe(text: str) -> str:
    """Return one line of text whose controls and bidi overrides are shown, not acted on."""
    if text.isascii() and text.isprintable():
        return text
    shown = _DANGEROUS.sub(lambda found: _visible(found[0]), text)
    return _MANY_MARKS.sub(lambda found: found[0][:_MARKS], shown)


def safe_block(text: str) -> str:
    """Return text of many lines made safe, with its line breaks kept."""
    return "\n".join(safe(line.expandtabs(4)) for line in text.replace("\r\n", "\n").split("\n"))


def width(text: str) -> int:
    """Return how many terminal cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Return text made exactly `cells` wide: padded, or cut with an ellipsis."""
    if cells <= 0:
        return ""
    have = width(text)
    if have > cells:
        text = set_cell_size(text, cells - 1) + "\u2026"
        have = width(text)
    blank = " " * (cells - have)
    return blank + text if right else text + blank


class OutputGuard(LineFilter):
    """The second lock: replaces controls that any widget still let through."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters."""
        if all(s.text.isprintable() for s in segments):
            return segments
        return list(self._cleaned(segments))

    def _cleaned(self, segments: Iterable[Segment]) -> Iterable[Segment]:
        for text, style, control in segments:
            yield Segment(text if control else safe(text), style, control)
