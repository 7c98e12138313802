"""Calls that are refused by what they are given: of other processes, modes, kinds of sockets."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import resource
import signal
import socket
import stat
from pathlib import Path

import pytest

from crmkit.server import calls, kernel, sandbox, seccomp
from tests.server.conftest import Attack, attempt, in_child, made

pytestmark = pytest.mark.skipif(bool(sandbox.lacks()), reason="; ".join(sandbox.lacks()) or "-")

COLUMN = seccomp._MACHINES.get(platform.machine(), (0, 0, 0))[1]
NETWORK = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
"""What a session may make where the data is on a PostgreSQL server elsewhere."""


def call(name: str, *args: int) -> int:
    """Make a system call by its name; PermissionError where it fails, skipped where it is not."""
    number = (calls.WATCHED | calls.REFUSED)[name][COLUMN]
    if number is None:
        pytest.skip(f"{platform.machine()} has no {name}")
    return made(kernel.call(number, *args))


# Other processes ---------------------------------------------------------------------------------


def limit_another(_: Path) -> object:
    """To no time on the processor, as which it is killed."""
    return resource.prlimit(os.getppid(), resource.RLIMIT_CORE)


def hold_another_back(_: Path) -> object:
    return os.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, 0))


def bind_another_to_a_processor(_: Path) -> object:
    return os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid()))


def put_another_last(_: Path) -> object:
    policy, param = os.sched_getscheduler(os.getppid()), os.sched_getparam(os.getppid())
    return os.sched_setscheduler(os.getppid(), policy, param)


def put_another_last_at_the_disk(_: Path) -> object:
    # IOPRIO_WHO_PROCESS, IOPRIO_CLASS_BE
    return call("ioprio_set", 1, os.getppid(), 2 << 13 | 4)


def move_the_memory_of_another(_: Path) -> object:
    return call("move_pages", os.getppid(), 0, 0, 0, 0, 0)


def have_the_kernel_signal_another(_: Path) -> object:
    return fcntl.fcntl(socket.socketpair()[0], fcntl.F_SETOWN, os.getppid())


def have_the_kernel_signal_another_in_more_words(_: Path) -> object:
    who = (ctypes.c_int * 2)(1, os.getppid())  # F_OWNER_PID
    ours, _theirs = socket.socketpair()
    return call("fcntl", ours.fileno(), 15, ctypes.addressof(who))


def choose_the_signal(_: Path) -> object:
    return fcntl.fcntl(socket.socketpair()[0], 10, signal.SIGCONT)


def let_others_wait_for_a_file(firm: Path) -> object:
    return fcntl.fcntl(os.open(own(firm), os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)


def be_told_of_a_folder(firm: Path) -> object:
    return fcntl.fcntl(os.open(firm, os.O_RDONLY), fcntl.F_NOTIFY, fcntl.DN_CREATE)


@pytest.mark.parametrize("what", [0x8901, 0x8902], ids=["FIOSETOWN", "SIOCSPGRP"])
def test_the_kernel_is_not_told_by_another_way_whom_to_signal(place: Path, what: int) -> None:
    def tell(_: Path) -> object:
        who = (ctypes.c_int * 1)(os.getppid())
        ours, _theirs = socket.socketpair()
        return call("ioctl", ours.fileno(), what, ctypes.addressof(who))

    assert in_child(lambda: attempt(tell, place))
    assert not in_child(lambda: attempt(tell, place) if walled(place) else None)


# Modes -------------------------------------------------------------------------------------------


def own(firm: Path) -> Path:
    """A file of this process, which is there."""
    found = not_yet(firm)
    found.touch(0o700)
    return found


def not_yet(firm: Path) -> Path:
    return firm / "state" / f"made-{os.getpid()}"


def name_of(path: Path) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(bytes(path))


def change_mode(firm: Path) -> object:
    return own(firm).chmod(0o4755)


def change_mode_of_what_is_open(firm: Path) -> object:
    return os.fchmod(os.open(own(firm), os.O_WRONLY), 0o2755)


def change_mode_in_more_words(firm: Path) -> object:
    name = name_of(own(firm))
    return call("fchmodat", -100, ctypes.addressof(name), 0o6755)


def change_mode_the_newest_way(firm: Path) -> object:
    name = name_of(own(firm))
    return call("fchmodat2", -100, ctypes.addressof(name), 0o6755, 0)


def make(firm: Path) -> object:
    return os.close(os.open(not_yet(firm), os.O_CREAT | os.O_WRONLY, 0o4755))


def make_the_old_way(firm: Path) -> object:
    name = name_of(not_yet(firm))
    return call("open", ctypes.addressof(name), os.O_CREAT | os.O_WRONLY, 0o4755)


def make_the_oldest_way(firm: Path) -> object:
    name = name_of(not_yet(firm))
    return call("creat", ctypes.addressof(name), 0o2755)


def make_a_folder(firm: Path) -> object:
    return not_yet(firm).mkdir(0o2755)


# Sockets -----------------------------------------------------------------------------------------


def pair_of_messages(_: Path) -> object:
    """Such a pair can be connected elsewhere, and hand the database over."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


