"""The run of one import: rows in chunks, from cells to records, in one transaction or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from crmkit.core.entity import Record
from crmkit.core.errors import Invalid, Refused
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.unit import Unit
from crmkit.exchange.cells import Reading, RowReader, row_reader
from crmkit.exchange.csvfile import SourceRow, Table, Unreadable
from crmkit.exchange.doubts import Doubts
from crmkit.exchange.mapping import Mapping
from crmkit.exchange.options import ImportOptions, Progress
from crmkit.exchange.refs import References, check_creatable, records_by
from crmkit.exchange.rejects import Rejects
from crmkit.exchange.report import ImportReport

_CHUNK = 5_000
Opened = Callable[[], AbstractContextManager[Unit]]


@frozen(kw_only=True)
class Job:
    """An import that is ready to run: the file, its columns and what they mean."""

    model: EntityModel
    table: Table
    options: ImportOptions
    columns: Mapping
    constants: dict[Field, Any]
    reading: Reading
    by: dict[Field, dict[str, str]]
    report: ImportReport
    total: int | None

    @property
    def batched(self) -> bool:
        """Whether it lands in several commits."""
        return self.options.batch > 0 and not self.options.dry_run

    def label(self) -> str:
        """Return what the journal calls the commit."""
        return f"Import {self.model.plural.lower()} from {Path(self.report.path).name}"


def counted(table: Table, doing: str, total: int | None, progress: Progress) -> Iterator[SourceRow]:
    """Yield a table's rows, and tell the progress now and then and at the end.

    Where the number of rows is not known, it is guessed from the part of the file that was read.
    """
    done = 0
    for done, row in enumerate(_readable(table), 1):
        if done % 1000 == 0:
            guess = done * table.size // table.read if table.read else 0
            progress(doing, done, guess if total is None else total)
        yield row
    progress(doing, done, done)


def _readable(table: Table) -> Iterator[SourceRow]:
    try:
        yield from table.rows
    except Unreadable as error:
        raise Invalid(str(error)) from None


@frozen
class _Row:
    """A row on its way into a record."""

    source: SourceRow
    cells: Sequence[str]
    values: dict[Field, Any]


@define
class Landing:
    """The run of one import."""

    job: Job
    unit: Unit = field(init=False)
    reader: RowReader = field(init=False)
    doubts: Doubts = field(init=False)
    rejects: Rejects = field(init=False)
    references: dict[Field, References] = field(factory=dict)
    keys: dict[str, int] = field(factory=dict)

    def run(self, opened: Opened) -> None:
        """Import every row; Refused where the file changed since it was looked through.

        `opened` begins a transaction: one for all, or one for each batch. The cells of a batch
        are read before its transaction begins, so that others wait for no more than they must.
        """
        job = self.job
        self.doubts = Doubts(job.model, job.columns, job.report)
        for f in job.columns.fields():
            if f.targets:
                self.references[f] = References(f, job.by.get(f, {}))
        self.reader = row_reader(job.columns, job.reading, self.references)
        with Rejects(job.options.rejects, job.columns.columns) as self.rejects:
            batches: Iterable[Iterable[list[_Row]]] = (self._chunks(_CHUNK),)
            if job.batched:
                batches = ([chunk] for chunk in self._chunks(job.options.batch))
            for batch in batches:
                with opened() as self.unit:
                    self._land(batch)
            if job.batched:
                self._check_whole()
        job.report.rejects_file = self.rejects.written

    def _chunks(self, size: int) -> Iterator[list[_Row]]:
        job = self.job
        rows = counted(job.table, "Importing", job.total, job.options.progress)
        while chunk := list(islice(rows, size)):
            yield [row for source in chunk if (row := self._read(source)) is not None]

    def _land(self, chunks: Iterable[list[_Row]]) -> None:
        """Import chunks in the transaction that is open now."""
        job, unit = self.job, self.unit
        scope = unit.rights.demand(job.model, "create")
        create = {unit.model.entity(name).name for name in job.options.create_missing}
        check_creatable(unit, create)
        for references in self.references.values():
            references.enter(unit, create)
        for rows in chunks:
            fresh = self._records(rows)
            job.report.imported += len(unit.insert(job.model, fresh, scope))
            unit.flush()
        for references in self.references.values():
            for name, count in references.made.items():
                job.report.created[name] = job.report.created.get(name, 0) + count
        if not job.batched:
            self._check_whole()

    def _check_whole(self) -> None:
        job = self.job
        landed = job.report.imported + job.report.rejected
        if job.total is None:
            job.report.rows = landed
        elif landed != job.total:
            came = "" if job.batched else ": nothing was imported; try again"
            raise Refused(f"{job.table.name} changed while it was read{came}")

    def _records(self, rows: list[_Row]) -> list[Record]:
        rows = self._known_once(rows)
        rows = self._referred(rows)
        return [record for row in rows if (record := self._built(row)) is not None]

    def _read(self, source: SourceRow) -> _Row | None:
        width = len(self.job.columns.columns)
        cells = list(source.cells)
        cells += [""] * (width - len(cells))
        self.doubts.row(cells, source.line)
        if source.problem:
            self._reject(source, source.problem)
            return None
        self.job.reading.cuts.clear()
        try:
            values = self.reader.read(cells)
        except Invalid as error:
            self._reject(source, str(error))
            return None
        for cut in self.job.reading.cuts:
            self.job.report.suspect(cut, source.line)
        return _Row(source, cells, values)

    def _reject(self, source: SourceRow, reason: str) -> None:
        self.job.report.reject(source.line, reason)
        self.rejects.write(source, reason)

    def _known_once(self, rows: list[_Row]) -> list[_Row]:
        """Reject rows whose key came before, in the file or in an earlier import."""
        key = self.job.columns.key
        if key is None:
            return rows
        by = next(t.field for at, t in self.job.columns.targets if at == key)
        texts = [row.cells[key] for row in rows if row.cells[key]]
        stored = records_by(self.unit, self.job.model, by, texts)
        name = self.job.columns.columns[key]
        left = []
        for row in rows:
            text = row.cells[key]
            earlier = self.keys.setdefault(text, row.source.line) if text else row.source.line
            if earlier != row.source.line:
                self._reject(row.source, f"{name} {text} is already that of line {earlier}")
            elif text in stored:
                at = f"{self.job.model.name} {stored[text][0].id}"
                self._reject(row.source, f"{name} {text} was imported before, as {at}")
            else:
                left.append(row)
        return left

    def _referred(self, rows: list[_Row]) -> list[_Row]:
        if not self.reader.refs:
            return rows
        named = [[ref.texts(row.cells) for ref in self.reader.refs] for row in rows]
        for at, ref in enumerate(self.reader.refs):
            ref.prepare(text for row in named for text, _ in row[at])
        left = []
        for row, texts in zip(rows, named, strict=True):
            try:
                row.values.update(self.reader.refer(texts))
                left.append(row)
            except Invalid as error:
                self._reject(row.source, str(error))
        return left

    def _built(self, row: _Row) -> Record | None:
        values = {**self.job.constants, **row.values}
        try:
            record = self.unit.draft(self.job.model, values)
        except (Invalid, Refused) as error:
            self._reject(row.source, str(error))
            return None
        self.doubts.record(row.cells, record, row.source.line)
        return record
