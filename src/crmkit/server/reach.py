"""What a session has to reach: the program's own files, the system's libraries, and the data."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import struct
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from ipaddress import ip_address
from itertools import cycle
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import frozen

import crmkit
from crmkit.core.errors import Fault
from crmkit.core.workspace import sqlite_file
from crmkit.server.landlock import READ, Access, Grant
from crmkit.sql import queueing

_SYSTEM = (
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
    "/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone", "/usr/share/terminfo",
    "/etc/terminfo", "/usr/share/locale", "/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
    "/etc/mime.types", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf", "/dev/urandom",
    "/dev/random", "/dev/zero", "/sys/devices/system/cpu/online",
)  # fmt: skip
_NETWORK = (
    "/etc/hosts", "/etc/resolv.conf", "/etc/gai.conf", "/etc/services", "/etc/host.conf",
    "/etc/ssl/certs", "/etc/pki/tls/certs",
)  # fmt: skip
_PLACES = sysconfig.get_paths()
_PACKAGES = (
    *(_PLACES[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(crmkit.__file__).parent),
)
"""Found once, in the house: it takes longer than the walls."""
_TERMINAL = Access.READ_FILE | Access.WRITE_FILE | Access.IOCTL_DEV
_PORT = 5432
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510
"""The bytes of a SQLite file that whoever has it open holds a read lock on."""
_FLOCK = struct.Struct("@hhqqi4x")
_PATIENCE = 2.0
_ADDRESSES = "PGHOSTADDR"
"""Where libpq finds the addresses of hosts, one for each."""
_KEPT = 24 * 3600.0
"""Seconds after which a temporary file that is still there is nobody's any more."""


@frozen
class Reach:
    """What a database asks for beyond the program: files, kinds of sockets, TCP ports."""

    database: Path | None = None
    families: frozenset[int] = frozenset()
    ports: tuple[int, ...] = ()
    private: tuple[str, ...] = ()
    """Files in the account's home that the driver reads: passwords, certificates."""
    hosts: tuple[tuple[str, int], ...] = ()
    """The servers of a database, where they are on the network: names or addresses, and ports."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of a SQLite database."""
        if self.database is None:
            return ()
        beside = [self.database.with_name(self.database.name + end) for end in ("-wal", "-shm")]
        return self.database, *beside, queueing.path(self.database)


def reach_of(url: str) -> Reach:
    """Return what a database's URL asks for; Fault where a SQLite file is not there."""
    if (path := sqlite_file(url)) is not None:
        if not path.is_file():
            raise Fault(f"there is no database {path}: put a copy of it back (*.bak.db)")
        return Reach(path.resolve())
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    hosts = re.sub(r"^.*@", "", parts.netloc).split(",")
    named = [re.sub(r":\d*$", "", host) for host in hosts]
    named += ",".join(query.get("host", [])).split(",")
    ports = [p for h in hosts if (p := h.rpartition(":")[2]).isdecimal()]
    ports += [p for p in ",".join(query.get("port", [])).split(",") if p.isdecimal()]
    private = (".pgpass", ".postgresql")
    names = [unquote(name).strip("[]") for name in named if name]
    if all(name.startswith(("/", "@")) for name in names):
        return Reach(None, frozenset({socket.AF_UNIX}), (), private)
    families = frozenset({socket.AF_UNIX, socket.AF_INET, socket.AF_INET6})
    of_each = [int(p) for p in ports] or [_PORT]
    pairs = zip(names, of_each if len(of_each) == len(names) else cycle(of_each), strict=False)
    return Reach(None, families, tuple(sorted(set(of_each))), private, tuple(pairs))


def hold(reach: Reach) -> None:
    """Make sure that the database's side files are there, and stay, as long as this process.

    Landlock grants files that exist. SQLite removes `-wal` and `-shm` when the last program that
    has the database open closes it, unless somebody holds the lock that a reader holds.
    """
    if reach.database is None:
        return
    file = os.open(reach.database, os.O_RDONLY | os.O_CLOEXEC)
    asked = _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, _SHARED_FIRST, _SHARED_SIZE, 0)
    deadline = time.monotonic() + _PATIENCE
    while hasattr(fcntl, "F_OFD_SETLK"):
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, asked)
            break
        except OSError:
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)
    mode = reach.database.stat().st_mode & 0o666
    for path in reach.files[1:]:
        os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, mode))


def look_up(reach: Reach) -> None:
    """Find the addresses of the servers, for the driver: no name server is asked from inside.

    What has none is left to the driver, which says so.
    """
    names = [host for host, _ in reach.hosts]
    if _ADDRESSES in os.environ or all(map(_is_address, names)):
        return
    found = [_address(host, port) for host, port in reach.hosts]
    if any(found) and not any(name.startswith(("/", "@")) for name in names):
        os.environ[_ADDRESSES] = ",".join(found)


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _address(host: str, port: int) -> str:
    """Return the address of a host, that answers where there are several; '' for none."""
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        if len(found) == 1:
            return found.pop()
        with socket.create_connection((host, port), _PATIENCE) as line:
            return str(line.getpeername()[0])
    except OSError:
        return ""


def use_folder(folder: Path) -> None:
    """Put temporary files into a folder: Python's, and SQLite's."""
    tempfile.tempdir = str(folder)
    os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = str(folder)
    # A library that is loaded already has read its environment.
    for name in ("sqlite3", "sqlcipher3"):
        if module := sys.modules.get(name):
            with suppress(Exception):
                quoted = str(folder).replace("'", "''")
                module.connect(":memory:").execute(f"PRAGMA temp_store_directory = '{quoted}'")


def sweep(folder: Path) -> None:
    """Throw away temporary files that a session which was killed left long ago."""
    oldest = time.time() - _KEPT
    for path in folder.iterdir():
        with suppress(OSError):
            if path.lstat().st_mtime < oldest:
                path.unlink()


def programs(workspace: Path, reach: Reach) -> list[Grant]:
    """Return what is granted of the system and of Python: reading; and the terminal."""
    network = _NETWORK if socket.AF_INET in reach.families else ()
    found = [Grant(Path(path), READ) for path in (*_SYSTEM, *network)]
    found += [Grant(path, READ) for path in _python(workspace)]
    return [*found, Grant(Path("/dev/tty"), _TERMINAL), Grant(Path("/dev/null"), _TERMINAL)]


def _python(workspace: Path) -> list[Path]:
    """Return the folders that Python imports from; not the one that it was started in."""
    too_much = {Path.cwd(), *workspace.resolve().parents}
    with suppress(RuntimeError):
        too_much |= {Path.home(), *Path.home().parents}
    more = [Path(p).resolve() for p in sys.path if p]
    return [*map(Path, _PACKAGES)] + [p for p in more if p not in too_much]
