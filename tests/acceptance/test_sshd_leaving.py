"""What an admin tells those who come in over a real sshd, and how he ends their sessions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.machine import processes
from tests.acceptance.sshds import DOOR, Site, needs_sshd
from tests.acceptance.terminal import Terminal
from tests.server.houses import until

pytestmark = needs_sshd
Admin = Callable[..., str]


@pytest.fixture
def admin(here: Site) -> Admin:
    """The program, as an admin runs it in a shell on the server."""

    def run(*words: str, given: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "crmkit", "--workspace", str(here.firm), *words], input=given,
            capture_output=True, text=True, check=False, env={**os.environ, "LOGNAME": "ada"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def typing(here: Site) -> Iterator[Terminal]:
    """ben at his terminal, with a lead half typed."""
    for left in (here.firm / "state").rglob("draft*.json"):
        left.unlink()
    here.ours.key = "ben"
    try:
        with here.ours.terminal() as terminal:
            terminal.wait("ben")
            terminal.press("g", "l", "n")
            terminal.wait("New lead")
            terminal.type("Half typed by ben")
            yield terminal
    finally:
        here.ours.key = "ada"


def _is_seen_out(here: Site, terminal: Terminal) -> None:
    terminal.ended()
    assert b"an admin ended this session (ada)" in terminal.output
    until(lambda: not here.sessions and not processes(DOOR))


def _is_offered(here: Site) -> None:
    with here.ours.terminal() as terminal:
        terminal.wait("Half typed by ben")


def _who(here: Site) -> list[str]:
    said = here.ours.send("who --format json", key="ada")
    return [one["user"] for one in json.loads(said.stdout)]


def test_kick_over_the_door_ends_a_session_that_who_shows(here: Site, typing: Terminal) -> None:
    until(lambda: typing.settle() or _who(here) == ["ben"])
    refused = here.ours.send("kick ada", key="ben")
    assert b"only an admin" in refused.stdout + refused.stderr
    done = here.ours.send("kick ben", key="ada")
    assert done.returncode == 0, done
    _is_seen_out(here, typing)
    assert _who(here) == []
    _is_offered(here)


def test_a_key_that_is_revoked_ends_the_session_and_opens_no_other(
    here: Site, typing: Terminal, admin: Admin
) -> None:
    until(lambda: typing.settle() or _who(here) == ["ben"])
    (key,) = json.loads(admin("user", "key", "list", "ben", "--format", "json"))
    admin("user", "key", "revoke", str(key["id"]))
    try:
        _is_seen_out(here, typing)
        assert b"ermission denied" in here.ours.send("lead list").stderr
        assert here.ours.send("lead list", key="ada").returncode == 0
    finally:
        public = (here.place / "keys" / "ben.pub").read_text()
        admin("user", "key", "add", "ben", "-", given=public)
    _is_offered(here)


def test_the_news_of_the_day_is_told_at_the_terminal_alone(here: Site) -> None:
    config = here.firm / "crmkit.toml"
    before = config.read_text()
    config.write_text(before + 'motd = "The server rests on Sunday"\n')
    try:
        for _ in range(2):  # wherever he left it, and where that is not my day
            with here.ours.terminal() as terminal:
                terminal.wait("The server rests on Sunday")
                terminal.press("g", "l")
                terminal.wait("Ann Other")
                terminal.press("ctrl+q")
                assert terminal.ended() == 0
        said = here.ours.send("lead list")
        assert said.returncode == 0
        assert b"rests" not in said.stdout + said.stderr
    finally:
        config.write_text(before)
