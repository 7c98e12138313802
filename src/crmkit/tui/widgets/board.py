"""A kanban board in one widget: only the cards that are seen are fetched and painted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from attrs import evolve, frozen
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from crmkit.tui.text import fit, safe
from crmkit.tui.widgets.chunks import Chunks, Runner
from crmkit.tui.widgets.lines import LineWidget, Piece

HEAD = 2
NARROWEST = 21
"""A column is never narrower than this; what does not fit is reached by scrolling sideways."""


@frozen
class BoardColumn:
    """A column's head: state, label, glyph, style, how many cards there are, and their sum."""

    state: str
    label: str
    glyph: str = ""
    colour: str = ""
    count: int = 0
    total: str = ""


@frozen
class Card:
    """A card: its first line is what it is called."""

    key: Hashable
    lines: tuple[str, ...]
    style: str = ""
    badge: str = ""


class CardSource(Protocol):
    """Where cards come from; called on a worker thread."""

    def cards(self, state: str, start: int, limit: int) -> Sequence[Card]:
        """Return some cards of a column."""


class BoardView(LineWidget):
    """Columns of cards with one cursor."""

    class Highlighted(Message):
        """The cursor came to a card, or to an empty column (key None)."""

        def __init__(self, state: str, key: Hashable | None) -> None:
            super().__init__()
            self.state, self.key = state, key

    class Opened(Message):
        """A card was opened."""

        def __init__(self, key: Hashable) -> None:
            super().__init__()
            self.key = key

    class MoveRequested(Message):
        """Cards are to be carried to another column; whoever performs it calls `carried`."""

        def __init__(self, keys: list[Hashable], source: str, target: str) -> None:
            super().__init__()
            self.keys, self.source, self.target = keys, source, target

    def __init__(self, run: Runner, *, id: str = "") -> None:
        super().__init__(id=id or None)
        self._run = run
        self._source: CardSource | None = None
        self._chunks: list[Chunks[Card]] = []
        self._tops: list[int] = []
        self._cursors: list[int] = []
        self._wanted: Hashable | None = None
        self.columns: list[BoardColumn] = []
        self.column = 0
        self.left = 0
        self.marks: set[Hashable] = set()

    # What is shown ---------------------------------------------------------------------------

    def set_source(self, source: CardSource, columns: Sequence[BoardColumn]) -> None:
        """Show a board; the cursor stays in its column if the columns are the same."""
        same = [c.state for c in columns] == [c.state for c in self.columns]
        self._source, self.columns = source, list(columns)
        for chunks in self._chunks:
            chunks.close()
        self._chunks = [self._fresh(at) for at in range(len(self.columns))]
        if not same:
            self.column = self.left = 0
            self._tops, self._cursors = [0] * len(columns), [0] * len(columns)
        self.marks.clear()
        self._within_bounds()
        self.refresh()

    def _fresh(self, at: int) -> Chunks[Card]:
        source, state = self._source, self.columns[at].state
        assert source is not None
        return Chunks(
            lambda start, limit: source.cards(state, start, limit),
            self._run,
            lambda start, end: self._arrived(at),
            size=30,
        )

    def _arrived(self, at: int) -> None:
        if self._wanted is not None:
            found = self._chunks[at].find(lambda card: card.key == self._wanted)
            if found is not None:
                self._wanted = None
                self.column, self._cursors[at] = at, found
                self._scroll()
        self.refresh()
        if at == self.column:
            self._announce()

    def update_columns(self, columns: Sequence[BoardColumn]) -> None:
        """Show other counts and sums in the heads."""
        self.columns = list(columns)
        self._within_bounds()
        self.repaint(0, 1)

    def reload(self, columns: Sequence[BoardColumn]) -> None:
        """Fetch the cards that are held anew, with the cursor where it is."""
        if [c.state for c in columns] != [c.state for c in self.columns]:
            assert self._source is not None
            self.set_source(self._source, columns)
            return
        self.update_columns(columns)
        for chunks in self._chunks:
            chunks.refetch()

    def carried(self, key: Hashable, source: str, target: str) -> None:
        """Carry a card to another column on the screen, and follow it with the cursor."""
        states = [c.state for c in self.columns]
        come, go = states.index(target), states.index(source)
        at = self._chunks[go].find(lambda card: card.key == key)
        card = self._chunks[go].known(at) if at is not None else None
        if at is not None:
            self._chunks[go].remove(at)
        if card is not None:
            self._chunks[come].insert(card)
        self.columns[go] = evolve(self.columns[go], count=max(0, self.columns[go].count - 1))
        self.columns[come] = evolve(self.columns[come], count=self.columns[come].count + 1)
        self.column, self._cursors[come] = come, 0
        self.marks.discard(key)
        self._wanted = key
        self._chunks[come].refetch()
        self._within_bounds()
        self._scroll()
        self.refresh()

    def _within_bounds(self) -> None:
        for at, column in enumerate(self.columns):
            self._cursors[at] = max(0, min(self._cursors[at], column.count - 1))
            self._tops[at] = max(0, min(self._tops[at], self._cursors[at]))

    @property
    def state(self) -> str:
        """The state of the column that the cursor is in."""
        return self.columns[self.column].state if self.columns else ""

    @property
    def card(self) -> Card | None:
        """The card under the cursor, if it is in memory."""
        return self._chunks[self.column].known(self._cursors[self.column]) if self.columns else None

    @property
    def key(self) -> Hashable | None:
        """The key of the card under the cursor."""
        return self.card.key if self.card else None

    def chosen(self) -> list[Hashable]:
        """Return the marked keys, or else the one under the cursor."""
        return sorted(self.marks, key=repr) or ([self.key] if self.key is not None else [])

    def go_to(self, state: str, key: Hashable) -> None:
        """Put the cursor on a card as soon as it is fetched."""
        states = [c.state for c in self.columns]
        if state in states:
            self.column, self._wanted = states.index(state), key
            self._arrived(self.column)

    def neighbours(self) -> list[Hashable]:
        """Return the keys in memory of the cursor's column, in order."""
        known = self._chunks[self.column].known
        count = min(self.columns[self.column].count, 400)
        return [card.key for i in range(count) if (card := known(i)) is not None]

    # The cursor ------------------------------------------------------------------------------

    @property
    def _card_height(self) -> int:
        return 4 if self.size.height >= 22 else 3

    @property
    def _fits(self) -> int:
        return max(1, (self.size.height - HEAD) // self._card_height)

    @property
    def _shown(self) -> int:
        if self.size.width < 2 * NARROWEST + 20:
            return 1
        return max(1, min(len(self.columns), self.size.width // NARROWEST))

    def move_cursor(self, delta: int) -> None:
        """Move the cursor down its column, or up."""
        self.move_to(self._cursors[self.column] + delta)

    def move_to(self, index: int) -> None:
        """Move the cursor to a card of its column; at an edge the column jumps half a page."""
        if not self.columns:
            return
        at = self.column
        before, top = self._cursors[at], self._tops[at]
        self._cursors[at] = max(0, min(index, self.columns[at].count - 1))
        self._scroll()
        if self._tops[at] != top:
            self._repaint_column(at)
        elif self._cursors[at] != before:
            self._repaint_card(at, before)
            self._repaint_card(at, self._cursors[at])
        if self._cursors[at] != before:
            self._announce()

    def page(self, pages: float) -> None:
        """Move by pages, or parts of one."""
        self.move_cursor(round(pages * self._fits))

    def last(self) -> None:
        """Move to the last card of the column."""
        self.move_to(self.columns[self.column].count - 1 if self.columns else 0)

    def move_column(self, delta: int) -> None:
        """Move the cursor to the next column, or the one before."""
        target = max(0, min(self.column + delta, len(self.columns) - 1))
        if not self.columns or target == self.column:
            return
        before, left = self.column, self.left
        self.column = target
        self._scroll()
        if self.left != left:
            self.refresh()
        else:
            for at in (before, target):
                self._repaint_card(at, self._cursors[at])
                self._repaint_head(at)
        self._announce()

    def _scroll(self) -> None:
        if not self.columns:
            return
        at, fits = self.column, self._fits
        half = max(1, fits // 2)
        cursor, top = self._cursors[at], self._tops[at]
        if cursor < top:
            top = max(0, min(cursor, top - half))
        elif cursor >= top + fits:
            top = max(cursor - fits + 1, min(top + half, self.columns[at].count - fits))
        self._tops[at] = max(0, top)
        shown = self._shown
        self.left = max(self.column - shown + 1, min(self.left, self.column))
        self.left = max(0, min(self.left, len(self.columns) - shown))

    def _announce(self) -> None:
        if self.columns:
            self.post_message(self.Highlighted(self.state, self.key))

    def open(self) -> None:
        """Open the card under the cursor."""
        if self.key is not None:
            self.post_message(self.Opened(self.key))

    def carry(self, delta: int) -> None:
        """Ask for the card, or the marked ones, to be carried to a neighbouring column."""
        target = self.column + delta
        if self.key is not None and 0 <= target < len(self.columns):
            self.carry_to(self.columns[target].state)

    def carry_to(self, state: str) -> None:
        """Ask for the card, or the marked ones, to be carried to a column."""
        if self.chosen():
            self.post_message(self.MoveRequested(self.chosen(), self.state, state))

    def toggle_mark(self) -> None:
        """Mark the card under the cursor, or unmark it, and go on to the next."""
        if self.key is not None:
            self.marks ^= {self.key}
            self._repaint_card(self.column, self._cursors[self.column])
            self.move_cursor(1)

    def mark(self, keys: Sequence[Hashable]) -> None:
        """Mark these cards and no others."""
        self.marks = set(keys)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        at = self.left + event.x // self._width
        if at < len(self.columns):
            self.move_column(at - self.column)
            if event.y >= HEAD:
                self.move_to(self._tops[at] + (event.y - HEAD) // self._card_height)
            if event.chain == 2:
                self.open()

    def on_resize(self) -> None:
        """What fits follows the size."""
        self._scroll()
        self.refresh()

    def on_focus(self) -> None:
        """The cursor is drawn differently with the focus."""
        if self.columns:
            self._repaint_card(self.column, self._cursors[self.column])

    on_blur = on_focus

    # Painting --------------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        return max(1, self.size.width // self._shown)

    def _repaint_card(self, at: int, index: int) -> None:
        y = HEAD + (index - self._tops[at]) * self._card_height
        self._repaint(at, y, self._card_height - 1)

    def _repaint_head(self, at: int) -> None:
        self._repaint(at, 0, HEAD)

    def _repaint_column(self, at: int) -> None:
        self._repaint(at, 0, self.size.height)

    def _repaint(self, at: int, y: int, height: int) -> None:
        x = (at - self.left) * self._width
        if 0 <= x < self.size.width and y < self.size.height:
            height = min(height, self.size.height - y)
            self.refresh(Region(x, y, min(self._width, self.size.width - x), height))

    def render_line(self, y: int) -> Strip:
        """Paint one line: a slice of every column that is seen."""
        cells = self.size.width
        pieces: list[Piece] = []
        if not self.columns:
            return self.strip([], cells)
        for at in range(self.left, min(self.left + self._shown, len(self.columns))):
            wide = self._width - 1
            pieces += self._head(at, y, wide) if y < HEAD else self._body(at, y - HEAD, wide)
            pieces.append(("│", "muted"))
        return self.strip(pieces, cells)

    def _head(self, at: int, y: int, wide: int) -> list[Piece]:
        column = self.columns[at]
        here = "title" if at == self.column else column.colour
        if y == 0:
            label = f"{column.glyph} {safe(column.label)}".strip()
            if self._shown < len(self.columns):
                label += f"  {at + 1}/{len(self.columns)}"
            if self._shown == 1:
                label = f"‹ {label} ›"
            mark = "▸" if at == self.column else " "
            return [(mark, "accent"), (fit(label, wide - 1), here)]
        count = f" {column.count:,}"
        room = wide - len(count)
        return [(count, "muted"), (fit(safe(column.total), room, right=True), "muted")]

    def _body(self, at: int, y: int, wide: int) -> list[Piece]:
        index, line = divmod(y, self._card_height)
        index += self._tops[at]
        if index >= self.columns[at].count or line == self._card_height - 1:
            return [(" " * wide, "")]
        card = self._chunks[at].get(index)
        if card is None:
            return [(fit("  ·" if line == 0 else "", wide), "muted")]
        under = at == self.column and index == self._cursors[at]
        text = safe(card.lines[line]) if line < len(card.lines) else ""
        mark = "●" if card.key in self.marks else " "
        lead = ("›" if under else " ") + mark if line == 0 else "  "
        badge = f" {safe(card.badge)}" if card.badge and line == 0 else ""
        whole = fit(lead + fit(text, wide - 2 - len(badge)) + badge, wide)
        if under:
            return [(whole, "cursor" if self.has_focus else "cursor-blur")]
        return [(whole, card.style if line == 0 else "muted")]
