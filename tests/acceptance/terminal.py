"""A terminal for tests: a program in a real pty, its screen read by pyte."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

import pyte

NAMED = {"enter": "\r", "escape": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f",
         "down": "\x1b[B", "up": "\x1b[A", "right": "\x1b[C", "left": "\x1b[D",
         "end": "\x1b[F"}  # fmt: skip
PATIENCE = 40.0
"""Seconds until a test gives up waiting; a slow machine needs them, a fast one never does."""


def encode(key: str) -> bytes:
    """Return what a terminal sends for a key."""
    if key.startswith("ctrl+"):
        return bytes([ord(key[-1].upper()) & 0x1F])
    return NAMED.get(key, key).encode()


class Terminal:
    """A program under a pty."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (120, 40)
    ) -> None:
        cols, rows = size
        self.screen = pyte.Screen(cols, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._fd, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        self.plain = termios.tcgetattr(slave)
        """How the terminal was set before the program ran."""
        self.output = b""
        # What runs the tests may say how large its own terminal is.
        outer = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            close_fds=True, env={**outer, "TERM": "xterm-256color", "COLORTERM": "", **env},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(40)
        os.close(self._fd)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        self.output += data
        self._stream.feed(data)
        return bool(data)

    @property
    def lines(self) -> list[str]:
        """The screen as text."""
        return [line.rstrip() for line in self.screen.display]

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self.lines)

    def wait(self, *texts: str, gone: bool = False) -> None:
        """Wait until all texts are on the screen (or, `gone`, none of them)."""
        if gone:
            self._until(lambda seen: not any(t in seen for t in texts), f"still there: {texts}")
        else:
            self._until(lambda seen: all(t in seen for t in texts), f"not there: {texts}")

    def wait_any(self, *texts: str) -> str:
        """Wait until one of the texts is on the screen; return the screen."""
        self._until(lambda seen: any(t in seen for t in texts), f"none is there of {texts}")
        return self.text()

    def _until(self, wanted: Callable[[str], bool], problem: str) -> None:
        end = time.monotonic() + PATIENCE
        while not wanted(self.text()):
            if time.monotonic() > end or (self.gone and not self._read(0)):
                raise AssertionError(f"{problem}\n{self.text()}")
            self._read(0.05)
        self.settle()

    def settle(self, quiet: float = 0.12) -> None:
        """Wait until nothing more comes."""
        while self._read(quiet):
            pass

    def press(self, *keys: str) -> None:
        """Press keys, each after the program has answered the one before."""
        for key in keys:
            os.write(self._fd, encode(key))
            self.settle(0.06)

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._fd, text.encode())
        self.settle()

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    @property
    def gone(self) -> bool:
        """Whether the program has ended."""
        return self.process.poll() is not None

    def ended(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; return the exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self._read(0.05)
        while self._read(0.05):
            pass
        if self.process.poll() is None:
            raise AssertionError(f"still running after {seconds} s\n{self.text()}")
        return self.process.returncode
