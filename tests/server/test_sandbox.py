"""The walls: what an attacker inside a session does fails there, and works without them."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import platform
import pty
import signal
import socket
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from crmkit.core.errors import Fault
from crmkit.server import calls, kernel, landlock, sandbox, seccomp
from tests.server.conftest import Attack, Failed, attempt, in_child, made

pytestmark = pytest.mark.skipif(bool(sandbox.lacks()), reason="; ".join(sandbox.lacks()) or "-")


def shell(_: Path) -> object:
    code = os.system("exit 7")
    if os.waitstatus_to_exitcode(code) != 7:
        raise PermissionError(f"status {code}")
    return code


def program(_: Path) -> object:
    return subprocess.run(["/bin/true"], check=True).returncode


def spawn(_: Path) -> object:
    return os.posix_spawn("/bin/true", ["true"], {})


def program_in_place(_: Path) -> object:
    os.execv("/bin/false", ["false"])


def terminal_with_shell(_: Path) -> object:
    try:
        return pty.spawn(["/bin/true"], lambda fd: os.read(fd, 1))
    except OSError as error:
        if "out of pty devices" in str(error):
            raise PermissionError(str(error)) from None
        raise


def fork(_: Path) -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)


def thread_without_libc(_: Path) -> object:
    number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    made = kernel.call(number, signal.SIGCHLD, 0, 0, 0, 0)
    if made == 0:
        os._exit(0)
    if made < 0:
        raise PermissionError(ctypes.get_errno())
    return os.waitpid(made, 0)


def internet(_: Path) -> object:
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM).fileno()


def internet_6(_: Path) -> object:
    return socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).fileno()


def other_service(_: Path) -> object:
    return socket.socket(socket.AF_UNIX).fileno()


def netlink(_: Path) -> object:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).fileno()


def ring(_: Path) -> object:
    params = ctypes.create_string_buffer(120)
    return made(kernel.call(425, 4, ctypes.addressof(params)))


def trace(_: Path) -> object:
    # PTRACE_TRACEME
    return made(kernel.call({"x86_64": 101, "aarch64": 117}[platform.machine()], 0, 0, 0, 0))


def memory_of_the_parent(_: Path) -> object:
    text = ctypes.create_string_buffer(8)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(text), 8)
    number = {"x86_64": 310, "aarch64": 270}[platform.machine()]
    # Itself: a machine may forbid it for any other process without our doing.
    return made(kernel.call(number, os.getpid(), ctypes.addressof(local), 1,
                             ctypes.addressof(local), 1, 0))  # fmt: skip


def stop_another(_: Path) -> object:
    return os.kill(os.getppid(), signal.SIGCONT)


def stop_all_of_the_group(_: Path) -> object:
    signal.signal(signal.SIGCONT, signal.SIG_IGN)
    os.setpgid(0, 0)
    return os.kill(0, signal.SIGCONT)


def new_namespace(_: Path) -> object:
    # CLONE_NEWUSER
    return made(kernel.call({"x86_64": 272, "aarch64": 97}[platform.machine()], 0x10000000))


def read_shadow(_: Path) -> object:
    return Path("/etc/shadow").read_text()


def read_memory_of_self(_: Path) -> object:
    return Path("/proc/self/environ").read_bytes()


def list_the_root(_: Path) -> object:
    return os.listdir("/")


def read_beside(firm: Path) -> object:
    return (firm.parent / "other.txt").read_text()


def through_a_link(firm: Path) -> object:
    return (firm / "state" / "link").read_text()


def write_beside(firm: Path) -> object:
    return (firm.parent / "new.txt").write_text("x")


def write_to_tmp(_: Path) -> object:
    place = Path("/var/tmp") / f"crmkit-{os.getpid()}"
    place.write_text("x")
    place.unlink()


def empty_beside(firm: Path) -> object:
    return os.truncate(firm.parent / "other.txt", 0)


def remove_beside(firm: Path) -> object:
    return (firm.parent / "other.txt").unlink()


def plant_a_plugin(firm: Path) -> object:
    return (firm / "plugins" / "evil.py").write_text("import os")


def move_a_plugin_in(firm: Path) -> object:
    made = firm / "state" / "evil.py"
    made.write_text("import os")
    return made.rename(firm / "plugins" / "evil.py")


def change_the_plugin(firm: Path) -> object:
    return (firm / "plugins" / "own.py").write_text("import os")


def change_the_configuration(firm: Path) -> object:
    return (firm / "crmkit.toml").write_text('name = "x"')


def remove_the_database(firm: Path) -> object:
    return (firm / "crmkit.db").unlink()


def change_the_program(_: Path) -> object:
    place = Path(sandbox.__file__)
    return os.close(os.open(place, os.O_WRONLY))


def show_the_memory_again(_: Path) -> object:
    return made(kernel.call({"x86_64": 157, "aarch64": 167}[platform.machine()], 4, 1))


ATTACKS = [
    shell, program, spawn, program_in_place, terminal_with_shell, fork, thread_without_libc,
    internet, internet_6, other_service, netlink, ring, trace, memory_of_the_parent,
    stop_another, stop_all_of_the_group, new_namespace, read_shadow, read_memory_of_self,
    list_the_root, read_beside, through_a_link, write_beside, write_to_tmp, empty_beside,
    remove_beside, plant_a_plugin, move_a_plugin_in, change_the_plugin, change_the_configuration,
    remove_the_database, change_the_program, show_the_memory_again,
]  # fmt: skip
ROOT_ONLY = {read_shadow, new_namespace}
OFTEN_OFF = {ring, trace, memory_of_the_parent, internet_6, netlink}
"""What machines, and containers more so, may refuse to everybody."""


@pytest.fixture
def place(firm: Path) -> Path:
    """The firm, with something beside it, a link to that, and a plugin."""
    (firm.parent / "other.txt").write_text("of somebody else")
    (firm / "state").mkdir(exist_ok=True)
    (firm / "state" / "link").symlink_to(firm.parent / "other.txt")
    (firm / "plugins" / "own.py").write_text('"""Nothing yet."""')
    return firm


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_an_attack_fails_inside(attack: Attack, place: Path) -> None:
    def walled() -> bool:
        assert sandbox.confine(place, strict=True) == []
        return attempt(attack, place)

    assert in_child(walled) is False


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.__name__)
def test_the_same_attack_works_without_the_walls(attack: Attack, place: Path) -> None:
    if attack in ROOT_ONLY and os.geteuid() != 0:
        pytest.skip("only root can do this anyway")
    if attack is change_the_program and not os.access(sandbox.__file__, os.W_OK):
        pytest.skip("the program belongs to somebody else, as it should")
    if attack is program_in_place:
        with pytest.raises(Failed, match="status 256"):
            in_child(lambda: attempt(attack, place))
        return
    done = in_child(lambda: attempt(attack, place))
    if attack in OFTEN_OFF and not done:
        pytest.skip("this machine refuses it to everybody")
    assert done is True


@pytest.mark.parametrize("walls", [True, False])
def test_nothing_is_typed_into_the_terminal_that_is_left_behind(place: Path, walls: bool) -> None:
    def typed() -> int:
        master, slave = pty.openpty()
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        if walls:
            sandbox.confine(place, strict=True)
        try:
            fcntl.ioctl(slave, termios.TIOCSTI, b"x")
        except OSError as error:
            return error.errno
        finally:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.close(master)
        return 0

    # Some kernels refuse it to everybody, with another number.
    assert in_child(typed) in ((errno.EPERM,) if walls else (0, errno.EIO))


def test_what_cannot_be_had_is_said_or_refused(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    (said,) = in_child(lambda: sandbox.confine(place, strict=False))
    assert "Landlock" in said

    def refused() -> str:
        with pytest.raises(Fault) as caught:
            sandbox.confine(place, strict=True)
        return str(caught.value)

    assert "Landlock" in in_child(refused)


def test_the_other_wall_stands_where_one_cannot_be_had(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)

    def half() -> tuple[bool, bool]:
        sandbox.confine(place, strict=False)
        return attempt(program, place), attempt(read_beside, place)

    assert in_child(half) == (False, True)


def test_a_thread_that_runs_already_is_told_of(place: Path) -> None:
    def late() -> list[str]:
        import threading

        ended = threading.Event()
        threading.Thread(target=ended.wait, daemon=True).start()
        try:
            return sandbox.confine(place, strict=False)
        finally:
            ended.set()

    assert any("threads" in said for said in in_child(late))


def test_the_filter_is_short_enough_to_run_at_every_call() -> None:
    assert len(seccomp._program(())) < 300


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_refused_call_has_a_number_of_its_own(
    machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = seccomp._MACHINES[machine][1]
    tables = (calls.REFUSED, calls.WATCHED)
    assert calls.WATCHED.keys() == calls.rules(()).keys()
    found = [row[column] for table in tables for row in table.values() if row[column] is not None]
    assert len(found) == len(set(found))
    monkeypatch.setattr(platform, "machine", lambda: machine)
    program = seccomp._program((socket.AF_UNIX,))
    ends = [n + 1 + max(s.then, s.other) for n, s in enumerate(program[:-1])]
    assert max(ends) < len(program)


if sys.platform != "linux":
    pytestmark = pytest.mark.skip("the walls are Linux's")
