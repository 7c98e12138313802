"""Records out of lines of CSV, so that one bad quotation mark costs one record and not the file."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field, frozen

from crmkit.exchange.dialect import Dialect

LONGEST_RECORD = 16_000_000
"""Characters; a record beyond it has lost its closing quotation mark."""

_END = "\x1e end \x1e"
_LOOKED_AT = 20

csv.field_size_limit(2**31 - 1)


@frozen
class SourceRow:
    """One record: the line it starts on (from 1), its cells, and why it cannot be used, if so.

    Cells are as many as the columns, except where `problem` says that there are too many.
    """

    line: int
    cells: list[str]
    problem: str | None = None


class _TooLong(Exception):
    """A record that never ends."""


@define
class _Feed:
    """Gives lines to a reader, and remembers those of the record that is being read."""

    lines: Iterator[str]
    again: deque[str] = field(factory=deque)
    taken: list[str] = field(factory=list)
    size: int = 0
    ended: bool = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.again:
            line = self.again.popleft()
        else:
            try:
                line = next(self.lines)
            except StopIteration:
                if self.ended:
                    raise
                # It lands in the last cell if a quotation mark is still open, else in a row alone.
                self.ended, line = True, _END
        self.size += len(line)
        if self.size > LONGEST_RECORD:
            self.again.appendleft(line)
            raise _TooLong
        self.taken.append(line)
        return line

    def record(self) -> list[str]:
        """Return the lines of the record that was just read."""
        taken, self.taken, self.size = self.taken, [], 0
        return taken

    def give_back(self, lines: Iterable[str]) -> None:
        """Have lines read once more."""
        self.again.extendleft(reversed(list(lines)))


def read_records(lines: Iterable[str], dialect: Dialect, start: int = 1) -> Iterator[SourceRow]:
    """Yield the records of lines that keep their line ends; blank lines are left out.

    A record whose quotation marks don't match is one with a problem. If the lines after its
    first look like rows of their own, they are read as such.
    """
    feed = _Feed(iter(lines))
    line, width = start, 0
    reader = dialect.reader(feed)
    while True:
        cells, broken = _next(reader)
        raw = feed.record()
        if cells == [_END] or not raw:
            return
        if len(raw) > 1 or broken:
            broken = broken or _broken(raw, dialect)
        if broken:
            raw = [text for text in raw if text is not _END]
            first, rest = _without_rows(raw, dialect, width)
            feed.give_back(rest)
            feed.ended = False
            yield SourceRow(line, _plain_cells(first, dialect), broken)
            line += len(first)
            reader = dialect.reader(feed)
            continue
        if cells:
            width = width or len(cells)
            yield SourceRow(line, cells)
        line += len(raw)


def _next(reader: Iterator[list[str]]) -> tuple[list[str] | None, str]:
    try:
        return next(reader), ""
    except StopIteration:
        return None, ""
    except _TooLong:
        return None, "a quotation mark is opened and not closed"
    except csv.Error as error:
        return None, f"it cannot be divided into cells: {error}"


def _broken(raw: Sequence[str], dialect: Dialect) -> str:
    """Return what is wrong with the quotation marks of a record of several lines."""
    if raw[-1] is _END:
        return "a quotation mark is opened and not closed"
    try:
        list(dialect.reader(raw, strict=True))
    except csv.Error:
        return "a quotation mark stands in the middle of a cell of several lines"
    return ""


def _without_rows(
    raw: Sequence[str], dialect: Dialect, width: int
) -> tuple[Sequence[str], Sequence[str]]:
    """Return a broken record's own lines, and those which are rows that it swallowed."""
    rest = raw[1:]
    looked_at = [line for line in rest[:_LOOKED_AT] if line.strip()]
    counts = [len(_plain_cells([line], dialect)) for line in looked_at]
    rows = sum(count == width for count in counts)
    return (raw[:1], rest) if looked_at and rows * 2 >= len(looked_at) else (raw, [])


def _plain_cells(raw: Sequence[str], dialect: Dialect) -> list[str]:
    """Return the cells of lines whose quotation marks mean nothing."""
    text = "".join(raw).rstrip("\r\n")
    return text.split(dialect.delimiter) if len(raw) == 1 else [text]
