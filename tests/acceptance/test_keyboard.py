"""A day at the keyboard, in a real terminal, without a mouse."""

from __future__ import annotations

import signal

import pytest

from tests.acceptance.conftest import PROGRAM
from tests.acceptance.terminal import Terminal


def test_the_work_of_a_lead_from_board_to_search(firm, env) -> None:
    with Terminal(PROGRAM, env) as t:
        t.wait("My day")
        t.press("g", "l")
        t.wait("Leads", "Ann Other")
        t.press("b")
        t.wait("Leads by status", "Ann Other", "Not contacted")

        # Carry the card two states to the right, then undo one of the two moves.
        t.press("L")
        t.wait("→ CONTACTED")
        t.press("L")
        t.wait("→ QUALIFIED")
        t.press("u")
        t.wait("undone: Move lead Ann Other to QUALIFIED")

        # Filter by owner.
        t.press("/")
        t.type("owner:ben")
        t.press("enter")
        t.wait("Zoë Müller")
        t.wait("José", gone=True)
        t.press("/", "ctrl+u")
        t.press("enter")
        t.wait("José", "Zoë")

        # Open a record, edit it, save, and see the change in its timeline.
        t.press("g", "l")
        t.wait("[1 Open]", "José")
        t.press("/", "ctrl+u")
        t.type("ann")
        t.press("enter")
        t.wait("José", gone=True)
        t.press("enter")
        t.wait("What happened", "Bow & Sons")
        t.press("e")
        t.wait("Edit Ann Other")
        t.press("tab")
        t.press("end", "ctrl+u")
        t.type("Bow & Daughters")
        t.press("ctrl+s")
        t.wait("saved Ann Other", "Company: Bow & Sons → Bow & Daughters")

        # Add an action, complete it, and find it by its outcome.
        t.press("A")
        t.wait("New action")
        t.type("Ring about the lease")
        t.press("ctrl+s")
        t.wait("saved Ring about the lease", "○")
        t.press("2")
        t.wait("[2 Actions]", "Ring about the lease")
        t.press("tab", "x")
        t.wait("Outcome")
        t.type("signs on thursday")
        t.press("enter")
        t.wait("✓ Complete")
        t.press("g", "s")
        t.wait("Search")
        t.type("thurs")
        t.wait("Ring about the lease", "Action")
        t.press("enter")
        t.wait("signs on thursday", "Done")
        t.press("ctrl+q")
        assert t.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it_with_the_terminal_restored_and_the_draft_kept(firm, env, number) -> None:
    with Terminal(PROGRAM, env) as t:
        t.wait("My day")
        t.press("g", "l", "n")
        t.wait("New lead")
        t.type("Half typed name")
        t.signal(number)
        t.ended()
        for mode in (b"\x1b[?1049l", b"\x1b[?25h"):
            assert mode in t.output
        assert t.output.rfind(b"\x1b[?1049l") > t.output.rfind(b"\x1b[?1049h")
    with Terminal(PROGRAM, env) as t:
        t.wait("Half typed name", "when the last session ended")


def test_it_comes_back_where_it_was_left(firm, env) -> None:
    with Terminal(PROGRAM, env) as t:
        t.wait("My day")
        t.press("g", "l", "b")
        t.wait("Leads by status")
        t.press("q")
        assert t.ended() == 0
    with Terminal(PROGRAM, env) as t:
        t.wait("Leads by status", "Ann Other")


def test_a_move_that_needs_a_reason_asks_for_it(firm, env) -> None:
    with Terminal(PROGRAM, env, (80, 24)) as t:
        t.wait("My day")
        t.press("g", "l")
        t.wait("Ann Other")
        t.press("m")
        t.wait("Move to")
        t.press("5")
        t.wait("Lost reason:")
        t.press("enter")
        t.wait("Lost reason is needed")
        t.type("went elsewhere")
        t.press("enter")
        t.wait("→ LOST")


def test_it_works_on_sixty_columns(firm, env) -> None:
    with Terminal(PROGRAM, env, (60, 20)) as t:
        t.wait("My day")
        t.press("g", "l", "b")
        t.wait("1/5", "Ann Other")
        t.press("l")
        t.wait("2/5")
