"""Ending sessions through the house: whose they are it knows, and nobody tells it otherwise."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crmkit.app import open_crm
from crmkit.core import presence
from crmkit.core.errors import CrmError, Denied, SentAway
from crmkit.core.keys import ENTITY, read_key
from crmkit.server import ending, kernel, log, sandbox, wire
from crmkit.server.house import Rules
from crmkit.server.peers import believed
from crmkit.server.request import LONGEST, Request
from tests.server.conftest import in_child
from tests.server.houses import ATTACH, Run, Served, alive, come, house, serving, until

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the house listens."""
    return tmp_path / "s"


@pytest.fixture
def people(firm: Path) -> Path:
    """A firm of ada's, the admin, with eve and ben in it, who are none."""
    crm = open_crm(firm)
    for name in ("eve", "ben"):
        crm.session("ada").add("user", {"name": name})
    crm.store.close()
    return firm


def waits(request: Request) -> int:
    """Wait for standard input to end, as an import does; end nobody else but on demand."""
    if request.command == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(os.getpid(), flush=True)
    return len(sys.stdin.read())


def asks(firm: Path) -> Run:
    """A session that has the house end the sessions that its command names, unless that is 'x'."""

    def run(request: Request) -> int:
        if request.command in ("x", "deaf"):
            return waits(request)
        try:
            who = (request.command or "").removeprefix("kick ")
            print(json.dumps(ending.ask(firm, "", who, request.user)))
        except CrmError as error:
            print(error, file=sys.stderr)
            return error.exit_code
        return 0

    return run


def number(program: subprocess.Popen[str]) -> int:
    """Return the number of the session that a program has, once it is at work."""
    assert program.stdout is not None
    return int(program.stdout.readline())


def end(place: Path, firm: Path, who: object) -> dict[str, Any]:
    """Ask as `crmkit kick` does in a shell of the account that owns the data."""
    question = {"ask": "end", "who": who, "by": "ada", "workspace": str(firm)}
    return wire.ask(str(place), question)


def test_what_waits_for_its_input_ends_as_well_and_says_so(place: Path, people: Path) -> None:
    with house(place, waits, firm=people):
        first, second, other = come(place), come(place), come(place, user="ben")
        numbers = [number(first), number(second)]
        number(other)
        told = end(place, people, "ada")
        assert sorted(told["ended"]) == sorted([[pid, "ada"] for pid in numbers])
        for program in (first, second):
            assert "ended this session" in program.communicate()[1]
            assert program.returncode == SentAway.exit_code
        assert other.poll() is None
        assert list(presence.folder(people).iterdir()) == []


def test_one_is_ended_by_its_number(place: Path, people: Path) -> None:
    with house(place, waits, firm=people):
        first, second = come(place), come(place)
        pid, stays = number(first), number(second)
        assert end(place, people, str(pid)) == {"ended": [[pid, "ada"]]}
        assert alive(stays)


def test_what_takes_no_notice_is_killed(place: Path, people: Path) -> None:
    with house(place, waits, firm=people):
        program = come(place, "deaf")
        pid = number(program)
        began = time.monotonic()
        assert end(place, people, "ada") == {"ended": [[pid, "ada"]]}
        assert time.monotonic() - began < ending.PATIENCE + 3
        assert program.wait(10) == 1
        until(lambda: not alive(pid))


def test_nothing_ends_but_a_session_of_the_house(place: Path, people: Path) -> None:
    with house(place, waits, firm=people) as pid, subprocess.Popen(["sleep", "60"]) as other:
        here = presence.folder(people)
        for victim in (pid, other.pid):
            said = presence.Present(victim, "eve", time.time(), time.time())
            assert presence.announce(here, said)
        for who in ("eve", "", None, 7, "*", str(pid), str(other.pid), "0", "-1"):
            assert end(place, people, who) == {"ended": []}
        assert alive(pid)
        assert other.poll() is None
        other.kill()


