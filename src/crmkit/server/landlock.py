"""The second wall: the files that a session may open, as rules in the kernel (Landlock).

Everything is denied but what is granted. A grant for a folder holds for all that is in it; nothing
can be taken out of a grant again. Linux 5.13 brought it; later kernels deny more, by their ABI.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from enum import IntFlag
from pathlib import Path

from attrs import frozen

from crmkit.server import kernel

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH, _PORT = 1, 2
_BIND, _CONNECT = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2


class Access(IntFlag):
    """What may be done with files (the kernel's LANDLOCK_ACCESS_FS_...)."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


READ = Access.READ_FILE | Access.READ_DIR
CHANGE = Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE
"""Reading and writing of files that are there; none can be made or removed."""
KEEP = (
    READ | CHANGE | Access.MAKE_REG | Access.MAKE_DIR | Access.REMOVE_FILE | Access.REMOVE_DIR
)  # fmt: skip
"""All that a folder of one's own needs. Files cannot be moved into it or out of it."""
_OF_FILES = CHANGE | Access.EXECUTE | Access.IOCTL_DEV


@frozen
class Grant:
    """What may be done with a file, or with all that is in a folder."""

    path: Path
    access: Access


def abi() -> int:
    """Return the version of the wall that this kernel has; 0 where it has none."""
    return max(0, kernel.call(_CREATE, 0, 0, _VERSION)) if sys.platform == "linux" else 0


def handled(version: int) -> Access:
    """Return what a version can deny."""
    last = 13 if version < 2 else 14 if version < 3 else 15 if version < 5 else 16
    return Access((1 << last) - 1)


def restrict(grants: Iterable[Grant], ports: Iterable[int] = ()) -> int:
    """Deny this thread all files but those granted, and all TCP ports but some; return the ABI.

    Threads that are running already stay free. no_new_privs must be on. Raises OSError.
    """
    version = abi()
    if not version:
        raise OSError(errno.ENOSYS, "landlock")
    ruleset = _create(version)
    try:
        for grant in grants:
            _add_path(ruleset, grant, handled(version))
        if version >= 4:
            for port in ports:
                _add(ruleset, _PORT, struct.pack("=QQ", _CONNECT, port))
        _check(kernel.call(_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)
    return version


def _create(version: int) -> int:
    words = [int(handled(version))]
    if version >= 4:
        words.append(_BIND | _CONNECT)
    if version >= 6:
        words.append(_ABSTRACT_SOCKETS | _SIGNALS)
    raw = ctypes.create_string_buffer(struct.pack(f"={len(words)}Q", *words), 8 * len(words))
    return _check(kernel.call(_CREATE, ctypes.addressof(raw), 8 * len(words), 0))


def _add_path(ruleset: int, grant: Grant, known: Access) -> None:
    # What is not there needs no grant.
    with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
        place = os.open(grant.path, os.O_PATH | os.O_CLOEXEC)
        try:
            folder = stat.S_ISDIR(os.fstat(place).st_mode)
            access = grant.access & known & (known if folder else _OF_FILES)
            if access:
                _add(ruleset, _BENEATH, struct.pack("=Qi", int(access), place))
        finally:
            os.close(place)


def _add(ruleset: int, kind: int, rule: bytes) -> None:
    raw = ctypes.create_string_buffer(rule, len(rule))
    _check(kernel.call(_ADD, ruleset, kind, ctypes.addressof(raw), 0))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result
