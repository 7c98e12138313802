"""A kanban board in one widget: only the cards that are seen are fetched and painted."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from attrs import evolve
from textual import events
from textual.message import Message

from crmkit.tui.widgets.cards import HEAD, BoardColumn, Card, CardSource, body, head
from crmkit.tui.widgets.chunks import Chunks, Runner
from crmkit.tui.widgets.lines import Line, LineWidget, Piece

__all__ = ["BoardColumn", "BoardView", "Card", "CardSource"]

NARROWEST = 20
"""A column is never narrower than this; what does not fit is reached by scrolling sideways."""

ALONE = 62
"""In fewer cells than this there is one column at a time."""

CHUNK = 30


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

    class Marked(Message):
        """Other cards are marked than before."""

        def __init__(self, keys: frozenset[Hashable]) -> None:
            super().__init__()
            self.keys = keys

    def __init__(self, run: Runner, *, id: str = "") -> None:
        super().__init__(id=id or None)
        self._run = run
        self._source: CardSource | None = None
        self._chunks: list[Chunks[Card]] = []
        self._tops: list[int] = []
        self._cursors: list[int] = []
        self._wanted: tuple[str, Hashable] | None = None
        self._carried: Card | None = None
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
        self._wanted = None
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
            size=CHUNK,
        )

    def _arrived(self, at: int) -> None:
        if self._wanted is not None and self._wanted[0] == self.columns[at].state:
            key = self._wanted[1]
            found = self._chunks[at].find(lambda card: card.key == key)
            card = self._carried
            if found is None and card and card.key == key and not self._chunks[at].stale:
                self._chunks[at].insert(card)  # its own place is not in memory
                found = 0
            if found is not None and found < self.columns[at].count:
                self._wanted = None
                self.column, self._cursors[at] = at, found
                self._scroll()
        self.repaint()
        if at == self.column:
            self._announce()

    def _find(self, key: Hashable) -> tuple[int, int] | None:
        """Return the column and the index of a card in memory."""
        for at, chunks in enumerate(self._chunks):
            found = chunks.find(lambda card: card.key == key, stale=True)
            if found is not None and found < self.columns[at].count:
                return at, found
        return None

    def update_columns(self, columns: Sequence[BoardColumn]) -> None:
        """Show other counts and sums in the heads."""
        self.columns = list(columns)
        self._within_bounds()
        self._scroll()
        self.repaint()

    def reload(self, columns: Sequence[BoardColumn]) -> None:
        """Fetch the cards that are held anew; the cursor stays on its card."""
        if [c.state for c in columns] != [c.state for c in self.columns]:
            assert self._source is not None
            self.set_source(self._source, columns)
            return
        if self._wanted is None and self.key is not None:
            self._wanted = self.state, self.key
        self.update_columns(columns)
        for chunks in self._chunks:
            chunks.refetch()

    def reload_column(self, state: str) -> None:
        """Fetch the cards of one column anew."""
        for column, chunks in zip(self.columns, self._chunks, strict=True):
            if column.state == state:
                chunks.refetch()

    def carried(self, key: Hashable, source: str, target: str) -> None:
        """Carry a card to another column, first there until that is fetched, and follow it."""
        come, go = ([c.state for c in self.columns].index(s) for s in (target, source))
        held = self._find(key)
        if held is not None:
            go = held[0]
        if come == go:
            return
        if held is not None and (card := self._chunks[go].known(held[1])) is not None:
            self._carried = card
            self._chunks[go].remove(held[1])
            self._chunks[come].insert(card)
        self.columns[go] = evolve(self.columns[go], count=max(0, self.columns[go].count - 1))
        self.columns[come] = evolve(self.columns[come], count=self.columns[come].count + 1)
        self.column, self._cursors[come] = come, 0
        self.marks.discard(key)
        self._wanted = target, key
        self._chunks[come].refetch()
        self._within_bounds()
        self._scroll()
        self.repaint()
        self._announce()

    def _within_bounds(self) -> None:
        for at, column in enumerate(self.columns):
            self._cursors[at] = max(0, min(self._cursors[at], column.count - 1))
            last = max(0, column.count - self._fits)
            self._tops[at] = max(0, min(self._tops[at], self._cursors[at], last))

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
            self.column, self._wanted = states.index(state), (state, key)
            self._scroll()
            self._arrived(self.column)

    def neighbours(self) -> list[Hashable]:
        """Return the keys in memory of the cursor's column, in order."""
        known = self._chunks[self.column].known
        count = min(self.columns[self.column].count, 400)
        return [card.key for i in range(count) if (card := known(i)) is not None]

    # The cursor ------------------------------------------------------------------------------

    @property
    def _card_height(self) -> int:
        return 4 if self.area.height >= 22 else 3

    @property
    def _fits(self) -> int:
        return max(1, (self.area.height - HEAD) // self._card_height)

    @property
    def _shown(self) -> int:
        if self.area.width < ALONE:
            return 1
        return max(1, min(len(self.columns), (self.area.width + 1) // (NARROWEST + 1)))

    def move_cursor(self, delta: int) -> None:
        """Move the cursor down its column, or up."""
        self.move_to(self._cursors[self.column] + delta)

    def move_to(self, index: int) -> None:
        """Move the cursor to a card of its column; at an edge the column jumps half a page."""
        if self.columns:
            self._move(index, self._tops[self.column])

    def _move(self, index: int, top: int) -> None:
        at = self.column
        self._wanted = None
        before, top_before = self._cursors[at], self._tops[at]
        self._tops[at] = top
        self._cursors[at] = max(0, min(index, self.columns[at].count - 1))
        self._scroll()
        if self._tops[at] != top_before:
            self.repaint()
        elif self._cursors[at] != before:
            self._repaint_card(at, before)
            self._repaint_card(at, self._cursors[at])
        if self._cursors[at] != before:
            self._announce()

    def page(self, pages: float) -> None:
        """Move by pages, or parts of one; the cursor keeps its place on the screen."""
        if self.columns:
            at, step = self.column, round(pages * self._fits) or (1 if pages > 0 else -1)
            last = max(0, self.columns[at].count - self._fits)
            self._move(self._cursors[at] + step, max(0, min(self._tops[at] + step, last)))

    def last(self) -> None:
        """Move to the last card of the column."""
        self.move_to(self.columns[self.column].count - 1 if self.columns else 0)

    def move_column(self, delta: int) -> None:
        """Move the cursor to the next column, or the one before."""
        target = max(0, min(self.column + delta, len(self.columns) - 1))
        if not self.columns or target == self.column:
            return
        before, left = self.column, self.left
        self.column, self._wanted = target, None
        self._scroll()
        if self.left != left:
            self.repaint()
        else:
            self.repaint(0)
            for at in (before, target):
                self._repaint_card(at, self._cursors[at])
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
            self.post_message(self.Marked(frozenset(self.marks)))

    def mark(self, keys: Iterable[Hashable]) -> None:
        """Mark these cards and no others."""
        self.marks = set(keys)
        self.repaint()
        self.post_message(self.Marked(frozenset(self.marks)))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        for at, x, wide in self._places():
            if x <= event.x <= x + wide:
                self.move_column(at - self.column)
                if event.y >= HEAD:
                    self.move_to(self._tops[at] + (event.y - HEAD) // self._card_height)
                if event.chain == 2:
                    self.open()
                return

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the cursor."""
        self.move_cursor(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the cursor."""
        self.move_cursor(-1)

    def on_resize(self) -> None:
        """What fits follows the size."""
        self._within_bounds()
        self._scroll()
        self.refresh()

    def repaint_cursor(self) -> None:
        """Repaint the card of the cursor."""
        if self.columns:
            self._repaint_card(self.column, self._cursors[self.column])

    # Painting --------------------------------------------------------------------------------

    def _places(self) -> list[tuple[int, int, int]]:
        """Return each column that is seen, where it begins, and its width in cells."""
        shown = min(self._shown, len(self.columns))
        if not shown:
            return []
        wide, over = divmod(self.area.width - shown + 1, shown)
        places, x = [], 0
        for at in range(shown):
            own = wide + (at < over)
            places.append((self.left + at, x, own))
            x += own + 1
        return places

    def _repaint_card(self, at: int, index: int) -> None:
        y = HEAD + (index - self._tops[at]) * self._card_height
        self.repaint(*range(y, y + self._card_height - 1))

    def line(self, y: int) -> Line:
        """Return what a line looks like now: a slice of every column that is seen."""
        pieces: list[Piece] = []
        for at, x, wide in self._places():
            if x:
                pieces.append(("│", "muted"))
            pieces += self._head(at, y, wide) if y < HEAD else self._body(at, y - HEAD, wide)
        return pieces, "text"

    def _head(self, at: int, y: int, wide: int) -> list[Piece]:
        many = len(self.columns)
        place = f"{at + 1}/{many}" if self._shown < many else ""
        here, alone = at == self.column, self._shown == 1
        return head(self.columns[at], y, wide, here=here, place=place, alone=alone)

    def _body(self, at: int, y: int, wide: int) -> list[Piece]:
        index, line = divmod(y, self._card_height)
        index += self._tops[at]
        if index >= self.columns[at].count or line == self._card_height - 1:
            return [("  no cards".ljust(wide) if y == 0 and index == 0 else " " * wide, "muted")]
        card = self._chunks[at].get(index)
        under = at == self.column and index == self._cursors[at]
        cursor = ("cursor" if self.active else "cursor-blur") if under else ""
        marked = card is not None and card.key in self.marks
        seen = card is not None and card.key in self.others
        return body(card, line, wide, cursor=cursor, marked=marked, pointer=under,
                    last=self._card_height - 2, seen=seen)  # fmt: skip
