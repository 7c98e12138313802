"""The first wall: the system calls that a session may not make, as a filter in the kernel.

The filter is a program for the kernel's packet filter machine (BPF), written here by hand. What is
refused fails with EPERM, as if the account had no right to it; nothing is killed.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable

from crmkit.server import kernel
from crmkit.server.calls import (
    ALLOW,
    AT_LEAST,
    EQUAL,
    LOAD,
    REFUSE,
    REFUSED,
    RETURN,
    WATCHED,
    Step,
    refuse,
    rules,
)

_NUMBER, _ARCH = 0, 4
"""Where in `struct seccomp_data` the call's number and the machine are."""
_SET_FILTER, _WITH_ALL_THREADS = 1, 1
_X32 = 0x40000000
"""x86_64 has a second way to number the same calls, which would go round the filter."""

_MACHINES = {"x86_64": (0xC000003E, 0, 317), "aarch64": (0xC00000B7, 1, 277)}
"""Per machine: the kernel's name of it, its column in the tables, the number of seccomp itself."""


def possible() -> str:
    """Return why there is no such wall on this machine; '' where there is one."""
    if platform.machine() not in _MACHINES:
        return f"system calls are not filtered on {platform.machine()}"
    allow = ctypes.c_uint32(ALLOW)
    if kernel.call(_MACHINES[platform.machine()][2], 2, 0, ctypes.addressof(allow)) < 0:
        return "this kernel does not filter system calls (seccomp)"
    return ""


def restrict(families: Iterable[int] = ()) -> None:
    """Put the filter on every thread of this process; no_new_privs must be on. OSError if not.

    `families` are the kinds of sockets (`socket.AF_...`) that it may still make.
    """
    program = _program(families)
    steps = b"".join(step.raw for step in program)
    code = ctypes.create_string_buffer(steps, len(steps))
    head = ctypes.create_string_buffer(
        struct.pack("@HP", len(program), ctypes.addressof(code)), struct.calcsize("@HP")
    )
    number = _MACHINES[platform.machine()][2]
    done = kernel.call(number, _SET_FILTER, _WITH_ALL_THREADS, ctypes.addressof(head))
    if done != 0:
        # More than 0 is the number of a thread that could not be brought under the filter.
        raise OSError(ctypes.get_errno() if done < 0 else errno.EBUSY, "seccomp")


def _program(families: Iterable[int]) -> list[Step]:
    name, column, _ = _MACHINES[platform.machine()]
    steps = [
        Step(LOAD, _ARCH), Step(EQUAL, name, then=1), Step(RETURN, REFUSE), Step(LOAD, _NUMBER),
    ]  # fmt: skip
    if name == _MACHINES["x86_64"][0]:
        steps += refuse([_X32], AT_LEAST)
    steps += refuse(n for row in REFUSED.values() if (n := row[column]) is not None)
    for call, body in rules(families).items():
        number = WATCHED[call][column]
        if number is not None:
            steps += [Step(EQUAL, number, other=len(body)), *body]
    return [*steps, Step(RETURN, ALLOW)]
