"""A session's end of things: the terminal it was handed, and the line to whoever attached it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence

from crmkit.server import wire

PATIENCE = 2.8
"""Seconds after a hang-up until a session that does not end by itself is ended."""
_HUNG_UP = 129


def take(files: Sequence[int]) -> None:
    """Make three file descriptors this process's standard input, output and error output."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in files:
        if file > 2:
            os.close(file)
    streams = {
        "stdin": _stream(0, "r", "strict"),
        "stdout": _stream(1, "w", "strict"),
        "stderr": _stream(2, "w", "backslashreplace"),
    }
    for name, stream in streams.items():
        vars(sys)[name] = vars(sys)[f"__{name}__"] = stream


def _stream(number: int, mode: str, errors: str) -> io.TextIOWrapper:
    stream = os.fdopen(number, mode, encoding="utf-8", errors=errors, closefd=False)
    assert isinstance(stream, io.TextIOWrapper)
    stream.reconfigure(line_buffering=number == 2 or os.isatty(number))
    return stream


def close_all_but(*files: int) -> None:
    """Close every file of this process but the standard ones and some."""
    try:
        found = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        found = list(range(3, 4096))
    for number in found:
        if number > 2 and number not in files:
            with contextlib.suppress(OSError):
                os.close(number)


class Line:
    """The line to whoever attached the terminal: he tells of its size, and is told of the end."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._ended = False

    def listen(self) -> None:
        """Turn what is told into signals, on a thread of its own; a line that ends is a hang-up."""
        threading.Thread(target=self._listen, name="crmkit-line", daemon=True).start()

    def end(self, code: int, say: str = "") -> None:
        """Tell with which exit code the session ends; what comes after that is no hang-up."""
        self._ended = True
        with contextlib.suppress(OSError):  # nobody is left to be told
            self._line.send(wire.packed({"exit": code, "say": say}), socket.MSG_DONTWAIT)

    def _listen(self) -> None:
        numbers = {wire.RESIZED[0]: signal.SIGWINCH, wire.INTERRUPTED[0]: signal.SIGINT}
        while data := self._heard():
            for told in data:
                if told in numbers:
                    _send(numbers[told])
        if self._ended:
            return
        backstop = threading.Timer(PATIENCE, os._exit, (_HUNG_UP,))
        backstop.daemon = True
        backstop.start()
        _send(signal.SIGHUP)

    def _heard(self) -> bytes:
        try:
            return self._line.recv(64)
        except OSError:
            return b""


def _send(number: signal.Signals) -> None:
    """Signal the main thread, so that what it waits in is interrupted."""
    ident = threading.main_thread().ident
    assert ident is not None
    with contextlib.suppress(ProcessLookupError):
        signal.pthread_kill(ident, number)
