"""Drawing lines: pieces of text with named styles become a strip of exact width."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from crmkit.tui.text import width
from crmkit.tui.theme import style

Piece = tuple[str, str]
"""A text, already safe, and the name of its style."""


class LineWidget(Widget, can_focus=True):
    """A widget that paints line by line, and repaints only the lines that changed.

    The cursor is drawn by the lines themselves: a `:focus` rule would repaint the whole frame.
    """

    DEFAULT_CSS = "LineWidget { width: 1fr; height: 1fr; }"

    def named(self, name: str) -> Style:
        """Return a named style of the theme in force."""
        return style(self.app.theme, name)

    def strip(self, pieces: Iterable[Piece], cells: int, base: str = "text") -> Strip:
        """Return pieces as a strip `cells` wide, each style laid over the base."""
        ground = self.rich_style + self.named(base)
        segments = [Segment(t, ground + self.named(s) if s else ground) for t, s in pieces if t]
        used = sum(width(segment.text) for segment in segments)
        if used < cells:
            segments.append(Segment(" " * (cells - used), ground))
            used = cells
        line = Strip(segments, used)
        return line if used == cells else line.crop(0, cells)

    def repaint(self, *lines: int) -> None:
        """Repaint single lines."""
        for y in lines:
            if 0 <= y < self.size.height:
                self.refresh(Region(0, y, self.size.width, 1))
