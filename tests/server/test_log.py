"""The server's log: lines that programs read, that tell no personal value, and survive rotation."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmkit.server import log
from tests.server.conftest import in_child


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "log" / "server.log"
    assert log.place(tmp_path, "log/server.log") == path
    log.to(path)
    log.know({"lead", "contact", "search"})
    yield path
    log.know(())
    log.to(None)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_says_when_who_from_where_what_and_how_it_ended(file: Path) -> None:
    log.record(log.LOGIN, user="anna", origin="192.0.2.7", verb="lead list Ann", seconds=0.5)
    log.record(log.REFUSED, user=None, origin="192.0.2.8", why="no such user")
    first, second = lines(file)
    assert (first.pop("pid"), second.pop("pid")) == (os.getpid(), os.getpid())
    assert str(first.pop("at")).endswith("Z")
    assert first == {
        "event": "session", "user": "anna", "origin": "192.0.2.7", "verb": "lead list",
        "seconds": 0.5,
    }  # fmt: skip
    assert "user" not in second


def test_a_line_may_be_about_another_process(file: Path) -> None:
    log.record(log.ENDED, pid=42, code=129)
    assert lines(file)[0]["pid"] == 42


def test_the_file_is_for_its_owner_only(file: Path) -> None:
    log.record(log.STARTED)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_nothing_but_the_known_facts_can_be_said(file: Path) -> None:
    with pytest.raises(TypeError, match="email"):
        log.record(log.LOGIN, email="anna@example.com")
    assert not file.exists()


def test_a_name_cannot_forge_a_line_or_reach_the_terminal_of_a_reader(file: Path) -> None:
    log.record(log.REFUSED, user='x"}\n{"event": "login"', why="\x1b]52;c;AAAA\x07\x9b\u202e\x7f")
    raw = file.read_bytes()
    assert raw.count(b"\n") == 1
    assert all(32 <= byte < 127 for byte in raw.rstrip(b"\n"))
    assert lines(file)[0]["event"] == "refused"


def test_a_log_that_was_moved_away_is_begun_anew(file: Path) -> None:
    log.record(log.LOGIN, user="anna")
    file.rename(file.with_suffix(".1"))
    log.record(log.ENDED, user="anna")
    assert [line["event"] for line in lines(file)] == ["end"]


def test_lines_of_many_processes_stay_whole(file: Path) -> None:
    children = []
    for n in range(4):
        child = os.fork()
        if child == 0:
            for _ in range(200):
                log.record(log.LOGIN, user=f"user{n}", why="x" * 150)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    assert len(lines(file)) == 800


def test_a_log_that_cannot_be_written_ends_nothing(file: Path) -> None:
    file.parent.write_text("in the way")
    log.record(log.LOGIN, user="anna")


def test_without_a_file_it_goes_to_standard_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log.to(log.place(tmp_path, ""))
    log.record(log.STARTED)
    log.to(None)
    log.record(log.STOPPED)
    assert json.loads(capfd.readouterr().err)["event"] == "start"


def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.symlink_to(tmp_path / "elsewhere")
    log.record(log.LOGIN, user="anna")
    assert not (tmp_path / "elsewhere").exists()


def test_work_that_breaks_is_logged_with_its_kind_and_not_its_words(file: Path) -> None:
    with pytest.raises(ValueError, match="Ann Other"), log.timed(log.ENDED, user="anna"):
        raise ValueError("no contact Ann Other")
    (line,) = lines(file)
    assert (line["outcome"], line["why"]) == ("failed", "ValueError")
    assert "Ann" not in file.read_text()
    assert isinstance(line["ms"], int)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (None, "tui"),
        ("", "tui"),
        ("-", "tui"),
        ("lead list 'company:Bow & Sons' --format json", "lead list"),
        ("contact show 42", "contact show"),
        ("search Ann Other", "search"),
        ("search add", "search add"),
        ("lead Ann", "lead"),
        ("'Ann Other'", "?"),
        ("sh -c 'rm -rf /'", "?"),
        ("mueller list", "?"),
        ("/bin/sh", "?"),
        ("'unclosed", "?"),
    ],
)
def test_a_command_is_told_by_its_verb_alone(command: str | None, told: str, file: Path) -> None:
    assert log.verb(command) == told


def test_a_session_inside_its_walls_cannot_change_the_log(file: Path, firm: Path) -> None:
    from crmkit.server import sandbox

    if sandbox.lacks():
        pytest.skip("; ".join(sandbox.lacks()))
    inside = log.place(firm, "log/server.log")

    def work() -> None:
        log.to(inside)
        log.record(log.STARTED)
        sandbox.confine(firm, strict=True)
        log.record(log.LOGIN, user="forged")

    in_child(work)
    assert [line["event"] for line in lines(inside)] == ["start"]
