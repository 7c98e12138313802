"""The commands of the shell that plugins bring, and how what they return is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.entity_commands import option_of
from crmkit.cli.options import Words, format_option
from crmkit.cli.shell import Shell
from crmkit.cli.text import one_line
from crmkit.core import rules
from crmkit.core.bringing import ShellCommand
from crmkit.core.errors import Fault
from crmkit.core.kinds.numbers import Money
from crmkit.core.reports import Column, Sheet, shown


def brought(command: ShellCommand) -> click.Command:
    """Return the shell's command for one that a plugin brings."""

    @format_option()
    @click.pass_obj
    def run(shell: Shell, /, form: str, words: tuple[str, ...] = (), **texts: str | None) -> None:
        given = {key: text for key, text in texts.items() if text is not None}
        given |= _arguments(command, words)
        said = rules.parameters(command, shell.session.parse_params(command, given))
        write(shell, command, command.answer(shell.session, said), form)

    known = {f.name: f for f in command.fields}
    needed = any(known[name].required for name in command.arguments)
    names = " ".join(
        n.upper() if known[n].required else f"[{n.upper()}]" for n in command.arguments
    )
    words = click.Argument(["words"], nargs=-1, required=needed, metavar=names)
    examples = "\n".join(f"  {line}" for line in command.examples)
    made = Words(
        command.name, callback=run, help=command.help or None,
        epilog=f"\b\nExamples:\n{examples}" if examples else None,
        params=[
            *([words] if command.arguments else []),
            *(option_of(f) for f in command.fields if f.name not in command.arguments),
        ],
    )  # fmt: skip
    made.params += reversed(getattr(run, "__click_params__", []))
    return made


def _arguments(command: ShellCommand, words: tuple[str, ...]) -> dict[str, str]:
    """Return words by the parameters that they are; the last of those takes all that is left."""
    if not command.arguments:
        return {}
    *names, last = command.arguments
    found = dict(zip(names, words, strict=False))
    rest = " ".join(words[len(names) :])
    return found | ({last: rest} if rest else {})


def write(shell: Shell, command: ShellCommand, found: Any, form: str) -> None:
    """Write what a command returned: a text, a sheet, or rows."""
    if found is None:
        return
    if isinstance(found, str):
        for line in found.splitlines():
            output.write(one_line(line))
    elif isinstance(found, Sheet):
        write_sheet(shell, found, form)
    elif isinstance(found, list | tuple) and all(isinstance(row, Mapping) for row in found):
        columns = list(found[0]) if found else []
        output.write_rows(form, columns, ({k: _plain(v) for k, v in row.items()} for row in found))
    else:
        raise Fault(
            f"command {command.name} of plugin {command.owner} returned {type(found).__name__}, "
            "which is neither text nor a Sheet nor rows"
        )


def write_sheet(shell: Shell, sheet: Sheet, form: str) -> None:
    """Write the columns and rows of a report."""
    if form == "table":
        _write_table(shell, sheet)
        return
    keys = [c.key for c in sheet.columns]
    rows = [{key: _plain(row.get(key)) for key in keys} for row in sheet.rows]
    if form == "json" and sheet.single:
        output.write_object(rows[0])
    else:
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
