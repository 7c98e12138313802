"""Who is at the other end of a socket: the kernel says so, and not he."""

from __future__ import annotations

import errno
import os
import pwd
import select
import socket
import struct
from pathlib import Path

from attrs import frozen

from crmkit.core.errors import Fault

_PEER_HANDLE = 77
"""SO_PEERPIDFD, from Linux 6.5: a handle of whoever connected, and of nobody after him."""


@frozen
class Peer:
    """Whoever connected."""

    pid: int
    uid: int
    is_ours: bool
    """Whether he has the house's own account, or is root."""
    walled: bool
    """Whether he is ours, but has given up rights for good, as every session does."""


def believed(door: str = "") -> frozenset[int]:
    """Return the uids of this account, of root and of the door's account; Fault for no such."""
    found = {0, os.geteuid()}
    if door:
        try:
            found.add(pwd.getpwnam(door).pw_uid)
        except KeyError:
            raise Fault(f"[server] door: there is no account {door} on this machine") from None
    return frozenset(found)


def peer(line: socket.socket) -> Peer:
    """Return who is at the other end."""
    size = struct.calcsize("3i")
    found = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, _ = struct.unpack("3i", found)
    ours = uid in (0, os.geteuid())
    return Peer(pid, uid, ours, ours and _is_walled(line, pid))


def _is_walled(line: socket.socket, pid: int) -> bool:
    """Whether a process has no_new_privs on; True as well where that cannot be found out.

    A session, of this house or of another one, has the account of the house: by this it is known
    from whoever calls by hand or through sudo. Nobody can switch it off again.
    """
    try:
        handle = line.getsockopt(socket.SOL_SOCKET, _PEER_HANDLE)
    except OSError as error:
        return error.errno != errno.ENOPROTOOPT or _has_no_new_rights(pid)
    try:
        # Read first: the number is his for certain while he still lives after that.
        return _has_no_new_rights(pid) or _has_ended(handle)
    finally:
        os.close(handle)


def _has_no_new_rights(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return "\nNoNewPrivs:\t0\n" not in status


def _has_ended(handle: int) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(0))
