"""What goes over the socket, and how a socket comes to be."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crmkit.core.errors import Fault
from crmkit.server import attach, session, wire
from crmkit.server.house import House, Rules
from crmkit.server.listening import listen
from crmkit.server.peers import believed
from crmkit.server.request import Request, read_message, read_request
from tests.acceptance.terminal import Terminal
from tests.server.houses import ATTACH, until


def test_a_request_comes_over_as_it_was_sent() -> None:
    sent = Request("ada", "lead list", "xterm-256color", "de_DE.UTF-8", "2001:db8::7%eth0")
    assert read_request(read_message(wire.packed(sent.wire))) == sent


def test_what_attaches_says_what_openssh_told_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")
    monkeypatch.setenv("SSH_ORIGINAL_COMMAND", "lead list")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LANG", "C.UTF-8")
    found = read_request(attach.request("ada"))
    assert found == Request("ada", "lead list", "xterm", "C.UTF-8", "192.0.2.7")


@pytest.mark.parametrize("term", ["\x1b[2J", "x;rm", "../../etc", "", "a" * 65, 7, None])
def test_an_odd_terminal_is_taken_for_none(term: object) -> None:
    assert read_request({"as": "ada", "term": term, "lang": term}).term == ""


@pytest.mark.parametrize("user", ["", None, 7, "a b", "a\nb", "\x1b", "../x", "a" * 65])
def test_who_is_nobody_gets_no_session(user: object) -> None:
    with pytest.raises(ValueError, match="names no user"):
        read_request({"as": user})


@pytest.mark.parametrize("command", ["a" * 40_000, "a\0b", 7, ["sh"]])
def test_a_command_is_text_of_some_length(command: object) -> None:
    with pytest.raises(ValueError, match="command"):
        read_request({"as": "ada", "command": command})


@pytest.mark.parametrize("raw", [b"", b"[1]", b"nonsense", b"\xff\n", b"[" * 60_000])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):
        read_message(raw)


def test_a_blank_command_is_none() -> None:
    assert read_request({"as": "ada", "command": " \n"}).command is None


def test_the_environment_keeps_nothing_that_starts_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "environ", {"EDITOR": "vi", "SSH_TTY": "x", "TEXTUAL_LOG": "x",
                                        "COLUMNS": "3", "PATH": "/bin"})  # fmt: skip
    session.tidy_environment(Request("ada", lang="C.UTF-8"))
    assert os.environ == {"PATH": "/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def test_only_the_own_account_root_and_the_door_are_believed() -> None:
    assert believed() == {0, os.geteuid()}
    assert believed("nobody") - believed() == {65534}
    with pytest.raises(Fault, match="there is no account no-such-door"):
        believed("no-such-door")


def test_a_socket_that_was_left_behind_is_taken_over(tmp_path: Path) -> None:
    place = tmp_path / "s"
    listen(place, others=False).close()
    with listen(place, others=False) as found, socket.socket(socket.AF_UNIX) as line:
        line.connect(str(place))
        assert place.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Fault, match="somebody serves at"):
            listen(place, others=False)
        assert found.getsockname() == str(place)


def test_a_file_that_is_no_socket_stays(tmp_path: Path) -> None:
    place = tmp_path / "s"
    place.write_text("mine")
    with pytest.raises(Fault, match="cannot be listened at"):
        listen(place, others=True)
    assert place.read_text() == "mine"


def test_whoever_comes_to_no_house_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect = wire.connect
    monkeypatch.setattr(wire, "connect", lambda path: connect(path, 0))
    assert attach.attach("ada", str(tmp_path / "s")) == 69
    assert capsys.readouterr().err.startswith("crmkit: the server does not answer at ")


def test_what_the_server_says_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    place = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        with Terminal([*ATTACH, "--as", "ada", "--socket", str(place)], {}) as terminal:
            line, _ = listener.accept()
            data, files, _, _ = socket.recv_fds(line, 4096, 3)
            assert json.loads(data)["as"] == "ada"
            assert len(files) == 3
            line.send(wire.packed({"exit": 7, "say": "no\x1b]52;c;x\x07 \u202e"}))
            for file in files:
                os.close(file)
            assert terminal.ended() == 7
        assert b"crmkit: no?]52;c;x? ?" in terminal.output


def test_what_attaches_imports_little() -> None:
    code = "import sys, crmkit.server.attach; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-I", "-c", code], text=True).split()
    heavy = {"attrs", "attr", "click", "textual", "sqlalchemy", "asyncio", "typing", "argparse"}
    assert not heavy & set(loaded)


ACTIVATE = """
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "crmkit"}
os.execv(sys.executable, [sys.executable, "-m", "crmkit", "--workspace", sys.argv[2], "serve"])
"""


def test_systemd_hands_the_socket_over_and_is_told_when_it_is_served(firm: Path) -> None:
    place, told = firm.parent / "s", firm.parent / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(told))
        heard.settimeout(60)
        house = subprocess.Popen(
            [sys.executable, "-c", ACTIVATE, str(place), str(firm)],
            env={**os.environ, "NOTIFY_SOCKET": str(told)}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert heard.recv(64) == b"READY=1"
            answer = wire.ask(str(place), {"ask": "nothing that is known"})
            assert answer["say"] == "there is no answer to this"
            house.terminate()
            assert heard.recv(64) == b"STOPPING=1"
            assert house.wait(40) == 0
        finally:
            house.kill()
        assert until(place.exists)


@pytest.mark.parametrize(("inside", "refused"), [(True, True), (False, False)])
def test_a_session_cannot_come_again_as_somebody_else(
    tmp_path: Path, inside: bool, refused: bool
) -> None:
    """It has the service's own account; the house knows it by its process."""
    unused: Any = None
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as comes:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        house = House(listener, unused, Rules(believed()), unused)
        sessions: Any = {os.getpid(): None} if inside else {}
        house.sessions = sessions
        comes.connect(str(tmp_path / "s"))
        comes.setblocking(False)
        house._let_in()
        assert bool(house._guests) is not refused
        if refused:
            assert json.loads(comes.recv(1000))["exit"] == 77