def test_the_sessions_of_another_firm_are_not_ended(place: Path, people: Path) -> None:
    with house(place, waits, firm=people):
        program = come(place)
        number(program)
        told = end(place, people.parent, "ada")
        assert "another workspace" in told["say"]
        assert program.poll() is None


@pytest.mark.parametrize(
    ("user", "who", "code"), [("ada", "ben", 0), ("eve", "ben", 5), ("eve", "eve", 0)]
)
def test_inside_a_session_one_ends_ones_own_and_an_admin_others(
    place: Path, people: Path, user: str, who: str, code: int
) -> None:
    with house(place, asks(people), firm=people):
        program = come(place, user=who)
        pid = number(program)
        asking = come(place, who, user=user)
        out, err = asking.communicate()
        assert asking.returncode == code
        if code:
            assert err == "only an admin ends the sessions of others\n"
            assert alive(pid)
        else:
            assert json.loads(out) == {str(pid): who}
            assert program.wait(20) == SentAway.exit_code


def test_inside_a_session_nobody_speaks_for_another(place: Path, people: Path) -> None:
    def lies(request: Request) -> int:
        if request.command == "x":
            return waits(request)
        house_line = ending.visit().house
        assert house_line is not None
        question = {"ask": "end", "who": "ada", "by": "ada", "workspace": str(people)}
        wire.send(house_line, {**question, "asker": "ada", "user": "ada"})
        print(wire.heard(house_line, 20)["exit"])
        return 0

    with house(place, lies, firm=people):
        program = come(place)
        pid = number(program)
        assert come(place, "lie", user="eve").communicate()[0] == f"{Denied.exit_code}\n"
        assert alive(pid)


@pytest.mark.parametrize("sent", [b"x" * 5000, b"[]\n", b'{"ask": "keys"}\n', b'{"as": "ada"}\n'])
def test_whatever_a_session_says_the_house_goes_on(place: Path, people: Path, sent: bytes) -> None:
    def says(request: Request) -> int:
        line = ending.visit().house
        assert line is not None
        line.sendall(sent)
        line.settimeout(5)
        return len(line.recv(4096)) > 0

    with house(place, says, firm=people):
        come(place).communicate()
        assert end(place, people, "nobody") == {"ended": []}


def test_a_house_that_was_renewed_still_ends_its_sessions_and_hears_them(people: Path) -> None:
    with serving(people) as served:
        first = come(served.socket, "lead import -", user="ben")
        second = come(served.socket, "lead import -", user="eve")
        until(lambda: len(served.sessions) == 2)
        served.process.send_signal(signal.SIGHUP)
        served.started(2)
        assert [user for _, user in end(served.socket, people, "ben")["ended"]] == ["ben"]
        assert first.wait(20) == SentAway.exit_code
        assert come(served.socket, "kick eve").wait(20) == 0
        assert second.wait(20) == SentAway.exit_code
        until(lambda: [said.get("why") for said in served.events(log.ENDED)].count("kicked") == 2)


# Who may come in ---------------------------------------------------------------------------------


def test_whoever_is_walled_in_is_not_let_in_whatever_house_he_comes_from(
    place: Path, people: Path
) -> None:
    """A house that was started anew does not know the sessions of the one before."""

    def walled() -> dict[str, Any]:
        kernel.keep_rights_low()
        return wire.ask(str(place), Request("ada", "user list").wire)

    with house(place, waits, firm=people):
        answer = in_child(walled)
        assert answer["exit"] == wire.NOT_YOU
        assert "walled in" in answer["say"]
        assert end(place, people, "nobody") == {"ended": []}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can come as another account")
