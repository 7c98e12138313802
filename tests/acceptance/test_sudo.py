"""The door for accounts of the machine, with a real sudo: who calls is who comes in."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from crmkit.app import init
from crmkit.server import log
from crmkit.server.sshd import Door, write
from tests.acceptance.machine import account, python_for, run
from tests.acceptance.sshds import home, serving
from tests.acceptance.terminal import Terminal

NUMBER = os.getpid()
CRM, STAFF = f"crmt-crm-{NUMBER}", f"crmt-staff-{NUMBER}"
"""The account that is behind sudo, and the group that may come to it."""
ANNA, NOBODY, OTHER = (f"crmt-{name}-{NUMBER}" for name in ("anna", "new", "other"))
"""Of the staff and known to the firm; of the staff; and neither."""
REQUIRED = os.environ.get("CRMKIT_REQUIRE_SSHD", "") not in ("", "0")


def lacking() -> str:
    """Return why sudo cannot be tried here; '' where it can."""
    if shutil.which("sudo") is None or shutil.which("visudo") is None:
        return "sudo is not installed"
    return "" if os.geteuid() == 0 else "only root can make accounts and say who may use sudo"


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(lacking()) and not REQUIRED, reason=lacking() or "-"),
]


@frozen
class Machine:
    """A machine with accounts of people, and the firm's house."""

    place: Path

    def command(self, who: str, *words: str, **env: str) -> list[str]:
        """Return what an account types, at a login of its own."""
        given = [f"{name}={value}" for name, value in env.items()]
        path = f"PATH={os.environ['PATH']}"
        return ["setpriv", f"--reuid={who}", f"--regid={who}", "--init-groups", "--reset-env",
                "env", path, "TERM=xterm-256color", *given, *words]  # fmt: skip

    def session(self, *words: str) -> list[str]:
        """Return what the documentation says to call."""
        return ["sudo", "-n", "-u", CRM, f"{self.place}/door/crmkit-session", *words]

    def call(self, who: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Call something as an account, without a terminal."""
        return subprocess.run(
            self.command(who, *words, **env), capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip

    @property
    def came(self) -> list[str]:
        """Who came in, as the house says."""
        lines = (self.place / "house.log").read_text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event["user"] for event in events if event["event"] == log.LOGIN]


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """The machine; its rule for sudo is gone again afterwards, as its accounts are."""
    place = Path(tempfile.mkdtemp(prefix="crmkit-sudo-", dir="/var/lib"))
    place.chmod(0o755)
    rules = Path(f"/etc/sudoers.d/crmkit-test-{NUMBER}")
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        for name in (CRM, ANNA, NOBODY, OTHER):
            stack.enter_context(account(name, home(place, name), "/bin/sh"))
        run("groupadd", "--system", STAFF)
        stack.callback(run, "groupdel", STAFF)
        for name in (ANNA, NOBODY):
            run("usermod", "--append", "--groups", STAFF, name)
        assert grp.getgrnam(STAFF).gr_mem == [ANNA, NOBODY]
        stack.callback(rules.unlink, missing_ok=True)
        write(Door(
            account=CRM, door=OTHER, staff=STAFF, socket=f"{place}/run/house.sock",
            python=python_for(CRM, place), place=f"{place}/door", sshd=f"{place}/door.conf",
            sudoers=str(rules),
        ))  # fmt: skip
        stack.enter_context(serving(place, _firm(place)))
        yield Machine(place)


def _firm(place: Path) -> Path:
    firm = place / "firm"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", "ada")
        crm = init(firm)
    session = crm.session("ada")
    session.add("user", session.parse("user", {"name": ANNA, "roles": "crm_worker"}))
    session.add("contact", {"last_name": "Other", "first_name": "Ann"})
    crm.store.close()
    with (firm / "crmkit.toml").open("a") as file:
        file.write(f'\n[server]\ndoor = "{CRM}"\n')
    return firm


def test_who_calls_sudo_is_who_comes_in(machine: Machine) -> None:
    with Terminal(machine.command(ANNA, *machine.session()), {}) as terminal:
        terminal.wait("My day", ANNA)
        terminal.press("g", "c")
        terminal.wait("Ann Other")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0
    assert set(machine.came) == {ANNA}


FORGED = {"SUDO_UID": "0", "SUDO_USER": "ada", "LOGNAME": "ada", "USER": "ada"}


def test_nothing_that_he_sets_makes_him_somebody_else(machine: Machine) -> None:
    before = len(machine.came)
    forged = FORGED | {"SSH_ORIGINAL_COMMAND": "lead list", "PYTHONSTARTUP": "/x", "EDITOR": "sh"}
    with Terminal(machine.command(ANNA, *machine.session(), **forged), {}) as terminal:
        terminal.wait(ANNA)
        terminal.press("ctrl+q")
        assert terminal.ended() == 0
    assert machine.came[before:] == [ANNA]


@pytest.mark.parametrize(
    "words",
    [
        ["sudo", "-n", "-u", "{crm}", "SUDO_UID=0", "{session}"],
        ["sudo", "-n", "-E", "-u", "{crm}", "{session}"],
        ["sudo", "-n", "-u", "{crm}", "{session}", "lead", "list"],
        ["sudo", "-n", "-u", "{crm}", "{session}", "--socket", "/tmp/s"],
        ["sudo", "-n", "-u", "root", "{session}"],
        ["sudo", "-n", "-u", "{crm}", "/bin/sh", "-c", "id"],
        ["sudo", "-n", "-u", "{crm}", "-s"],
        ["sudo", "-n", "-i", "-u", "{crm}"],
        ["sudoedit", "-n", "-u", "{crm}", "{session}"],
    ],
    ids=" ".join,
)
def test_sudo_lets_him_call_that_alone_and_nothing_with_it(
    machine: Machine, words: list[str]
) -> None:
    before = machine.came
    session = f"{machine.place}/door/crmkit-session"
    said = machine.call(ANNA, *(word.format(crm=CRM, session=session) for word in words))
    assert said.returncode != 0
    assert said.stdout == ""
    assert said.stderr.startswith("sudo"), said
    assert machine.came == before


def test_accounts_that_are_not_of_the_staff_are_not_let_in(machine: Machine) -> None:
    before = machine.came
    said = machine.call(OTHER, *machine.session())
    assert (said.returncode, said.stdout) == (1, "")
    assert "password is required" in said.stderr
    assert machine.came == before


def test_staff_whom_the_firm_does_not_know_are_told_so(machine: Machine) -> None:
    with Terminal(machine.command(NOBODY, *machine.session()), {}) as terminal:
        assert terminal.ended() not in (0, 1)
        terminal.settle()
        assert "crmkit: " in terminal.text()
        assert NOBODY in terminal.text()


def test_the_superuser_is_nobody_there(machine: Machine) -> None:
    said = subprocess.run(machine.session(), capture_output=True, text=True, check=False)
    assert said.returncode == 64
    assert said.stderr == "crmkit: call this through sudo, from an account of your own\n"


def test_without_sudo_the_house_takes_nobody_of_them(machine: Machine) -> None:
    before = machine.came
    attach = f"{machine.place}/python/bin/python3 -I -m crmkit.server.attach --as ada".split()
    said = machine.call(ANNA, *attach, "--socket", f"{machine.place}/run/house.sock")
    assert said.returncode == 77
    assert said.stderr == "crmkit: this account may not open sessions here\n"
    assert machine.came == before
