"""An entity's commands that read: list, show and board."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.options import FieldNames, Whole, Words, flow_option, format_option
from crmkit.cli.records import BATCH, Writer, columns
from crmkit.cli.shell import Shell
from crmkit.cli.text import safe
from crmkit.core.entity import Record
from crmkit.core.expr import Everything
from crmkit.core.model import EntityModel
from crmkit.core.reading import BoardColumn
from crmkit.core.session import Session
from crmkit.core.showing import FORMATS

SCREENFUL = 100
"""How many records a table lists on a terminal unless told otherwise."""
FILES = ("csv", "tsv")
"""The formats of a list that are files to take away: they ask for the verb `export`."""


def listing(entity: EntityModel) -> click.Command:
    """Return the command `list`."""

    @click.command("list", cls=Words, epilog=f"""\b
        Examples:
          crmkit {entity.name} list
          crmkit {entity.name} list '"free words" created_at>=-7d'
          crmkit {entity.name} list --sort -created_at --limit 10 --format json
        See crmkit help filters.""")  # fmt: skip
    @click.argument("filter", nargs=-1, metavar="[FILTER]", type=FieldNames(entity, ":"))
    @click.option("--sort", metavar="FIELD", default="", help="Sort by a field; -FIELD descending.")
    @click.option(
        "--limit",
        metavar="N",
        type=Whole(min=0),
        help=f"List at most N; 0 lists all. On a terminal {SCREENFUL}, else all.",
    )
    @click.option(
        "--columns",
        "wanted",
        metavar="FIELD,...",
        default="",
        help="Only these fields, in this order.",
    )
    @click.option("--deleted", is_flag=True, help="List deleted records, which can be restored.")
    @format_option(*FORMATS)
    @click.pass_obj
    def run(shell: Shell, filter: tuple[str, ...], sort: str, limit: int | None, wanted: str,
            deleted: bool, form: str) -> None:  # fmt: skip
        session, model = shell.session, shell.entity(entity.name)
        most = limit if limit is not None else _usual_limit(form)
        text = " ".join(filter)
        writer = Writer(session, model, columns(session, model, wanted))
        found = pages(session, model, text, sort, most, deleted=deleted, export=form in FILES)
        writer.write(form, _begun(found))

    run.help = f"List {entity.plural.lower()} that a filter finds; a terminal shows the first."
    return run


def _usual_limit(form: str) -> int:
    return SCREENFUL if form == "table" and output.on_terminal() else 0


def _begun(records: Iterator[Record]) -> Iterator[Record]:
    """Fetch the first page at once: a list that is refused writes nothing, not even a header."""
    return chain(list(islice(records, 1)), records)


def pages(
    session: Session,
    entity: EntityModel,
    filter: str,
    sort: str,
    most: int,
    *,
    deleted: bool = False,
    export: bool = False,
) -> Iterator[Record]:
    """Yield the records of a list page by page; 0 is all of them. Says when more are left."""
    cursor, count = None, 0
    while True:
        size = min(BATCH, most - count) if most else BATCH
        page = session.find(
            entity.name, filter, sort=sort, limit=size, after=cursor, deleted=deleted,
            export=export,
        )  # fmt: skip
        yield from page
        count += len(page)
        cursor = page.next
        if cursor is None:
            if export and not deleted:
                _say_kept_back(session, entity, filter, count)
            return
        if most and count >= most:
            _say_more(session, entity, filter, count, deleted)
            return


def _say_more(
    session: Session, entity: EntityModel, filter: str, count: int, deleted: bool
) -> None:
    if deleted or not output.on_terminal():
        return
    total = session.count(entity.name, filter)
    if total > count:
        output.say(f"{count:,} of {total:,}; --limit 0 lists all")


def _say_kept_back(session: Session, entity: EntityModel, filter: str, count: int) -> None:
    """Tell how many records may be read, but not exported."""
    if isinstance(session.rights.scope(entity, "export"), Everything):
        return
    kept = session.count(entity.name, filter) - count
    if kept > 0:
        grant = f"{entity.name}.export"
        output.say(f"{kept:,} not exported: the grant {grant} does not reach them")


def showing(entity: EntityModel) -> click.Command:
    """Return the command `show`."""

    @click.command("show")
    @click.argument("id", type=Whole(min=1))
    @click.option("--deleted", is_flag=True, help="Show it although it is deleted.")
    @format_option()
    @click.pass_obj
    def run(shell: Shell, id: int, deleted: bool, form: str) -> None:
        session, model = shell.session, shell.entity(entity.name)
        record = session.get(entity.name, id, deleted=deleted)
        if record.id != id:
            output.say(f"{entity.label} {id} was merged into {record.id} {record.title}")
        writer = Writer(session, model)
        if form == "json":
            output.write_object(next(writer.objects([record])))
        elif form == "table":
            _show(session, model, record)
        else:
            writer.write(form, [record])

    run.help = f"Show one {entity.label.lower()} with all its fields."
    return run


def _show(session: Session, entity: EntityModel, record: Record) -> None:
    shown = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at")
    system = [entity.by_key[key] for key in shown if record.get(entity.by_key[key]) is not None]
    fields = [*system[:2], *session.visible_fields(entity.name), *system[2:]]
    texts = session.display_many([record], fields)[0]
    names = [entity.short(f) for f in fields]
    room = max(map(len, names))
    bold, plain = (output.BOLD, output.PLAIN) if output.coloured() else ("", "")
    for name, text in zip(names, texts, strict=True):
        first, *rest = text.splitlines() or [""]
        output.write(f"{bold}{name.ljust(room)}{plain}  {safe(first)}".rstrip())
        for line in rest:
            output.write(f"{' ' * room}  {safe(line)}".rstrip())
    for section in session.panels(record):
        output.write(f"\n{bold}{safe(section.label)}{plain}")
        width = max(len(line.label) for line in section.lines)
        for found in section.lines:
            label = f"  {safe(found.label).ljust(width)}" if width else ""
            output.write(f"{label}  {safe(found.text)}".rstrip())


def boarding(entity: EntityModel) -> click.Command:
    """Return the command `board`."""

    @click.command("board", cls=Words)
    @click.argument("filter", nargs=-1, metavar="[FILTER]", type=FieldNames(entity, ":"))
    @flow_option()
    @format_option()
    @click.pass_obj
    def run(shell: Shell, filter: tuple[str, ...], flow: str, form: str) -> None:
        found = shell.session.board(entity.name, " ".join(filter), flow=flow)
        if form == "json":
            output.write_json(_column_object(c) for c in found)
        else:
            names = ("state", "label", "count", *(["sum", "currency"] if entity.amount else []))
            output.write_rows(form, names, (row for c in found for row in _column_rows(c, form)))

    summed = f", with the sum of each {entity.amount.label.lower()}" if entity.amount else ""
    run.help = f"Count the {entity.plural.lower()} in each state{summed}."
    return run


def _column_object(column: BoardColumn) -> dict[str, Any]:
    found: dict[str, Any] = {
        "state": column.state.code, "label": column.state.label, "count": column.count,
        "sum": str(column.sum.amount) if column.sum else None,
        "currency": column.sum.currency if column.sum else None,
    }  # fmt: skip
    if len(column.sums) > 1:
        found["sums"] = {c: str(money.amount) for c, money in column.sums.items()}
    return found


def _column_rows(column: BoardColumn, form: str) -> Iterator[dict[str, Any]]:
    main = _column_object(column)
    if form == "table" and column.sum:
        main["sum"] = f"{column.sum.amount:,}"
    yield main
    for currency, money in column.sums.items():
        if column.sum and currency != column.sum.currency:
            amount = f"{money.amount:,}" if form == "table" else str(money.amount)
            yield {"state": column.state.code, "sum": amount, "currency": currency}
