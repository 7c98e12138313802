"""What the section [server] decides."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path

import pytest

from crmkit.core import serving
from crmkit.core.config import read_config
from crmkit.core.errors import Fault
from crmkit.core.serving import Serving, Visit, in_house


def test_says_how_people_are_served(tmp_path: Path) -> None:
    file = tmp_path / "crmkit.toml"
    file.write_text('[server]\ndoor = "crm-door"\nmax_sessions = 30\nidle_lock = "15m"\n')
    found = read_config(file).server
    assert found == Serving(door="crm-door", max_sessions=30, idle_lock=timedelta(minutes=15))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("max_sessions = 0", "[server] max_sessions must be a whole number from 1"),
        ("max_sessions = true", "[server] max_sessions must be a whole number from 1"),
        ('require_sandbox = "yes"', "[server] require_sandbox must be true or false"),
        ("door = 7", "[server] door must be text in quotes"),
        ('idle_lock = "2bd"', "[server] idle_lock must be a length of time"),
        ('soket = "x"', "soket"),
    ],
)
def test_says_what_is_wrong(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "crmkit.toml"
    file.write_text(f"[server]\n{line}\n")
    with pytest.raises(Fault) as error:
        read_config(file)
    assert told in str(error.value)


def test_a_session_knows_whether_its_house_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is, nobody else is believed who would end the session."""
    monkeypatch.setattr(serving, "_visit", Visit())
    assert not in_house()
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(serving, "_visit", Visit(house=ours))
    assert in_house()
    theirs.send(b"an answer")
    assert in_house()
    ours.recv(100)
    theirs.close()
    assert not in_house()
    ours.close()
