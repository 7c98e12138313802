"""What a program sends to its terminal, and what of it is not text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import pytest
from textual.drivers import headless_driver

_STYLE = "(?:[012347]|[34]8;5;[0-9]{1,3}|[34]8;2;[0-9]+;[0-9]+;[0-9]+)"
_SEQUENCE = re.compile(
    f"\x1b\\]22;[a-z-]+\x07|\x1b\\[{_STYLE}(?:;{_STYLE})*m|\x1b\\[(?P<row>[0-9]+);(?P<column>[0-9]+)H"
)
"""All that the program itself sends: styles (no blink, no conceal, none of the old sixteen
colours), and where it writes next."""

_BIDI = frozenset("\u061c\u200e\u200f") | frozenset(map(chr, [*range(0x202A, 0x202F),
                                                              *range(0x2066, 0x2070)]))  # fmt: skip


class Recording:
    """Everything that was written, since it was last looked at."""

    def __init__(self) -> None:
        self._written: list[str] = []

    def take(self) -> str:
        """Return it, and begin anew."""
        text = "".join(self._written)
        self._written.clear()
        return text

    def installed(self, patch: pytest.MonkeyPatch) -> Recording:
        """Record what apps that are run under a pilot send, as a terminal would get it."""
        written = self._written

        class Recorder(headless_driver.HeadlessDriver):
            is_headless = False  # or nothing is rendered

            def write(self, data: str) -> None:
                data.encode()  # what cannot be encoded cannot be sent
                written.append(data)

        patch.setattr(headless_driver, "HeadlessDriver", Recorder)
        return self


def leaks(sent: str, size: tuple[int, int] = (0, 0), allowed: str = "") -> list[str]:
    """Return what in a program's output is neither text nor one of its own sequences.

    `size` is the terminal's, columns first; `allowed` are controls that are in their place.
    """
    return list(_leaks(sent, size, allowed))


def _leaks(sent: str, size: tuple[int, int], allowed: str) -> Iterator[str]:
    at = 0
    for found in _SEQUENCE.finditer(sent):
        yield from _raw(sent[at : found.start()], allowed)
        at = found.end()
        if found["row"] and not (int(found["row"]) <= size[1] and int(found["column"]) <= size[0]):
            yield repr(found[0])
    yield from _raw(sent[at:], allowed)


def _raw(text: str, allowed: str) -> Iterator[str]:
    for at, char in enumerate(text):
        joins = char in "\u200c\u200d" and _joins(text, at)
        if char not in allowed and not joins and _acts(char):
            yield f"{char!r} in {text[max(0, at - 12) : at + 12]!r}"


def _acts(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Cc", "Cs", "Cf", "Zl", "Zp")
        or char in _BIDI
        or 0xE0000 <= ord(char) <= 0xE0FFF
        or ord(char) & 0xFFFE == 0xFFFE
    )


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands between two characters of a script, or of emoji."""
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(around) == 2 and all(ord(char) > 0xFF for char in around)
