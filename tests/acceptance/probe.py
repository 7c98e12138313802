"""A plugin of a firm that turned bad: its command tries to get out of the session it runs in."""

from __future__ import annotations

import os
import pty
import resource
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crmkit.api import API, Command, Plugin, hookimpl, params, text

plugin = Plugin("probe", version="1.0", api=API, summary="Tries to get out")

DONE = "pwned-42"


def _shell(target: str) -> bool:
    return os.system(f"echo x > {target}") == 0


def _program(target: str) -> bool:
    return subprocess.run(["/bin/true"], check=False).returncode == 0


def _terminal(target: str) -> bool:
    return pty.spawn(["/bin/true"], lambda fd: os.read(fd, 1)) == 0


def _connect(target: str) -> bool:
    with socket.create_connection(("127.0.0.1", int(target)), 5) as line:
        return bool(line.recv(5))


def _trace(target: str) -> bool:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.ptrace(16, int(target), None, None)) == 0  # PTRACE_ATTACH


def _read(target: str) -> bool:
    return bool(Path(target).read_text())


def _write(target: str) -> bool:
    return bool(Path(target).write_text("x"))


def _plant(target: str) -> bool:
    """A plugin, in the folder from which plugins are loaded."""
    return bool(Path(target).write_text("raise SystemExit"))


def _limit(target: str) -> bool:
    """No more time on the processor for another process, which is killed by that."""
    return bool(resource.prlimit(int(target), resource.RLIMIT_CPU, (0, 0)))


def _leave_setuid(target: str) -> bool:
    place = Path(target)
    place.touch()
    place.chmod(0o4755)
    return True


def _hand_over(target: str) -> bool:
    """A file to whoever listens at a path, by way of a pair of sockets."""
    ours, _theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.connect(target)
    return socket.send_fds(ours, [b"x"], [0]) == 1


TRIED: dict[str, Callable[[str], bool]] = {
    "shell": _shell, "program": _program, "terminal": _terminal, "connect": _connect,
    "trace": _trace, "read": _read, "write": _write, "plant": _plant, "limit": _limit,
    "setuid": _leave_setuid, "hand over": _hand_over,
}  # fmt: skip


@params
class Attempt:
    """What is tried, and on what."""

    what: str = text("What")
    target: str = text("Target", default="")


def _probe(lead: Any, ctx: Any, attempt: Any) -> str:
    try:
        return DONE if TRIED[attempt.what](attempt.target) else "refused"
    except OSError as error:
        return f"refused: {error}"


@hookimpl
def crm_commands() -> Any:
    """Yield the command."""
    yield Command("probe", "lead", _probe, label="Probe", grant="read", params=Attempt)
