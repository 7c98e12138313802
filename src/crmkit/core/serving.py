"""Served sessions: what the firm decides about them, and whether this process is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from socket import MSG_DONTWAIT, MSG_PEEK, socket
from typing import Any

from attrs import frozen

from crmkit.core.errors import unknown

READ_ONLY = "settings are read-only over the network: change them in a shell on the server itself"
"""What is said where `custom.toml` lies behind a session's walls."""


@frozen
class Visit:
    """How somebody came to this process from elsewhere."""

    key: str = ""
    """The fingerprint of the key that let him in; '' where it was none of ours."""
    house: socket | None = None
    """Where the house is asked for what a session cannot do itself."""


_served = False
_visit = Visit()


def served() -> bool:
    """Whether somebody from elsewhere sits at this process.

    Then nothing is offered that could reach outside the program: no editor, no file paths, no
    suspending, no screenshots.
    """
    return _served


def visit() -> Visit:
    """Return how he came; with nothing in it where he did not."""
    return _visit


def in_house() -> bool:
    """Whether the house that this session came in by is still there, and can end it itself."""
    if _visit.house is None:
        return False
    try:
        return bool(_visit.house.recv(1, MSG_PEEK | MSG_DONTWAIT))
    except BlockingIOError:
        return True
    except OSError:
        return False


def set_served(how: Visit = _visit) -> None:
    """Make this process a served session, for good."""
    global _served, _visit
    _served, _visit = True, how


@frozen(kw_only=True)
class Serving:
    """The section `[server]` of `crmkit.toml`."""

    socket: str = ""
    """Where the house listens; '' for the usual place."""
    door: str = ""
    """The account that OpenSSH lets people in as; it may ask for sessions of anybody."""
    motd: str = ""
    """What everybody is told on coming in."""
    max_sessions: int = 200
    max_sessions_per_user: int = 10
    idle_lock: timedelta = timedelta(0)
    """After how long without a key a session locks itself; zero for never."""
    require_sandbox: bool = False
    """Whether there are no sessions where the kernel cannot wall them in."""
    log: str = ""
    """The file of who came, from where and how long; '' for standard error."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text in quotes")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number from 1")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _length(value: Any) -> timedelta:
    found = _LENGTH.fullmatch(_text(value).strip())
    if not found:
        raise ValueError('must be a length of time such as "15 min" or "2h"')
    return int(found[1]) * _UNITS[found[2][0]]


_LENGTH = re.compile(r"(\d{1,6}) ?(m|min|minutes?|h|hours?)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1)}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "socket": _text, "door": _text, "motd": _text, "log": _text, "max_sessions": _count,
    "max_sessions_per_user": _count, "idle_lock": _length, "require_sandbox": _switch,
}  # fmt: skip


def read_serving(section: Any, key: str = "server") -> Serving:
    """Return what a section says; ValueError says what is wrong in it."""
    if not isinstance(section, dict):
        raise ValueError(f"{key} must be a section: [{key}]")
    found: dict[str, Any] = {}
    for name, value in section.items():
        if name not in _READERS:
            raise ValueError(f"[{key}] {unknown('setting', name, list(_READERS))}")
        try:
            found[name] = _READERS[name](value)
        except ValueError as error:
            raise ValueError(f"[{key}] {name} {error}") from None
    return Serving(**found)