def pair_of_packets(_: Path) -> object:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send_to_an_address(_: Path) -> object:
    ours, _theirs = socket.socketpair()
    name = ctypes.create_string_buffer(b"\1\0/nowhere\0")
    try:
        return call("sendto", ours.fileno(), 0, 0, 0, ctypes.addressof(name), 11)
    except PermissionError as error:
        if error.errno == errno.EISCONN:  # that is what a pair answers, and not the walls
            return None
        raise


ATTACKS: list[Attack] = [
    limit_another, hold_another_back,  bind_another_to_a_processor,
    put_another_last, put_another_last_at_the_disk, move_the_memory_of_another,
    have_the_kernel_signal_another, have_the_kernel_signal_another_in_more_words,
    choose_the_signal, let_others_wait_for_a_file, be_told_of_a_folder,
    change_mode, change_mode_of_what_is_open, change_mode_in_more_words,
    change_mode_the_newest_way, make, make_the_old_way, make_the_oldest_way, make_a_folder,
    pair_of_messages, pair_of_packets, send_to_an_address,
]  # fmt: skip
OFTEN_OFF = {
     put_another_last_at_the_disk, move_the_memory_of_another,
    change_mode_the_newest_way,
}  # fmt: skip
"""What some kernels do not have, or have nobody to do it to."""


@pytest.fixture
def place(firm: Path) -> Path:
    (firm / "state").mkdir(exist_ok=True)
    return firm


def walled(place: Path) -> bool:
    return sandbox.confine(place, strict=True) == []


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_an_attack_fails_inside_and_works_without_the_walls(attack: Attack, place: Path) -> None:
    outside = in_child(lambda: attempt(attack, place))
    if attack in OFTEN_OFF and not outside:
        pytest.skip("this machine refuses it to everybody")
    assert outside

    def inside() -> int:
        assert walled(place)
        try:
            attack(place)
        except PermissionError as error:
            return error.errno or 0
        return 0

    assert in_child(inside) == errno.EPERM


def test_no_mode_comes_by_a_pointer(place: Path) -> None:
    """`openat2` is not known inside, as on an older kernel."""

    def tried() -> int:
        assert walled(place)
        how, name = (ctypes.c_uint64 * 3)(0), ctypes.create_string_buffer(b"/dev/null")
        done = kernel.call(437, -100, ctypes.addressof(name), ctypes.addressof(how), 24)
        return ctypes.get_errno() if done < 0 else 0

    assert in_child(tried) == errno.ENOSYS


def test_what_belongs_to_the_session_itself_it_may_still_do(place: Path) -> None:
    def work() -> tuple[int, int, bytes]:
        assert walled(place)
        resource.setrlimit(resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE))
        resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE)
        file = own(place)
        file.chmod(0o1640)
        ours, theirs = socket.socketpair()
        ours.sendall(b"x")
        fcntl.fcntl(ours, fcntl.F_SETFL, os.O_NONBLOCK)
        return stat.S_IMODE(file.stat().st_mode), file.stat().st_size, theirs.recv(1)

    assert in_child(work) == (0o1640, 0, b"x")


def test_nothing_is_connected_where_the_data_is_a_file(place: Path) -> None:
    def tried() -> int:
        ours, _theirs = socket.socketpair()
        assert walled(place)
        try:
            ours.connect(str(place / "nowhere"))
        except OSError as error:
            return error.errno or 0
        return 0

    assert in_child(tried) == errno.EPERM


# Where the data is on a server -------------------------------------------------------------------


def _networked(attempted: Attack, place: Path) -> bool:
    kernel.keep_rights_low()
    seccomp.restrict(NETWORK)
    return attempt(attempted, place)


@pytest.mark.parametrize("family", NETWORK)
@pytest.mark.parametrize(
    ("kind", "protocol", "goes"),
    [
        (socket.SOCK_STREAM, 0, True),
        (socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, 0, True),
        (socket.SOCK_DGRAM, 0, False),
        (socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0, False),
        (socket.SOCK_SEQPACKET, 0, False),
        (socket.SOCK_RAW, 1, False),
        (socket.SOCK_STREAM, 262, False),  # MPTCP: TCP, whose ports Landlock does not see
    ],
)
def test_beside_a_server_there_is_nothing_but_streams(
    place: Path, family: int, kind: int, protocol: int, goes: bool
) -> None:
    def tried() -> int:
        kernel.keep_rights_low()
        seccomp.restrict(NETWORK)
        try:
            socket.socket(family, kind, protocol).close()
        except OSError as error:
            return error.errno or 0
        return 0

    found = in_child(tried)
    # Some machines have no IPv6.
    assert found in (0, errno.EAFNOSUPPORT) if goes else found == errno.EPERM


def test_nobody_connects_by_sending(place: Path) -> None:
    """So Landlock would not see to which port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def fast(_: Path) -> object:
            line = socket.socket()
            try:
                return line.sendto(b"x", 0x20000000, ("127.0.0.1", port))
            finally:
                line.close()

        def faster(_: Path) -> object:
            return socket.socket().sendmsg([b"x"], (), 0x20000000, ("127.0.0.1", port))

        for way in (fast, faster):
            assert not in_child(lambda way=way: _networked(way, place))
