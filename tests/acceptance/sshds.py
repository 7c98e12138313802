"""Two real sshd on loopback: one with the door of `crmkit ssh setup`, and one that is weak.

Both stand on a server that is careless in all else: forwarding, tunnels, X11, any environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from crmkit.app import init, open_crm
from crmkit.core.keys import ENTITY, read_key
from crmkit.server import log
from crmkit.server.sshd import Door, write
from tests.acceptance.machine import (
    account,
    banner,
    free_port,
    listening,
    processes,
    python_for,
    run,
)
from tests.acceptance.terminal import Terminal
from tests.server.houses import alive, until

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin") or ""
DOOR, WEAK = f"crmt-door-{os.getpid()}", f"crmt-weak-{os.getpid()}"
REQUIRED = os.environ.get("CRMKIT_REQUIRE_SSHD", "") not in ("", "0")
PATIENCE = 20.0
CARELESS = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {place}/host
PidFile none
UsePAM no
LogLevel VERBOSE
AcceptEnv *
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
AllowAgentForwarding yes
PermitTunnel yes
PermitUserRC yes
GatewayPorts yes
X11Forwarding yes
X11UseLocalhost yes
XAuthLocation /bin/true
MaxSessions 10
MaxStartups 100
Subsystem sftp internal-sftp
"""


def lacking() -> str:
    """Return why there can be no sshd here; '' where there can."""
    if not SSHD:
        return "sshd is not installed"
    if os.geteuid() != 0:
        return "only root can let other accounts in"
    return "" if shutil.which("useradd") else "accounts cannot be made here"


needs_sshd = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()) and not REQUIRED, reason=lacking() or "-"),
]


def home(place: Path, login: str) -> Path:
    """Return the home of an account."""
    return place / f"home-{login}"