def test_the_account_at_the_door_ends_nobody(place: Path, people: Path) -> None:
    def come_as_door() -> dict[str, Any]:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        return end(place, people, "ada")

    for folder in (place.parent, *place.parents):
        folder.chmod(folder.stat().st_mode | 0o001)
    with house(place, waits, Rules(believed("nobody")), firm=people):
        place.chmod(0o666)
        program = come(place)
        number(program)
        assert in_child(come_as_door)["exit"] == wire.NOT_YOU
        assert program.poll() is None


def test_who_has_no_place_left_can_end_what_he_has_open(place: Path, people: Path) -> None:
    rules = Rules(believed(), sessions_per_user=1)
    log.know({"kick"})
    try:
        with house(place, asks(people), rules, firm=people):
            program = come(place, "deaf", user="ben")
            pid = number(program)
            refused = come(place, "x", user="ben")
            assert "kick ben" in refused.communicate()[1]
            assert refused.returncode == wire.TRY_LATER
            said = come(place, "kick ben", user="ben").communicate()[0]
            assert json.loads(said) == {str(pid): "ben"}
    finally:
        log.know(())


# Keys --------------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(sandbox.lacks()), reason="; ".join(sandbox.lacks()) or "-")
def test_a_key_that_was_revoked_opens_nothing_over_a_connection_that_is_open(people: Path) -> None:
    crm = open_crm(people)
    session = crm.session("ada")
    key = read_key(KEY)
    values = {"kind": key.kind, "body": key.body, "fingerprint": key.fingerprint}
    made = session.add(ENTITY, {"user": session.actor.id, **values})

    env = {**os.environ, "SSH_ORIGINAL_COMMAND": "lead add name=New email=new@example.com"}

    def comes(served: Served, user: str = "ada") -> subprocess.CompletedProcess[str]:
        command = [*ATTACH, "--as", user, "--key", key.fingerprint, "--socket", str(served.socket)]
        return subprocess.run(
            command, env=env, check=False,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=40,
        )  # fmt: skip

    with serving(people) as served:
        assert comes(served).returncode == 0
        assert session.log(limit=1)[0].via == "ssh"
        assert comes(served, "ben").returncode == Denied.exit_code
        session.delete(ENTITY, made.id)
        said = comes(served)
        assert said.returncode == Denied.exit_code
        assert said.stderr == "crmkit: this key was revoked: nobody comes in with it any more\n"
        assert session.count("lead") == 4
    crm.store.close()


# What is too long --------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["x", "界", '"', "\x01", "\udcff"])
def test_a_command_as_long_as_it_may_be_comes_over(place: Path, letter: str) -> None:
    def told(request: Request) -> int:
        return int(request.command == letter * LONGEST)

    files = (0, 1, 2)
    with house(place, told), wire.connect(str(place)) as line:
        wire.send(line, Request("ada", letter * LONGEST).wire, files)
        assert wire.heard(line, 20)["exit"] == 1


@pytest.mark.parametrize("length", [LONGEST + 1, 100_000, 1_000_000])
def test_a_command_that_is_too_long_is_told_how_long_it_may_be_and_logged(
    place: Path, tmp_path: Path, length: int
) -> None:
    log.to(tmp_path / "log")
    try:
        with house(place, lambda request: 0), wire.connect(str(place)) as line:
            try:
                wire.send(line, Request("ada", "x" * length).wire, (0, 1, 2))
            except OSError:
                assert length > wire.LIMIT
            told = wire.heard(line, 20)
    finally:
        log.to(None)
    assert told["exit"] == 2
    assert told["say"].startswith("the command is too long: it may have 32,768 characters")
    lines = [json.loads(found) for found in (tmp_path / "log").read_text().splitlines()]
    (said,) = [one for one in lines if one["event"] == log.REFUSED]
    assert said["why"] == "command too long"


def test_what_attaches_says_that_the_command_is_too_long(place: Path) -> None:
    with house(place, lambda request: 0):
        program = come(place, "x" * 100_000)
        assert program.communicate()[1].startswith("crmkit: the command is too long: it may have")
        assert program.returncode == 2
