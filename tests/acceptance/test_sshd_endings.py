"""However somebody goes over a real sshd: his session ends, his draft is kept, nothing is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.machine import parent_of, processes, ticks
from tests.acceptance.sshds import DOOR, Site, Way, impatient, needs_sshd
from tests.acceptance.terminal import Terminal
from tests.server.houses import alive, until

pytestmark = needs_sshd


@pytest.fixture(scope="module")
def hasty(_two_sshd: Site) -> Iterator[Way]:
    """Our door, at an sshd that soon asks whether somebody is still there."""
    with impatient(_two_sshd) as found:
        yield found


def _window_is_closed(terminal: Terminal) -> None:
    """The terminal program goes, and with it the last one that had the terminal's other end."""
    spare = os.open(os.devnull, os.O_RDWR)
    os.dup2(spare, terminal._fd)
    os.close(spare)


def _client_is_killed(terminal: Terminal) -> None:
    terminal.signal(signal.SIGKILL)


def _sshd_is_killed(terminal: Terminal) -> None:
    """Both of its processes: the one with root's rights, and the one without."""
    (worker,) = processes(DOOR, "sshd: ")
    os.kill(parent_of(worker), signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)


def _worker_of_sshd_is_killed(terminal: Terminal) -> None:
    (worker,) = processes(DOOR, "sshd: ")
    os.kill(worker, signal.SIGKILL)


def _network_freezes(terminal: Terminal) -> None:
    terminal.signal(signal.SIGSTOP)


ENDS = {
    "window closed": _window_is_closed,
    "client killed": _client_is_killed,
    "sshd killed": _sshd_is_killed,
    "worker of sshd killed": _worker_of_sshd_is_killed,
    "network frozen": _network_freezes,
}


@pytest.mark.parametrize("name", ENDS)
def test_a_session_ends_with_its_connection_and_what_was_typed_is_offered_again(
    name: str, here: Site, hasty: Way
) -> None:
    drafts = here.firm / "state"
    for left in drafts.rglob("draft*.json"):
        left.unlink()
    way = hasty if name == "network frozen" else here.ours
    typed = f"Half typed, {name}"
    with way.terminal() as terminal:
        terminal.wait("? keys")
        terminal.press("g", "l", "n")
        terminal.wait("New lead")
        terminal.type(typed)
        (session,) = here.sessions
        ENDS[name](terminal)
        # That a network froze sshd learns from two questions, a second apart.
        until(lambda: not alive(session))
        until(lambda: not processes(DOOR))
    with here.ours.terminal() as terminal:
        terminal.wait(typed)


def test_a_command_whose_client_goes_ends_as_well(here: Site) -> None:
    here.ours.hold()
    until(lambda: here.is_in(here.ours))
    (session,) = here.sessions
    here.ours.held[0].kill()
    until(lambda: not alive(session))
    until(lambda: not processes(DOOR))


def test_nothing_of_a_session_that_went_keeps_the_processor_busy(here: Site) -> None:
    with here.ours.terminal() as terminal:
        terminal.wait("ada")
        terminal.signal(signal.SIGKILL)
    until(lambda: not here.sessions and not processes(DOOR))
    house = here.house.pid
    until(lambda: not Path(f"/proc/{house}/task/{house}/children").read_text().split())
    before = ticks(house)
    time.sleep(1)
    assert ticks(house) - before < os.sysconf("SC_CLK_TCK") / 4
