"""What a session runs is the house's business only in how it begins and ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crmkit.core.errors import Denied, SentAway
from crmkit.core.keys import read_key
from crmkit.core.serving import served
from crmkit.server import log, wire
from crmkit.server.house import Rules
from crmkit.server.peers import believed
from crmkit.server.request import Request
from tests.acceptance.terminal import Terminal
from tests.server.houses import ATTACH, Run, come, house, until

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
FINGERPRINT = read_key(KEY).fingerprint
NOBODYS = "SHA256:" + "0" * 43
"""A fingerprint that the house cannot say anything of."""


def answer(question: Mapping[str, Any]) -> Mapping[str, Any]:
    if question.get("fingerprint") == NOBODYS:
        raise Denied("the data is of an older version")
    time.sleep(question.get("slow", 0))
    return {"lets_in": [("ada", KEY)]}


def asks(place: Path, fingerprint: str) -> subprocess.CompletedProcess[str]:
    """Ask as sshd does, whose key it is."""
    command = [sys.executable, "-I", "-m", "crmkit.server.keys", "--enter", "/enter"]
    return subprocess.run(
        [*command, "--socket", str(place), fingerprint], text=True, capture_output=True, check=False
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where the house listens."""
    return tmp_path / "s"


def test_pipes_go_through_and_the_exit_code_comes_back(place: Path) -> None:
    def upper(request: Request) -> int:
        print(f"{request.user} {request.command}", file=sys.stderr)
        sys.stdout.write(sys.stdin.read().upper())
        return 3

    with house(place, upper):
        program = come(place, "lead list")
        assert program.communicate("zoë\n" * 50_000) == ("ZOË\n" * 50_000, "ada lead list\n")
        assert program.returncode == 3


def test_a_session_knows_that_it_is_one_and_has_a_process_session_of_its_own(place: Path) -> None:
    def told(request: Request) -> int:
        print(served(), os.getsid(0) == os.getpid(), len(os.listdir("/proc/self/fd")))
        return 0

    assert not served()
    with house(place, told):
        assert come(place).communicate()[0] == "True True 6\n"


def _denied(request: Request) -> int:
    raise Denied("this is not for you", grant="x")


def _broken(request: Request) -> int:
    raise RuntimeError("no such luck")


def _exits(request: Request) -> int:
    sys.exit(9)


def _killed(request: Request) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.mark.parametrize(
    ("run", "code", "told"),
    [
        (_denied, Denied("x", grant="x").exit_code, "crmkit: this is not for you\n"),
        (_broken, 1, "crmkit: the session cannot go on: RuntimeError: no such luck\n"),
        (_exits, 9, ""),
        (_killed, 1, "crmkit: the session has ended unexpectedly; what was saved is kept\n"),
    ],
)
def test_however_it_ends_there_is_one_line_and_a_code(
    place: Path, run: Run, code: int, told: str
) -> None:
    with house(place, run):
        program = come(place)
        assert program.communicate() == ("", told)
        assert program.returncode == code


def test_all_places_taken_is_one_line(place: Path) -> None:
    def wait(request: Request) -> int:
        print("in", flush=True)
        return len(sys.stdin.read())

    def refused() -> str:
        return come(place, stdin=subprocess.DEVNULL).communicate()[1]

    with house(place, wait, Rules(believed(), sessions=2, sessions_per_user=9)):
        both = [come(place), come(place)]
        for program in both:
            assert program.stdout is not None
            assert program.stdout.readline() == "in\n"
        assert refused() == "crmkit: all 2 sessions are taken: try again later\n"
        both[0].communicate("xyz")
        assert both[0].returncode == 3
        until(lambda: not refused())
        both[1].communicate()


def test_a_reader_that_goes_ends_what_writes(place: Path) -> None:
    def write(request: Request) -> int:
        while True:
            time.sleep(0.1)

    with house(place, write):
        program = come(place)
        time.sleep(0.3)
        assert program.stdout is not None
        program.stdout.close()
        assert program.wait(40) == 129


