"""A house that gives way to a new one: the same process and socket, with what is new loaded."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from crmkit.server import log

SESSIONS = "CRMKIT_HOUSE_SESSIONS"
"""The environment variable in which a house tells its successor of the children it has."""
CHECK = "--check"
_FIRST = 3
"""The number of the first file that is handed over, as systemd does it."""


class Renewal:
    """Looks whether the program or its configuration was changed, and starts anew with it.

    First another process tries whether it can be loaded; if not, the house stays as it is. Whoever
    comes meanwhile waits at the socket, which never closes. To be made before anything is loaded.
    """

    def __init__(self, stamp: Callable[[], object], command: Sequence[str]) -> None:
        self._stamp = stamp
        self._command = list(command)
        self._seen = stamp()
        self._trial: subprocess.Popen[str] | None = None
        self._tried = False

    def begin(self) -> None:
        """Try what is there now."""
        self._seen, self._tried = self._stamp(), False
        if self._trial is not None:
            self._trial.kill()
            self._trial.communicate()
        self._trial = subprocess.Popen(
            [*self._command, CHECK], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip

    def due(self) -> bool:
        """Look whether anything was changed, and whether it can be loaded; then it is time."""
        if self._stamp() != self._seen:
            self.begin()
        if self._trial is None or self._trial.poll() is None:
            return self._tried
        code, told = self._trial.returncode, self._trial.communicate()[1]
        self._trial = None
        if code:
            why = told.strip().splitlines()[-1:] or [f"exit code {code}"]
            log.record(log.FAILED, why=f"what was changed cannot be loaded: {why[0]}")
        self._tried = not code
        return self._tried

    def take_over(
        self, listener: socket.socket,
        sessions: Mapping[int, tuple[str, socket.socket | None, float]],
    ) -> None:  # fmt: skip
        """Become the new house, if it can be; the children stay this process's children.

        Of each is told whose it is, at which file it asks the house, and since when it is there.
        """
        # What is signalled while the new one is loading waits until it can hear.
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP,))
        kept = {
            pid: (user, line and fcntl.fcntl(line.fileno(), fcntl.F_DUPFD, _FIRST + 1), since)
            for pid, (user, line, since) in sessions.items()
        }
        if listener.fileno() != _FIRST:
            os.dup2(listener.fileno(), _FIRST)
        os.set_inheritable(_FIRST, True)
        os.environ |= {
            "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), SESSIONS: json.dumps(kept),
        }  # fmt: skip
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            os.execv(self._command[0], self._command)
        except OSError as error:
            self._tried = False
            for _, file, _ in kept.values():
                if isinstance(file, int):
                    os.close(file)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGHUP,))
            log.record(log.FAILED, why=f"{self._command[0]}: {error.strerror}")


def kept_sessions() -> dict[int, tuple[str, socket.socket | None, float]]:
    """Return the children that the house before this one had: whose, where each asks, since when.

    It is the same process, so that its clock goes on.
    """
    try:
        found = json.loads(os.environ.pop(SESSIONS, "{}"))
        return {
            int(pid): (str(user), _line(file), float(since))
            for pid, (user, file, since) in found.items()
        }
    except (ValueError, AttributeError, TypeError):
        return {}


def _line(file: int | None) -> socket.socket | None:
    if file is None:
        return None
    os.set_inheritable(file, False)
    return socket.socket(fileno=file)


def handed_over() -> socket.socket | None:
    """Return the socket that systemd, or the house before this one, hands over."""
    named = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if named[0] != str(os.getpid()) or named[1] in ("", "0"):
        return None
    os.set_inheritable(_FIRST, False)
    return socket.socket(fileno=_FIRST)
