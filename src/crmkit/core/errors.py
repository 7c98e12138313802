"""What can go wrong, as a user hears it: one clear line and an exit code each."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, ClassVar


class CrmError(Exception):
    """The base of every error that is a user's or an administrator's to mend."""

    exit_code: ClassVar[int] = 1


class Fault(CrmError):
    """The program, a plugin or the database is not in order."""


class Unreadable(Fault):
    """The journal holds a commit that somebody broke; `commit` is its number."""

    def __init__(self, why: str, *, commit: int) -> None:
        super().__init__(f"commit {commit}: {why}")
        self.commit = commit


class Interrupted(Fault):
    """The database gave up a transaction, and nothing of it was saved: it may be tried again."""


class SentAway(CrmError):
    """The session was ended: by an admin, by its user elsewhere, or as he was switched off."""

    exit_code = 7


class Usage(CrmError):
    """A command was called in a way it does not understand."""

    exit_code = 2


class NotFound(CrmError):
    """No such record, entity, user or file, or none that the actor may see."""

    exit_code = 3


class Conflict(CrmError):
    """Somebody saved the record first.

    `mine`, `theirs` and `base` hold the values of the fields that differ, by field key.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        mine: Mapping[str, Any] | None = None,
        theirs: Mapping[str, Any] | None = None,
        base: Mapping[str, Any] | None = None,
        record: Any = None,
    ) -> None:
        super().__init__(message)
        self.mine = dict(mine or {})
        self.theirs = dict(theirs or {})
        self.base = dict(base or {})
        self.record = record


class Denied(CrmError):
    """Policy says no; `grant` is the grant that is missing."""

    exit_code = 5

    def __init__(self, message: str, *, grant: str = "") -> None:
        super().__init__(message)
        self.grant = grant


class Invalid(CrmError):
    """Values that cannot be saved; `problems` maps field keys to sentences ('' = the record)."""

    exit_code = 6

    def __init__(self, problems: Mapping[str, str] | str) -> None:
        self.problems = {"": problems} if isinstance(problems, str) else dict(problems)
        super().__init__("; ".join(f"{k}: {v}" if k else v for k, v in self.problems.items()))


class Refused(CrmError):
    """A guard, a workflow or a command refused, and says why."""

    exit_code = 6


class Detour(Refused):
    """A move that is made by a command: `command` is its name, as in `lead.convert`."""

    def __init__(self, message: str, *, command: str) -> None:
        super().__init__(message)
        self.command = command


LONGEST = 400
"""The most characters that a message passes on of a text that is not the program's own."""


def brief(text: str) -> str:
    """Return a text as one line, cut where it is longer than a message should be."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()} ..."


def raised(error: BaseException) -> str:
    """Return what was raised, and what it says of itself where it is able to."""
    try:
        text = str(error)
    except BaseException:
        text = "what it says cannot be shown"
    return brief(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def unknown(what: str, name: str, known: list[str]) -> str:
    """Return 'no such ...' with the nearest known names, for an error's text."""
    near = get_close_matches(name, known, n=2, cutoff=0.55)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no {what} {name!r}{hint}"
