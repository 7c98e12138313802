"""A machine for tests with a server: accounts, processes, ports."""

from __future__ import annotations

import contextlib
import pwd
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import crmkit
from tests.server.houses import alive, until


def run(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program that has to succeed."""
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True, **options
    )


@contextmanager
def account(name: str, home: Path, shell: str) -> Iterator[None]:
    """An account of its own, gone again afterwards."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(name)
        run("userdel", name)
    run("useradd", "--system", "--home-dir", home, "--no-create-home", "--shell", shell,
        "--password", "*", name)  # fmt: skip
    try:
        home.mkdir(parents=True, mode=0o755)
        shutil.chown(home, name)
        yield
    finally:
        subprocess.run(["pkill", "-KILL", "-u", name], check=False)
        until(lambda: subprocess.run(["pgrep", "-u", name], capture_output=True).returncode)
        run("userdel", name)


def python_for(login: str, place: Path) -> str:
    """Return a Python of a place that an account can run, with crmkit in it (and nothing else)."""
    candidates = (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3")
    for found in candidates:
        tried = subprocess.run(
            ["env", found, "-I", "-c", "import venv"],
            user=login, group=login, extra_groups=(), capture_output=True, check=False,
        )  # fmt: skip
        if tried.returncode == 0:
            run(found, "-m", "venv", "--without-pip", place / "python")
            (packages,) = (place / "python" / "lib").glob("python3*/site-packages")
            shutil.copytree(Path(crmkit.__file__).parent, packages / "crmkit")
            return f"{place}/python/bin/python3"
    raise AssertionError(f"none of {candidates} can be run by the account {login}")


def free_port() -> int:
    """Return a TCP port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def processes(login: str, word: str = "") -> list[int]:
    """Return the processes of an account that live, and have a word in their command line."""
    uid, found = pwd.getpwnam(login).pw_uid, []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == uid and word in (folder / "cmdline").read_text():
                found += [int(folder.name)] if alive(int(folder.name)) else []
    return found


def listening(port: int) -> bool:
    """Whether somebody listens at a TCP port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


SECRET = b"pwned-by-forwarding"


@contextmanager
def banner() -> Iterator[int]:
    """Something that speaks to whoever connects, as services on loopback do."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _ = server.accept()
                    with line:
                        line.sendall(SECRET)

        threading.Thread(target=serve, daemon=True).start()
        yield int(server.getsockname()[1])


def parent_of(pid: int) -> int:
    """Return who started a process."""
    return int(_stat(pid)[1])


def ticks(pid: int) -> int:
    """Return what a process has used of the processor, in ticks of the kernel."""
    return sum(map(int, _stat(pid)[11:13]))


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
