"""Who is here: said in a small file, believed for a minute, and only while its process runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from crmkit.core import presence
from crmkit.core.presence import Present

MINE = Present(os.getpid(), "ada", 10.0, 20.0, "record", "lead", 7)


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """Another process that does nothing."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        process.stdout.readline()
        yield process
        process.kill()


def users(place: Path) -> list[str]:
    return [found.user for found in presence.everybody(place)]


def test_what_is_announced_is_read_by_all_by_name(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    assert presence.announce(tmp_path, evolve(MINE, user="zoe"))
    assert presence.announce(tmp_path, evolve(MINE, pid=other.pid, user="ben", editing=True))
    ben, zoe = presence.everybody(tmp_path)
    assert (ben.user, ben.place, ben.entity, ben.id, ben.editing) == (
        "ben", "record", "lead", 7, True,
    )  # fmt: skip
    assert (zoe.user, zoe.since, zoe.active) == ("zoe", 10.0, 20.0)


def test_who_leaves_is_here_no_more(tmp_path: Path) -> None:
    presence.announce(tmp_path, MINE)
    presence.leave(tmp_path)
    assert list(tmp_path.iterdir()) == []
    presence.leave(tmp_path)


def test_a_process_that_was_killed_is_not_here_and_its_files_go(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    presence.announce(tmp_path, evolve(MINE, pid=other.pid))
    (tmp_path / f"{other.pid}.end").write_text("{}")
    assert users(tmp_path) == ["ada"]
    other.kill()
    other.wait()
    assert users(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_said_again_counts_for_nothing_but_stays(tmp_path: Path) -> None:
    presence.announce(tmp_path, MINE)
    (file,) = tmp_path.iterdir()
    old = file.stat().st_mtime - presence.FRESH - 1
    os.utime(file, (old, old))
    assert users(tmp_path) == []
    assert file.exists()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_process_that_got_the_number_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    presence.announce(tmp_path, MINE)
    (file,) = tmp_path.iterdir()
    said = file.read_text()
    born = presence.everybody(tmp_path)[0].born
    assert born in said
    file.write_text(said.replace(f'"{born}"', '"1"'))
    assert users(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"pid": 1}', '{"pid": "x", "user": 3}',
     '{"pid": 1, "user": "a", "since": 1, "active": 1, "odd": 1}',
     '{"pid": PID, "user": "a", "since": "now", "active": 1}',
     '{"pid": PID, "user": ["a"], "since": 1, "active": 1}',
     '{"pid": PID, "user": "a", "since": 1, "active": 1, "place": 3}',
     '{"pid": PID, "user": "a", "since": 1, "active": 1, "entity": {}}',
     '{"pid": PID, "user": "a", "since": NaN, "active": 1}',
     '{"pid": PID, "user": "a", "since": 1e300, "active": 1}',
     '{"pid": [2], "user": "a", "since": 1, "active": 1}'],
)  # fmt: skip
def test_a_file_that_says_nothing_sensible_is_passed_over(tmp_path: Path, text: str) -> None:
    pid = os.getppid()
    (tmp_path / f"{pid}.json").write_text(text.replace("PID", str(pid)))
    presence.announce(tmp_path, MINE)
    assert users(tmp_path) == ["ada"]


def test_a_file_under_another_number_is_not_believed(tmp_path: Path) -> None:
    presence.announce(tmp_path, MINE)
    (tmp_path / f"{os.getpid()}.json").rename(tmp_path / f"{os.getppid()}.json")
    assert users(tmp_path) == []


def test_a_process_that_no_signal_may_be_sent_to_counts_as_alive(
    tmp_path: Path, other: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    presence.announce(tmp_path, evolve(MINE, pid=other.pid))

    def refused(pid: int, number: int) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(os, "kill", refused)
    (found,) = presence.everybody(tmp_path)
    presence.end(tmp_path, found.pid, "ada")
    assert (tmp_path / f"{other.pid}.end").exists()


def test_who_is_to_end_is_told_by_whom_and_gets_no_signal(
    tmp_path: Path, other: subprocess.Popen[bytes]
) -> None:
    presence.announce(tmp_path, evolve(MINE, pid=other.pid))
    presence.end(tmp_path, other.pid, "ada")
    with pytest.raises(subprocess.TimeoutExpired):
        other.wait(0.5)
    assert presence.ended_by(tmp_path) == ""
    presence.leave(tmp_path, other.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_note_to_this_process_is_read_once_it_is_there(tmp_path: Path) -> None:
    assert presence.ended_by(tmp_path) == ""
    presence.end(tmp_path, MINE.pid, "ada")
    assert presence.ended_by(tmp_path) == "ada"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
def test_a_note_to_an_earlier_process_of_the_same_number_is_not_for_this_one(
    tmp_path: Path,
) -> None:
    (tmp_path / f"{os.getpid()}.end").write_text('{"by": "ada", "born": "1"}')
    assert presence.ended_by(tmp_path) == ""


def test_where_nothing_can_be_written_nobody_is_here_and_nothing_fails(tmp_path: Path) -> None:
    place = tmp_path / "file" / "present"
    (tmp_path / "file").write_text("")
    assert not presence.announce(place, MINE)
    assert presence.everybody(place) == []
    assert presence.ended_by(place) == ""
    presence.leave(place)
