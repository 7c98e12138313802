"""The socket that a house listens at."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

from crmkit.core.errors import Fault
from crmkit.server.renewing import handed_over

_QUEUE = 256
"""How many may wait at the door while a house is renewed."""


def listen(path: Path, *, others: bool) -> socket.socket:
    """Return a listening socket: one that was handed over, or a new one at a path.

    `others` says whether other accounts than ours may come; the kernel tells which. Raises Fault
    where another house is there, or where there can be no socket.
    """
    if found := handed_over():
        return found
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o111 if others else 0o177)
    try:
        _clear(path)
        listener.bind(str(path))
        listener.listen(_QUEUE)
    except OSError as error:
        why = error.strerror or str(error)
        raise Fault(f"{path} cannot be listened at: {why}; name another with --socket") from None
    finally:
        os.umask(before)
    return listener


def _clear(path: Path) -> None:
    """Remove a socket that nobody listens at any more."""
    if not path.is_socket():
        return
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as trial:
        try:
            trial.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise Fault(f"somebody serves at {path} already")
