"""The door, with a real sshd: each attack works on one that is weak, and not on ours."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from crmkit.server import wire
from tests.acceptance.machine import SECRET, free_port, listening
from tests.acceptance.sshds import (
    Attack,
    Site,
    Way,
    compare,
    home,
    needs_sshd,
    wait_for,
)
from tests.server.houses import until

pytestmark = needs_sshd
SAID = b"pwned-42"
SAY = "echo pwned-$((6*7))"
STRICT = ("-o", "ExitOnForwardFailure=yes")


# Attacks: whether each works on a way in -----------------------------------------------------

ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    """Add a row to the table."""

    def keep(found: Attack) -> Attack:
        ATTACKS[name] = found
        return found

    return keep


def _shell(sent: str) -> Attack:
    def tried(here: Site, way: Way, tmp: Path) -> bool:
        done = way.send(sent)
        return SAID in done.stdout + done.stderr

    return tried


for _name, _sent in {
    "a shell": f"sh -c '{SAY}'",
    "a shell by its path": f"/bin/sh -c '{SAY}'",
    "a command after ;": f"lead list; {SAY}",
    "a command after a new line": f"lead list\n{SAY}",
    "a command after |": f"lead list | {SAY}",
    "a command after ||": f"nothing || {SAY}",
    "a command in the background": f"lead list & {SAY}",
    "a command in $( )": "echo pwned-$(echo 4)2",
    "a command in backticks": "echo pwned-`echo 4`2",
    "a variable": "lead list; x=42; echo pwned-$x",
    "a command that the words are given to": "env printf pwned-%s 42",
}.items():
    ATTACKS[_name] = _shell(_sent)


@attack("a file written by >")
def _redirected(here: Site, way: Way, tmp: Path) -> bool:
    target = home(here.place, way.login) / "written"
    way.send(f"lead list > {target}")
    return target.exists()


@attack("another user, by --as")
def _as_other(here: Site, way: Way, tmp: Path) -> bool:
    weak = way is here.weak
    if weak:
        way = here.as_root()
    before = _of_ben(here)
    for sent in ("--as ben", "-- --as ben", "--as=ben", "'--as' ben"):
        way.send(f"{sent} lead add name=Forged email=forged@example.com", key=weak * "naive")
    return _of_ben(here) > before


def _of_ben(here: Site) -> int:
    crm = here.crm()
    try:
        return sum(c.actor_name == "ben" for c in crm.session("ada").log(limit=100))
    finally:
        crm.store.close()


@attack("scp")
def _scp(here: Site, way: Way, tmp: Path) -> bool:
    return any(_copied(here, way, tmp, kind) for kind in ("-O", "-s"))


def _copied(here: Site, way: Way, tmp: Path, kind: str) -> bool:
    source = f"{way.login}@127.0.0.1:{here.place}/secret"
    subprocess.run(
        ["scp", "-F", "none", kind, "-P", str(way.port), *way.options(), source, tmp / "got"],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return (tmp / "got").exists()


@attack("sftp, as a subsystem")
def _sftp(here: Site, way: Way, tmp: Path) -> bool:
    way.hold("-s", command="sftp")
    (session,) = way.held
    assert session.stdin
    assert session.stdout
    with contextlib.suppress(BrokenPipeError):
        session.stdin.write(b"\0\0\0\5\1\0\0\0\3")
        session.stdin.flush()
    return session.stdout.read(5)[4:] == b"\2"


def _heard(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
        line.settimeout(5)
        return line.recv(64) == SECRET
    return False


@attack("-L")
def _local(here: Site, way: Way, tmp: Path) -> bool:
    port = free_port()
    way.hold("-N", "-L", f"{port}:127.0.0.1:{here.banner}", command="")
    until(lambda: listening(port))
    return _heard(port)


@attack("-L to the socket of the house")
def _house_itself(here: Site, way: Way, tmp: Path) -> bool:
    """Who reaches it as the account at the door may be anybody."""
    ours = tmp / "s"
    way.hold("-N", "-L", f"{ours}:{here.place}/run/house.sock", command="")
    until(ours.is_socket)
    try:
        return bool(wire.ask(str(ours), {"ask": "keys", "principals": True}))
    except OSError:
        return False


@attack("-D")
def _socks(here: Site, way: Way, tmp: Path) -> bool:
    port = free_port()
    way.hold("-N", "-D", str(port), command="")
    until(lambda: listening(port))
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as line:
        line.settimeout(5)
        line.sendall(b"\5\1\0")
        line.recv(2)
        line.sendall(b"\5\1\0\1\x7f\0\0\1" + here.banner.to_bytes(2, "big"))
        return SECRET in line.recv(10) + line.recv(64)
    return False


@attack("-R")
def _remote(here: Site, way: Way, tmp: Path) -> bool:
    port = free_port()
    way.hold("-N", *STRICT, "-R", f"{port}:127.0.0.1:{here.banner}", command="")
    until(lambda: way.held[-1].poll() is not None or listening(port))
    return _heard(port)


@attack("-W")
def _stdio(here: Site, way: Way, tmp: Path) -> bool:
    return way.send("", "-W", f"127.0.0.1:{here.banner}").stdout == SECRET


def _interfaces() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}


@attack("-w")
def _tunnel(here: Site, way: Way, tmp: Path) -> bool:
    """Interfaces that came: one is of the client, the other of the server."""
    before = _interfaces()
    if not Path("/dev/net/tun").exists():
        pytest.skip("this kernel has no tunnels")
    if way is here.weak:
        way = here.as_root()  # only root may make one; ours is refused before that is asked
    way.hold("-N", *STRICT, "-w", "any:any", command="")
    here.weak.held += way.held if way.login == "root" else []
    client = way.held[-1]
    until(lambda: client.poll() is not None or len(_interfaces() - before) == 2)
    return client.poll() is None


@attack("-A")
def _agent(here: Site, way: Way, tmp: Path) -> bool:
    def sockets() -> set[Path]:
        return set(Path("/tmp").glob("ssh-*/agent.*"))

    before = sockets()
    with contextlib.ExitStack() as stack:
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp / "a"], stdout=subprocess.DEVNULL)
        stack.callback(agent.wait)
        stack.callback(agent.kill)
        until((tmp / "a").is_socket)
        way.hold("-A", SSH_AUTH_SOCK=str(tmp / "a"))
        until(lambda: here.is_in(way))
        found = bool(sockets() - before)
        way.release()
        return found


@attack("-X")
def _x11(here: Site, way: Way, tmp: Path) -> bool:
    def displays() -> set[int]:
        rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
        ports = {int(r.split()[1].partition(":")[2], 16) for r in rows if r.split()[3] == "0A"}
        return {port for port in ports if 6010 <= port < 6100}

    before = displays()
    way.hold("-Y", DISPLAY="127.0.0.1:99")
    until(lambda: here.is_in(way))
    return bool(displays() - before)


def _reached(way: Way, *names: str) -> set[str]:
    """Which variables came to a process on the server with the mark of this way in them."""
    found: set[str] = set()
    clients = {str(client.pid) for client in way.held}
    for path in Path("/proc").glob("[0-9]*/environ"):
        if path.parent.name in clients:
            continue
        with contextlib.suppress(OSError, UnicodeDecodeError):
            lines = path.read_bytes().decode().split("\0")
            found |= {name for line in lines for name in names if line == f"{name}={_mark(way)}"}
    return found


def _mark(way: Way) -> str:
    return f"/pwned-at-{way.login}"


VARIABLES = (
    "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "BASH_ENV",
    "ENV", "TEXTUAL_DRIVER", "TEXTUAL_LOG", "CRMKIT_WORKSPACE", "CRMKIT_DEBUG", "EDITOR",
    "SSH_USER_AUTH", "LC_ALL", "SUDO_UID", "XDG_DATA_HOME",
)  # fmt: skip


@pytest.mark.parametrize("how", ["SetEnv", "SendEnv"])
def test_no_variable_of_the_caller_comes_in(how: str, here: Site) -> None:
    for way, expected in ((here.weak, set(VARIABLES)), (here.ours, set())):
        given = {name: _mark(way) for name in VARIABLES}
        if how == "SetEnv":
            way.hold("-o", "SetEnv=" + " ".join(f"{k}={v}" for k, v in given.items()))
        else:
            # The dynamic linker would act on these in the client itself: they are set above.
            sent = {k: v for k, v in given.items() if not k.startswith("LD_")}
            expected = expected & sent.keys()
            way.hold("-o", "SendEnv=" + " ".join(sent), **sent)
        until(lambda way=way: here.is_in(way))
        assert wait_for(lambda way=way, e=expected: _reached(way, *VARIABLES) >= e)
        assert _reached(way, *VARIABLES) == expected


def _home(here: Site, way: Way) -> Path:
    found = home(here.place, way.login)
    (found / ".ssh").mkdir(exist_ok=True)
    return found


def _plant(here: Site, way: Way, name: str, text: str) -> None:
    found = _home(here, way)
    (found / name).write_text(text)
    for path in (found, found / ".ssh", found / name):
        shutil.chown(path, way.login)
        path.chmod(0o755 if path.is_dir() else 0o644)


def _run_from(name: str) -> Attack:
    def tried(here: Site, way: Way, tmp: Path) -> bool:
        left = _home(here, way) / "left-behind"
        left.unlink(missing_ok=True)
        _plant(here, way, name, f"echo x > {left}\n")
        way.send("lead list")
        return left.exists()

    return tried


ATTACKS["a planted .ssh/rc"] = _run_from(".ssh/rc")
ATTACKS["a planted .bashrc"] = _run_from(".bashrc")


@attack("a planted .ssh/environment")
def _environment_file(here: Site, way: Way, tmp: Path) -> bool:
    _plant(here, way, ".ssh/environment", f"PLANTED={_mark(way)}\n")
    way.hold()
    until(lambda: here.is_in(way))
    return bool(_reached(way, "PLANTED"))


@attack("a planted .ssh/authorized_keys")
def _authorized(here: Site, way: Way, tmp: Path) -> bool:
    key = (here.place / "keys" / "mallory.pub").read_text()
    _plant(here, way, ".ssh/authorized_keys", key)
    assert b"Ann Other" in here.ours.send("lead list").stdout  # that is no file in sshd's way
    return b"ermission denied" not in way.send("lead list", key="mallory").stderr


@attack("a second session over the same connection")
def _second(here: Site, way: Way, tmp: Path) -> bool:
    control = ["-o", f"ControlPath={tmp}/c"]
    way.hold("-M", *control)
    until((tmp / "c").is_socket)
    # Where the first connection takes no other session, ssh would make one of its own.
    done = way.send("lead list", *control, "-o", "ProxyCommand=false")
    return done.returncode != 255 and b"refused" not in done.stderr


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_works_where_the_door_is_weak_and_fails_at_ours(
    name: str, here: Site, tmp_path: Path
) -> None:
    compare(ATTACKS[name], here, tmp_path)
