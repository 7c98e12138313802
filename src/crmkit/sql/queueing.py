"""Standing in line: who writes to a SQLite file next is who came first, in any process.

SQLite hands its lock to whoever asks at the right moment, so that one who saves again and again
starves the others. Here each writer takes a ticket: a byte of a file beside the database, locked
until the transaction has ended. It is a writer's turn once no earlier byte is locked. The kernel
frees the bytes of a process that died, so there is nothing to clean up after a crash.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time
import weakref
from contextlib import suppress
from pathlib import Path

_DESK = 0
"""The byte that is locked while a ticket is given out; tickets are the bytes from 1 on."""
_NUMBER = struct.Struct("<q")
_FLOCK = struct.Struct("@hhqqi4x")
"""`struct flock` of Linux on 64 bits: type, whence, start, length, pid."""
_AHEAD, _MOST = 0.0005, 0.02
"""Seconds between two looks, for each writer that is ahead; no longer than that."""
_LAST = 1 << 60


def possible() -> bool:
    """Whether this system has locks that belong to an open file, and not to a whole process."""
    return hasattr(fcntl, "F_OFD_SETLK") and struct.calcsize("@P") == 8


class Late(Exception):
    """The turn did not come in time."""


class Turn:
    """A place in the line; `leave` gives it up."""

    def __init__(self, file: int, ticket: int) -> None:
        self._file = file
        self.ticket = ticket
        _turns.add(self)

    def ahead(self) -> int:
        """Return how many tickets lie between this one and one that is in use before it."""
        first = _blocker(self._file, self.ticket)
        return self.ticket - first if first else 0

    def wait(self, deadline: float) -> None:
        """Wait until nobody is ahead; Late once `time.monotonic` is past the deadline."""
        while ahead := self.ahead():
            left = deadline - time.monotonic()
            if left <= 0:
                raise Late
            time.sleep(min(_AHEAD * ahead, _MOST, left))

    def leave(self) -> None:
        """Let the next one in."""
        if self._file < 0:
            return
        file, self._file = self._file, -1
        # Not by closing alone: a process that is being forked has the file open as well.
        with suppress(OSError):
            _lock(file, fcntl.F_UNLCK, self.ticket)
        os.close(file)

    def forget(self) -> None:
        """Let go in a child process, without giving up the parent's place."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self.leave()


_turns: weakref.WeakSet[Turn] = weakref.WeakSet()


def _forked() -> None:
    for turn in list(_turns):
        turn.forget()


os.register_at_fork(after_in_child=_forked)


def take(database: Path, deadline: float) -> Turn | None:
    """Take a place in the line before a database; None where no line can be had.

    Then writers are still kept apart by SQLite itself, only not in order.
    """
    if not possible():
        return None
    try:
        file = _open(database)
    except OSError:
        return None
    try:
        return Turn(file, _ticket(file, deadline))
    except OSError:
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise


def path(database: Path) -> Path:
    """Return the file that a database's writers queue at."""
    return database.with_name(database.name + "-queue")


def _open(database: Path) -> int:
    """Open the file, made with the rights of the database if it is not there."""
    place, flags = path(database), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    with suppress(FileNotFoundError):
        return os.open(place, flags)
    like = database.stat()
    try:
        file = os.open(place, flags | os.O_CREAT | os.O_EXCL, like.st_mode & 0o666)
    except FileExistsError:
        return os.open(place, flags)
    with suppress(OSError):
        os.fchmod(file, like.st_mode & 0o666)
        os.fchown(file, like.st_uid if os.geteuid() == 0 else -1, like.st_gid)
    return file


def _ticket(file: int, deadline: float) -> int:
    """Take the next number and lock its byte."""
    while not _lock(file, fcntl.F_WRLCK, _DESK):
        if time.monotonic() > deadline:
            raise Late
        time.sleep(_AHEAD)
    try:
        found = os.pread(file, _NUMBER.size, 0)
        last = _NUMBER.unpack(found)[0] if len(found) == _NUMBER.size else 0
        ticket = last + 1 if 0 <= last < _LAST else 1
        while not _lock(file, fcntl.F_WRLCK, ticket):
            # Only where somebody emptied the file, and the number was lost.
            ticket += 1
        os.pwrite(file, _NUMBER.pack(ticket), 0)
        return int(ticket)
    finally:
        _lock(file, fcntl.F_UNLCK, _DESK)


def _lock(file: int, kind: int, byte: int) -> bool:
    """Lock or free one byte; False where somebody else holds it."""
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, _FLOCK.pack(kind, os.SEEK_SET, byte, 1, 0))
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno != errno.EACCES:
            raise
        return False
    return True


def _blocker(file: int, ticket: int) -> int:
    """Return a ticket before this one that is in use, or 0."""
    if ticket <= 1:
        return 0
    asked = _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 1, ticket - 1, 0)
    kind, _, start, _, _ = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, asked))
    return 0 if kind == fcntl.F_UNLCK else int(start)
