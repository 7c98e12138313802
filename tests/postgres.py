"""A throw-away PostgreSQL for the tests, from the server binaries that are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

URL = "CRMKIT_TEST_POSTGRES_URL"
REQUIRE = "CRMKIT_REQUIRE_POSTGRES"


class Missing(Exception):
    """There is no PostgreSQL to test against; the text says why."""


def binaries() -> Path:
    """Return the folder of the server's programs; Missing where there is none."""
    found = [Path(p).parent for p in [shutil.which("initdb")] if p]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise Missing("no PostgreSQL server is installed (initdb, pg_ctl)")


def _account() -> dict[str, object]:
    """Return how to run the server, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Missing("PostgreSQL does not run as root, and there is no other account to run it")


_ROOM = 4 * 1024**3
"""Bytes that have to be free for a server whose files are in memory."""


def _memory() -> str | None:
    """Return a folder in memory with room: making a database is writing some hundred files."""
    place = "/dev/shm"
    if os.access(place, os.W_OK) and shutil.disk_usage(place).free > _ROOM:
        return place
    return None


def create(server: Any, name: str, template: str = "") -> None:
    """Make a database on a server that one is connected to, as a copy where there is a template."""
    like = f" TEMPLATE {template}" if template else ""
    # Since 15 the default writes every page to the log as well.
    how = " STRATEGY file_copy" if server.info.server_version >= 150_000 else ""
    server.execute(f"CREATE DATABASE {name}{like}{how}")


@contextmanager
def server() -> Iterator[str]:
    """Run a server on a socket in a folder of its own; yield the URL of its first database."""
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise Missing("psycopg is not installed (pip install 'crmkit[postgresql]')") from None
    if url := os.environ.get(URL):
        yield url
        return
    folder, account = binaries(), _account()
    root = Path(tempfile.mkdtemp(prefix="crmkit-pg-", dir=_memory()))
    if "user" in account:
        os.chown(root, int(str(account["user"])), int(str(account["group"])))
    data = root / "data"

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=root, stdout=subprocess.DEVNULL, **account)  # type: ignore[call-overload]

    try:
        run(str(folder / "initdb"), "-D", str(data), "-U", "crmkit", "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories='{root}' -c fsync=off"
        run(str(folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(root / "log"), "-o", options,
            "start")  # fmt: skip
        try:
            yield f"postgresql://crmkit@/postgres?host={root}"
        finally:
            run(str(folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)
