"""The commands that plugins declare on an entity, with their parameters as options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.entity_writing import only_ids
from crmkit.cli.options import Assigning
from crmkit.cli.shell import Shell
from crmkit.core.declare import Command
from crmkit.core.entity import Record
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.session import Session


def declared(entity: EntityModel, command: Command) -> click.Command:
    """Return the shell's command for one that a plugin declares."""

    @click.pass_obj
    def run(shell: Shell, /, args: tuple[str, ...], **texts: str | None) -> None:
        said = {key: text for key, text in texts.items() if text is not None}
        args, words = _behind(command, args, said)
        ids = only_ids(entity, args)
        said |= words
        session = shell.session
        params = session.parse_params(command, said)
        likely = [line for id in ids for line in _likely(session, command, id, said)]
        with session.transaction() as unit:
            results = [unit.run(f"{entity.name}.{command.name}", id, params) for id in ids]
        for id, result in zip(ids, results, strict=True):
            say_result(session.model.entity(entity.name), command, id, result)
        for line in likely:
            output.say(line)

    summary = command.help or command.label or command.name
    return Assigning(
        command.name.replace("_", "-"),
        callback=run,
        help=summary,
        params=[
            click.Argument(["args"], nargs=-1, required=True, metavar=_metavar(command)),
            *(option_of(f, needed=f.name not in command.arguments) for f in command.fields),
        ],
    )


def _likely(session: Session, command: Command, id: int, said: Mapping[str, str]) -> Iterator[str]:
    """Yield which records, likely to be meant by parameters that are not given, were left out."""
    if command.proposals is None:
        return
    _, offers = session.propose(f"{command.entity}.{command.name}", id)
    best = {key: found[0] for key, found in offers.items() if found and key not in said}
    titles = session.titles((m.entity, m.id) for m in best.values())
    for key, match in best.items():
        option = f"--{key.replace('_', '-')} {match.id}"
        yield (
            f"{match.entity} {match.id} {titles[match.entity, match.id]} looks like the same "
            f"({', '.join(match.reasons)}): undo this, and say {option}"
        )


def _metavar(command: Command) -> str:
    known = {f.name: f for f in command.fields}
    words = [
        name.upper() if known[name].required else f"[{name.upper()}]" for name in command.arguments
    ]
    return " ".join(["ID...", *words])


def _behind(
    command: Command, args: tuple[str, ...], said: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the records' numbers, and the parameters given as words behind them."""
    known = {f.name: f for f in command.fields}
    wanted = [name for name in command.arguments if name not in said]
    words: dict[str, str] = {}
    for name in reversed(wanted):
        f = known[name]
        if len(args) < 2 or (args[-1].isdecimal() and not (f.required or f.targets)):
            break
        *front, words[name] = args
        args = tuple(front)
    return args, words


def option_of(f: Field, needed: bool = True) -> click.Option:
    """Return the option of a parameter; a flag needs no value."""
    options = ", ".join(f.kind.describe().get("options", {}))
    text = " ".join(part for part in (f.help or f.label, options and f"({options})") if part)
    alone: dict[str, Any] = {"is_flag": False, "flag_value": "yes"} if f.kind.name == "flag" else {}
    return click.Option(
        [f"--{f.name.replace('_', '-')}", f.name],
        metavar=(f.targets[0] if f.targets else f.kind.name).upper(),
        help=text,
        required=f.required and needed,
        **alone,
    )


def say_result(entity: EntityModel, command: Command, id: int, result: Any) -> None:
    """Say what a command returned: its message, or the record that came of it."""
    label = command.label or command.name
    if isinstance(result, str):
        output.say(result)
    elif isinstance(result, Record):
        output.say(f"{label}: {result.spec.label} {result.id} {result.title}")
    else:
        output.say(f"{label}: {entity.label} {id}")
