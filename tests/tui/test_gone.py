"""What is kept of screens that one has left: nothing, however long one works."""

from __future__ import annotations

import gc
from collections import Counter

from textual._styles_cache import StylesCache
from textual.widget import Widget

from tests.tui.conftest import Seated

ROUNDS = 8


def kept() -> Counter[str]:
    """Count the widgets there are, and the painted lines that are kept of any."""
    gc.collect()
    there = gc.get_objects()
    found = Counter(type(o).__name__ for o in there if isinstance(o, Widget))
    found["lines"] = sum(len(o._cache) for o in there if isinstance(o, StylesCache))
    return found


async def _look_round(s: Seated) -> None:
    await s.press("enter", "e", "tab", "escape", "escape", "b", "b", "?", "escape")


async def test_of_screens_that_are_left_nothing_stays(seat) -> None:
    async with seat() as s:
        await s.press("g", "l")
        await _look_round(s)
        before = kept()
        for _ in range(ROUNDS):
            await _look_round(s)
        more = kept() - before
        assert all(number < ROUNDS for name, number in more.items() if name != "lines"), more
        assert more["lines"] < 100
