"""Importing a file: every row lands or is accounted for, in one commit that undo takes back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from crmkit.core.errors import CrmError, Fault, Invalid, NotFound, Usage
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.unit import Unit
from crmkit.exchange.cells import Reading
from crmkit.exchange.csvfile import Table, Unreadable, read_table
from crmkit.exchange.landing import Job, Landing, counted
from crmkit.exchange.mapping import field_named, make_mapping
from crmkit.exchange.options import DATE_ORDERS, DECIMAL_MARKS, ImportOptions, Progress
from crmkit.exchange.report import ImportReport
from crmkit.exchange.survey import Question, Survey, read_replacements, settle

__all__ = ["ImportOptions", "ImportReport", "Progress", "Question", "run_import"]


class _DryRun(Exception):
    """Ends the transaction of a dry run."""


@contextmanager
def _opened_for(session: Session, job: Job) -> Iterator[Unit]:
    """Open a transaction of an import, and note its commit."""
    report, before = job.report, job.report.imported
    part = f", part {len(report.commits) + 1}" if job.batched else ""
    try:
        with session.transaction(job.label() + part) as unit:
            unit.lenient = True
            yield unit
            if job.options.dry_run:
                raise _DryRun
    except _DryRun:
        return
    except BaseException:
        report.imported = before
        raise
    if unit.commit:
        report.commits.append(unit.commit.id)
        report.commit = unit.commit.id


@contextmanager
def _telling_what_landed(report: ImportReport) -> Iterator[None]:
    """Where an import in batches fails, say what of it is there."""
    try:
        yield
    except CrmError as error:
        if not report.commits:
            raise
        first, last = report.commits[0], report.commits[-1]
        raise Fault(
            f"{error}; {report.imported:,} rows before that are imported, "
            f"in the commits {first} to {last}"
        ) from error


def run_import(
    session: Session,
    entity: str,
    source: Path | str | BinaryIO,
    options: ImportOptions | None = None,
) -> ImportReport:
    """Import a CSV file's rows as records of an entity: in one commit, unless in batches.

    Raises Denied without the grant to create them, Usage for a field or column that is not
    there, Invalid (with everything that is unknown) for words of choices and for ambiguous dates.
    """
    asked = options or ImportOptions()
    model = session.model.entity(entity)
    session.rights.demand(model, "create")
    file = Path(source) if isinstance(source, str) else source
    job = _prepare(session, model, file, asked)
    with _no_garbage_collection(), _telling_what_landed(job.report):
        Landing(job).run(lambda: _opened_for(session, job))
    return job.report


def _prepare(
    session: Session, model: EntityModel, source: Path | BinaryIO, options: ImportOptions
) -> Job:
    if options.dates and options.dates not in DATE_ORDERS:
        raise Usage(f"{options.dates!r} is no order of dates; write {', '.join(DATE_ORDERS)}")
    if options.decimal and options.decimal not in DECIMAL_MARKS:
        raise Usage(
            f"{options.decimal!r} is no decimal mark; write one of {' '.join(DECIMAL_MARKS)}"
        )
    locale = session.locale
    constants, currency = _constants(session, model, options)
    table = _opened(source, options)
    columns = make_mapping(
        model, table.columns, options.map, key=options.key, ignore=options.ignore,
        constants=constants,
    )  # fmt: skip
    if not columns.targets:
        raise Usage(
            f"no column is called like a field of {model.name}; name them: --map FIELD=COLUMN "
            f"(columns: {', '.join(table.columns)})"
        )
    named = [(field_named(model, name), text, meant) for name, text, meant in options.values]
    replacements = read_replacements(model, named, locale)
    survey = Survey.of(counted(table, "Reading", None, options.progress), columns)
    settled = settle(
        model,
        columns,
        survey,
        replacements,
        locale,
        dates=options.dates,
        decimal=options.decimal,
        ask=options.ask,
    )
    report = ImportReport(
        entity=model.name, path=_called(source, options), dry_run=options.dry_run,
        rows=survey.rows or 0, encoding=table.encoding, delimiter=table.delimiter,
        unmapped=columns.unmapped(),
        absent={
            name: whose for name in columns.unmapped()
            if (whose := model.absent.whose("field", name, model.name))
        },
        mapped=[(table.columns[at], str(target)) for at, target in columns.targets],
        read_as=[*_guessed(table, options), *settled.notes],
    )  # fmt: skip
    for line in table.odd_lines():
        report.suspect("bytes that are not UTF-8, read as cp1252", line)
    reading = Reading(locale, settled, replacements.by_field, currency)
    return Job(
        model=model, table=table, options=options, columns=columns, constants=constants,
        reading=reading, by=_compared(session, model, options), report=report,
        total=survey.rows,
    )  # fmt: skip


def _guessed(table: Table, options: ImportOptions) -> list[str]:
    """Return what is to be said of an encoding that nothing in the file proves."""
    if options.encoding or table.encoding.startswith("utf"):
        return []
    return [f"read as {table.encoding}, since it is not UTF-8; --encoding names another"]


def _opened(source: Path | BinaryIO, options: ImportOptions) -> Table:
    name = _called(source, options)
    if isinstance(source, Path):
        if not source.exists():
            raise NotFound(f"there is no file {name}")
        if options.rejects is not None and _same(options.rejects, source):
            raise Usage("the rejected rows would overwrite the file; name another with --rejects")
    try:
        return read_table(
            source, delimiter=options.delimiter, encoding=options.encoding, name=name
        )  # fmt: skip
    except Unreadable as error:
        raise Invalid(str(error)) from None


def _called(source: Path | BinaryIO, options: ImportOptions) -> str:
    return options.called or (str(source) if isinstance(source, Path) else "the input")


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _constants(
    session: Session, model: EntityModel, options: ImportOptions
) -> tuple[dict[Field, Any], str]:
    found: dict[Field, Any] = {}
    currency = ""
    for name, text in options.set:
        if name.endswith(".currency"):
            field_named(model, name.removesuffix(".currency"))
            currency = text.strip().upper()
            continue
        f = field_named(model, name)
        found[f] = session.parse_field(model.name, f.key, text)
    return found, currency


def _compared(
    session: Session, model: EntityModel, options: ImportOptions
) -> dict[Field, dict[str, str]]:
    """Return, for reference fields, the field of each target that cells are compared with."""
    found: dict[Field, dict[str, str]] = {}
    for name, other in options.by:
        f = field_named(model, name)
        if not f.targets:
            raise Usage(f"{name} refers to no other record, so --by {name}={other} means nothing")
        targets = [session.model.entity(target) for target in f.targets]
        known = [target for target in targets if other in target.by_key]
        if not known:
            targets[0].field(other)
        found[f] = {target.name: target.field(other).key for target in known}
    return found


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Keep the collector from walking millions of live objects again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
