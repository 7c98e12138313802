"""A session: what a child of the house does, from the fork to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from crmkit.core.errors import CrmError, SentAway
from crmkit.core.serving import Visit, set_served
from crmkit.server import log, terminal, wire
from crmkit.server.request import Request

_DEFAULT = (
    signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD, signal.SIGWINCH, signal.SIGQUIT,
    signal.SIGALRM, signal.SIGTSTP,
)  # fmt: skip
_PATIENCE = 5.0
"""Seconds that whoever asked has to take the answer."""
_NOT_OURS = (
    "COLUMNS", "LINES", "EDITOR", "VISUAL", "PAGER", "BROWSER", "NO_COLOR", "COLORTERM",
    "TERM_PROGRAM", "NOTIFY_SOCKET",
)  # fmt: skip
_NOT_OURS_EITHER = ("SSH_", "SUDO_", "TEXTUAL_", "LISTEN_", "LC_")


@frozen
class Work:
    """What a house does for those who come: given by the shell, for the house knows no screens."""

    run: Callable[[Request], int]
    """Runs a session in a child, and returns its exit code."""
    wall: Callable[[], object]
    """Takes a child's rights away; a CrmError is told, and there is no session."""
    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """Answers a question that is asked without a terminal, in a child."""
    workspace: Path = Path()
    """Whose sessions these are."""


def serve_session(
    work: Work, line: socket.socket, request: Request, files: Sequence[int], house: socket.socket
) -> None:
    """Be a session in a process of its own, which ends with it.

    `line` leads to whoever attached the terminal; at `house` the house is asked something.
    """
    code, said = 1, ""
    end = terminal.Line(line)
    try:
        set_served(Visit(request.key, house))
        _settle(line, files, house)
        tidy_environment(request)
        work.wall()
        end.listen()
        code = work.run(request)
    except CrmError as error:
        code, said = error.exit_code, str(error)
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    except KeyboardInterrupt:
        code = 130
    except BaseException as error:
        said = f"the session cannot go on: {type(error).__name__}: {error}"
    finally:
        _flush()
        end.end(code, said)
        os._exit(code & 0xFF)


def serve_answer(
    line: socket.socket, answer: Callable[[], Mapping[str, Any]], keep: Sequence[int] = ()
) -> None:
    """Answer a question in a process of its own, which ends with it; some open files are kept."""
    try:
        _forget_parent(line, keep)
        found = dict(answer())
    except CrmError as error:
        found = _unanswered(error, error.exit_code, str(error))
    except BaseException as error:
        found = _unanswered(error, 1, f"{type(error).__name__}: {error}")
    with contextlib.suppress(OSError):
        line.settimeout(_PATIENCE)
        line.sendall(wire.packed(found))
    os._exit(0)


def _unanswered(error: BaseException, code: int, said: str) -> dict[str, Any]:
    # sshd throws away what it is told of it. Of what nobody foresaw, no value goes into the log.
    why = said if isinstance(error, CrmError) else type(error).__name__
    log.record(log.FAILED, why=f"a question was not answered: {why}")
    return {"exit": code, "say": said}


def _settle(line: socket.socket, files: Sequence[int], house: socket.socket) -> None:
    terminal.take(files)
    # The house writes the log; what is standard error here is somebody's terminal.
    log.to(None)
    _forget_parent(line, (house.fileno(),))
    signal.signal(signal.SIGHUP, _hung_up)
    signal.signal(signal.SIGTERM, _sent_away)


def _hung_up(number: int, frame: object) -> None:
    """End as a program does that is done: what is open is closed, and a transaction taken back."""
    raise SystemExit(128 + number)


def _sent_away(number: int, frame: object) -> None:
    raise SentAway("an admin, or you elsewhere, ended this session; what was saved is kept")


def _forget_parent(line: socket.socket, keep: Sequence[int]) -> None:
    signal.set_wakeup_fd(-1)
    for number in _DEFAULT:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.setsid()
    terminal.close_all_but(line.fileno(), *keep)
    line.setblocking(True)


def tidy_environment(request: Request) -> None:
    """Leave nothing in the environment of the house's own, or that programs are started by."""
    for name in list(os.environ):
        if name in _NOT_OURS or name.startswith(_NOT_OURS_EITHER):
            del os.environ[name]
    os.environ["TERM"] = request.term or "xterm-256color"
    if request.lang:
        os.environ["LANG"] = request.lang


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