@define
class Way:
    """A way in: an sshd, the account that one comes in as, and the key that one has."""

    place: Path
    port: int
    login: str
    key: str
    waits: str
    """What to send for a session that reads its standard input to the end."""
    log: Path
    held: list[subprocess.Popen[bytes]] = field(factory=list)

    def ssh(self, *options: str, key: str = "") -> list[str]:
        """Return the ssh command, up to the host."""
        return [
            "ssh", "-F", "none", *self.options(key), "-p", str(self.port), *options,
            f"{self.login}@127.0.0.1",
        ]  # fmt: skip

    def options(self, key: str = "") -> list[str]:
        """Return what ssh, scp and sftp are all told."""
        told = {
            "IdentityFile": self.place / "keys" / (key or self.key), "IdentitiesOnly": "yes",
            "BatchMode": "yes", "StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null",
            "GlobalKnownHostsFile": "/dev/null", "LogLevel": "ERROR", "ConnectTimeout": "10",
        }  # fmt: skip
        return [word for name, value in told.items() for word in ("-o", f"{name}={value}")]

    def send(
        self, command: str, *options: str, key: str = "", given: bytes = b"", ends: bool = True
    ) -> subprocess.CompletedProcess[bytes]:
        """Send a command (a line, as it is) and return what came of it."""
        return subprocess.run(
            [*self.ssh(*options, key=key), *(["--", command] if command else [])], input=given,
            capture_output=True, timeout=60, check=False, env=_plain(),
        )  # fmt: skip

    def hold(self, *options: str, command: str | None = None, **env: str) -> None:
        """Come in, and stay: with a command that waits for its input, or (`-N`) with none."""
        what = self.waits if command is None else command
        self.held.append(
            subprocess.Popen(
                [*self.ssh(*options), *(["--", what] if what else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_plain(**env),
            )  # fmt: skip
        )

    @property
    def let_in(self) -> int:
        """How often sshd has let somebody in."""
        return self.log.read_text().count("Accepted publickey for")

    def release(self) -> None:
        """Go."""
        for one in self.held:
            one.kill()
            one.communicate()
        self.held.clear()

    def terminal(self, *options: str, command: str = "", **env: str) -> Terminal:
        """Come in with a terminal."""
        return Terminal([*self.ssh("-tt", *options), *([command] if command else [])], env)


def _plain(**more: str) -> Mapping[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **more}


@define
class Site:
    """A server: a firm, its house, and both sshd."""

    place: Path
    firm: Path
    house: subprocess.Popen[bytes]
    ours: Way
    weak: Way
    certified: Way
    banner: int
    """A TCP port at which something is said that nobody from outside is to hear."""

    def crm(self) -> Any:
        """The firm, opened."""
        return open_crm(self.firm)

    def is_in(self, way: Way) -> bool:
        """Whether somebody who came by a way is in: what he asked for is running."""
        if way.login == WEAK:
            return bool(processes(WEAK, "cat"))
        return bool(processes(DOOR, "crmkit.server.attach")) and len(self.sessions) > 0

    @property
    def sessions(self) -> list[int]:
        """The sessions of the house that are open."""
        events = (json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{")
        found = [event["pid"] for event in events if event["event"] == log.LOGIN]
        return [pid for pid in found if alive(pid)]

    @property
    def log(self) -> Path:
        """The log of the house."""
        return self.place / "house.log"

    def release(self) -> None:
        """Let everybody go who is held."""
        for way in (self.ours, self.weak, self.certified):
            way.release()
        until(lambda: not self.sessions)

    def as_root(self) -> Way:
        """The weak way in, as the superuser."""
        weak = self.weak
        return Way(weak.place, weak.port, "root", weak.key, weak.waits, weak.log)


@contextmanager
def site() -> Iterator[Site]:
    """A server with people: ada, an admin, and ben, who has a key as well."""
    place = Path(tempfile.mkdtemp(prefix="crmkit-sshd-", dir="/var/lib"))
    place.chmod(0o755)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        stack.enter_context(account(DOOR, home(place, DOOR), "/bin/sh"))
        stack.enter_context(account(WEAK, home(place, WEAK), "/bin/bash"))
        (place / "keys").mkdir()
        for name in ("ada", "ben", "mallory", "naive", "authority"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "keys" / name)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "host")
        (place / "secret").write_text("pwned-by-copying")
        firm = _firm(place)
        house = stack.enter_context(serving(place, firm))
        said = stack.enter_context(banner())
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        door = Door(
            door=DOOR, account="root", socket=f"{place}/run/house.sock", place=f"{place}/door",
            python=python_for(DOOR, place), sshd=f"{place}/door.conf", sudoers=f"{place}/sudoers",
        )  # fmt: skip
        write(door)
        part = Path(door.sshd).read_text()
        ours = stack.enter_context(_sshd(place, "ours", part, DOOR, "ada", "lead import -"))
        weak = stack.enter_context(_sshd(place, "weak", _weak(place, firm), WEAK, "ada", "cat"))
        with_ca = _certified(part, place)
        certified = stack.enter_context(_sshd(place, "ca", with_ca, DOOR, "naive", ""))
        yield Site(place, firm, house, ours, weak, certified, said)


def _firm(place: Path) -> Path:
    firm = place / "firm"
    before = os.environ.get("LOGNAME")
    os.environ["LOGNAME"] = "ada"
    try:
        crm = init(firm)
    finally:
        os.environ.pop("LOGNAME")
        if before is not None:
            os.environ["LOGNAME"] = before
    session = crm.session("ada")
    ben = session.add("user", session.parse("user", {"name": "ben", "roles": "crm_manager"}))
    session.add("lead", {"name": "Ann Other", "email": "ann@example.com"})
    ada = session.actor.id
    for name, user in (("ada", ada), ("ben", ben.id)):
        key = read_key((place / "keys" / f"{name}.pub").read_text())
        values = {"kind": key.kind, "body": key.body, "fingerprint": key.fingerprint}
        session.add(ENTITY, {"user": user, **values})
    crm.store.close()
    shutil.copy(Path(__file__).with_name("probe.py"), firm / "plugins")
    run(sys.executable, "-m", "crmkit", "--workspace", firm, "plugin", "enable", "probe",
        env={**os.environ, "LOGNAME": "ada"})  # fmt: skip
    with (firm / "crmkit.toml").open("a") as file:
        file.write(
            f'\n[server]\ndoor = "{DOOR}"\nmax_sessions_per_user = 50\n'
            f'socket = "{place}/run/house.sock"\n'
        )
    return firm


@contextmanager
def serving(place: Path, firm: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The house of a firm, at run/house.sock of a place; it writes house.log there."""
    (place / "run").mkdir()
    path = place / "run" / "house.sock"
    with (place / "house.log").open("wb") as log:
        house = subprocess.Popen(
            [sys.executable, "-m", "crmkit", "--workspace", firm, "serve", "--socket", path],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(path.is_socket, 60)
        yield house
    finally:
        house.terminate()
        house.wait(40)


def _weak(place: Path, firm: Path) -> str:
    """A key that is let in as it is, and one with a command that trusts what is sent."""
    ada, naive = ((place / "keys" / f"{n}.pub").read_text() for n in ("ada", "naive"))
    program = f"{sys.executable} -m crmkit --workspace {firm} --as ada"
    keys = place / "weak_keys"
    keys.write_text(f'{ada}command="{program} $SSH_ORIGINAL_COMMAND" {naive}')
    return (
        f"PermitRootLogin yes\nPermitUserEnvironment yes\n"
        f"AuthorizedKeysFile {keys} {home(place, WEAK)}/.ssh/authorized_keys\n"
    )


def _certified(part: str, place: Path) -> str:
    """The door with what its file says of certificates."""
    for name in ("TrustedUserCAKeys", "AuthorizedPrincipalsCommand"):
        part = part.replace(f"# {name}", name)
    return part.replace("/etc/ssh/crmkit_ca.pub", f"{place}/keys/authority.pub")


@contextmanager
def _sshd(
    place: Path, name: str, more: str, login: str, key: str, waits: str
) -> Iterator[Way]:  # fmt: skip
    port = free_port()
    config, log = place / f"{name}.conf", place / f"{name}.log"
    config.write_text(CARELESS.format(port=port, place=place) + more)
    with log.open("wb") as kept:
        process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stdout=kept, stderr=kept
        )
    way = Way(place, port, login, key, waits, log)
    try:
        until(lambda: process.poll() is not None or listening(port))
        assert process.poll() is None, log.read_text()
        yield way
    finally:
        way.release()
        process.send_signal(signal.SIGTERM)
        process.wait(40)


def demand_honest_use(here: Site) -> None:
    """Check that people get in at ours: a door that lets nobody in would resist everything."""
    listed = here.ours.send("lead list --format json")
    assert [lead["name"] for lead in json.loads(listed.stdout)] == ["Ann Other"], listed
    table = b"name,email\nZoe Brought,zoe@example.com\n"
    brought = here.ours.send("lead import -", given=table)
    assert brought.returncode == 0, brought
    assert b"Zoe Brought" in here.ours.send("lead list", key="ben").stdout
    with here.ours.terminal() as terminal:
        terminal.wait("My day")
        terminal.press("g", "l")
        terminal.wait("Ann Other", "Zoe Brought")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0


@contextmanager
def impatient(here: Site) -> Iterator[Way]:
    """Our door at an sshd that asks each second whether the client is there, and once only."""
    part = (here.place / "door.conf").read_text()
    part = part.replace("ClientAliveInterval 15", "ClientAliveInterval 1")
    part = part.replace("ClientAliveCountMax 2", "ClientAliveCountMax 1")
    part = part.replace("UnusedConnectionTimeout 60", "UnusedConnectionTimeout 1")
    with _sshd(here.place, "impatient", part, DOOR, "ada", "") as way:
        yield way


Attack = Callable[[Site, Way, Path], bool]
"""Whether something bad can be done by a way in; it may use a folder of its own."""


def compare(attack: Attack, here: Site, tmp: Path) -> None:
    """Check that an attack works where the door is weak, or else it shows nothing, and not here."""
    for name in ("weak", "ours"):
        (tmp / name).mkdir()
    assert attack(here, here.weak, tmp / "weak"), "the weak door resists: this shows nothing"
    here.weak.release()
    before = here.ours.let_in
    assert not attack(here, here.ours, tmp / "ours")
    # Whoever is not let in at all resists everything; what is shown is what is refused inside.
    assert here.ours.let_in > before


def wait_for(what: Any, seconds: float = 3.0) -> bool:
    """Whether something comes about within some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False
