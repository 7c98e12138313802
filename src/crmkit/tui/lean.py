"""Fewer bytes to the terminal: only the cells of a line that are dirty are sent.

Stock Textual sends a line from the left edge of its widget on, however far right the change is.
"""

from __future__ import annotations

import re
from typing import Any

from rich.cells import cell_len, split_graphemes
from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor
from textual.screen import Screen
from textual.strip import Strip

_RESET_AND_SET = re.compile("\x1b\\[0m\x1b\\[([0-9;]+m)")


class LeanUpdate(ChopsUpdate):
    """A partial update that is cut on both sides."""

    def render_segments(self, console: Console) -> str:
        """Return what the terminal is sent."""
        sent: list[str] = []
        for y, start, end in self.spans:
            for chop_end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= end or chop_end <= start:
                    continue
                first, last = _between_characters(strip, max(0, start - x), min(chop_end, end) - x)
                sent.append(Control.move_to(x + first, y).segment.text)
                sent.append(strip.crop(first, last).render(console))
        return _RESET_AND_SET.sub("\x1b[0;\\1", "".join(sent))


def _between_characters(strip: Strip, start: int, end: int) -> tuple[int, int]:
    """Return a range of cells, made larger where it would cut a wide character in two."""
    at = 0
    for text, _, _ in strip:
        spans = [] if text.isascii() else split_graphemes(text)[0]
        x = at
        for _, _, cells in spans:
            start = x if x < start < x + cells else start
            end = x + cells if x < end < x + cells else end
            x += cells
        at += cell_len(text)
    return start, end


class LeanCompositor(Compositor):
    """A compositor whose partial updates are lean."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return an update of what is dirty."""
        update = super().render_partial_update()
        return update and LeanUpdate(update.chops, update.spans, update.chop_ends)


def make_lean(screen: Screen[Any]) -> None:
    """Let a screen that is not shown yet send its updates lean."""
    screen._compositor = LeanCompositor()
