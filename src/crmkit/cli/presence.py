"""Commands on who is here: who, and kick."""

from __future__ import annotations

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
    """End the sessions of a user, or one by its number; what is being typed there is kept."""
    session = shell.session
    if "admin" not in session.actor.roles:
        raise Denied("only an admin ends the sessions of others", grant="admin")
    place = presence.folder(shell.place.path)
    found = [p for p in presence.everybody(place) if who in (p.user, str(p.pid))]
    if not found:
        raise NotFound(f"no session of {who} is open; see who is here: crmkit who")
    for p in found:
        presence.end(place, p, session.actor.name)
        output.say(f"ended the session {p.pid} of {p.user}")
