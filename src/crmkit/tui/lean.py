"""Fewer bytes to the terminal: only the cells that differ from what it shows are sent.

Stock Textual sends the whole frame when the focus or the layout changes, and otherwise a line from
the left edge of its widget on, however far right the change is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from rich.cells import cell_len, split_graphemes
from rich.console import Console, RenderableType
from rich.control import Control
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._styles_cache import StylesCache
from textual.app import App
from textual.geometry import Size
from textual.screen import Screen
from textual.strip import Strip
from textual.timer import Timer

R = TypeVar("R")

_UNSURE = re.compile("[\u0300-\u036f\u0590-\u109f\u1780-\u17ff\u1ab0-\u1aff\u200b-\u200f"
                     "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U0001f000-\U0001faff]")  # fmt: skip
"""Characters that terminals do not agree on the width of; a line with one is sent whole."""

STYLE, JUMP = 20, 28
"""Bytes of another style, and of a jump with the style set anew."""

HELD = 0.15
"""Seconds that a screen may wait for what it shows, before it is painted without."""

_RESET_AND_SET = re.compile("\x1b\\[0m\x1b\\[([0-9;]+m)")


class Shown:
    """What the terminal shows, line by line, as far as that is known."""

    def __init__(self) -> None:
        self._size = Size(0, 0)
        self._lines: dict[int, Strip] = {}

    def forget(self) -> None:
        """Somebody else has written on the terminal, or its size has changed."""
        self._lines.clear()

    def resize(self, size: Size) -> None:
        """Forget what was shown at another size."""
        if size != self._size:
            self._size = size
            self.forget()

    def take(self, y: int, x: int, seen: Strip) -> list[tuple[int, Strip]]:
        """Take what is to be shown at a place; return what is to be sent for it, and where."""
        line, end = self._lines.get(y), x + seen.cell_length
        if line is None or line.cell_length != self._size.width:
            if (x, end) == (0, self._size.width):
                self._lines[y] = seen
            return [(x, seen)]
        before = line.crop(x, end)
        if before == seen:
            return []
        self._lines[y] = Strip.join([line.crop(0, x), seen, line.crop(end, line.cell_length)])
        if _UNSURE.search(before.text) or _UNSURE.search(seen.text):
            return [(x, seen)]
        ranges = differences(_cells(before), _cells(seen))
        return [(x + first, seen.crop(first, last)) for first, last in ranges]


class LeanFrame(LayoutUpdate):
    """A whole frame, of which only what differs is sent."""

    def __init__(self, frame: LayoutUpdate, shown: Shown) -> None:
        super().__init__(frame.strips, frame.region)
        self._shown = shown

    def render_segments(self, console: Console) -> str:
        """Return what the terminal is sent."""
        self._shown.resize(self.region.size)
        lines = ((y, 0, Strip.join(strips)) for y, strips in enumerate(self.strips))
        return _sent(console, self._shown, lines)


class LeanUpdate(ChopsUpdate):
    """A partial update that is cut on both sides."""

    def __init__(self, update: ChopsUpdate, shown: Shown) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._shown = shown

    def render_segments(self, console: Console) -> str:
        """Return what the terminal is sent."""
        return _sent(console, self._shown, self._parts())

    def _parts(self) -> Iterator[tuple[int, int, Strip]]:
        for y, start, end in self.spans:
            for chop_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= end or chop_end <= start:
                    continue
                first, last = max(0, start - x), min(chop_end, end) - x
                if _UNSURE.search(strip.text):
                    first, last = 0, strip.cell_length
                first, last = _between_characters(strip, first, last)
                yield y, x + first, strip.crop(first, last)


class LeanApp(App[R]):
    """An app that sends only what differs from what the terminal shows."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._shown = Shown()
        self._held: Timer | None = None

    def forget_gone(self) -> None:
        """Let go of what is kept of screens that are gone, where Textual would keep all of it.

        Its cache of colours holds, with each of 1,024 answers, the painted lines of the widget
        that asked: 80 MB after a day's work. Areas stay among those who are told of a new theme.
        """
        StylesCache.get_inner_outer.cache_clear()
        for watching in getattr(self, "__watchers", {}).values():
            watching[:] = [(who, tell) for who, tell in watching if not who._closing]

    def hold(self) -> None:
        """Paint nothing until `release`, for a moment at most.

        A screen that is opened would else be sent twice: empty, and with what it shows.
        """
        if self._held is None:
            self._held = self.set_timer(HELD, self.release)

    @property
    def is_held(self) -> bool:
        """Whether nothing is painted now."""
        return self._held is not None

    def release(self) -> None:
        """Paint what there is now."""
        if self._held is not None:
            self._held.stop()
            self._held = None
            self.screen.refresh(layout=True)

    def redraw(self) -> None:
        """Send everything anew: something else may have written on the terminal."""
        self._shown.forget()
        self.screen.refresh(layout=True)

    def on_resize(self) -> None:
        """A terminal of another size may have moved its text about."""
        self._shown.forget()

    def _resume_signal(self) -> None:
        self._shown.forget()
        super()._resume_signal()

    def lean(self, update: RenderableType | None) -> RenderableType | None:
        """Return an update that sends only what differs."""
        if isinstance(update, LayoutUpdate):
            return LeanFrame(update, self._shown)
        if isinstance(update, ChopsUpdate):
            return LeanUpdate(update, self._shown)
        if update is not None:
            self._shown.forget()
        return update

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self._held is None:
            super()._display(screen, self.lean(renderable))


