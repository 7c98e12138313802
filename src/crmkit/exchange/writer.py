"""Tables into CSV and TSV, in the form that reads back to exactly the same cells.

UTF-8 without a byte order mark, lines end with a line feed, quotation marks stand only where
they are needed and are doubled inside cells. Values are written as they are: a text that a
spreadsheet would take for a formula (`=1+1`) is not altered, since it would come back altered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TextIO


def write_table(
    stream: TextIO,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    delimiter: str = ",",
) -> int:
    """Write a header and rows of text; return how many rows. The stream has `newline=""`."""
    write = stream.write
    write(table_line(columns, delimiter))
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last one is the count
        write(table_line(row, delimiter))
    return count


def table_line(cells: Sequence[str], delimiter: str = ",") -> str:
    """Return one row as a line, with its line feed."""
    special = _special(delimiter).search
    line = delimiter.join(_quoted(cell) if special(cell) else cell for cell in cells)
    # A single blank cell, or blank text alone on its line, would read as no row at all.
    return (line or _quoted("")) + "\n"


@cache
def _special(delimiter: str) -> re.Pattern[str]:
    """Return what finds a cell that needs quotation marks; apostrophes may be taken for them."""
    return re.compile(rf"[\"\r\n{re.escape(delimiter)}]|^[\s'\ufeff]|\s$")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
