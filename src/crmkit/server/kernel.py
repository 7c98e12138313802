"""Calls to the kernel that Python has no functions for."""

from __future__ import annotations

import ctypes
import errno
import os

_SET_DUMPABLE, _SET_NO_NEW_PRIVS = 4, 38

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def call(number: int, *args: int) -> int:
    """Make a system call with whole numbers and addresses; -1, and `get_errno`, where it fails."""
    return int(_libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, args)))


def keep_rights_low() -> None:
    """No program that this process might start gets rights that it has not; OSError if not."""
    _prctl(_SET_NO_NEW_PRIVS, 1)


def hide_memory() -> None:
    """No dump of the memory is written, and no process of the same account may look into it."""
    _prctl(_SET_DUMPABLE, 0)


def threads() -> int:
    """Return how many threads this process has, those of libraries too; 0 where unknown."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def _prctl(option: int, value: int) -> None:
    words = [ctypes.c_ulong(n) for n in (value, 0, 0, 0)]
    if not hasattr(_libc, "prctl"):
        raise OSError(errno.ENOSYS, "prctl")
    if _libc.prctl(ctypes.c_int(option), *words) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
