"""What `ssh crm-door@host WORDS` runs: verbs on data, as the user of the key; never a shell."""

from __future__ import annotations

import shlex
from copy import copy
from pathlib import Path
from typing import Any

import click

from crmkit.cli.opening import Start
from crmkit.cli.options import Branch
from crmkit.cli.root import OWN, Root, invoke, verb
from crmkit.cli.shell import Shell
from crmkit.core.errors import Usage
from crmkit.core.serving import READ_ONLY

ALLOWED = frozenset({"search", "log", "undo", "who", "kick", "access", "help"})
"""The program's own commands that work on data; of entities all do, of plugins' some."""

SETTINGS = frozenset({"custom", "automation"})
"""What somebody with the grant may look for here, and is told where it is."""


class Inward(click.types.StringParamType):
    """What stands for a file: standard input, and nothing of the server."""

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> Any:
        """Return the path that means standard input; Usage for every other."""
        if str(value) != "-" or not isinstance(param, click.Argument):
            raise Usage("there are no files here: give - and send the file, < FILE")
        return Path("-")


class Remote(Root):
    """The commands that may be given from elsewhere, without any that reaches files."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of what may be given."""
        return [name for name in super().list_commands(ctx) if _allowed(ctx, name)]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by name; None for those that are not on the list."""
        if name in SETTINGS:
            raise Usage(READ_ONLY)
        if not _allowed(ctx, name):
            return None
        found = super().get_command(ctx, name)
        return found and inward(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands that may be given."""
        Branch.format_commands(self, ctx, formatter)


def _allowed(ctx: click.Context, name: str) -> bool:
    if name in OWN:
        return name in ALLOWED
    brought = verb(ctx, name)
    return brought is None or brought.remote


def inward(command: click.Command) -> click.Command:
    """Return a command, and those in it, for which no word is a path."""
    made = copy(command)
    made.params = [_inward(param) for param in command.params]
    if isinstance(made, click.Group):
        made.commands = {name: inward(one) for name, one in made.commands.items()}
    return made


def _inward(param: click.Parameter) -> click.Parameter:
    if not isinstance(param.type, click.Path | click.File):
        return param
    made = copy(param)
    made.type = Inward()
    return made


def run_remote(workspace: Path, user: str, command: str) -> int:
    """Run a command that somebody sent, as him, and return its exit code; CrmError passes.

    The words are split as a shell does, and that is all of a shell there is: nothing in them
    stands for other words, programs, files or variables.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Usage(f"the command cannot be read: {error}") from None
    return invoke(_root(), words, Shell(Start(workspace, user)))


def _root() -> Remote:
    @click.group(
        cls=Remote, invoke_without_command=True, subcommand_metavar="COMMAND [ARGUMENTS]...",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )  # fmt: skip
    @click.pass_context
    def crmkit(ctx: click.Context) -> None:
        """A CRM, over SSH: a command works on records; without one the terminal UI opens."""
        ctx.call_on_close(ctx.obj.close)
        if ctx.invoked_subcommand is None:
            raise Usage("say what to do, as in: lead list")

    assert isinstance(crmkit, Remote)
    return crmkit
