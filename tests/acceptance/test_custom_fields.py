"""A field that is added in one terminal shows in another one; nothing typed there is lost."""

from __future__ import annotations

from tests.acceptance.conftest import PROGRAM
from tests.acceptance.terminal import Terminal


def _add_field(t: Terminal, name: str, label: str) -> None:
    t.press("g", ",")
    t.wait("Settings", "[1 Fields]")
    t.press("n")
    t.wait("New field")
    t.type("lead")
    t.press("tab")
    t.type(name)
    t.press("tab")
    t.type(label)
    t.press("tab", "tab", "tab", "tab")
    t.press("ctrl+u")
    t.type("yes")
    t.press("ctrl+s")
    t.wait("has the field", label)


def test_a_field_added_in_one_terminal_shows_in_the_other(firm, env) -> None:
    """A list takes it over by itself; a form says that it waits, and keeps what was typed."""
    with Terminal(PROGRAM, env) as one, Terminal(PROGRAM, env) as other:
        for t in (one, other):
            t.wait("My day")
        other.press("g", "l")
        other.wait("Leads", "Ann Other")
        _add_field(one, "practice_area", "Practice area")
        other.wait("Practice area", "Ann Other", "shows now")

        other.press("n")
        other.wait("New lead", "Practice area")
        other.type("Half typed")
        _add_field(one, "opponent", "Opponent")
        other.wait("What the firm adds was changed", "Half typed")
        other.press("ctrl+s")
        other.wait("fill in a phone number or an e-mail address", "Half typed")
        other.type("030 123456")
        other.press("ctrl+s")
        other.wait("Opponent", "Half typed")
        for t in (one, other):
            t.press("ctrl+q")
            assert t.ended() == 0
