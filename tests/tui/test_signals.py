"""The end from outside: what is typed is kept, the terminal restored, nothing hangs or spins."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = """
import sys, time
from pathlib import Path
from textual.app import App, ComposeResult
from textual.widgets import Static
from crmkit.tui import signals

kept, how = Path(sys.argv[1]), sys.argv[2]

def keep():
    kept.write_text("draft")
    if how == "raises":
        raise RuntimeError("no room")
    if how == "hangs":
        time.sleep(60)

class Small(App):
    def compose(self) -> ComposeResult:
        yield Static("ready")
    def on_mount(self):
        signals.install(self, keep)

raise SystemExit(Small().run() or 0)
"""


class Running:
    """The program under a pty of its own."""

    def __init__(self, kept: Path, how: str) -> None:
        self.kept = kept
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.out = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{PROGRAM}\n", str(kept), how],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color"},
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
        )  # fmt: skip
        self.read_until(b"ready")

    def read_until(self, wanted: bytes, seconds: float = 20) -> None:
        """Read what the program sends until something is in it."""
        until = time.monotonic() + seconds
        while wanted not in self.out and time.monotonic() < until:
            if select.select([self.master], [], [], 0.05)[0]:
                self.out += os.read(self.master, 65536)
        assert wanted in self.out

    def ended(self, seconds: float = 15) -> int:
        """Return the exit code; fails if the program takes longer than that to end."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            if self.master >= 0 and select.select([self.master], [], [], 0.05)[0]:
                self.out += os.read(self.master, 65536)
        return self.process.wait(0.5)

    def hang_up(self) -> None:
        """Take the terminal away."""
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = -1

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        if self.master >= 0:
            self.hang_up()


@pytest.fixture
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Running]:
    """The program, having painted its first frame."""
    program = Running(tmp_path / "draft", getattr(request, "param", "works"))
    yield program
    program.close()


def assert_restored(running: Running) -> None:
    for mode in (b"1000", b"1003", b"1004", b"2004", b"1049"):
        assert running.out.rindex(b"\x1b[?" + mode + b"l") > running.out.rindex(
            b"\x1b[?" + mode + b"h"
        ), mode
    assert running.out.rindex(b"\x1b[?25h") > running.out.rindex(b"\x1b[?25l")
    assert termios.tcgetattr(running.slave) == running.before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_keeps_the_draft_and_restores_the_terminal(
    running: Running, number: signal.Signals, code: int
) -> None:
    running.process.send_signal(number)
    assert running.ended() in (code, 0)
    assert running.kept.read_text() == "draft"
    assert_restored(running)


@pytest.mark.parametrize("running", ["raises"], indirect=True)
def test_a_draft_that_cannot_be_kept_does_not_keep_the_app(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    running.ended()
    assert b"Traceback" not in running.out
    assert_restored(running)


@pytest.mark.slow
@pytest.mark.parametrize("running", ["hangs"], indirect=True)
def test_an_app_that_hangs_is_ended_with_the_terminal_restored(running: Running) -> None:
    running.process.send_signal(signal.SIGTERM)
    assert running.ended() == 143
    assert_restored(running)


def test_a_lost_terminal_ends_the_app_even_where_hang_ups_are_ignored(running: Running) -> None:
    running.hang_up()
    running.ended()
    assert running.kept.read_text() == "draft"
