"""Only what differs is sent, and the terminal shows the same as if everything were."""

from __future__ import annotations

import re
from typing import Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from crmkit.tui.lean import HELD, Cell, LeanApp, differences
from crmkit.tui.theme import DARK, LIGHT, install
from crmkit.tui.widgets.lines import Line, LineWidget

SIZE = (40, 10)
CONSOLE = Console(color_system="truecolor", force_terminal=True, width=SIZE[0])


class Lines(LineWidget):
    """Lines that a test sets."""

    DEFAULT_CSS = "Lines { height: 6; }"
    emoji = "\U0001f469\u200d\U0001f4bb"

    def __init__(self) -> None:
        super().__init__()
        self.texts = [f"line {y} " + "ab王é" * 7 for y in range(6)]

    def line(self, y: int) -> Line:
        head, _, tail = self.texts[y].partition(" ")
        return [(head, "header" if y % 2 else ""), (" " + tail, "muted"), ("|", "")], "text"


class Beside(Widget):
    """A widget over the right part of the lines."""

    DEFAULT_CSS = "Beside { dock: right; width: 5; height: 6; }"

    def render_line(self, y: int) -> Strip:
        return Strip.blank(5)


class Question(ModalScreen[None]):
    """A box over the rest."""

    DEFAULT_CSS = "Question { align: center middle; } Question Static { width: 12; height: 3; }"

    def compose(self) -> ComposeResult:
        yield Static("Sure? 王")


class Page(Screen[None]):
    """Lines, something over them, and an input."""

    def compose(self) -> ComposeResult:
        yield Lines()
        yield Beside()
        yield Input("typed")


class Small(LeanApp[None]):
    """An app whose terminal is a pyte screen."""

    def __init__(self) -> None:
        super().__init__()
        install(self)
        self.terminal = pyte.Screen(*SIZE)
        self.stream = pyte.Stream(self.terminal)
        self.sent = ""

    def get_default_screen(self) -> Screen[Any]:
        return Page()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        update = self.lean(renderable) if screen is self.screen else None
        if isinstance(update, CompositorUpdate):
            self.sent = update.render_segments(CONSOLE)
            self.stream.feed(self.sent)

    def wanted(self) -> pyte.Screen:
        """Return a terminal that was sent everything."""
        terminal = pyte.Screen(self.size.width, self.size.height)
        stream = pyte.Stream(terminal)
        strips = self.screen._compositor.render_strips()
        stream.feed("".join(f"\x1b[{y};1H{s.render(CONSOLE)}" for y, s in enumerate(strips, 1)))
        return terminal


class Held(LeanApp[None]):
    """An app with one line."""

    def compose(self) -> ComposeResult:
        yield Static("line")


def cells(terminal: pyte.Screen) -> list[list[Any]]:
    return [[terminal.buffer[y][x] for x in range(terminal.columns)] for y in range(terminal.lines)]


async def test_whatever_happens_the_terminal_shows_what_it_should() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        lines = app.screen.query_one(Lines)

        async def check() -> None:
            await pilot.pause()
            assert cells(app.terminal) == cells(app.wanted())

        await check()
        lines.texts[2] = "line 2 王王 changed"
        lines.repaint()
        await check()
        await pilot.press("x", "y")
        await check()
        app.push_screen(Question())
        await check()
        app.pop_screen()
        await check()
        app.theme = LIGHT
        await check()
        app.theme = DARK
        app.screen.query_one(Beside).display = False
        await check()
        app.screen.set_focus(None)
        await check()


async def test_an_unchanged_frame_sends_nothing() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.sent = "not asked"
        app.screen.refresh(layout=True)
        await pilot.pause()
        assert app.sent == ""


async def test_a_change_of_focus_sends_what_looks_different() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        app.screen.set_focus(None)
        await pilot.pause()
        assert 0 < len(app.sent) < 400
        assert "line" not in app.sent


async def test_redraw_sends_everything() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        app.terminal.reset()
        app.redraw()
        await pilot.pause()
        assert cells(app.terminal) == cells(app.wanted())


async def test_while_it_is_held_nothing_is_sent_and_then_all_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(App, "_display", lambda app, screen, update: sent.append(update))
    app = Held()
    async with app.run_test(size=SIZE) as pilot:
        line = app.screen.query_one(Static)
        await pilot.pause()
        app.hold()
        sent.clear()
        line.update("first")
        await pilot.pause()
        line.update("second")
        await pilot.pause()
        assert sent == []
        app.release()
        await pilot.pause()
        assert len([update for update in sent if update is not None]) == 1


