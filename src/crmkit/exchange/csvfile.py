"""Tables out of CSV files that others wrote, row by row, never whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from attrs import define

from crmkit.exchange.dialect import Dialect, detect_dialect
from crmkit.exchange.encoding import (
    MIXED,
    Unreadable,
    encoding_of,
    odd_lines,
    open_binary,
    open_text,
)
from crmkit.exchange.records import SourceRow, read_records

__all__ = ["SourceRow", "Table", "Unreadable", "read_table", "unique_names"]

_SAMPLE_LINES = 200
_SAMPLE_SIZE = 1 << 18
_STEP = 100


@define
class Table:
    """A CSV file: its name, its columns' names, and its rows as often as wanted.

    `size` is the file's bytes and `read` those that the latest reading has passed, for a progress
    bar.
    """

    name: str
    columns: list[str]
    encoding: str
    dialect: Dialect
    size: int
    source: Path | BinaryIO
    has_header: bool = True
    read: int = 0

    @property
    def delimiter(self) -> str:
        """The character between cells."""
        return self.dialect.delimiter

    def odd_lines(self) -> list[int]:
        """Return the lines with bytes that are not in the encoding, and were read all the same."""
        if self.encoding != MIXED:
            return []
        file = open_binary(self.source)
        try:
            return list(odd_lines(file))
        finally:
            if isinstance(self.source, Path):
                file.close()

    @property
    def rows(self) -> Iterator[SourceRow]:
        """A new reading of the rows, one at a time, from the first; Unreadable on bad bytes.

        Short rows are filled up with blank cells. A row of more cells than columns has a problem,
        unless those too many are blank. NUL characters stay in their cells.
        """
        width = len(self.columns)
        text = open_text(self.source, self.encoding)
        try:
            records = _records(text, self.dialect)
            for number, row in enumerate(islice(records, int(self.has_header), None)):
                if number % _STEP == 0:
                    self.read = min(_binary(text).tell(), self.size)
                yield row if row.problem else _fitted(row, width)
            self.read = self.size
        except UnicodeError:
            raise Unreadable(f"{self.name} is not in {self.encoding}; name its encoding") from None
        finally:
            _let_go(text, self.source)


def read_table(
    source: Path | str | BinaryIO,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: bool = True,
    name: str = "",
) -> Table:
    """Return the table in a CSV file; Unreadable says in one line why there is none.

    Delimiter and encoding are detected where they are not given. A stream stays the caller's to
    close; one that cannot seek is copied first. Without a `header` the columns are called
    `column 1`, `column 2` and so on, as many as the first row has cells. `name` is what the source
    is called in what is said of it.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise Unreadable(f"{delimiter!r} cannot separate cells; name one character, such as ;")
    name = name or (str(source) if isinstance(source, Path | str) else "the input")
    kept = Path(source) if isinstance(source, Path | str) else open_binary(source)
    try:
        text = open_text(kept, encoding)
    except Unreadable as error:
        raise Unreadable(_about(name, str(error))) from None
    try:
        size = _binary(text).seek(0, 2)
        text.seek(0)
        lines = _sample(text)
        dialect = detect_dialect(lines, delimiter)
        text.seek(0)
        first = next(_records(text, dialect), None)
    except UnicodeError:
        raise Unreadable(f"{name} is not in {text.encoding}; name its encoding") from None
    finally:
        _let_go(text, kept)
    if first is None:
        raise Unreadable(f"{name} is empty")
    if first.problem:
        raise Unreadable(f"{name}: the header cannot be read, {first.problem}")
    columns = unique_names(first.cells if header else [""] * len(first.cells))
    return Table(name, columns, encoding_of(text), dialect, size, kept, header)


def unique_names(header: list[str]) -> list[str]:
    """Return a header's names, each once: a blank one is `column 3`, a second one `Name (2)`.

    Runs of space and line ends in a name are one space.
    """
    names = [" ".join(cell.split()) or f"column {at}" for at, cell in enumerate(header, 1)]
    taken: set[str] = set()
    for at, name in enumerate(names):
        unique, number = name, 1
        while unique in taken or (number > 1 and unique in names):
            number += 1
            unique = f"{name} ({number})"
        names[at] = unique
        taken.add(unique)
    return names


def _records(text: TextIOWrapper, dialect: Dialect) -> Iterator[SourceRow]:
    return read_records(islice(text, dialect.skip, None), dialect, start=1 + dialect.skip)


def _sample(text: TextIOWrapper) -> list[str]:
    """Return the first lines, complete ones where there is more than one."""
    lines: list[str] = []
    size = 0
    for line in islice(text, _SAMPLE_LINES):
        lines.append(line)
        size += len(line)
        if size > _SAMPLE_SIZE:
            break
    return lines


def _fitted(row: SourceRow, width: int) -> SourceRow:
    cells = row.cells
    if len(cells) == width:
        return row
    if len(cells) < width:
        return SourceRow(row.line, cells + [""] * (width - len(cells)))
    if any(cell.strip() for cell in cells[width:]):
        there = f"{width} column" + ("s" if width > 1 else "")
        return SourceRow(row.line, cells, f"it has {len(cells)} cells for {there}")
    return SourceRow(row.line, cells[:width])


def _binary(text: TextIOWrapper) -> BinaryIO:
    return cast(BinaryIO, text.buffer)


def _let_go(text: TextIOWrapper, source: Path | BinaryIO) -> None:
    """Close what was opened here, and leave a caller's stream open."""
    if isinstance(source, Path):
        text.close()
    else:
        with suppress(ValueError):
            text.detach()


def _about(name: str, reason: str) -> str:
    """Return the reason with the file's name, once."""
    return reason if name in reason or repr(name) in reason else f"{name} cannot be read: {reason}"
