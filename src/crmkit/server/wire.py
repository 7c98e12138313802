"""What goes over the socket: to the house a message with a terminal, back one with an exit code.

Standard library only, and little of it: what attaches a terminal is to start at once.
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

HOUSE = "/run/crmkit/house.sock"
"""Where a house listens unless it is told otherwise."""
LIMIT = 262_144
"""The most bytes of a message: a command as long as it may be, however it is written, and more."""
RESIZED, INTERRUPTED = b"w", b"i"
"""What is sent after the message: the window has another size; ctrl+c was pressed."""
UNAVAILABLE, TRY_LATER, NOT_YOU = 69, 75, 77
"""Exit codes: nobody answers; there are too many sessions; this account may not (sysexits.h)."""
MODES_OFF = (
    b"\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?1004l\x1b[?2004l\x1b[?2048l"
    b"\x1b[?2026l\x1b[<u\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[0m"
)
"""What makes a terminal plain again that a full-screen program has left as it was."""


def packed(message: Mapping[str, Any]) -> bytes:
    """Return a message as it is sent: one line of JSON."""
    # What is no UTF-8 comes from the environment as half a character.
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def connect(path: str, patience: float = 3.0) -> socket.socket:
    """Connect to a house, waiting a little for one that is just being started; OSError."""
    until = time.monotonic() + patience
    while True:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            line.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        except OSError:
            line.close()
            raise
        else:
            return line


def send(line: socket.socket, message: Mapping[str, Any], files: Sequence[int] = ()) -> None:
    """Send a message, and file descriptors with its first byte."""
    data = packed(message)
    sent = socket.send_fds(line, [data], list(files)) if files else 0
    line.sendall(data[sent:])


def ask(
    path: str, question: Mapping[str, Any], patience: float = 10.0, start: float = 3.0
) -> dict[str, Any]:
    """Ask a house something, without a terminal; OSError where it does not answer.

    `start` is how many seconds one that is not there yet has to start.
    """
    with connect(path, start) as line:
        with suppress(BrokenPipeError):  # whoever is refused is told so before he asks
            send(line, question)
        return heard(line, patience)


def heard(line: socket.socket, patience: float) -> dict[str, Any]:
    """Return the message that comes over a line; OSError where none does."""
    line.settimeout(patience)
    told = b""
    while not told.endswith(b"\n") and (data := line.recv(LIMIT)):
        told += data
    try:
        found = json.loads(told)
    except ValueError:
        raise OSError(os.strerror(71)) from None
    return found if isinstance(found, dict) else {}
