"""The command `help`: on a command, on an entity, or on a topic."""

from __future__ import annotations

import click

from crmkit.cli import output
from crmkit.cli.shell import Shell
from crmkit.cli.topics import TOPICS
from crmkit.core.errors import NotFound, Usage, unknown


@click.command(name="help")
@click.argument("words", nargs=-1, metavar="[COMMAND...|TOPIC]")
@click.pass_context
def help(ctx: click.Context, words: tuple[str, ...]) -> None:
    """Show help on a command, or on a topic such as filters or values."""
    root = ctx.find_root()
    if words and words[0] in TOPICS:
        if words[1:]:
            raise Usage(f"{words[0]} is a topic by itself: crmkit help {words[0]}")
        output.write(TOPICS[words[0]][1].rstrip())
    elif words == ("roles",):
        _write_roles(ctx.obj)
    else:
        output.write(_found(root, words).get_help())


def _found(root: click.Context, words: tuple[str, ...]) -> click.Context:
    here = root
    for word in words:
        group = here.command
        found = group.get_command(here, word) if isinstance(group, click.Group) else None
        if found is None:
            known = group.list_commands(here) if isinstance(group, click.Group) else []
            raise NotFound(unknown("command or topic", word, [*known, *TOPICS, "roles"]))
        here = click.Context(found, parent=here, info_name=word, **found.context_settings)
    return here


def _write_roles(shell: Shell) -> None:
    rows = (
        {"role": name, "what": next((r.label for r in roles if r.label), "")}
        for name, roles in shell.model.roles.items()
    )
    output.write_rows("table", ("role", "what"), rows)
