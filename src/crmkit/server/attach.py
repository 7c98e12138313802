"""Takes a terminal to the house: `python -I -m crmkit.server.attach --as NAME`.

This is all that runs at the door. It hands its terminal over, tells of a window that changes its
size, and ends with the session; the session ends with it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import termios
import time
from contextlib import suppress

from crmkit.server import wire

TYPE_CHECKING = False  # typing itself would take a tenth of this program's memory
if TYPE_CHECKING:
    from typing import Any

USAGE = "use: python -I -m crmkit.server.attach --as NAME [--key FINGERPRINT] [--socket PATH]"
PATIENCE = 4.0
"""Seconds that a session has to end once it was told to."""
_OPTIONS = {"--as", "--key", "--socket"}
_ENDING = (signal.SIGHUP, signal.SIGTERM)
_HUNG_UP = 129


def main() -> int:
    """Attach as the command line says; return the exit code."""
    given = sys.argv[1:]
    found = {given[i]: given[i + 1] for i in range(0, len(given) - 1, 2)}
    if len(given) % 2 or not found.get("--as") or found.keys() - _OPTIONS:
        return _say(USAGE, 2)
    return attach(found["--as"], found.get("--socket", wire.HOUSE), found.get("--key", ""))


def attach(name: str, path: str = wire.HOUSE, key: str = "") -> int:
    """Hand this process's terminal to the house, for a session of a user.

    `key` is the fingerprint of the key that sshd let him in with, if it was one of the house's.
    """
    try:
        line = wire.connect(path)
    except OSError as error:
        why = error.strerror or error
        return _say(f"the server does not answer at {path} ({why}): try later", wire.UNAVAILABLE)
    before = _settings()
    waiting = _Waiting(line)
    with suppress(OSError):  # the house says why, or closes
        wire.send(line, request(name, key), (0, 1, 2))
    answer = waiting.answer()
    _restore(before, plain=answer is None)
    if answer is None:
        if waiting.hung_up:
            return _HUNG_UP
        return _say("the session has ended unexpectedly; what was saved is kept", 1)
    if answer.get("say"):
        return _say(str(answer["say"]), int(answer["exit"]))
    return int(answer["exit"])


def request(name: str, key: str = "") -> dict[str, Any]:
    """Return what is asked for: who comes, from where, with what terminal, to do what."""
    had = os.environ.get
    return {
        "as": name,
        "key": key,
        "command": had("SSH_ORIGINAL_COMMAND"),
        "term": had("TERM", ""),
        "lang": had("LANG", ""),
        "from": (had("SSH_CONNECTION", "") or had("SSH_CLIENT", "")).partition(" ")[0],
    }


class _Waiting:
    """Waits for the end of a session, and passes on what happens meanwhile."""

    def __init__(self, line: socket.socket) -> None:
        self.hung_up = False
        self._line = line
        self._until: float | None = None
        self._heard = b""
        self._signals, tell = socket.socketpair()
        tell.setblocking(False)
        self._tell = tell
        signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
        for number in (*_ENDING, signal.SIGWINCH, signal.SIGINT):
            signal.signal(number, _noted)
        for number in (signal.SIGTSTP, signal.SIGQUIT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._poll.register(self._signals, select.POLLIN)
        # A terminal that is gone, or a reader of the output, is told of without being asked for.
        self._ends = {fd for fd in (0, 1) if fd == 1 or os.isatty(fd)}
        for fd in self._ends:
            self._poll.register(fd, 0)

    def answer(self) -> dict[str, Any] | None:
        """Return what the house says at the end; None where the session just broke off."""
        while self._until is None or time.monotonic() < self._until:
            left = None if self._until is None else 1000 * (self._until - time.monotonic())
            for fd, _ in self._poll.poll(left):
                if fd == self._signals.fileno():
                    self._pass_on(self._signals.recv(64))
                elif fd in self._ends:
                    self._hang_up()
                elif not self._hear():
                    return _parsed(self._heard)
        return None

    def _hear(self) -> bool:
        try:
            data = self._line.recv(4096)
        except OSError:
            data = b""
        self._heard += data
        return bool(data) and not self._heard.endswith(b"\n")

    def _pass_on(self, numbers: bytes) -> None:
        for number in numbers:
            if number in _ENDING:
                self._hang_up()
            elif not self.hung_up:
                what = wire.RESIZED if number == signal.SIGWINCH else wire.INTERRUPTED
                try:
                    self._line.send(what)
                except OSError:
                    return

    def _hang_up(self) -> None:
        """Tell the session to end, by closing our side; it still says how it ended."""
        if self.hung_up:
            return
        self.hung_up = True
        self._until = time.monotonic() + PATIENCE
        for fd in self._ends:
            self._poll.unregister(fd)
        try:
            self._line.shutdown(socket.SHUT_WR)
        except OSError:
            return


def _noted(number: int, frame: object) -> None:
    """The signal's number comes over the wake-up socket."""


def _parsed(heard: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(heard)
        return {"exit": int(found["exit"]), "say": str(found.get("say", ""))}
    except (ValueError, KeyError, TypeError):
        return None


def _settings() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _restore(before: list[Any] | None, plain: bool) -> None:
    """Give the terminal back as it was, also where the session could not."""
    if before is None:
        return
    try:
        if plain and os.isatty(1):
            os.set_blocking(1, False)
            os.write(1, wire.MODES_OFF)
            os.set_blocking(1, True)
        termios.tcsetattr(0, termios.TCSANOW, before)
    except (OSError, termios.error):
        return


def _say(text: str, code: int) -> int:
    shown = "".join(c if c.isprintable() else "?" for c in text)
    try:
        print(f"crmkit: {shown}", file=sys.stderr)
    except OSError:
        return code
    return code


if __name__ == "__main__":
    sys.exit(main())
