"""What an admin tells those who come in over a real sshd, and how he ends their sessions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crmkit.core.errors import Denied, SentAway
from tests.acceptance.machine import processes
from tests.acceptance.sshds import DOOR, Site, impatient, needs_sshd
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
    with revoked(here, admin, "ben"):
        _is_seen_out(here, typing)
        assert b"ermission denied" in here.ours.send("lead list").stderr
        assert here.ours.send("lead list", key="ada").returncode == 0
    _is_offered(here)


def test_a_command_that_waits_for_its_file_ends_with_its_key_and_saves_nothing(
    here: Site, admin: Admin
) -> None:
    here.ours.key = "ben"
    try:
        here.ours.hold(command="lead import -")
    finally:
        here.ours.key = "ada"
    (waiting,) = here.ours.held
    until(lambda: here.sessions)
    try:
        with revoked(here, admin, "ben"):
            until(lambda: waiting.poll() is not None)
            assert waiting.returncode == SentAway.exit_code
            until(lambda: not here.sessions)
    finally:
        here.ours.release()


def test_a_connection_from_before_opens_nothing_for_a_key_that_was_revoked(
    here: Site, admin: Admin, tmp_path: Path
) -> None:
    control = ["-o", f"ControlPath={tmp_path}/c"]
    here.ours.key = "ben"
    try:
        here.ours.hold("-M", "-N", *control, command="")
        until((tmp_path / "c").is_socket)
        over = [*control, "-o", "ProxyCommand=false"]
        assert here.ours.send("lead list", *over).returncode == 0
        with revoked(here, admin, "ben"):
            said = here.ours.send("lead add name=Late email=late@example.com", *over)
            assert said.returncode == Denied.exit_code
            assert b"this key was revoked" in said.stderr
        assert here.ours.send("lead list", *over).returncode == 0
        assert b"Late" not in here.ours.send("lead list", *over).stdout
    finally:
        here.ours.key = "ada"
        here.ours.release()


@contextmanager
def revoked(here: Site, admin: Admin, name: str) -> Iterator[None]:
    """Take a user's key away for a while."""
    (key,) = json.loads(admin("user", "key", "list", name, "--format", "json"))
    admin("user", "key", "revoke", str(key["id"]))
    try:
        yield
    finally:
        public = (here.place / "keys" / f"{name}.pub").read_text()
        admin("user", "key", "add", name, "-", given=public)


def test_a_connection_in_which_nobody_has_a_session_ends(here: Site) -> None:
    with impatient(here) as way:
        if "UnusedConnectionTimeout" not in (here.place / "door.conf").read_text():
            pytest.skip("this sshd cannot tell (OpenSSH 9.2)")
        way.key = "ada"
        way.hold("-N", command="")
        (client,) = way.held
        until(lambda: client.poll() is not None)
        assert way.let_in == 1


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
