"""Who is here: a small file for each session, that says where it is.

It is soft: nothing is ever locked by it. A file that is not written anew counts for nothing
after a minute, and neither does one whose process is gone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import asdict, evolve, frozen

from crmkit.core import state

FRESH = 60.0
"""Seconds that a session counts as here after it said so."""

LATEST = 2.0**36
"""No moment that a file tells is as late as this, some 2,000 years from 1970."""


@frozen
class Present:
    """A session, and where it is. Times are seconds since the epoch."""

    pid: int
    user: str
    since: float
    active: float
    """When a key was pressed last."""
    place: str = ""
    """The kind of screen; '' while nothing is known."""
    entity: str = ""
    id: int = 0
    editing: bool = False
    born: str = ""
    """When the process was started, as the kernel counts: numbers of processes come again."""


def folder(workspace: Path) -> Path:
    """Return where a workspace keeps who is here."""
    return workspace / "state" / "present"


def announce(place: Path, mine: Present) -> bool:
    """Say where one is; False where it cannot be kept."""
    return state.write(place, f"{mine.pid}.json", asdict(evolve(mine, born=_born(mine.pid))))


def leave(place: Path, pid: int = 0) -> None:
    """Be here no more, or take away what a process has left (0: this one)."""
    for kind in ("json", "end"):
        try:
            state.forget(place, f"{pid or os.getpid()}.{kind}")
        except OSError:
            return


def everybody(place: Path) -> list[Present]:
    """Return who is here, by name; files of processes that are gone are thrown away."""
    return sorted(_living(place), key=lambda p: (p.user, p.since))


def _living(place: Path) -> Iterator[Present]:
    for path in place.glob("*.json"):
        found = _read(path)
        if found is None:
            continue
        if not _alive(found, path):
            _throw_away(path)
        elif _age(path) <= FRESH:
            yield found


def _read(path: Path) -> Present | None:
    data: dict[str, Any] = state.read(path.parent, path.name)
    try:
        found = Present(**data)
    except TypeError:
        return None
    texts = (found.user, found.place, found.entity, found.born)
    whole = isinstance(found.pid, int) and isinstance(found.id, int)
    sensible = (
        whole
        and path.stem == str(found.pid)
        and found.pid > 1
        and all(isinstance(text, str) for text in texts)
        and all(_is_moment(moment) for moment in (found.since, found.active))
    )
    return found if sensible else None


def _is_moment(seconds: object) -> bool:
    return isinstance(seconds, int | float) and 0 <= seconds < LATEST


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return FRESH + 1


def _alive(found: Present, path: Path) -> bool:
    """Whether the process that wrote the file still runs: the same one, of the same account."""
    try:
        os.kill(found.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    born = _born(found.pid)
    if born and found.born and born != found.born:
        return False
    try:
        return Path(f"/proc/{found.pid}").stat().st_uid == path.stat().st_uid
    except OSError:  # no such place here, or closed to a session that is walled in
        return path.exists()


def _born(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _throw_away(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        path.with_suffix(".end").unlink(missing_ok=True)
    except OSError:
        return


def end(place: Path, pid: int, by: str) -> None:
    """Ask a session to end, by a note that it looks for every few seconds.

    It is sent no signal: a file says whose number it is, and anybody's session may write one.
    """
    state.write(place, f"{pid}.end", {"by": by, "born": _born(pid)})


def ended_by(place: Path) -> str:
    """Return who asked this session to end; '' where nobody did."""
    note = state.read(place, f"{os.getpid()}.end")
    born = _born(os.getpid())
    return str(note.get("by", "")) if note.get("born", "") in ("", born) or not born else ""
