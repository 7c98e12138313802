"""Text from data on its way to a terminal: nothing in it acts, everything in it is seen."""

from __future__ import annotations

from crmkit.core.visible import DANGEROUS, safe

__all__ = ["cut", "escaped", "fitted", "one_line", "safe", "width"]

ELLIPSIS = "…"


def escaped(json_text: str) -> str:
    """Return JSON in which such characters are escapes, so that it is still JSON."""
    if json_text.isascii():
        return json_text
    return DANGEROUS.sub(lambda f: f[0] if f[0] == "\n" else _escape(ord(f[0])), json_text)


def _escape(code: int) -> str:
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


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
    return text + ELLIPSIS if cells > 0 else ""
