"""Only dirty cells are sent, and the terminal shows what it would have shown."""

from __future__ import annotations

import re
from typing import Any

import pyte
import pytest
from rich.console import Console
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from crmkit.tui.lean import make_lean
from crmkit.tui.widgets.lines import Line, LineWidget

SIZE = (40, 6)
CONSOLE = Console(color_system="truecolor", force_terminal=True, width=SIZE[0])


class Lines(LineWidget):
    """Lines that a test sets."""

    texts = [f"line {y} " + "ab王é" * 7 for y in range(6)]

    def line(self, y: int) -> Line:
        return [(self.texts[y], "header" if y % 2 else "")], "text"


class Beside(Widget):
    """A widget over the right part of the lines."""

    DEFAULT_CSS = "Beside { dock: right; width: 5; height: 6; }"

    def render_line(self, y: int) -> Strip:
        return Strip.blank(5)


class Shown(Screen[None]):
    def __init__(self) -> None:
        super().__init__()
        make_lean(self)

    def compose(self) -> ComposeResult:
        yield Lines()
        yield Beside()


class Small(App[None]):
    def get_default_screen(self) -> Screen[Any]:
        return Shown()


def update(screen: Screen[Any], *regions: Region) -> str:
    screen._compositor._dirty_regions.update(regions)
    rendered = screen._compositor.render_partial_update()
    assert rendered is not None
    return rendered.render_segments(CONSOLE)


@pytest.mark.parametrize(
    "regions",
    [
        [Region(0, 0, 40, 6)],
        [Region(7, 2, 4, 1)],
        [Region(7, 2, 4, 1), Region(20, 2, 4, 1), Region(0, 4, 40, 1)],
        [Region(30, 1, 10, 3)],
        [Region(36, 3, 2, 2)],
    ],
)
async def test_the_terminal_shows_the_dirty_cells_and_no_others(regions: list[Region]) -> None:
    async with Small().run_test(size=SIZE) as pilot:
        whole = pyte.Screen(*SIZE)
        pyte.Stream(whole).feed(update(pilot.app.screen, Region(0, 0, *SIZE)))
        part = pyte.Screen(*SIZE)
        pyte.Stream(part).feed(update(pilot.app.screen, *regions))
        for y in range(SIZE[1]):
            for x in range(SIZE[0]):
                dirty = any(region.contains(x, y) for region in regions)
                shown, wanted = part.buffer[y][x], whole.buffer[y][x]
                assert shown == wanted or (not dirty and shown == part.default_char), (x, y)


async def test_what_lies_left_of_a_change_is_not_sent() -> None:
    async with Small().run_test(size=SIZE) as pilot:
        sent = update(pilot.app.screen, Region(12, 2, 1, 1))
        assert sent.startswith("\x1b[3;13H")
        assert "line 2" not in sent


async def test_a_change_in_a_wide_character_sends_all_of_it() -> None:
    async with Small().run_test(size=SIZE) as pilot:
        at = Lines.texts[0].index("王") + 1
        assert update(pilot.app.screen, Region(at, 0, 1, 1)).count("王") == 1


async def test_a_style_is_set_and_the_last_one_reset_in_one_sequence() -> None:
    async with Small().run_test(size=SIZE) as pilot:
        sent = update(pilot.app.screen, Region(0, 1, 40, 1))
        assert not re.search("\x1b\\[0m\x1b\\[[0-9;]*m", sent)
