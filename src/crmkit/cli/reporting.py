"""The commands `report` and `tick`: what the figures say, and what time brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.options import Words, format_option
from crmkit.cli.shell import Shell
from crmkit.core.kinds.numbers import Money
from crmkit.core.reports import Column, Sheet, shown

FAULT = 1


@click.command(cls=Words, epilog="""\b
    Examples:
      crmkit report
      crmkit report satisfaction --by client
      crmkit report pipeline owner:me --format json""")  # fmt: skip
@click.argument("words", nargs=-1, metavar="[NAME] [FILTER]")
@click.option("--by", metavar="FIELD", default="", help="Divide the figures by a field or period.")
@format_option()
@click.pass_obj
def report(shell: Shell, words: tuple[str, ...], by: str, form: str) -> None:
    """Work out a report; without a name, list those you may run."""
    session = shell.session
    if not words:
        names = ("name", "label", "by", "help")
        output.write_rows(form, names, (
            {"name": r.name, "label": r.label, "by": ", ".join(r.by), "help": r.help}
            for r in session.model.reports.values() if session.may_report(r.name)
        ))  # fmt: skip
        return
    sheet = session.report(words[0], " ".join(words[1:]), by=by)
    if form == "json":
        rows = [{c.key: _plain(row.get(c.key)) for c in sheet.columns} for row in sheet.rows]
        if sheet.single:
            output.write_object(rows[0])
        else:
            output.write_json(rows)
    elif form == "table":
        _write_table(shell, sheet)
    else:
        keys = [c.key for c in sheet.columns]
        rows = [{c.key: _plain(row.get(c.key)) for c in sheet.columns} for row in sheet.rows]
        output.write_rows(form, keys, rows)


def _write_table(shell: Shell, sheet: Sheet) -> None:
    right = [n for n, c in enumerate(sheet.columns) if c.shape != "text"]
    rows = [_texts(shell, sheet.columns, row) for row in sheet.rows]
    if sheet.single and rows:
        pairs = [[c.label, text] for c, text in zip(sheet.columns, rows[0], strict=True)]
        output.write_table(["figure", "value"], pairs, [1], 0)
    else:
        output.write_table([c.label for c in sheet.columns], rows, right, 0)
    for line in sheet.notes:
        output.say(line)


def _texts(shell: Shell, columns: tuple[Column, ...], row: Mapping[str, Any]) -> list[str]:
    return [shown(c, row.get(c.key), shell.session.locale) for c in columns]


def _plain(value: Any) -> Any:
    """Return a value for programs: money as a decimal string, spans in hours."""
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    if isinstance(value, timedelta):
        return round(value.total_seconds() / 3600, 2)
    return value


@click.command()
@click.pass_obj
def tick(shell: Shell) -> int:
    """Do what time brings: run it from cron or a timer, every few minutes."""
    shell.demand_owner()
    done, failed = shell.crm.tick()
    for line in done:
        output.say(line)
    for line in failed:
        output.say(line)
    return FAULT if failed else 0
