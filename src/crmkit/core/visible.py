"""Text from data on its way to a terminal: nothing in it acts, everything in it is seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category

MARKS = 4
"""How many marks without a width one character keeps; more would paint over other lines."""

_NEWLINE, _TAB = "\n\u2028\u2029", "\t"
_JOINERS = "\u200c\u200d"
_TURNED = "\u2194"
"""Stands for a character that would turn the direction of the text around it."""

_HIDDEN = "\u00b7"
"""Stands for a character that has neither a shape nor a width."""

DANGEROUS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\uffa0\ufeff\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(chr((plane << 16) + end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_MAYBE_MARKS = re.compile("[\u0300-\uffff\U00010000-\U0010ffff]")
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ACTING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+")
_BROKEN = re.compile("[\ud800-\udfff\ufdd0-\ufdef]")


def safe(text: str) -> str:
    """Return one line of text in which controls, bidi overrides and the like are shown.

    None of them reaches the terminal to be acted on. Scripts and emoji keep the joiners that they
    need; of many marks on one character the first few stay.
    """
    if text.isascii():
        return text if text.isprintable() else DANGEROUS.sub(_visible, text)
    return _safe(text)


@lru_cache(2048)
def _safe(text: str) -> str:
    shown = whole_flags(DANGEROUS.sub(_visible, text))
    return "".join(_few_marks(shown)) if _MAYBE_MARKS.search(shown) else shown


def tamed(text: str) -> str:
    """Return data in which nothing acts on a terminal, and all else is as it was.

    Tabs, line breaks, joiners and marks stay, so that a file of ordinary text is still the same.
    """
    return text if text.isprintable() else _ACTING.sub(_visible, text)


def whole_flags(text: str) -> str:
    """Return text in which half a flag, whose width no two terminals agree on, is its letter."""
    return text if text.isascii() else _FLAGS.sub(_paired, text)


def _paired(found: re.Match[str]) -> str:
    flags = found[0]
    if len(flags) % 2 == 0:
        return flags
    return flags[:-1] + chr(ord(flags[-1]) - 0x1F1E6 + ord("A"))


def _visible(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if char in _NEWLINE:
        return "\u21b5"
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if code < 0xA0:
        return "\u2426"
    if char in _JOINERS:
        text, at = found.string, found.start()
        return char if _joins(text[at - 1 : at], text[at + 1 : at + 2]) else _HIDDEN
    if _TURNING.match(char):
        return _TURNED
    if _BROKEN.match(char) or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    return _HIDDEN


def _joins(before: str, after: str) -> bool:
    """Return whether a joiner stands between two characters that can be joined."""
    return all(c > "\u00ff" and not c.isspace() and not DANGEROUS.match(c)
               for c in (before or " ", after or " "))  # fmt: skip


def _few_marks(text: str) -> Iterator[str]:
    run = 0
    for at, char in enumerate(text):
        joiner = char in _JOINERS
        if not joiner and category(char) not in ("Mn", "Me"):
            run = 0
        elif at == 0:
            yield "\u25cc"  # a mark needs a character to stand on
            run = 1
        else:
            run += 1
        if run < MARKS or (run == MARKS and not joiner):
            yield char


def alike(text: str) -> str:
    """Return a line of the same length in which each such character is shown by another one.

    It is for what is being edited: a place in it is the same place in the text itself.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = whole_flags(DANGEROUS.sub(_visible, text))
    return "".join(_shown_marks(shown)) if _MAYBE_MARKS.search(shown) else shown


def _shown_marks(text: str) -> Iterator[str]:
    run = 0
    for at, char in enumerate(text):
        marks = char in _JOINERS or category(char) in ("Mn", "Me")
        run = run + 1 if marks else 0
        yield char if run <= MARKS and (at or not marks) else _HIDDEN


def safe_block(text: str) -> str:
    """Return text of many lines made safe, with its line breaks kept and tabs as spaces."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(safe(line.expandtabs(4)) for line in lines)
