"""`crmkit user key`: the SSH keys that people come in with, for admins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.options import Branch, Whole, format_option
from crmkit.cli.presence import end_sessions
from crmkit.cli.shell import Shell
from crmkit.core.errors import Fault, NotFound
from crmkit.core.keys import ENTITY, LONGEST, read_key

COLUMNS = ("id", "user", "type", "fingerprint", "comment", "added")


@click.group(cls=Branch, no_args_is_help=False)
def key() -> None:
    """The SSH keys that people come in with; see docs/ssh.md."""


@key.command("add", epilog="""\b
    Examples:
      crmkit user key add anna ~/anna.pub
      ssh-add -L | head -n 1 | crmkit user key add anna -""")  # fmt: skip
@click.argument("name")
@click.argument("file", metavar="FILE|-",
                type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))  # fmt: skip
@click.pass_obj
def add(shell: Shell, name: str, file: Path) -> None:
    """Let a user in with a public key; its number is printed."""
    from crmkit.cli.people import user_number

    session = shell.session
    user = user_number(session, name)
    found = read_key(_text(file))
    values = {
        "user": user, "kind": found.kind, "body": found.body, "comment": found.comment,
        "fingerprint": found.fingerprint,
    }  # fmt: skip
    added = session.add(ENTITY, values)
    output.write(str(added.id))
    output.say(f"{name} may come in with {found.fingerprint}")


def _text(file: Path) -> str:
    most = 8 * LONGEST
    try:
        if str(file) == "-":
            return sys.stdin.read(most)
        with file.open(encoding="utf-8") as opened:
            return opened.read(most)
    except UnicodeDecodeError:
        raise Fault(f"{file} is not text: give the .pub file") from None
    except OSError as error:
        raise Fault(f"{file} cannot be read: {error.strerror}") from None


@key.command("list")
@click.argument("name", required=False)
@format_option()
@click.pass_obj
def list_keys(shell: Shell, name: str | None, form: str) -> None:
    """List the keys, of everybody or of one user."""
    output.write_rows(form, COLUMNS, _rows(shell, name))


def _rows(shell: Shell, name: str | None) -> Iterator[dict[str, Any]]:
    from crmkit.cli.people import user_number

    session = shell.session
    filter = f"user:{user_number(session, name)}" if name else ""
    found: list[Any] = list(session.find(ENTITY, filter, sort="id", limit=10_000))
    titles = session.titles({("user", one.user) for one in found})
    for one in found:
        added = session.locale.local(one.created_at).strftime("%Y-%m-%d %H:%M")
        yield {
            "id": one.id, "user": titles["user", one.user], "type": one.kind,
            "fingerprint": one.fingerprint, "comment": one.comment, "added": added,
        }  # fmt: skip


@key.command("revoke")
@click.argument("id", type=Whole(min=1))
@click.pass_obj
def revoke(shell: Shell, id: int) -> None:
    """Let nobody in with a key any more, and end the open sessions of its user."""
    session = shell.session
    try:
        found: Any = session.get(ENTITY, id)
    except NotFound:
        raise NotFound(f"there is no key {id}; find it with: crmkit user key list") from None
    session.delete(ENTITY, id)
    user = session.titles({("user", found.user)})["user", found.user]
    output.say(f"{user} cannot come in with {found.fingerprint} any more")
    end_sessions(shell, user)
