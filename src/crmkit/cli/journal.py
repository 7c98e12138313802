"""Commands on the journal: log, undo and audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.bar import Bar
from crmkit.cli.failures import say_error
from crmkit.cli.history import local, utc
from crmkit.cli.options import Branch, format_option
from crmkit.cli.people import user_number
from crmkit.cli.shell import Shell
from crmkit.core.journal import Commit

FAULT = 1


@click.command()
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="Show at most N commits.",
)
@click.option("--before", metavar="COMMIT", type=click.IntRange(min=1), help="Only older ones.")
@click.option("--by", "user", metavar="USER", help="Only what one user did.")
@format_option()  # fmt: skip
@click.pass_obj
def log(shell: Shell, limit: int, before: int | None, user: str | None, form: str) -> None:
    """Show what was done, newest first: one's own, or everybody's with the grant journal.read."""
    session = shell.session
    actor = user_number(session, user) if user else None
    commits = session.log(limit=limit, before=before, actor=actor)
    names = ("id", "at", "by", "via", "changes", "label")
    output.write_rows(form, names, _rows(shell, commits, form))


def _rows(shell: Shell, commits: list[Commit], form: str) -> Iterator[dict[str, Any]]:
    for commit in commits:
        yield {
            "id": commit.id,
            "at": local(shell.session, commit) if form == "table" else utc(commit),
            "by": commit.actor_name,
            "via": commit.via,
            "changes": commit.size,
            "label": commit.label,
            "undoes": commit.undoes,
        }


@click.command()
@click.argument("commit", required=False, type=click.IntRange(min=1))
@click.pass_obj
def undo(shell: Shell, commit: int | None) -> None:
    """Take a commit back: the one with a number (see log), or your newest that still stands."""
    done = shell.session.undo(commit)
    output.say(f"undid commit {done.undid.id}, {done.undid.label}: {done.count} changes put back")
    for line in done.left:
        output.say(f"left as it is: {line}")


@click.group(cls=Branch, no_args_is_help=False)
def audit() -> None:
    """Check that the journal is whole."""


@audit.command()
@click.pass_obj
def verify(shell: Shell) -> int:
    """Walk the journal's chain; faults go to standard error, and the exit code is 1.

    The last hash is printed: noted elsewhere, it shows later whether the end was cut off.
    """
    from crmkit.core.audit import verify as walk

    bar = Bar()
    try:
        found = walk(shell.crm.store, lambda done: bar.draw("Commits", done, 0))
    finally:
        bar.clear()
    for fault in found.faults:
        say_error(fault)
    output.say(f"{found.commits:,} commits, {found.changes:,} changes, {len(found.faults)} faults")
    output.write(found.head)
    return FAULT if found.faults else 0
