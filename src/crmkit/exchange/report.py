"""What an import did, row by row where something was not as it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from attrs import define, field, frozen

_SHOWN = 10
_PARTICULARS = re.compile(r"'[^']*'|\"[^\"]*\"|\b\S*\d\S*")
_KEPT = 1000


@frozen
class Rejected:
    """A row that was not imported: its line in the file, and why."""

    line: int
    reason: str


@define
class Suspicion:
    """Rows that look wrong in one way: how many, and the lines of the first of them."""

    what: str
    count: int = 0
    lines: list[int] = field(factory=list)

    def __str__(self) -> str:
        return f"{self.what}: {plural(self.count, 'row')} ({listed_lines(self.lines, self.count)})"


@define(kw_only=True)
class ImportReport:
    """The outcome of an import; `imported + rejected == rows`, always.

    `rejected_rows` and the lines of each suspicion hold the first thousand; the rejects file has
    every row. `created` counts missing records that were made, by entity; `commit` is the
    journal's commit, None after a dry run or where no row was good; of an import in batches the
    last one, and `commits` has them all.
    """

    entity: str
    path: str
    dry_run: bool = False
    encoding: str = ""
    delimiter: str = ""
    rows: int = 0
    imported: int = 0
    rejected: int = 0
    rejected_rows: list[Rejected] = field(factory=list)
    created: dict[str, int] = field(factory=dict)
    mapped: list[tuple[str, str]] = field(factory=list)
    unmapped: list[str] = field(factory=list)
    absent: dict[str, str] = field(factory=dict)
    """For columns that are not imported, whose fields they are named after."""
    read_as: list[str] = field(factory=list)
    suspicions: dict[str, Suspicion] = field(factory=dict)
    rejects_file: str = ""
    commit: int | None = None
    commits: list[int] = field(factory=list)

    def reject(self, line: int, reason: str) -> None:
        """Note a row that is not imported."""
        self.rejected += 1
        if len(self.rejected_rows) < _KEPT:
            self.rejected_rows.append(Rejected(line, reason))

    def suspect(self, what: str, line: int) -> None:
        """Note a row that is imported although it looks wrong."""
        found = self.suspicions.setdefault(what, Suspicion(what))
        found.count += 1
        if len(found.lines) < _KEPT:
            found.lines.append(line)

    def reasons(self) -> Mapping[str, list[Rejected]]:
        """Return the rejected rows that are kept, by reason without its names and numbers."""
        found: dict[str, list[Rejected]] = {}
        for row in self.rejected_rows:
            found.setdefault(_PARTICULARS.sub("*", row.reason), []).append(row)
        return found

    def lines(self) -> Iterator[str]:
        """Yield the report as people read it, a line each."""
        would = "would be " if self.dry_run else ""
        yield (
            f"{plural(self.rows, 'row')}: {self.imported:,} {would}imported, "
            f"{self.rejected:,} {would}rejected"
        )
        for entity, count in self.created.items():
            yield f"{count} missing {entity} {would}created"
        yield from self.read_as
        yield from map(str, self.suspicions.values())
        if self.unmapped:
            yield f"columns not imported: {', '.join(self.unmapped)}"
        yield from (f"column {name}: {whose}" for name, whose in self.absent.items())
        yield from self._rejections()

    def _rejections(self) -> Iterator[str]:
        reasons = sorted(self.reasons().values(), key=lambda rows: -len(rows))
        for rows in reasons[:_SHOWN]:
            alike = "" if len({row.reason for row in rows}) == 1 else ", and the like"
            lines = listed_lines([row.line for row in rows], len(rows))
            yield f"rejected: {rows[0].reason}{alike}: {plural(len(rows), 'row')} ({lines})"
        if len(reasons) > _SHOWN:
            yield f"rejected for {len(reasons) - _SHOWN} more reasons"
        if self.rejected > len(self.rejected_rows):
            yield f"only the first {len(self.rejected_rows):,} rejected rows are told of here"
        if self.rejects_file:
            yield f"the rejected rows are in {self.rejects_file}"
        elif self.rejected:
            yield "write the rejected rows to a file with --rejects FILE"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, as in `1 row` or `3 rows`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed_lines(lines: list[int], count: int) -> str:
    """Return the first line numbers in words."""
    shown = ", ".join(map(str, lines[:_SHOWN]))
    more = f" and {count - _SHOWN:,} more" if count > _SHOWN else ""
    return f"line{'' if count == 1 else 's'} {shown}{more}"
