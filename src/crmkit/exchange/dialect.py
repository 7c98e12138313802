"""How a file separates and quotes its cells, found by trying each way on its first lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve, frozen

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}
_SEP_LINE = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)


@frozen
class Dialect:
    """How cells are separated and quoted; `skip` lines stand before the header."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_spaces: bool = False
    """Whether spaces after a delimiter are no part of the cell."""
    skip: int = 0

    def reader(self, lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str]]:
        """Return a reader of lines that keep their line ends."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            skipinitialspace=self.skip_spaces,
            strict=strict,
        )

    def __str__(self) -> str:
        return NAMES.get(self.delimiter, repr(self.delimiter))


def detect_dialect(lines: Sequence[str], delimiter: str | None = None) -> Dialect:
    """Return the dialect of a file from its first lines, each with its line end.

    The delimiter is the one by which most rows have as many cells as the header, and if several
    do, the one that makes most cells; a comma if none makes two. A first line `sep=;` decides.
    """
    skip = 0
    if lines and (found := _SEP_LINE.fullmatch(lines[0])):
        delimiter, skip = delimiter or found[1], 1
        lines = lines[1:]
    quotes = ['"', "'"] if any("'" in line for line in lines) else ['"']
    choices = [
        Dialect(delimiter=d, quote=q, skip=skip)
        for d in ([delimiter] if delimiter else DELIMITERS)
        for q in quotes
        if q == '"' or _quotes_everything(lines, d)
    ]
    best = max(choices, key=lambda dialect: _fit(lines, dialect))
    if len(_rows(lines[:1], best)[0] if lines else []) < 2 and not delimiter:
        best = Dialect(skip=skip)
    best = evolve(best, skip_spaces=_spaced(lines, best))
    return evolve(best, escape=_escape(lines, best))


def _rows(lines: Sequence[str], dialect: Dialect, *, strict: bool = False) -> list[list[str]]:
    try:
        return [row for row in dialect.reader(lines, strict=strict) if row] or [[]]
    except csv.Error:
        return [[]]


def _fit(lines: Sequence[str], dialect: Dialect) -> tuple[bool, float, int, bool]:
    header, *rows = _rows(lines, dialect)
    like_header = sum(1.0 if len(row) == len(header) else 0.25 * (len(row) > 1) for row in rows)
    share = round(like_header / len(rows), 2) if rows else 1.0
    return len(header) > 1, share, len(header), dialect.quote == '"'


def _quotes_everything(lines: Sequence[str], delimiter: str) -> bool:
    """Whether nearly all lines begin and end with an apostrophe, and divide cells between two."""
    filled = [text for line in lines if (text := line.strip())]
    wrapped = sum(
        text[0] == text[-1] == "'" and f"'{delimiter}'" in text.replace(" ", "") for text in filled
    )
    return wrapped >= max(2, 0.8 * len(filled))


def _spaced(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether nearly every delimiter has a space after it, the header's too."""
    if dialect.delimiter.isspace() or not lines:
        return False
    header, *rows = _rows(lines, dialect)
    if len(header) < 2 or not all(cell.startswith(" ") for cell in header[1:]):
        return False
    cells = [cell for row in rows for cell in row[1:]]
    return sum(cell.startswith(" ") for cell in cells) >= 0.9 * len(cells)


def _escape(lines: Sequence[str], dialect: Dialect) -> str | None:
    r"""Return a backslash where quotes inside cells are written as \" and not doubled."""
    if not any("\\" + dialect.quote in line for line in lines):
        return None
    if _rows(lines, dialect, strict=True) != [[]]:
        return None
    escaped = evolve(dialect, escape="\\")
    return "\\" if _rows(lines, escaped, strict=True) != [[]] else None
