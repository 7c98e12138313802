"""Commands on who is here: who, and kick."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.options import format_option
from crmkit.cli.shell import Shell
from crmkit.core import presence
from crmkit.core.errors import Denied, NotFound
from crmkit.core.presence import Present
from crmkit.core.serving import visit
from crmkit.server import ending


@click.command()
@format_option()
@click.pass_obj
def who(shell: Shell, form: str) -> None:
    """Show who has the terminal UI open, since when, and where he is."""
    names = ("user", "pid", "since", "idle", "where")
    here = presence.everybody(presence.folder(shell.place.path))
    output.write_rows(form, names, _rows(shell, here, form))


def _rows(shell: Shell, here: list[Present], form: str) -> Iterator[dict[str, Any]]:
    session = shell.session
    titles = session.titles({(p.entity, p.id) for p in here if p.id})
    now = session.now
    for p in here:
        since = datetime.fromtimestamp(p.since, UTC)
        idle = max(0, int(now.timestamp() - p.active))
        told = session.locale.local(since).strftime("%Y-%m-%d %H:%M")
        yield {
            "user": p.user,
            "pid": p.pid,
            "since": told if form == "table" else since.isoformat(timespec="seconds"),
            "idle": _span(idle) if form == "table" else idle,
            "where": _where(p, titles.get((p.entity, p.id), "")),
        }


def _span(seconds: int) -> str:
    if seconds < 60:
        return "-"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _where(p: Present, title: str) -> str:
    if p.id:
        plain = f"{p.entity} {p.id}"
        said = plain if title in ("", plain) else f"{plain} {title}"
        return f"{said} (editing)" if p.editing else said
    return " ".join(filter(None, (p.entity, {"browse": "list"}.get(p.place, p.place))))


@click.command()
@click.argument("who", metavar="USER|PID")
@click.pass_obj
def kick(shell: Shell, who: str) -> None:
    """End the sessions of a user, or one by its number; what is being typed there is kept.

    Everybody may end his own, all but the one that this is given in; an admin those of others.
    """
    _demand_right(shell, who)
    if not end_sessions(shell, who):
        raise NotFound(f"no session of {who} is open; see who is here: crmkit who")


def _demand_right(shell: Shell, who: str) -> None:
    """Raise Denied for sessions of others; over the door, the house knows whose a number is."""
    actor = shell.session.actor
    if "admin" in actor.roles or who == actor.name or (visit().house and who.isdecimal()):
        return
    here = presence.everybody(presence.folder(shell.place.path))
    if (actor.name, who) not in [(p.user, str(p.pid)) for p in here]:
        raise Denied("only an admin ends the sessions of others", grant="admin")


def end_sessions(shell: Shell, who: str) -> int:
    """End the sessions of a user, or one by its number, but this one; return how many.

    The house ends those that it has. Others, in a terminal of this machine, are left a note.
    """
    actor, place = shell.session.actor, shell.place
    ended = ending.ask(place.path, place.config.server.socket, who, actor.name)
    for pid, user in ended.items():
        output.say(f"ended the session {pid} of {user}")
    folder = presence.folder(place.path)
    here = [p for p in presence.everybody(folder) if who in (p.user, str(p.pid))]
    others = [p for p in here if p.pid not in ended and p.pid != os.getpid()]
    if "admin" not in actor.roles:
        others = [p for p in others if p.user == actor.name]
    for p in others:
        presence.end(folder, p.pid, actor.name)
        output.say(f"told the session {p.pid} of {p.user} to end")
    return len(ended) + len(others)
