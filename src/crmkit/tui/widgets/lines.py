"""Drawing lines: pieces of text with named styles become a strip of exact width."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from crmkit.tui.text import width
from crmkit.tui.theme import style

Piece = tuple[str, str]
"""A text, already safe, and the name of its style."""

Line = tuple[Sequence[Piece], str]
"""The pieces of a line, and the name of the style they all lie on."""

SIGNS = {(False, False): "  ", (True, False): "› ", (False, True): "● ", (True, True): "◉ "}
"""What stands before a row or a card: (under the cursor, marked)."""


OTHERS = "•"
"""What stands there where somebody else is at the record."""


class LineWidget(Widget, can_focus=False):
    """A widget that paints line by line, and sends only what changed of them.

    A subclass says in `line` what a line looks like now; `repaint` compares that with what was
    painted last. It never takes the focus, because a change of focus repaints the whole frame:
    keys go to the screen, and `active` says whether the cursor is the one that keys move.
    """

    active = True
    others: frozenset[Hashable] = frozenset()
    """The rows or cards that somebody else is at."""

    DEFAULT_CSS = "LineWidget { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._painted: dict[int, tuple[int, Line]] = {}
        self._measured_at: Size | None = None
        self._area = Size(0, 0)

    def activate(self, active: bool) -> None:
        """Draw the cursor as the one that keys move, or as one that rests."""
        if self.active != active:
            self.active = active
            self.repaint_cursor()

    def show_others(self, keys: frozenset[Hashable]) -> None:
        """Mark the rows or cards that somebody else is at, and no others."""
        if keys != self.others:
            self.others = keys
            self.repaint()

    def repaint_cursor(self) -> None:
        """Repaint the lines of the cursor."""

    @property
    def area(self) -> Size:
        """The size of what is painted; looked up once, as a line asks for it many times."""
        if self._measured_at is not self._size:
            self._measured_at, self._area = self._size, self.size
        return self._area

    def line(self, y: int) -> Line:
        """Return what line `y` looks like now."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Paint a line, and remember what was painted."""
        cells = self.area.width
        pieces, base = self.line(y)
        self._painted[y] = cells, (pieces, base)
        return self.strip(pieces, cells, base)

    def repaint(self, *lines: int) -> None:
        """Send what changed of these lines; without any, of all of them."""
        for y in dict.fromkeys(lines) if lines else range(self.area.height):
            if 0 <= y < self.area.height and (changed := self._changed(y)):
                self.refresh(*(Region(start, y, end - start, 1) for start, end in changed))

    def _changed(self, y: int) -> list[tuple[int, int]]:
        cells = self.area.width
        painted, line = self._painted.get(y, (-1, ((), "")))
        return changes(line, self.line(y), cells) if painted == cells else [(0, cells)]

    def named(self, name: str) -> Style:
        """Return a named style of the theme in force."""
        return style(self.app.theme, name)

    def strip(self, pieces: Iterable[Piece], cells: int, base: str = "text") -> Strip:
        """Return pieces as a strip `cells` wide, each style laid over the base."""
        ground = self.rich_style + self.named(base)
        texts: list[str] = []
        laid: list[Style] = []
        used = 0
        for text, name in pieces:
            used += width(text)
            _lay(texts, laid, text, ground + self.named(name) if name else ground)
        if used < cells:
            _lay(texts, laid, " " * (cells - used), ground)
        whole = Strip(list(map(Segment, texts, laid)), max(used, cells))
        return whole if used <= cells else whole.crop(0, cells)


def _lay(texts: list[str], laid: list[Style], text: str, own: Style) -> None:
    """Add a text; one of the same style as the text before becomes a part of it."""
    if laid and laid[-1] == own:
        texts[-1] += text
    elif text:
        texts.append(text)
        laid.append(own)


def changes(old: Line, new: Line, cells: int) -> list[tuple[int, int]]:
    """Return the ranges of cells, from and to, in which two lines of `cells` differ.

    Ranges that do not touch stay apart: a jump costs 8 bytes, a style sent for nothing 20.
    """
    before = set(_spans(old, cells))
    found: list[tuple[int, int]] = []
    for span in _spans(new, cells):
        start, text = span[0], span[1]
        end = min(cells, start + width(text))
        if span in before or start >= end:
            continue
        if found and start == found[-1][1]:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _spans(line: Line, cells: int) -> Iterator[tuple[int, str, str, str]]:
    pieces, base = line
    at = 0
    for text, name in pieces:
        yield at, text, base, name
        at += width(text)
    if at < cells:
        yield at, " " * (cells - at), base, ""
