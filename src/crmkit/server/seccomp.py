"""The first wall: the system calls that a session may not make, as a filter in the kernel.

The filter is a program for the kernel's packet filter machine (BPF), written here by hand. What is
refused fails with EPERM, as if the account had no right to it; nothing is killed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from collections.abc import Iterable

from attrs import frozen

from crmkit.server import kernel

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_REFUSE = _ERRNO | errno.EPERM
_NUMBER, _ARCH, _ARGS = 0, 4, 16
"""Where in `struct seccomp_data` the parts are; each of the six arguments has 8 bytes."""
_SET_FILTER, _WITH_ALL_THREADS = 1, 1
_X32 = 0x40000000
"""x86_64 has a second way to number the same calls, which would go round the filter."""

_MACHINES = {"x86_64": (0xC000003E, 0, 317), "aarch64": (0xC00000B7, 1, 277)}
"""Per machine: the kernel's name of it, the column below, and the number of seccomp itself."""

_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Other programs, and what is in other processes.
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "tkill": (200, 130), "unshare": (272, 97), "setns": (308, 268), "personality": (135, 92),
    # Memory and messages that processes share by name.
    "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
    # A ring does what it is asked without any system call that a filter sees.
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    # File systems, and files that are reached without a path.
    "mount": (165, 40), "umount2": (166, 39), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "pivot_root": (155, 41),
    "chroot": (161, 51), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262), "mknod": (133, None), "mknodat": (259, 33),
    "swapon": (167, 224), "swapoff": (168, 225), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "acct": (163, 89), "uselib": (134, None), "nfsservctl": (180, 42),
    # Parts of the kernel that a session has no use for, and that had many holes.
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "lookup_dcookie": (212, 18),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None),
    "syslog": (103, 116), "reboot": (169, 142), "vhangup": (153, 58),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
    # Waiting for others to call.
    "bind": (49, 200), "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
}  # fmt: skip

_WATCHED: dict[str, tuple[int, int]] = {
    "clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "socket": (41, 198),
    "socketpair": (53, 199), "ioctl": (16, 29), "prctl": (157, 167),
}  # fmt: skip

_CLONE_THREAD = 0x10000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Typing into a terminal as if its user had: what he types after the session, his shell reads."""
_SET_DUMPABLE, _SET_PTRACER = 4, 0x59616D61


@frozen
class _Step:
    code: int
    k: int
    then: int = 0
    other: int = 0

    @property
    def raw(self) -> bytes:
        """Return it as `struct sock_filter`."""
        return struct.pack("=HBBI", self.code, self.then, self.other, self.k)


def possible() -> str:
    """Return why there is no such wall on this machine; '' where there is one."""
    if platform.machine() not in _MACHINES:
        return f"system calls are not filtered on {platform.machine()}"
    allow = ctypes.c_uint32(_ALLOW)
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


def _program(families: Iterable[int]) -> list[_Step]:
    name, column, _ = _MACHINES[platform.machine()]
    steps = [
        _Step(_LOAD, _ARCH), _Step(_EQUAL, name, then=1), _Step(_RETURN, _REFUSE),
        _Step(_LOAD, _NUMBER),
    ]  # fmt: skip
    if name == _MACHINES["x86_64"][0]:
        steps += [_Step(_AT_LEAST, _X32, other=1), _Step(_RETURN, _REFUSE)]
    for numbers in _REFUSED.values():
        number = numbers[column]
        if number is not None:
            steps += [_Step(_EQUAL, number, other=1), _Step(_RETURN, _REFUSE)]
    for call, body in _watched(families).items():
        steps += [_Step(_EQUAL, _WATCHED[call][column], other=len(body)), *body]
    return [*steps, _Step(_RETURN, _ALLOW)]


def _watched(families: Iterable[int]) -> dict[str, list[_Step]]:
    """Return what is done about calls that depend on their arguments; each ends in a return."""
    own = os.getpid()
    return {
        "clone": [
            _Step(_LOAD, _ARGS), _Step(_ANY_BIT, _CLONE_THREAD, other=1),
            _Step(_RETURN, _ALLOW), _Step(_RETURN, _REFUSE),
        ],
        # Its arguments lie in memory, where no filter looks: 'unknown' makes libc use clone.
        "clone3": [_Step(_RETURN, _ERRNO | errno.ENOSYS)],
        # Signal 0 only asks whether a process is there.
        "kill": [_Step(_LOAD, _ARGS + 8), _Step(_EQUAL, 0, other=1), _Step(_RETURN, _ALLOW),
                 *_only(0, [own])],
        "tgkill": _only(0, [own]),
        "rt_sigqueueinfo": _only(0, [own]),
        "rt_tgsigqueueinfo": _only(0, [own]),
        "socket": _only(0, families),
        "socketpair": _only(0, [socket.AF_UNIX]),
        "ioctl": _but(1, [_TIOCSTI, _TIOCLINUX]),
        "prctl": _but(0, [_SET_DUMPABLE, _SET_PTRACER]),
    }  # fmt: skip


def _only(argument: int, values: Iterable[int]) -> list[_Step]:
    """Allow a call where the lower half of an argument is one of some values."""
    return _choice(argument, values, _ALLOW, _REFUSE)


def _but(argument: int, values: Iterable[int]) -> list[_Step]:
    """Allow a call unless the lower half of an argument is one of some values."""
    return _choice(argument, values, _REFUSE, _ALLOW)


def _choice(argument: int, values: Iterable[int], hit: int, other: int) -> list[_Step]:
    steps = [_Step(_LOAD, _ARGS + 8 * argument)]
    for value in values:
        steps += [_Step(_EQUAL, value & 0xFFFFFFFF, other=1), _Step(_RETURN, hit)]
    return [*steps, _Step(_RETURN, other)]
