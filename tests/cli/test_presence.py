"""Who is here, and ending the sessions of others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from attrs import evolve

from crmkit.core import presence
from crmkit.core.presence import Present
from tests.cli.conftest import Command

Here = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def here(firm: Path) -> Iterator[Here]:
    """Let somebody be here, in a process of his own."""
    started: list[subprocess.Popen[bytes]] = []

    def come(user: str, **where: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "print(flush=True); input()"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        started.append(process)
        said = Present(process.pid, user, time.time() - 7200, time.time() - 600)
        assert presence.announce(presence.folder(firm), evolve(said, **where))
        return process

    yield come
    for process in started:
        process.kill()
        process.communicate()


def test_who_tells_who_is_here_and_where(crm: Command, here: Here) -> None:
    crm("lead", "add", "name=Ann Other", "email=ann@example.com")
    ben = here("ben", place="form", entity="lead", id=1, editing=True)
    here("anna", place="browse", entity="lead")
    here("zoe", place="home", active=time.time())
    said = crm("who")
    assert said.code == 0
    anna, other, zoe = (line for line in said.lines if "-" in line and ":" in line)
    assert "anna" in anna
    assert "10 min" in anna
    assert "lead list" in anna
    assert str(ben.pid) in other
    assert "lead 1 Ann Other (editing)" in other
    assert "home" in zoe
    assert "min" not in zoe


def test_who_is_told_to_programs_in_numbers(crm: Command, here: Here) -> None:
    ben = here("ben", place="board", entity="lead")
    (row,) = crm("who", "--format", "json").json
    assert (row["user"], row["pid"], row["where"]) == ("ben", ben.pid, "lead board")
    assert 600 <= row["idle"] < 700
    assert row["since"].endswith("+00:00")


def test_where_nobody_is_nothing_is_told(crm: Command) -> None:
    assert crm("who", "--format", "json").json == []


def test_a_record_that_one_may_not_read_has_no_title(crm: Command, here: Here) -> None:
    crm("lead", "add", "name=Secret Name", "email=ann@example.com")
    here("ben", place="record", entity="lead", id=1)
    said = crm("who", by="guest")
    assert "Secret Name" not in said.out + said.err


def test_control_characters_in_what_others_say_of_themselves_are_made_visible(
    crm: Command, here: Here
) -> None:
    here("ev\x1b]52;c;x\x07il", place="bro\x9bwse", entity="no\u202esuch", id=3)
    said = crm("who").out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said)
    assert "ev" in said


def told(firm: Path) -> set[int]:
    """Return who has a note that he is to end."""
    return {int(path.stem) for path in presence.folder(firm).glob("*.end")}


def test_an_admin_has_all_sessions_of_a_user_end_and_no_other(
    crm: Command, here: Here, firm: Path
) -> None:
    first, second, other = here("ben"), here("ben"), here("anna")
    said = crm("kick", "ben")
    assert said.code == 0
    for process in (first, second):
        assert f"told the session {process.pid} of ben to end" in said.out + said.err
    assert told(firm) == {first.pid, second.pid}
    assert [p.poll() for p in (first, second, other)] == [None, None, None]


def test_an_admin_has_one_session_end_by_its_number(crm: Command, here: Here, firm: Path) -> None:
    first, _second = here("ben"), here("ben")
    assert crm("kick", str(first.pid)).code == 0
    assert told(firm) == {first.pid}


@pytest.mark.parametrize("how", ["name", "number"])
def test_everybody_may_end_his_own(crm: Command, here: Here, firm: Path, how: str) -> None:
    own, _other = here("worker"), here("ben")
    said = crm("kick", "worker" if how == "name" else str(own.pid), by="worker")
    assert said.code == 0
    assert told(firm) == {own.pid}


def test_a_number_that_somebody_wrote_down_for_another_gets_no_signal(
    crm: Command, here: Here
) -> None:
    """From inside a session any number can be said to be that of a session."""
    victim = here("eve")
    assert crm("kick", "eve").code == 0
    with pytest.raises(subprocess.TimeoutExpired):
        victim.wait(0.5)


@pytest.mark.parametrize("role", ["worker", "supervisor", "boss", "guest"])
def test_nobody_but_an_admin_ends_a_session_of_another(
    crm: Command, here: Here, firm: Path, role: str
) -> None:
    process = here("ben")
    for who in ("ben", str(process.pid)):
        said = crm("kick", who, by=role)
        assert said.code == 5
        assert "only an admin" in said.err
    assert told(firm) == set()


@pytest.mark.parametrize("who", ["nobody", "1", "0", "-1", "*", "", "../x", "mine", "é"])
def test_to_end_a_session_that_is_not_there_is_one_clear_line(
    crm: Command, here: Here, firm: Path, who: str
) -> None:
    here("ben")
    said = crm("kick", "--", str(os.getpid()) if who == "mine" else who)
    assert said.code != 0
    assert len(said.err.splitlines()) == 1
    assert "crmkit who" in said.err
    assert told(firm) == set()


def test_to_end_nobody_at_all_is_a_matter_of_usage(crm: Command) -> None:
    assert crm("kick").code == 2
