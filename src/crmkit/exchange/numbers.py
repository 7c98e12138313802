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
_UNIT = r"(?:US\$|[$€£¥]|[A-Za-z]{3})"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+−])?\s*(?P<before>{_UNIT})?\s*(?P<inner>\(|[-+−])?"
    rf"(?P<bare>[\d.,'’\s]*\d[.,]?)"
    rf"(?P<inner_end>[-)])?\s*(?P<after>{_UNIT})?(?P<close>\))?(?P<trailing>-)?",
    re.ASCII,
)
_SPACES = str.maketrans("\u00a0\u202f\u2009\u2007", "    ")
_EXPONENT = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d{1,2}", re.ASCII)


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
    if _EXPONENT.fullmatch(said):
        return said.lstrip("+-"), said.startswith("-"), ""
    found = _AMOUNT.fullmatch(said)
    if not found or (found["before"] and found["after"]):
        return None
    parens = bool(found["open"]), bool(found["close"])
    inner = found["inner"] == "(", found["inner_end"] == ")"
    if parens[0] != parens[1] or inner[0] != inner[1]:
        return None
    minus = [found["sign"], found["inner"], found["inner_end"], found["trailing"]]
    signs = [sign for sign in minus if sign and sign not in "()"]
    negative = [sign != "+" for sign in signs] + [True] * (parens[0] + inner[0])
    if len(negative) > 1:
        return None
    unit = found["before"] or found["after"] or ""
    return found["bare"].strip(), any(negative), _SYMBOLS.get(unit, unit.upper())


def _evident_mark(bare: str) -> str:
    """Return the decimal mark that a number can only have, '' where it may have either."""
    found = re.sub(r"[^.,]", "", bare)
    if not found or "e" in bare.lower():
        return ""
    last, other = found[-1], "," if found[-1] == "." else "."
    if other in found:
        return last if found.count(last) == 1 else ""
    if found.count(last) > 1:
        return other
    whole, _, decimals = bare.partition(last)
    if len(decimals) == 3 and 1 <= len(re.sub(r"\D", "", whole)) <= 3 and whole[0] != "0":
        return ""
    return last


def _plain(bare: str, mark: str) -> str | None:
    """Return a number as Decimal reads it, None where its marks stand in wrong places."""
    group = "." if mark == "," else ","
    if "e" in bare.lower():
        return bare.replace(",", ".")
    whole, _, decimals = bare.partition(mark)
    if not re.fullmatch(r"\d*", decimals, re.ASCII) or not (whole or decimals):
        return None
    gap = rf"[{group}'’ ]"
    grouped = rf"\d{{1,3}}(?:({gap})\d{{2,3}}(?:\1\d{{2,3}})*)?"
    if not re.fullmatch(r"\d*", whole, re.ASCII):
        if not re.fullmatch(grouped, whole, re.ASCII) or not re.search(r"\d{3}$", whole):
            return None
        whole = re.sub(gap, "", whole)
    return f"{whole or 0}.{decimals or 0}"
