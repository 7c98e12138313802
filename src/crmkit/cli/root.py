"""The root of all commands: the program's own, and a group for every entity of the Model."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from crmkit.cli import COMPLETION
from crmkit.cli.failures import say_error
from crmkit.cli.opening import VARIABLE, Start, open_tui
from crmkit.cli.options import Branch
from crmkit.cli.shell import Shell
from crmkit.cli.topics import TOPICS
from crmkit.core.bringing import ShellCommand
from crmkit.core.errors import NotFound

OWN: dict[str, tuple[str, str]] = {
    "init": ("place", "Make a workspace in a folder."),
    "demo": ("place", "Look around in a made-up law firm."),
    "upgrade": ("place", "Bring the database up to date, after a backup."),
    "search": ("finding", "Find records by their words."),
    "log": ("journal", "Show what was done, newest first."),
    "undo": ("journal", "Take a commit back."),
    "audit": ("journal", "Check that the journal is whole."),
    "tick": ("reporting", "Do what time brings, from cron or a timer."),
    "plugin": ("plugins", "List the program's parts and the firm's; switch them on and off."),
    "automation": ("automating", "See, try and switch what follows by itself."),
    "custom": ("customizing", "Add fields, stages, roles and lists without code."),
    "serve": ("serving", "Serve those who come in over SSH."),
    "ssh": ("ssh", "Let people in over OpenSSH."),
    "who": ("presence", "Show who is here."),
    "kick": ("presence", "End the sessions of a user."),
    "access": ("finding", "Explain what a user may do, and why."),
    "doctor": ("health", "Check that everything is in order."),
    "info": ("health", "Show versions, paths and plugins."),
    "help": ("helping", "Show help on a command or a topic."),
}
"""The program's own commands: the module that has each, and what it does."""


class Root(Branch):
    """All commands; each is imported, and the Model loaded, only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name."""
        model = _shell(ctx).model
        return [
            *OWN, *(one.name for one in model.shell),
            *(e.name for e in model.shown if e.name not in OWN),
        ]  # fmt: skip

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by name; an entity also answers to its plural."""
        if name in OWN:
            module = import_module(f"crmkit.cli.{OWN[name][0]}")
            found: click.Command = getattr(module, name)
            return found
        if (one := verb(ctx, name)) is not None:
            from crmkit.cli.brought import brought

            return brought(one)
        from crmkit.cli.entity import entity_group

        try:
            entity = _shell(ctx).model.entity(name)
        except NotFound:
            return None
        return None if entity.spec.hidden else entity_group(entity)

    def missing(self, ctx: click.Context, name: str) -> str:
        """Return that there is no such command, and whose it is or what is near."""
        return _shell(ctx).unknown("command", name, self.list_commands(ctx))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in groups, without importing any of them."""
        model = _shell(ctx).model
        entities = model.shown
        records = [(e.name, e.spec.doc.split("\n")[0]) for e in entities if e.name not in OWN]
        for title, rows in (
            ("Records", records),
            ("Commands", [(name, text) for name, (_, text) in OWN.items()]),
            ("Of plugins", [(one.name, one.help or one.owner) for one in model.shell]),
            ("Topics", [(f"help {name}", text) for name, (text, _) in TOPICS.items()]),
        ):
            if not rows:
                continue
            with formatter.section(title):
                formatter.write_dl(rows)


def verb(ctx: click.Context, name: str) -> ShellCommand | None:
    """Return the command of a name that a plugin brings."""
    return next((one for one in _shell(ctx).model.shell if one.name == name), None)


def _shell(ctx: click.Context) -> Shell:
    if ctx.obj is None:
        ctx.obj = Shell(Start())
    shell: Shell = ctx.obj
    return shell


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from crmkit import __version__

        click.echo(f"crmkit {__version__}")
        ctx.exit()


def _safe(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from crmkit.app import SAFE

        os.environ[SAFE] = "1"


def _folder(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    found = Path(value) if value else None
    ctx.obj = Shell(Start(found))
    return found


@click.group(
    cls=Root, invoke_without_command=True, subcommand_metavar="[COMMAND] [ARGUMENTS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every record has: list, show, add, set, move, delete, restore, history, board, import. "
    "See crmkit lead --help.",
)  # fmt: skip
@click.option(
    "--workspace", metavar="DIR", is_eager=True, callback=_folder,
    help=f"The workspace's folder (or {VARIABLE}); else here, in a folder above, or your own.",
)  # fmt: skip
@click.option("--safe", is_flag=True, expose_value=False, is_eager=True, callback=_safe,
              help="Run none of the firm's plugins.")  # fmt: skip
@click.option("--as", "as_user", metavar="USER", help="Act as a user (for the workspace's owner).")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version,
              help="Show the version.")  # fmt: skip
@click.pass_context
def crmkit(ctx: click.Context, workspace: Path | None, as_user: str | None) -> Any:
    """A CRM for the keyboard. Without a command the terminal UI opens."""
    shell = _shell(ctx)
    shell.start = Start(workspace, as_user)
    ctx.call_on_close(shell.close)
    if ctx.invoked_subcommand is None:
        return open_tui(shell.start)
    return 0


def run(args: list[str]) -> int:
    """Run a command and return its exit code; CrmError passes through."""
    if instruction := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        return int(shell_complete(crmkit, {}, "crmkit", COMPLETION, instruction))
    return invoke(crmkit, args)


def invoke(group: click.Group, args: list[str], shell: Shell | None = None) -> int:
    """Run a command of a group and return its exit code; CrmError passes through."""
    try:
        with group.make_context("crmkit", args, obj=shell) as ctx:
            code = group.invoke(ctx)
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.UsageError as error:
        _complain(error)
        return 2
    except click.ClickException as error:
        say_error(error.format_message())
        return 1


def _complain(error: click.UsageError) -> None:
    path = error.ctx.command_path if error.ctx else "crmkit"
    message = error.format_message().strip().rstrip(".")
    ending = "" if message.endswith("?") else ";"
    say_error(f"{message[:1].lower()}{message[1:]}{ending} see {path} --help")
