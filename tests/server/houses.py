"""A house that serves a firm, and terminals that come to it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crmkit.server import log
from crmkit.server.house import House, Rules
from crmkit.server.listening import listen
from crmkit.server.peers import believed
from crmkit.server.renewing import Renewal
from crmkit.server.request import Request
from crmkit.server.session import Work
from tests.acceptance.terminal import PATIENCE, Terminal

ATTACH = [sys.executable, "-I", "-m", "crmkit.server.attach"]


def until(what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return found


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended, and is not buried yet, does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


Run = Callable[[Request], int]


def _no_answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


@contextmanager
def house(
    place: Path,
    run: Run,
    rules: Rules | None = None,
    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _no_answer,
    firm: Path = Path(),
) -> Iterator[int]:
    """A house whose sessions run a function; its pid."""
    work = Work(run, lambda: None, answer, firm)
    listener = listen(place, others=False)
    pid = os.fork()
    if pid == 0:
        try:
            House(listener, work, rules or Rules(believed()), Renewal(lambda: 0, [])).serve()
        finally:
            os._exit(0)
    listener.close()
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def come(
    place: Path, command: str = "x", user: str = "ada", **options: Any
) -> subprocess.Popen[str]:
    """Come in without a terminal, as a program in a pipeline does."""
    return subprocess.Popen(
        [*ATTACH, "--as", user, "--socket", str(place)], text=True,
        env={**os.environ, "SSH_ORIGINAL_COMMAND": command},
        **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        | options,
    )  # fmt: skip


class Served:
    """A house as a process of its own."""

    def __init__(self, firm: Path, name: str) -> None:
        self.firm = firm
        self.socket = firm.parent / "house.sock"
        self.log = firm.parent / f"{name}.log"
        command = [sys.executable, "-m", "crmkit", "--workspace", str(firm), "serve"]
        with self.log.open("ab") as kept:
            self.process = subprocess.Popen(
                [*command, "--socket", str(self.socket)], stdin=subprocess.DEVNULL,
                stdout=kept, stderr=kept, start_new_session=True,
            )  # fmt: skip

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return what the log says of an event."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [said for line in lines if (said := json.loads(line))["event"] == name]

    def started(self, times: int = 1) -> None:
        """Wait until it serves (or serves again)."""
        until(lambda: len(self.events(log.STARTED)) >= times, 60)

    @property
    def sessions(self) -> list[int]:
        """The children that live."""
        found = [said["pid"] for said in self.events(log.LOGIN)]
        return [pid for pid in found if alive(pid)]

    def session_of(self, terminal: Terminal) -> int:
        """Return the child that has a terminal."""
        place = terminal_of(terminal)
        (found,) = [pid for pid in self.sessions if os.readlink(f"/proc/{pid}/fd/0") == place]
        return found

    def attach(self, user: str = "ada") -> list[str]:
        """Return the program that brings a terminal here."""
        return [*ATTACH, "--as", user, "--socket", str(self.socket)]

    def open(self, user: str = "ada", **options: Any) -> Terminal:
        """Come in with a terminal."""
        return Terminal(
            self.attach(user), {"SSH_CONNECTION": "192.0.2.7 1 192.0.2.1 22"}, **options
        )

    def stop(self) -> None:
        """End the house, and whoever is still there."""
        for pid in self.sessions:
            os.kill(pid, signal.SIGKILL)
        self.process.terminate()
        self.process.wait(40)


@contextmanager
def serving(firm: Path, name: str = "house") -> Iterator[Served]:
    """Serve a firm for a while."""
    house = Served(firm, name)
    try:
        house.started()
        yield house
    finally:
        house.stop()


def terminal_of(terminal: Terminal) -> str:
    """Return the file of a terminal."""
    return os.readlink(f"/proc/{terminal.process.pid}/fd/0")


def resize(terminal: Terminal, columns: int, rows: int) -> None:
    """Give a terminal another size, as dragging its corner does."""
    terminal.screen.resize(rows, columns)
    fcntl.ioctl(terminal._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
