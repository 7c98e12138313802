"""What stands over a record that is shown alone, and the keys that stand under it."""

from __future__ import annotations

from collections.abc import Sequence

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.lines import Line, LineWidget, Piece


class Heading(LineWidget):
    """The record's title with its marks, and under it what it is."""

    DEFAULT_CSS = "Heading { height: 2; margin: 1 0; }"

    def __init__(self) -> None:
        super().__init__(id="heading")
        self._lines: tuple[Sequence[Piece], Sequence[Piece]] = ((), ())

    def show(self, first: Sequence[Piece], second: Sequence[Piece]) -> None:
        """Show two lines."""
        self._lines = first, second
        self.repaint()

    def line(self, y: int) -> Line:
        """Return a line: the first piece gives way where there is no room."""
        cells = self.area.width - 2
        pieces = list(self._lines[y]) if y < 2 else []
        if pieces:
            rest = sum(width(text) for text, _ in pieces[1:])
            text, style = pieces[0]
            pieces[0] = fit(text, min(width(text), max(8, cells - rest))), style
        return [("  ", ""), *pieces], "text"


class KeyBar(LineWidget):
    """The keys that can be pressed, over as many lines as they need."""

    DEFAULT_CSS = "KeyBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__(id="keybar")
        self._keys: Sequence[tuple[str, str]] = ()
        self._rows: list[list[Piece]] = []

    def show(self, keys: Sequence[tuple[str, str]]) -> None:
        """Show pairs of a key and what it does."""
        self._keys = keys
        self._lay()

    def on_resize(self) -> None:
        """As many lines as the width asks for."""
        self._lay()

    def _lay(self) -> None:
        cells = self.area.width - 1
        rows: list[list[Piece]] = [[]]
        used = 0
        for key, label in self._keys:
            pieces = [(f" {safe(key)}", "accent"), (f" {safe(label)} ", "")]
            wide = sum(width(text) for text, _ in pieces)
            if used + wide > cells and rows[-1]:
                rows.append([])
                used = 0
            rows[-1] += pieces
            used += wide
        self._rows = rows
        self.styles.height = len(rows)
        self.repaint()

    def line(self, y: int) -> Line:
        """Return a line of keys."""
        return (self._rows[y] if y < len(self._rows) else ()), "header"
