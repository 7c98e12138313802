"""Amounts as people write them: `1,234.56`, `1.234,56`, `$1,200`, `(45.00)`, `1 234,50`.

Which of point and comma is the decimal mark is decided by the whole column. A single mark before
exactly three digits decides nothing; where nothing decides, the point is the decimal mark, so
that `1,234` is one thousand and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal


class AmbiguousNumbers(ValueError):
    """A column that has the point as decimal mark in one value, and the comma in another."""

    def __init__(self, point: str, comma: str) -> None:
        self.examples = (point, comma)
        super().__init__(f"both point and comma are the decimal mark: {point!r} and {comma!r}")


_LONGEST = 60
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "US$": "USD"}
_UNIT = r"US\$|[$€£¥]|[A-Za-z]{3}"
_STARTS_WITH_UNIT = re.compile(rf"(?:{_UNIT})\s*(?=[\d.,()+−-])", re.ASCII)
_ENDS_WITH_UNIT = re.compile(rf"(?<=[\d.,)-])\s*(?:{_UNIT})$", re.ASCII)
_BARE = re.compile(r"[\d.,'’ ]*\d[.,]?", re.ASCII)
_SPACES = str.maketrans("\u00a0\u202f\u2009\u2007", "    ")
_EXPONENT = re.compile(r"\d+(?:[.,]\d+)?[eE][-+]?\d{1,2}", re.ASCII)


def infer_decimal_mark(values: Iterable[str]) -> str:
    """Return the decimal mark of a column, '.' or ','; AmbiguousNumbers if it has both.

    Values that are no numbers are passed over.
    """
    seen: dict[str, str] = {}
    for text in values:
        bare = _taken_apart(text)
        mark = _evident_mark(bare[0]) if bare else ""
        if mark:
            seen.setdefault(mark, text.strip())
    if len(seen) > 1:
        raise AmbiguousNumbers(seen["."], seen[","])
    return next(iter(seen), ".")


def read_amount(text: str, mark: str = ".") -> Decimal | None:
    """Return the amount, None for a blank; ValueError where it is none by this decimal mark.

    Parentheses, and a minus before or after, make it negative. Currencies are left out:
    `currency_of` tells them.
    """
    if not text.strip():
        return None
    parts = _taken_apart(text)
    plain = _plain(parts[0], mark) if parts else None
    if parts is None or plain is None:
        shown = text.strip() if len(text.strip()) <= 40 else text.strip()[:37] + "..."
        raise ValueError(f"{shown!r} is not an amount; write it as 1234.50")
    return -Decimal(plain) if parts[1] else Decimal(plain)


def currency_of(text: str) -> str:
    """Return the ISO 4217 code or the symbol's usual currency that stands with an amount, or ''."""
    parts = _taken_apart(text)
    return parts[2] if parts else ""


def _taken_apart(text: str) -> tuple[str, bool, str] | None:
    """Return an amount's digits with their marks, whether it is negative, and its currency."""
    said = text.translate(_SPACES).strip()
    if len(said) > _LONGEST:
        return None
    units: list[str] = []
    signs: list[str] = []
    rest = None
    while said != rest:
        rest = said
        if said.startswith("(") and said.endswith(")"):
            signs, said = [*signs, "-"], said[1:-1].strip()
        elif unit := _STARTS_WITH_UNIT.match(said):
            units, said = [*units, unit[0].strip()], said[unit.end() :]
        elif unit := _ENDS_WITH_UNIT.search(said):
            units, said = [*units, unit[0].strip()], said[: unit.start()]
        elif said.startswith(("-", "+", "−")):
            signs, said = [*signs, said[0]], said[1:].strip()
        elif said.endswith("-"):
            signs, said = [*signs, "-"], said[:-1].strip()
    if len(units) > 1 or len(signs) > 1 or not (_BARE.fullmatch(said) or _EXPONENT.fullmatch(said)):
        return None
    unit_said = "".join(units).upper()
    return said, signs not in ([], ["+"]), _SYMBOLS.get(unit_said, unit_said)


def _evident_mark(bare: str) -> str:
    """Return the decimal mark that a number can only have, '' where it may have either."""
    possible = [mark for mark in ".," if _plain(bare, mark) is not None]
    return possible[0] if len(possible) == 1 else ""


def _plain(bare: str, mark: str) -> str | None:
    """Return a number as Decimal reads it, None where its marks stand in wrong places."""
    if _EXPONENT.fullmatch(bare):
        return bare.replace(",", ".")
    whole, _, decimals = bare.partition(mark)
    gap = rf"[{'.' if mark == ',' else ','}'’ ]"
    # Groups of three, and of two before the last as in India.
    grouped = rf"[1-9]\d{{0,2}}(?P<gap>{gap})(?:\d{{2,3}}(?P=gap))*\d{{3}}"
    if not re.fullmatch(rf"\d*|{grouped}", whole, re.ASCII):
        return None
    if not re.fullmatch(r"\d*", decimals, re.ASCII):
        return None
    whole = re.sub(gap, "", whole) or "0"
    return f"{whole}.{decimals}" if decimals else whole
