"""The log of a server: who came, from where, what was asked, how long it took, how it ended.

One line of JSON each. No personal values ever: what may be said is a list of facts, and a command
is told by its verb alone. The house writes it; a session inside its walls cannot.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

FACTS = ("user", "uid", "origin", "verb", "ms", "seconds", "outcome", "code", "why")
"""What a line may say besides `at`, `event` and `pid`."""

Fact = str | int | float | None

LOGIN, REFUSED, ENDED, FAILED, STARTED, STOPPED = (
    "session", "refused", "end", "failed", "start", "stop",
)  # fmt: skip
"""The events: a session began, was turned away, ended; something broke; the house began, ended."""

STANDARD_ERROR = 2
"""The other place to write to; under systemd it is the journal of the machine."""
TUI = "tui"
_LONGEST = 200

_OF_RECORDS = frozenset(
    {"list", "show", "add", "set", "move", "delete", "restore", "history", "import", "export",
     "count", "board", "run", "search", "merge", "undo"}
)  # fmt: skip

_place: Path | int | None = None
_known: frozenset[str] = frozenset()


def know(words: Iterable[str]) -> None:
    """Let commands be told by these first words; whatever else somebody typed may name somebody."""
    global _known
    _known = frozenset(words)


def to(place: Path | int | None) -> None:
    """Let `record` write to a file, or an open one's number; None: nowhere, as at the start."""
    global _place
    _place = place


def place(workspace: Path, setting: str) -> Path | int:
    """Return what `[server] log` means: a file (of the workspace, unless the path is a whole one),
    or standard error.
    """
    return workspace / setting if setting else STANDARD_ERROR


def record(event: str, *, pid: int = 0, **facts: Fact) -> None:
    """Add a line about a process (0: this one). Facts that are None are left out.

    The file is opened anew each time, so that whatever rotates it may move it away; a line that
    cannot be written is lost. TypeError for a fact that is not one of FACTS.
    """
    _append(event, pid or os.getpid(), facts)


def _append(event: str, pid: int, facts: dict[str, Fact]) -> None:
    if strange := sorted(facts.keys() - set(FACTS)):
        raise TypeError(f"{strange[0]} is nothing that may be logged")
    if _place is None:
        return
    line = _line(event, pid, facts)
    with suppress(OSError):
        if isinstance(_place, int):
            os.write(_place, line)
            return
        _place.parent.mkdir(mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        file = os.open(_place, flags, 0o600)
        try:
            # One call: lines of several processes never run into one another.
            os.write(file, line)
        finally:
            os.close(file)


@contextmanager
def timed(event: str, **facts: Fact) -> Iterator[dict[str, Fact]]:
    """Add a line once the work inside has ended, with how long it took, and 'failed' if it broke.

    More facts may be put into what is yielded.
    """
    began = monotonic()
    told: dict[str, Fact] = {"outcome": "ok", **facts}
    try:
        yield told
    except BaseException as error:
        told |= {"outcome": "failed", "why": type(error).__name__}
        raise
    finally:
        told["ms"] = round((monotonic() - began) * 1000)
        _append(event, os.getpid(), told)


def verb(command: str | None) -> str:
    """Return what a remote command is told by: its first words, if there is such a command.

    No command is the terminal UI; what is none is '?'.
    """
    if command is None or command.strip() in ("", "-", TUI):
        return TUI
    try:
        words = shlex.split(command)[:2]
    except ValueError:
        return "?"
    if not words or words[0].casefold() not in _known:
        return "?"
    return " ".join(words) if len(words) > 1 and words[1] in _OF_RECORDS else words[0]


def _line(event: str, pid: int, facts: dict[str, Fact]) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told: dict[str, Fact] = {"at": now, "event": event, "pid": pid}
    for name in FACTS:
        value = facts.get(name)
        if isinstance(value, str):
            # Whatever the caller took for the verb: words that may name somebody go no further.
            told[name] = verb(value) if name == "verb" else value[:_LONGEST]
        elif value is not None:
            told[name] = value
    # ASCII only: nothing in it can do anything to the terminal of whoever reads it.
    return (json.dumps(told, ensure_ascii=True).replace("\x7f", "\\u007f") + "\n").encode()
