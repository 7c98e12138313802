"""The title line: what is shown, its views, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.lines import Line, LineWidget, Piece

LEAST = 12
"""Cells of the title that are always seen."""


class TitleLine(LineWidget):
    """One line at the top of a screen: a title, tabs of which one is chosen, and a note."""

    DEFAULT_CSS = "TitleLine { dock: top; height: 1; }"

    def __init__(self, *, id: str = "title") -> None:
        super().__init__(id=id)
        self._title = ""
        self._tabs: Sequence[str] = ()
        self._chosen = -1
        self._note = ""
        self._mark: Piece = ("", "")
        self._company: Piece = ("", "")

    def show(
        self, title: str, tabs: Sequence[str] = (), chosen: int = -1, note: str | None = None,
        mark: Piece = ("", ""),
    ) -> None:  # fmt: skip
        """Show a title with its tabs, and what it is marked with, in a style of its own."""
        self._title, self._tabs, self._chosen, self._mark = title, tabs, chosen, mark
        if note is not None:
            self._note = note
        self.repaint()

    def note(self, text: str) -> None:
        """Show a note on the right: a filter, a count."""
        if text != self._note:
            self._note = text
            self.repaint()

    def company(self, text: str, style: str) -> None:
        """Show who else is here; it stays whatever else is shown."""
        if (text, style) != self._company:
            self._company = text, style
            self.repaint()

    def line(self, y: int) -> Line:
        """Return what the line looks like now."""
        cells = self.size.width
        note = f" {safe(self._note)} " if self._note else ""
        mark = f" {safe(self._mark[0])} " if self._mark[0] else ""
        title = f" {safe(self._title)} "
        others = f" {safe(self._company[0])} " if self._company[0] else ""
        room = cells - width(note) - width(mark) - width(others)
        if room < LEAST:  # the note is of less account than the others
            note, room = "", room + width(note)
        title = fit(title, max(min(width(title), LEAST), min(width(title), room)))
        pieces: list[Piece] = [(title, "title")]
        room -= width(title)
        tabs = [
            (
                f"[{n} {safe(tab)}]" if n - 1 == self._chosen else f" {n} {safe(tab)} ",
                n - 1 == self._chosen,
            )
            for n, tab in enumerate(self._tabs, 1)
        ]
        if sum(width(text) for text, _ in tabs) > room:
            tabs = [tab for tab in tabs if tab[1]]
        for text, here in tabs:
            if width(text) <= room:
                pieces.append((text, "accent" if here else "muted"))
                room -= width(text)
        pieces.append((fit("", max(0, room)), ""))
        if others:
            pieces.append((others, self._company[1]))
        if mark:
            pieces.append((mark, self._mark[1]))
        pieces.append((note, "muted"))
        return pieces, "header"
