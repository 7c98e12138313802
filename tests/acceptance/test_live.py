"""Several people at work on one workspace, each with a program in a real terminal."""

from __future__ import annotations

import json
import os
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crmkit.api import Link
from crmkit.app import open_crm
from crmkit.core import presence
from crmkit.core.crm import Crm
from crmkit.core.fields import Item
from crmkit.server import sandbox
from crmkit.sql.driver import caution
from tests.acceptance.conftest import PROGRAM, Crmkit
from tests.acceptance.office import Office
from tests.acceptance.terminal import PATIENCE, Terminal
from tests.server.houses import Served, serving, until

Open = Callable[..., Terminal]
MODES_OFF = b"\x1b[?1049l"


@pytest.fixture
def place(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Ada's workspace on SQLite, with ben in it and a few leads."""
    monkeypatch.setenv("LOGNAME", "ada")
    yield from made(Path(env["CRMKIT_WORKSPACE"]), "")


@pytest.fixture
def anywhere(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, database_url: str
) -> Iterator[Path]:
    """The same, on a database of either kind."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    yield from made(Path(env["CRMKIT_WORKSPACE"]), url)


def made(path: Path, url: str) -> Iterator[Path]:
    office = Office.make(path, database=url)
    with office.session().transaction() as unit:
        for name in ("ben", "anna"):
            unit.add("user", name=name, roles=(Item("crm_manager"),))
        for name, company in (("Ann Other", "Bow & Sons"), ("Bob Rest", "Rest Ltd")):
            unit.add("lead", name=name, company=company, email="someone@example.com", owner=1)
    office.close()
    yield path


@pytest.fixture
def opened(env: dict[str, str]) -> Iterator[Open]:
    """Open the program, as ada or as somebody else."""
    with ExitStack() as stack:

        def come(user: str = "ada", until: str = "My day") -> Terminal:
            terminal = stack.enter_context(Terminal([*PROGRAM, "--as", user], env))
            terminal.wait(until)
            return terminal

        yield come


@pytest.fixture
def crm(place: Path) -> Iterator[Crm]:
    """The workspace as another program opens it."""
    found = open_crm(place)
    yield found
    found.store.close()


def cursor(t: Terminal) -> str:
    """The line under the cursor."""
    (line,) = [line for line in t.lines if "›" in line]
    return line


# What others change ------------------------------------------------------------------------------


def test_what_one_types_another_sees_wherever_he_is(anywhere: Path, opened: Open) -> None:
    """On a list, a record, my day and a board; the cursor stays on its record."""
    ada, ben = opened("ada"), opened("ben")
    ada.press("g", "l")
    ada.wait("Ann Other", "Bob Rest")
    ada.press("down")
    before = cursor(ada)

    ben.press("g", "l")
    ben.wait("Ann Other")
    rename(ben, "Cid New")
    ada.wait("Cid New")
    assert cursor(ada) == before

    # The other way round, with a board in front.
    ben.press("g", "l", "b")
    ben.wait("Leads by status", "Bob Rest")
    rename(ada, "Dan Last")
    ben.wait("Dan Last", "Cid New")


def rename(t: Terminal, name: str) -> None:
    """Give the record under the cursor another name."""
    t.press("e")
    t.wait("Edit ")
    t.press("end", "ctrl+u")
    t.type(name)
    t.press("ctrl+s")
    t.wait(f"saved {name}")


def test_a_record_and_my_day_show_what_others_did(place: Path, opened: Open, crm: Crm) -> None:
    ada, ben = opened(), crm.session("ben")
    ben.add("action", subject="Ring the bank", due=ben.now, owner=1, about=Link("lead", 1))
    ada.wait("Ring the bank")
    ada.press("g", "l")
    ada.wait("Ann Other")
    ada.press("enter")
    ada.wait("What happened")
    at = 1 if "Ann Other" in ada.lines[0] else 2
    ben.set("lead", at, {"company": "Bow and Arrow"})
    ada.wait("Bow and Arrow")


def test_what_is_being_typed_is_left_alone(place: Path, opened: Open, crm: Crm) -> None:
    """An open form keeps its text and its cursor, and says who changed the record."""
    ada, ben = opened(), crm.session("ben")
    ada.press("g", "l")
    ada.wait("Ann Other", "Bob Rest")
    ada.press("enter")
    ada.wait("What happened")
    at = 1 if "Ann Other" in ada.lines[0] else 2
    ada.press("e")
    ada.wait("Edit ")
    ada.press("tab", "ctrl+u")
    ada.type("Half a na")
    ben.set("lead", at, {"company": "Theirs"})
    ada.wait("ben changed this meanwhile")
    ada.type("me")
    ada.wait("Half a name")
    assert "Theirs" not in ada.text()


def test_a_prompt_stays_open_and_what_is_new_comes_after_it(
    place: Path, opened: Open, crm: Crm
) -> None:
    ada, ben = opened(), crm.session("ben")
    ada.press("g", "l")
    ada.wait("Ann Other")
    ada.press(":")
    ada.type("half a comm")
    ben.set("lead", 1, {"name": "Renamed Elsewhere"})
    idle(ada, polls=2)
    assert ":half a comm" in ada.text().replace(": ", ":")
    assert "Renamed" not in ada.text()
    ada.press("escape")
    ada.wait("Renamed Elsewhere")


# Nothing to tell ---------------------------------------------------------------------------------


def idle(t: Terminal, polls: int) -> int:
    """Let a program look some times whether something changed; the bytes that it sent."""
    before = len(t.output)
    end = time.monotonic() + polls
    while time.monotonic() < end:
        t._read(0.1)
    return len(t.output) - before


def test_where_nothing_changes_nothing_is_sent(place: Path, opened: Open, crm: Crm) -> None:
    ada = opened()
    ada.press("g", "l")
    ada.wait("Ann Other")
    idle(ada, polls=1)
    assert idle(ada, polls=3) == 0
    crm.session("ben").set("lead", 1, {"company": "New Ltd"})
    ada.wait("New Ltd")
    assert idle(ada, polls=2) == 0


# Who is here -------------------------------------------------------------------------------------


def test_who_else_is_at_a_record_shows_and_goes_with_him(place: Path, opened: Open) -> None:
    """On its screen in words, on lists and boards as a mark; a program that is killed is gone."""
    ada, ben = opened(), opened("ben")
    for t in (ada, ben):
        t.press("g", "l")
        t.wait("Ann Other", "Bob Rest")
    name = "Ann Other" if "Ann" in cursor(ben) else "Bob Rest"
    ben.press("enter")
    ben.wait("What happened")
    ada.wait("•")
    (marked,) = [line for line in ada.lines if "•" in line]
    assert name in marked
    ada.press("b")
    ada.wait("Leads by status", "•")
    ada.press("g", "l", "enter")
    ada.wait("What happened", "ben is here too")
    ben.press("e")
    ben.wait("Edit ")
    ada.wait("ben is editing this")
    ada.press("e")
    ada.wait("Edit ")  # nothing is locked
    ben.process.kill()
    ben.process.wait()
    ada.press("escape")
    ada.wait("What happened")
    ada.wait("ben is", gone=True)


# Sent away ---------------------------------------------------------------------------------------


def test_who_is_sent_away_is_told_by_whom_and_finds_his_draft(
    place: Path, opened: Open, crmkit: Crmkit
) -> None:
    ben = opened("ben")
    type_half(ben)
    said = crmkit("kick", "ben")
    assert f"told the session {ben.process.pid} of ben to end" in said.stdout + said.stderr
    gone(ben)
    assert termios.tcgetattr(ben._fd) == ben.plain
    crmkit("kick", "ben", code=3)
    opened("ben", until="Half a lead").wait("New lead")


def type_half(t: Terminal) -> None:
    t.press("g", "l")
    t.wait("Ann Other")
    t.press("n")
    t.wait("New lead")
    t.type("Half a lead")
    t.wait("Half a lead")


def gone(t: Terminal) -> None:
    """The program ended, and said why on a terminal that is as it was."""
    t.ended()
    assert MODES_OFF in t.output
    after = t.output.rpartition(MODES_OFF)[2].decode()
    assert "an admin ended this session (ada)" in after
    assert "draft" in after


@pytest.mark.skipif(bool(sandbox.lacks()), reason="; ".join(sandbox.lacks()) or "-")
def test_a_session_behind_walls_is_sent_away_by_another_one(place: Path) -> None:
    """They cannot send each other signals: the house does it."""
    with serving(place) as house, house.open("ben") as ben:
        assert caution() in house.log.read_text()
        ben.wait("My day")
        type_half(ben)
        (there,) = house.sessions
        until(lambda: presence.everybody(presence.folder(place)))
        refused = come(house, "anna", "kick ben")
        assert refused.returncode == 5
        assert "only an admin" in refused.stderr
        assert ben.process.poll() is None
        listed = json.loads(come(house, "ada", "who --format json").stdout)
        assert [(row["user"], row["pid"]) for row in listed] == [("ben", there)]
        said = come(house, "ada", "kick ben")
        assert f"ended the session {there} of ben" in said.stdout + said.stderr
        gone(ben)
        assert come(house, "ada", "kick ben").returncode == 3
        told = [json.loads(line) for line in house.log.read_text().splitlines() if line[:1] == "{"]
        assert [(e["verb"], e["user"]) for e in told if e.get("verb") == "kick"][-1][1] == "ada"
        ends = [e for e in told if e["event"] == "end" and e.get("pid") == there]
        assert [(e["user"], e["why"]) for e in ends] == [("ben", "kicked")]
        with house.open("ben") as again:
            again.wait("New lead", "Half a lead")


def come(house: Served, user: str, command: str) -> subprocess.CompletedProcess[str]:
    """Come in with a command, as ssh brings it."""
    return subprocess.run(
        house.attach(user), env={**os.environ, "SSH_ORIGINAL_COMMAND": command},
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE,
    )  # fmt: skip


# When something is wrong -------------------------------------------------------------------------


def test_a_workspace_in_which_nothing_can_be_kept_is_worked_in_all_the_same(
    place: Path, opened: Open, crm: Crm
) -> None:
    """What others change shows, and nobody is told each second that he is not seen by others."""
    (place / "state").mkdir(exist_ok=True)
    (place / "state" / "present").write_text("no folder")
    ada = opened()
    ada.press("g", "l")
    ada.wait("Ann Other")
    idle(ada, polls=1)
    assert idle(ada, polls=2) == 0
    crm.session("ada").set("lead", 1, {"company": "New Ltd"})
    ada.wait("New Ltd")


def test_a_firm_that_gets_a_field_while_it_is_open_goes_on(
    place: Path, opened: Open, crmkit: Crmkit
) -> None:
    ada = opened()
    ada.press("g", "l")
    ada.wait("Ann Other")
    crmkit("custom", "field", "add", "lead", "shoe", "--label", "Shoe size")
    ada.wait("What the firm adds was changed, and shows now")
    crmkit("lead", "set", "1", "company=Shoes Ltd")
    ada.wait("Shoes Ltd")