async def test_a_screen_that_nothing_comes_for_is_painted_after_a_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Held()
    async with app.run_test(size=SIZE):
        seconds: list[float] = []
        monkeypatch.setattr(app, "set_timer", lambda after, then: seconds.append(after))
        app.hold()
        assert seconds == [HELD]


async def test_after_a_resize_everything_is_sent() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        app.terminal.resize(6, 60)
        app.terminal.reset()
        await pilot.resize_terminal(60, 6)
        await pilot.pause()
        assert cells(app.terminal) == cells(app.wanted())


def update(app: Small, *regions: Region) -> str:
    """Return what is sent for dirty regions of a terminal of which nothing is known."""
    app._shown.forget()
    compositor = app.screen._compositor
    compositor._dirty_regions.update(regions)
    rendered = app.lean(compositor.render_partial_update())
    assert isinstance(rendered, CompositorUpdate)
    return rendered.render_segments(CONSOLE)


@pytest.mark.parametrize(
    "regions",
    [
        [Region(7, 2, 4, 1)],
        [Region(7, 2, 4, 1), Region(20, 2, 4, 1), Region(0, 4, 40, 1)],
        [Region(30, 1, 10, 3)],
        [Region(36, 3, 2, 2)],
    ],
)
async def test_the_dirty_cells_are_sent_and_no_others(regions: list[Region]) -> None:
    app = Small()
    async with app.run_test(size=SIZE):
        wanted, part = app.wanted(), pyte.Screen(*SIZE)
        pyte.Stream(part).feed(update(app, *regions))
        for y in range(SIZE[1]):
            for x in range(SIZE[0]):
                dirty = any(region.contains(x, y) for region in regions)
                shown = part.buffer[y][x]
                assert shown == wanted.buffer[y][x] or (not dirty and shown == part.default_char)


async def test_what_lies_left_of_a_change_is_not_sent() -> None:
    app = Small()
    async with app.run_test(size=SIZE):
        sent = update(app, Region(8, 2, 1, 1))
        assert sent.startswith("\x1b[3;9H")
        assert "line" not in sent


async def test_a_change_in_a_wide_character_sends_all_of_it() -> None:
    app = Small()
    async with app.run_test(size=SIZE):
        at = app.screen.query_one(Lines).texts[0].index("王") + 1
        assert update(app, Region(at, 0, 1, 1)).count("王") == 1


async def test_a_line_of_which_terminals_disagree_is_sent_whole() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        lines = app.screen.query_one(Lines)
        lines.texts[1] = f"line {Lines.emoji} before"
        lines.repaint()
        await pilot.pause()
        lines.texts[1] = f"line {Lines.emoji} behind"
        lines.repaint()
        await pilot.pause()
        assert Lines.emoji in app.sent


async def test_only_the_letters_that_differ_are_sent() -> None:
    app = Small()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        lines = app.screen.query_one(Lines)
        lines.texts[3] = lines.texts[3].replace("line 3", "line 7")
        lines.repaint()
        await pilot.pause()
        assert app.sent.startswith("\x1b[4;6H")
        assert len(app.sent) < 60


CELLS = st.lists(
    st.sampled_from(["a", "b", "王"]).flatmap(
        lambda char: st.sampled_from([None, Style(bold=True)]).map(
            lambda style: [(char, style), ("", style)][: 2 if char == "王" else 1]
        )
    ),
    max_size=40,
).map(lambda found: [cell for cells in found for cell in cells][:40])


@given(CELLS, CELLS)
def test_sending_the_differences_makes_the_old_line_the_new_one(
    old: list[Cell], new: list[Cell]
) -> None:
    line = [*old, *[("?", None)] * 40][: len(new)]
    for start, end in differences(old, new):
        line[start:end] = new[start:end]
        assert new[start][0], "begins in a wide character"
        assert end == len(new) or new[end][0], "ends in a wide character"
    assert line == new


async def test_a_style_is_set_and_the_last_one_reset_in_one_sequence() -> None:
    app = Small()
    async with app.run_test(size=SIZE):
        assert not re.search("\x1b\\[0m\x1b\\[[0-9;]*m", update(app, Region(0, 1, 40, 1)))