def _sent(console: Console, shown: Shown, parts: Iterable[tuple[int, int, Strip]]) -> str:
    sent: list[str] = []
    for y, x, strip in parts:
        for at, piece in shown.take(y, x, strip):
            sent.append(f"{Control.move_to(at, y).segment.text}{piece.simplify().render(console)}")
    return _RESET_AND_SET.sub("\x1b[0;\\1", "".join(sent))


Cell = tuple[str, Style | None]
"""What a cell shows; the second one of a wide character is empty."""


def _all_narrow(text: str) -> bool:
    return text.isascii() or cell_len(text) == len(text)


def _cells(strip: Strip) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, _ in strip:
        if _all_narrow(text):
            cells += [(char, style) for char in text]
        else:
            for char in text:
                cells += [(char, style), ("", style)][: cell_len(char)]
    return cells


def differences(before: Sequence[Cell], now: Sequence[Cell]) -> list[tuple[int, int]]:
    """Return the ranges of cells, from and to, that differ, and what is cheaper sent than skipped.

    Never is a range cut through a wide character.
    """
    ranges: list[tuple[int, int]] = []
    for at, cell in enumerate(now):
        if at < len(before) and before[at] == cell:
            continue
        end = at + 2 if at + 1 < len(now) and not now[at + 1][0] else at + 1
        last = ranges[-1][1] if ranges else -JUMP
        if at <= last or (at - last < JUMP and _cost(now, last, at) <= JUMP):
            ranges[-1] = ranges[-1][0], max(end, last)
        else:
            ranges.append((at, end))
    return ranges


def _cost(cells: Sequence[Cell], start: int, end: int) -> int:
    """Return about how many bytes it takes to send the cells between two that are sent."""
    turns = sum(cells[at][1] != cells[at - 1][1] for at in range(start, end + 1))
    return end - start + STYLE * turns


def _between_characters(strip: Strip, start: int, end: int) -> tuple[int, int]:
    """Return a range of cells, made larger where it would cut a wide character in two."""
    at = 0
    for text, _, _ in strip:
        spans = [] if _all_narrow(text) else split_graphemes(text)[0]
        x = at
        for _, _, cells in spans:
            start = x if x < start < x + cells else start
            end = x + cells if x < end < x + cells else end
            x += cells
        at += cell_len(text)
    return start, end
