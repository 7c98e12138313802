"""Commands on the journal: log, undo and audit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Any

import click

from crmkit.cli import output
from crmkit.cli.bar import Bar
from crmkit.cli.failures import say_error
from crmkit.cli.history import local, utc
from crmkit.cli.options import Branch, Whole, format_option
from crmkit.cli.people import user_number
from crmkit.cli.shell import Shell
from crmkit.core.errors import Fault, Usage
from crmkit.core.journal import Commit

FAULT = 1


@click.command()
@click.option(
    "--limit",
    metavar="N",
    type=Whole(min=1),
    default=50,
    show_default=True,
    help="Show at most N commits.",
)
@click.option("--before", metavar="COMMIT", type=Whole(min=1), help="Only older ones.")
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
@click.argument("commit", required=False, type=Whole(min=1))
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
@click.option(
    "--anchor",
    "noted",
    metavar="FILE|-",
    type=click.File(encoding="utf-8"),
    help="Compare with what crmkit audit anchor noted.",
)
@click.option(
    "--records",
    is_flag=True,
    help="Also compare every record with the journal; this takes a while.",
)
@click.pass_obj
def verify(shell: Shell, noted: IO[str] | None, records: bool) -> int:
    """Walk the journal's chain; faults go to standard error, and the exit code is 1.

    The last hash is printed: noted elsewhere, it shows later whether the end was cut off.
    """
    from crmkit.core.anchor import read_anchors
    from crmkit.core.audit import compare_records
    from crmkit.core.audit import verify as walk

    anchors = read_anchors(_text(noted)) if noted else []
    if noted and not anchors:
        raise Usage("there is no anchor in it; crmkit audit anchor writes one")
    store, bar = shell.crm.store, Bar()
    try:
        found = walk(store, lambda done: bar.draw("Commits", done, 0), anchors)
        faults = [*found.faults, *store.verify()]
        if records:
            model = shell.crm.model
            faults += compare_records(store, model, lambda n: bar.draw("Records", n, 0))
    finally:
        bar.clear()
    for fault in faults:
        say_error(fault)
    held = f", {found.held:,} of {len(anchors):,} anchors hold" if anchors else ""
    output.say(f"{found.commits:,} commits, {found.changes:,} changes, {len(faults)} faults{held}")
    output.write(found.head)
    return FAULT if faults else 0


def _text(noted: IO[str]) -> str:
    try:
        return noted.read()
    except UnicodeDecodeError:
        raise Usage("there is no anchor in it, but bytes that are no text") from None


@audit.command()
@click.option(
    "--to",
    "target",
    metavar="FILE|-",
    default="-",
    show_default=True,
    help="A file to add the line to.",
)
@click.pass_obj
def anchor(shell: Shell, target: str) -> None:
    """Print the journal's head, to be kept where nobody who has the database can change it.

    Whoever holds it can tell later, by crmkit audit verify --anchor FILE, whether commits were
    cut off or written anew. Send it away every hour, by mail or to another machine.
    """
    from crmkit.core.anchor import heads

    lines = [head.line() for head in heads(shell.crm.store)]
    if target == "-":
        for line in lines:
            output.write(line)
        return
    text = "".join(f"{line}\n" for line in lines)
    try:
        handle = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Fault(f"{target} cannot be written: {error.strerror}") from None
    output.say(f"added to {target}")
