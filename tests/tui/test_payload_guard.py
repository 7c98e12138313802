"""The second lock holds alone: what a widget let through does not get past it."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.widgets import Static

from crmkit.tui.lean import LeanApp
from crmkit.tui.text import OutputGuard
from crmkit.tui.theme import install
from crmkit.tui.widgets.typed import TypedArea, TypedLine
from tests.acceptance.payloads import families
from tests.acceptance.recording import Recording, leaks

FAMILIES = families()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_guard_lets_no_payload_through_and_keeps_its_width(name: str) -> None:
    raw = Segment(FAMILIES[name])
    shown = OutputGuard().apply([raw], Color(0, 0, 0))
    assert leaks("".join(s.text for s in shown)) == []
    assert sum(cell_len(s.text) for s in shown) == cell_len(raw.text)


class _Raw(LeanApp[None]):
    def compose(self) -> ComposeResult:
        for text in FAMILIES.values():
            yield Static(Content(text[:200]), markup=False)

    def on_mount(self) -> None:
        install(self)


async def test_an_app_that_forgets_the_first_lock_sends_nothing_raw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    recording = Recording().installed(monkeypatch)
    app = _Raw()
    async with app.run_test(size=(200, 150)) as pilot:
        await pilot.pause()
    sent = recording.take()
    assert "QaaxZ" not in sent
    assert "Qac" in sent
    assert leaks(sent, (200, 150)) == []


class _Typing(LeanApp[None]):
    def compose(self) -> ComposeResult:
        for text in FAMILIES.values():
            yield TypedLine(text[:200], select_on_focus=False)
        area = TypedArea()
        area.load_text("\n".join(text[:150] for text in FAMILIES.values()))
        yield area

    CSS = "TypedLine { height: 1; border: none; } TypedArea { height: 150; border: none; }"


async def test_what_is_typed_on_shows_what_it_holds_and_holds_what_it_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    recording = Recording().installed(monkeypatch)
    app = _Typing()
    async with app.run_test(size=(200, 300)) as pilot:
        await pilot.pause()
        held = [line.value for line in app.query(TypedLine)]
    sent = recording.take()
    assert held == [text[:200] for text in FAMILIES.values()]
    assert leaks(sent, (200, 300)) == []
    assert "\u241b" in sent


async def test_the_cursor_of_a_line_stands_where_its_character_is_shown() -> None:
    class Line(App[None]):
        def compose(self) -> ComposeResult:
            yield TypedLine("a\x1bb\tc\u202ed", select_on_focus=False)

    app = Line()
    async with app.run_test():
        line = app.query_one(TypedLine)
        places = [line._position_to_cell(n) for n in range(8)]
        assert places == [0, 1, 2, 3, 4, 5, 6, 7]
        assert [line._cell_offset_to_index(n) for n in range(8)] == [0, 1, 2, 3, 4, 5, 6, 7]