def test_ctrl_c_interrupts_a_command(place: Path) -> None:
    def wait(request: Request) -> int:
        print("waiting", flush=True)
        while True:
            time.sleep(0.1)

    command = [*ATTACH, "--as", "ada", "--socket", str(place)]
    with house(place, wait), Terminal(command, {}) as terminal:
        terminal.wait("waiting")
        terminal.press("ctrl+c")
        assert terminal.ended() == 130


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_command_that_is_hung_up_on_lets_go_of_what_it_has_open(
    place: Path, tmp_path: Path, number: signal.Signals
) -> None:
    def importing(request: Request) -> int:
        try:
            print(os.getpid(), flush=True)
            while True:
                time.sleep(0.1)
        finally:
            (tmp_path / "let go").touch()

    with house(place, importing):
        program = come(place)
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        if number is signal.SIGHUP:
            program.kill()
        else:
            os.kill(pid, number)
        until(lambda: (tmp_path / "let go").exists())
        until(lambda: not Path(f"/proc/{pid}").exists())
        if number is signal.SIGTERM:
            assert program.wait() == SentAway.exit_code


def test_a_session_that_takes_no_notice_of_its_hang_up_is_ended(place: Path) -> None:
    def deaf(request: Request) -> int:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        print(os.getpid(), flush=True)
        while True:
            time.sleep(0.1)

    with house(place, deaf):
        program = come(place)
        assert program.stdout is not None
        pid = int(program.stdout.readline())
        program.kill()
        until(lambda: not Path(f"/proc/{pid}").exists())


def test_a_question_is_answered_without_a_terminal(place: Path) -> None:
    with house(place, lambda request: 0, answer=answer):
        assert wire.ask(str(place), {"ask": "keys"}) == {"lets_in": [["ada", KEY]]}


def test_who_comes_while_many_do_is_not_taken_for_a_stranger(place: Path) -> None:
    """Sshd knows no 'later': no line at once would be 'Permission denied (publickey)'."""
    with house(place, lambda request: 0, answer=answer):
        many = [wire.connect(str(place)) for _ in range(16)]
        for line in many:
            wire.send(line, {"ask": "keys", "slow": 5})
        until(lambda: wire.ask(str(place), {"ask": "keys"}).get("exit") == wire.TRY_LATER)
        said = asks(place, NOBODYS.replace("0", "1"))
        assert (said.returncode, said.stderr) == (0, "")
        assert said.stdout == f'restrict,pty,command="/enter --as ada --key {FINGERPRINT}" {KEY}\n'
        for line in many:
            line.close()


def test_why_nobody_comes_in_is_said_and_logged(place: Path, tmp_path: Path) -> None:
    """Sshd throws away what is said: the log of the house is where an administrator finds it."""
    log.to(tmp_path / "log")
    try:
        with house(place, lambda request: 0, answer=answer):
            said = asks(place, NOBODYS)
    finally:
        log.to(None)
    assert (said.returncode, said.stdout) == (5, "")
    assert said.stderr == "crmkit: the data is of an older version\n"
    assert "a question was not answered: the data is of an older" in (tmp_path / "log").read_text()


def test_who_says_nothing_is_seen_off_and_keeps_nobody_waiting(place: Path) -> None:
    with house(place, lambda request: 4):
        silent = [wire.connect(str(place)) for _ in range(70)]
        silent[-1].settimeout(2)
        assert b"too many" in silent[-1].recv(4096)
        for line in silent:
            line.close()
        program = come(place)
        program.communicate()
        assert program.returncode == 4


def test_without_a_terminal_or_files_there_is_no_session(place: Path) -> None:
    with house(place, lambda request: 0):
        answer = wire.ask(str(place), Request("ada").wire)
        assert "there is no terminal with it" in answer["say"]
        with wire.connect(str(place)) as line:
            socket.send_fds(line, [wire.packed(Request("ada").wire)], [0])
            assert b"no terminal" in line.recv(4096)
