"""One warm parent, a child for each who comes: what happens to them, and what does not."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmkit.app import init
from crmkit.server import log, wire
from tests.server.conftest import in_child
from tests.server.houses import Served, alive, resize, serving, terminal_of, until

MODES_OFF = b"\x1b[?1049l"


@pytest.fixture
def house(firm: Path) -> Iterator[Served]:
    """A house that serves the firm."""
    with serving(firm) as found:
        yield found


def test_a_session_is_at_work_and_ends_with_its_exit_code(house: Served) -> None:
    with house.open() as terminal:
        terminal.wait("My day", "Overdue (")
        terminal.press("g", "l")
        terminal.wait("Lead 2")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0
        assert termios.tcgetattr(terminal._fd) == terminal.plain
    login = house.events(log.LOGIN)[0]
    assert (login["user"], login["origin"], login["verb"]) == ("ada", "192.0.2.7", "tui")
    assert until(lambda: house.events(log.ENDED))[0]["code"] == 0


def test_the_parent_holds_neither_the_database_nor_a_thread(house: Served) -> None:
    with house.open() as terminal:
        terminal.wait("My day")
        pid = house.process.pid
        files = [os.readlink(f) for f in Path(f"/proc/{pid}/fd").iterdir() if f.is_symlink()]
        assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1
        assert not [file for file in files if "crmkit.db" in file]


def test_a_session_has_no_file_of_the_parent_nor_of_another_session(house: Served) -> None:
    with house.open() as first, house.open() as second:
        first.wait("My day")
        second.wait("My day")
        child = house.session_of(second)
        files = [os.readlink(f) for f in Path(f"/proc/{child}/fd").iterdir()]
        terminals = {file for file in files if file.startswith("/dev/pts/")}
        assert terminals == {terminal_of(second)}
        assert str(house.log) not in files


def test_a_window_of_another_size_is_painted_anew(house: Served) -> None:
    with house.open(size=(80, 24)) as terminal:
        terminal.wait("My day")
        resize(terminal, 130, 45)
        until(lambda: terminal.settle() or terminal.lines[44])
        assert max(len(line) for line in terminal.lines) > 80


def test_a_session_that_is_killed_leaves_its_terminal_plain_and_the_others_alone(
    house: Served,
) -> None:
    with house.open() as first, house.open() as second:
        first.wait("My day")
        second.wait("My day")
        os.kill(house.session_of(first), signal.SIGKILL)
        assert first.ended() == 1
        assert "ended unexpectedly" in first.text()
        assert first.output.rfind(MODES_OFF) > first.output.rfind(b"\x1b[?1049h")
        assert termios.tcgetattr(first._fd) == first.plain
        second.press("g", "l")
        second.wait("Lead 2")
    assert house.events(log.ENDED)[0]["code"] == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_a_client_that_goes_takes_its_session_with_it_and_the_draft_is_kept(
    house: Served, number: signal.Signals
) -> None:
    with house.open() as terminal:
        terminal.wait("My day")
        terminal.press("g", "l", "n")
        terminal.wait("New lead")
        terminal.type("Half typed name")
        (child,) = house.sessions
        terminal.signal(number)
        until(lambda: not alive(child))
        if number != signal.SIGKILL:
            assert terminal.ended() == 129
        terminal.settle()
        assert terminal.output.rfind(MODES_OFF) > terminal.output.rfind(b"\x1b[?1049h")
    with house.open() as terminal:
        terminal.wait("Half typed name")


def test_a_window_that_is_closed_ends_the_session_and_what_brought_it(house: Served) -> None:
    with house.open() as terminal:
        terminal.wait("My day")
        (child,) = house.sessions
        spare = os.open(os.devnull, os.O_RDWR)
        os.dup2(spare, terminal._fd)  # the last one that had the terminal's other end
        until(lambda: not alive(child))
        assert terminal.process.wait(40) == 129
        os.close(spare)


def test_a_session_whose_terminal_takes_no_more_ends_as_well(house: Served) -> None:
    with house.open() as terminal:
        terminal.wait("My day")
        (child,) = house.sessions
        for columns in range(80, 200, 5):  # each is a whole frame, which nobody reads
            resize(terminal, columns, 50)
            time.sleep(0.02)
        terminal.process.kill()
        until(lambda: not alive(child))


def test_sessions_of_the_same_user_keep_a_draft_each(house: Served) -> None:
    with house.open() as first, house.open() as second:
        for terminal in (first, second):
            terminal.wait("My day")
            terminal.press("g", "l", "n")
            terminal.wait("New lead")
            terminal.type("Half typed name")
            terminal.signal(signal.SIGTERM)
            terminal.ended()
    drafts = {path.name for path in (house.firm / "state").rglob("draft-*.json")}
    pids = [said["pid"] for said in house.events(log.LOGIN)]
    assert drafts == {f"draft-{pid}.json" for pid in pids}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_parent_that_is_started_again_lets_its_sessions_finish(
    house: Served, number: signal.Signals
) -> None:
    with house.open() as terminal:
        terminal.wait("My day")
        house.process.send_signal(number)
        house.process.wait(40)
        terminal.press("g", "l")
        terminal.wait("Lead 2")
        with serving(house.firm, "again") as again, again.open() as other:
            other.wait("My day")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0


def test_a_renewed_house_is_the_same_process_and_no_one_is_turned_away(house: Served) -> None:
    with house.open() as terminal:
        terminal.wait("My day")
        house.process.send_signal(signal.SIGHUP)
        house.started(2)
        assert house.process.poll() is None
        with house.open() as other:
            other.wait("My day")
        terminal.press("ctrl+q")
        assert terminal.ended() == 0
    until(lambda: [said for said in house.events(log.ENDED) if said["code"] == 0])


def test_what_is_configured_anew_holds_for_those_who_come_later(house: Served) -> None:
    config = house.firm / "crmkit.toml"
    config.write_text(config.read_text() + "\n[server]\nmax_sessions_per_user = 1\n")
    house.started(2)
    with house.open() as first:
        first.wait("My day")
        with house.open() as second:
            assert second.ended() == 75
            assert "ada has 1 sessions open already" in second.text()


def test_a_plugin_that_is_switched_on_is_there_for_those_who_come_later(house: Served) -> None:
    (house.firm / "plugins" / "greeting.py").write_text(
        "from crmkit.api import Plugin, Record, entity, hookimpl, text\n"
        'plugin = Plugin("greeting", version="1", api=1)\n'
        '@entity("greeting", title="name")\n'
        'class Greeting(Record):\n    """A greeting."""\n    name: str = text("Name")\n'
        "@hookimpl\ndef crm_entities():\n    yield Greeting\n"
    )
    config = house.firm / "crmkit.toml"
    config.write_text(config.read_text().replace("plugins = []", 'plugins = ["greeting"]'))
    command = [*house.process.args[:5], "upgrade"]  # type: ignore[index]
    subprocess.run(command, check=True, capture_output=True)
    house.started(2)
    with house.open() as terminal:
        terminal.wait("My day")
        terminal.press(":")
        terminal.type("greeting")
        terminal.press("enter")
        terminal.wait("Greeting")


def test_a_configuration_that_cannot_be_read_leaves_the_house_as_it_is(house: Served) -> None:
    config = house.firm / "crmkit.toml"
    kept = config.read_text()
    config.write_text("currency = 7")
    until(lambda: house.events(log.FAILED))
    assert "crmkit.toml" in house.events(log.FAILED)[0]["why"]
    config.write_text(kept)
    with house.open() as terminal:
        terminal.wait("My day")


@pytest.mark.parametrize("sent", [b"[" * 60_000 + b"\n", b"{}\n", b"x" * 70_000, b"\xff\n"])
def test_what_is_no_request_is_refused_and_the_house_goes_on(house: Served, sent: bytes) -> None:
    with wire.connect(str(house.socket)) as line, contextlib.suppress(OSError):
        line.sendall(sent)
        line.recv(4096)
    assert wire.ask(str(house.socket), {"ask": "nothing that is known"})["exit"] == 1
    assert house.process.poll() is None


def test_files_are_not_piled_up_in_the_house(house: Served) -> None:
    with wire.connect(str(house.socket)) as line, contextlib.suppress(OSError):
        for _ in range(100):
            socket.send_fds(line, [b" "], [0, 1, 2])
            time.sleep(0.001)
    wire.ask(str(house.socket), {"ask": "nothing that is known"})
    assert len(list(Path(f"/proc/{house.process.pid}/fd").iterdir())) < 20


def test_no_two_houses_share_a_socket(house: Served) -> None:
    command = [*house.process.args]  # type: ignore[misc]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "somebody serves at" in done.stderr


def test_a_user_whom_the_firm_does_not_know_is_told_so(house: Served) -> None:
    with house.open("mallory") as terminal:
        assert terminal.ended() != 0
        assert "there is no user mallory" in terminal.text()


def test_sessions_on_postgresql_see_what_each_other_does(
    tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    init(tmp_path / "firm", database=postgres_database).store.close()
    with serving(tmp_path / "firm") as house, house.open() as first, house.open() as second:
        assert len(list(Path(f"/proc/{house.process.pid}/task").iterdir())) == 1
        for terminal in (first, second):
            terminal.wait("My day")
            terminal.press("g", "l")
            terminal.wait("No leads")
        first.press("n")
        first.wait("New lead")
        first.type("Ann Other")
        first.press(*["tab"] * 9)
        first.type("ann@example.com")
        first.press("ctrl+s")
        first.wait("saved Ann Other")
        second.wait("Ann Other")


def test_without_a_terminal_there_is_no_terminal_ui(house: Served) -> None:
    done = subprocess.run(
        house.attach(), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20
    )
    assert done.returncode == 2
    assert done.stderr == "crmkit: the terminal UI needs a terminal: ssh -t\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can come as another account")
def test_another_account_is_refused_whatever_it_says(house: Served) -> None:
    house.socket.chmod(0o666)
    for folder in (house.socket.parent, *house.socket.parent.parents):
        folder.chmod(folder.stat().st_mode | 0o001)

    def come() -> dict[str, object]:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        return wire.ask(str(house.socket), {"as": "ada", "command": "lead list"})

    assert in_child(come) == {"exit": 77, "say": "this account may not open sessions here"}
    assert house.events(log.REFUSED)[0]["uid"] == 65534
    assert not house.events(log.LOGIN)
