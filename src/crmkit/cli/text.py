"""Text from data on its way to a terminal: nothing in it acts, everything in it is seen."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from crmkit.core.visible import DANGEROUS, safe, safe_block, tamed, whole_flags

__all__ = [
    "cut",
    "escaped",
    "fitted",
    "guarded_output",
    "harmless",
    "one_line",
    "safe",
    "safe_block",
    "tamed",
    "width",
]

ELLIPSIS = "…"
_OURS = re.compile("(\n|\x1b\\[[01]m|\r\x1b\\[K)")
"""What the shell itself sends: the ends of lines, bold and plain, and the wiped line of a bar."""


def escaped(json_text: str) -> str:
    """Return JSON in which such characters are escapes, so that it is still JSON."""
    if json_text.isascii() and "\x7f" not in json_text:  # all other controls are escapes already
        return json_text
    return DANGEROUS.sub(lambda f: f[0] if f[0] == "\n" else _escape(ord(f[0])), json_text)


def _escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def harmless(text: str) -> str:
    """Return lines of ours in which whatever would act is shown, but for a few sequences."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(p if n % 2 else safe(p) for n, p in enumerate(_OURS.split(text)))


class OutputGuard:
    """A stream of text, the second lock: only text and a few sequences of our own go through.

    A pipe may end at a terminal too, as that of `ssh host crmkit` does. Data that is to stay as it
    is goes past it, to `buffer`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, in which whatever would act is shown."""
        self._stream.write(harmless(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write lines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded_output() -> Iterator[None]:
    """Guard standard output and standard error."""
    out, err = sys.stdout, sys.stderr
    try:
        sys.stdout, sys.stderr = cast(TextIO, OutputGuard(out)), cast(TextIO, OutputGuard(err))
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def one_line(text: str) -> str:
    """Return text on one line, safe for a terminal."""
    return safe(" ".join(text.splitlines()) if "\n" in text else text)


def width(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fitted(text: str, cells: int, *, right: bool = False) -> str:
    """Return text padded or cut (with an ellipsis) to a width in terminal cells."""
    room = cells - width(text)
    if room < 0:
        text = cut(text, cells)
        room = cells - width(text)
    return " " * room + text if right else text + " " * room


def cut(text: str, cells: int) -> str:
    """Return the start of a text with an ellipsis, no wider than so many cells."""
    if width(text) <= cells:
        return text
    if text.isascii():
        return text[: cells - 1] + ELLIPSIS if cells > 0 else ""
    while text and width(text) > cells - 1:
        over = width(text) - (cells - 1)
        text = text[: -max(1, over // 2)]
    return whole_flags(text) + ELLIPSIS if cells > 0 else ""
