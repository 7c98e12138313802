"""Keys: how users write them, what Textual calls them, sequences, clashes, help."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual._xterm_parser import XTermParser
from textual.events import Key

from crmkit.tui.keys import Binding, KeyMap, Keys, Pending, key_of, parse_keys, show_keys

BINDINGS = (
    Binding("quit", ("q",), "Quit"),
    Binding("go.leads", ("gl",), "Leads"),
    Binding("go.home", ("gh",), "My day"),
    Binding("top", ("gg", "home"), "To the top", "list"),
    Binding("down", ("j", "down"), "Down", "list"),
    Binding("new", ("n",), "New", "list"),
    Binding("back", ("escape",), "Back"),
)
LIST = ("list", "global")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("gl", ("g", "l")),
        ("g l", ("g", "l")),
        ("ctrl+d", ("ctrl+d",)),
        ("Ctrl+D", ("ctrl+d",)),
        ("space", ("space",)),
        (" ", ("space",)),
        ("[", ("[",)),
        ("/", ("/",)),
        ("+", ("+",)),
        ("G", ("G",)),
        ("shift+g", ("G",)),
        ("esc", ("escape",)),
        ("pgdn", ("pagedown",)),
        ("ctrl+m", ("enter",)),
        ("shift+alt+x", ("alt+shift+x",)),
        ("question_mark", ("?",)),
        ("left_square_bracket", ("[",)),
        ("upper_g", ("G",)),
        ("g esc", ("g", "escape")),
        ("é", ("é",)),
    ],
)
def test_a_key_is_written_as(text: str, keys: Keys) -> None:
    assert parse_keys(text) == keys


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("entr", "there is no key 'entr'; did you mean enter?"),
        ("ctlr+d", "there is no key 'ctlr+d'; did you mean ctrl+d?"),
        ("leads", "there is no key 'leads'; write a sequence as g l"),
        ("", "a key is missing"),
    ],
)
def test_what_is_not_a_key_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_keys(text)
    assert str(error.value) == told


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("j", "j"), ("G", "G"), ("/", "/"), ("?", "?"), ("[", "["), ("]", "]"), (":", ":"),
        ("$", "$"), ("+", "+"), ("_", "_"), (" ", "space"), ("1", "1"), ("é", "é"),
        ("\r", "enter"), ("\t", "tab"), ("\x04", "ctrl+d"), ("\x15", "ctrl+u"),
        ("\x13", "ctrl+s"), ("\x00", "ctrl+space"), ("\x7f", "backspace"), ("\x1b[A", "up"),
        ("\x1b[5~", "pageup"), ("\x1b[Z", "shift+tab"), ("\x1bOP", "f1"),
        ("\x1b[1;5C", "ctrl+right"),
    ],
)  # fmt: skip
def test_what_a_terminal_sends_has_the_name_that_users_write(typed: str, name: str) -> None:
    [event] = [e for e in XTermParser().feed(typed) if isinstance(e, Key)]
    assert key_of(event.key, event.character) == name
    assert parse_keys(name) == (name,)


def test_a_key_is_its_action() -> None:
    keys = KeyMap(BINDINGS)
    found = keys.feed(LIST, "q")
    assert isinstance(found, Binding)
    assert found.action == "quit"
    assert keys.feed(LIST, "z") is None


def test_a_leader_waits_and_says_what_may_follow() -> None:
    keys = KeyMap(BINDINGS)
    waiting = keys.feed(LIST, "g")
    assert waiting == Pending(("g",), {"l": "Leads", "h": "My day", "g": "To the top"})
    assert keys.pending
    found = keys.feed(LIST, "l")
    assert isinstance(found, Binding)
    assert found.action == "go.leads"
    assert not keys.pending


def test_escape_leaves_a_sequence_without_going_back() -> None:
    keys = KeyMap(BINDINGS)
    keys.feed(LIST, "g")
    assert keys.feed(LIST, "escape") is None
    found = keys.feed(LIST, "escape")
    assert isinstance(found, Binding)
    assert found.action == "back"


def test_a_follower_that_leads_nowhere_ends_the_sequence() -> None:
    keys = KeyMap(BINDINGS)
    keys.feed(LIST, "g")
    assert keys.feed(LIST, "j") is None
    found = keys.feed(LIST, "j")
    assert isinstance(found, Binding)
    assert found.action == "down"


def test_a_scope_that_is_not_active_has_no_keys() -> None:
    keys = KeyMap(BINDINGS)
    assert keys.feed(("global",), "j") is None
    assert keys.feed(("global",), "g") == Pending(("g",), {"l": "Leads", "h": "My day"})


def test_the_nearest_scope_has_the_key() -> None:
    claim = Binding("claim", ("n",), "Claim", "entity.lead")
    keys = KeyMap((*BINDINGS, claim))
    assert keys.feed(("entity.lead", *LIST), "n") == claim
    assert keys.hidden(("entity.lead", *LIST)) == [
        "keys: n is a key of both new and claim, and only claim would answer to it"
    ]
    assert keys.hidden(LIST) == []


def test_a_key_of_a_nearer_scope_ends_the_leader_of_a_farther_one() -> None:
    grant = Binding("grant", ("g",), "Grant", "entity.lead")
    keys = KeyMap((*BINDINGS, grant))
    assert keys.feed(("entity.lead", "global"), "g") == grant
    assert (
        "keys: gl is a key of both go.leads and grant, and only grant would answer to it"
        in keys.hidden(("entity.lead", "global"))
    )


def test_overrides_give_an_action_other_keys() -> None:
    keys = KeyMap(BINDINGS, {"quit": ["Q", "ctrl+q"]})
    assert keys.faults == []
    assert keys.keys_for("quit") == ["Q", "ctrl+q"]
    assert keys.feed(LIST, "q") is None
    assert isinstance(keys.feed(LIST, "ctrl+q"), Binding)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"new": ["j"]}, "keys: j is both down and new"),
        ({"quti": ["x"]}, "keys: there is no action 'quti'; did you mean quit?"),
        ({"quit": ["ctlr+q"]}, "keys: quit: there is no key 'ctlr+q'; did you mean ctrl+q?"),
        (
            {"quit": ["g"]},
            "keys: gl (go.leads) cannot be typed, because g is quit",
        ),
    ],
)
def test_a_fault_is_told_in_a_sentence(overrides: Mapping[str, list[str]], told: str) -> None:
    keys = KeyMap(BINDINGS, overrides)
    assert told in keys.faults
    assert isinstance(keys.feed(LIST, "down"), Binding)


def test_help_shows_what_really_works() -> None:
    keys = KeyMap(
        (*BINDINGS, Binding("cancel", ("escape", "f10"), "Leave", "form")), {"down": ["ctrl+n"]}
    )
    assert keys.help_rows(LIST) == [
        ("gg home", "To the top", "top"),
        ("ctrl+n", "Down", "down"),
        ("n", "New", "new"),
        ("q", "Quit", "quit"),
        ("gl", "Leads", "go.leads"),
        ("gh", "My day", "go.home"),
        ("esc", "Back", "back"),
    ]
    assert ("esc", "Back", "back") not in keys.help_rows(("form", "global"))
    assert keys.help_rows(LIST, "to THE") == [("gg home", "To the top", "top")]


SEQUENCES = st.lists(st.sampled_from("abg"), min_size=1, max_size=3).map(tuple)
MAPS = st.lists(st.tuples(SEQUENCES, st.sampled_from(["near", "far"])), max_size=12).map(
    lambda found: KeyMap(
        [Binding(f"action{n}", (" ".join(keys),), "Help", scope)
         for n, (keys, scope) in enumerate(found)]
    )
)  # fmt: skip
STACKS = st.sampled_from([("near", "far"), ("far",), ("far", "near"), ()])


@given(MAPS, STACKS)
def test_every_reachable_sequence_can_be_typed(keys: KeyMap, stack: tuple[str, ...]) -> None:
    for sequence, binding in keys.reachable(stack).items():
        for at, key in enumerate(sequence, 1):
            found = keys.feed(stack, key)
            if at < len(sequence):
                assert isinstance(found, Pending)
                assert found.prefix == sequence[:at]
                assert show_keys(sequence[at:]) in found.follow
        assert found is binding
        assert not keys.pending


@given(MAPS, STACKS, st.lists(st.sampled_from(["a", "b", "g", "x", "escape"]), max_size=20))
def test_whatever_is_typed_a_sequence_always_leads_somewhere(
    keys: KeyMap, stack: tuple[str, ...], typed: list[str]
) -> None:
    reach = keys.reachable(stack)
    for key in typed:
        found = keys.feed(stack, key)
        assert keys.pending == isinstance(found, Pending)
        if isinstance(found, Pending):
            assert found.follow
            assert any(s[: len(found.prefix)] == found.prefix for s in reach)
        if key == "escape":
            assert not keys.pending


@given(MAPS, STACKS)
def test_every_binding_is_reachable_hidden_or_a_fault(keys: KeyMap, stack: tuple[str, ...]) -> None:
    told = " ".join([*keys.hidden(stack), *keys.faults])
    reached = {binding.action for binding in keys.reachable(stack).values()}
    for binding in keys.bindings:
        if binding.scope in stack:
            assert binding.action in reached or f"{binding.action}" in told
