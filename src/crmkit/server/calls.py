"""The system calls that a session may not make, or only with some arguments: the filter's table.

A rule is a list of steps for the kernel's packet filter machine. They see nothing but numbers:
what a pointer leads to no filter can read.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterable

from attrs import frozen

LOAD, AND, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
REFUSE = ERRNO | errno.EPERM
_ARGS = 16
"""Where in `struct seccomp_data` the six arguments are, of 8 bytes each."""

REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Other programs, and what is in other processes.
    "execve": (59, 221), "execveat": (322, 281), "fork": (57, None), "vfork": (58, None),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "tkill": (200, 130), "unshare": (272, 97), "setns": (308, 268), "personality": (135, 92),
    "move_pages": (279, 239), "migrate_pages": (256, 238),
    # Who gets the processor and the disk first: of this process or of any other.
    "setpriority": (141, 140), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "sched_setaffinity": (203, 122), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
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
    # Waiting for others to call; and messages whose addresses lie in memory, many at a time.
    "bind": (49, 200), "listen": (50, 201), "accept": (43, 202), "accept4": (288, 242),
    "sendmmsg": (307, 269),
}  # fmt: skip
"""Those that are refused whatever they are given: their numbers on x86_64 and on aarch64."""

WATCHED: dict[str, tuple[int | None, int | None]] = {
    "clone": (56, 220), "clone3": (435, 435), "kill": (62, 129), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "prlimit64": (302, 261),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "sendto": (44, 206),
    "sendmsg": (46, 211), "ioctl": (16, 29), "fcntl": (72, 25), "prctl": (157, 167),
    "open": (2, None), "creat": (85, None), "openat": (257, 56), "openat2": (437, 437),
    "mkdir": (83, None), "mkdirat": (258, 34), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "fchmodat2": (452, 452),
}  # fmt: skip
"""Those of which it depends on the arguments."""

_CLONE_THREAD = 0x10000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Typing into a terminal as if its user had: what he types after the session, his shell reads."""
_FIOSETOWN, _SIOCSPGRP = 0x8901, 0x8902
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15
"""Letting the kernel signal somebody else, whenever a file is ready."""
_F_SETLEASE, _F_NOTIFY = 1024, 1026
"""Letting others, the house too, wait before they open a file; being told of what they do."""
_SET_DUMPABLE, _SET_PTRACER, _SCHED_CORE = 4, 0x59616D61, 62
_SET_ID = 0o6000
"""A program with this mode runs as its owner, whoever starts it."""
_TYPE, _TCP = 0xF, 6
"""What of a socket's type is its type; the protocol whose ports Landlock knows."""
_FAST_OPEN = 0x20000000
"""Connecting by sending, which Landlock does not see."""


@frozen
class Step:
    """An instruction; `then` and `other` are how many steps are left out after a comparison."""

    code: int
    k: int
    then: int = 0
    other: int = 0

    @property
    def raw(self) -> bytes:
        """Return it as `struct sock_filter`."""
        return struct.pack("=HBBI", self.code, self.then, self.other, self.k)


def refuse(values: Iterable[int], code: int = EQUAL) -> list[Step]:
    """Refuse the call where what was loaded is one of some values; else go on."""
    found = list(values)
    last = len(found) - 1
    steps = [Step(code, v & 0xFFFFFFFF, last - n, int(n == last)) for n, v in enumerate(found)]
    return [*steps, Step(RETURN, REFUSE)] if steps else []


def demand(values: Iterable[int]) -> list[Step]:
    """Go on where what was loaded is one of some values; else refuse the call."""
    found = list(values)
    steps = [Step(EQUAL, v & 0xFFFFFFFF, len(found) - n) for n, v in enumerate(found)]
    return [*steps, Step(RETURN, REFUSE)]


def rules(families: Iterable[int]) -> dict[str, list[Step]]:
    """Return what is done about each call of WATCHED; each ends in a return.

    `families` are the kinds of sockets (`socket.AF_...`) that may be made.
    """
    own, kinds = os.getpid(), list(families)
    done = Step(RETURN, ALLOW)
    to_itself = [_argument(0), *demand([own]), done]
    stream = [_argument(1), Step(AND, _TYPE), *demand([socket.SOCK_STREAM])]
    return {
        "clone": [_argument(0), Step(ANY_BIT, _CLONE_THREAD, other=1), done, Step(RETURN, REFUSE)],
        # Its arguments lie in memory, where no filter looks: 'unknown' makes libc use clone.
        "clone3": [Step(RETURN, ERRNO | errno.ENOSYS)],
        # Signal 0 only asks whether a process is there.
        "kill": [_argument(1), Step(EQUAL, 0, other=1), done, *to_itself],
        "tgkill": to_itself,
        "rt_sigqueueinfo": to_itself,
        "rt_tgsigqueueinfo": to_itself,
        "prlimit64": [_argument(0), *demand([0, own]), done],
        # Landlock knows the ports of TCP alone: nothing else goes anywhere.
        "socket": [*stream, _argument(2), *demand([0, _TCP]), _argument(0), *demand(kinds), done],
        "socketpair": [*stream, _argument(0), *demand([socket.AF_UNIX]), done],
        "connect": [done if kinds else Step(RETURN, REFUSE)],
        "sendto": [_argument(4), *demand([0]), _upper_half(4), *demand([0]),
                   _argument(3), *refuse([_FAST_OPEN], ANY_BIT), done],
        "sendmsg": [_argument(2), *refuse([_FAST_OPEN], ANY_BIT), done],
        "ioctl": _but(1, [_TIOCSTI, _TIOCLINUX, _FIOSETOWN, _SIOCSPGRP]),
        "fcntl": _but(1, [_F_SETOWN, _F_SETSIG, _F_SETOWN_EX, _F_SETLEASE, _F_NOTIFY]),
        "prctl": _but(0, [_SET_DUMPABLE, _SET_PTRACER, _SCHED_CORE]),
        **{name: [_argument(n), *refuse([_SET_ID], ANY_BIT), done] for name, n in _MODES.items()},
        # Its mode lies in memory; nothing needs it.
        "openat2": [Step(RETURN, ERRNO | errno.ENOSYS)],
    }  # fmt: skip


_MODES = {
    "open": 2, "creat": 1, "openat": 3, "mkdir": 1, "mkdirat": 2, "chmod": 1, "fchmod": 1,
    "fchmodat": 2, "fchmodat2": 2,
}  # fmt: skip
"""Which argument is a file's mode."""


def _argument(number: int) -> Step:
    """Load the lower half of an argument: all that there is of those that are no pointers."""
    return Step(LOAD, _ARGS + 8 * number)


def _upper_half(number: int) -> Step:
    return Step(LOAD, _ARGS + 8 * number + 4)


def _but(number: int, values: Iterable[int]) -> list[Step]:
    return [_argument(number), *refuse(values), Step(RETURN, ALLOW)]
