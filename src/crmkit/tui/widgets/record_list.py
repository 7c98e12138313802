"""A list of any length in one widget: only the lines that are seen are fetched and painted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from attrs import field, frozen
from textual import events
from textual.message import Message

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.chunks import Chunks, Runner
from crmkit.tui.widgets.columns import ColumnSpec, layout
from crmkit.tui.widgets.lines import OTHERS, SIGNS, Line, LineWidget, Piece

GUTTER = 2


@frozen
class Row:
    """A line of the list. A `section` is a heading: the cursor passes over it."""

    key: Hashable
    cells: tuple[str, ...]
    style: str = ""
    section: bool = False
    cell_styles: tuple[str, ...] = field(default=())


class RowSource(Protocol):
    """Where rows come from; called on a worker thread."""

    def total(self) -> int:
        """Return how many rows there are."""

    def page(self, start: int, limit: int) -> Sequence[Row]:
        """Return some rows."""


class RecordList(LineWidget):
    """A table of rows with a cursor and marks."""

    class Highlighted(Message):
        """The cursor came to a row."""

        def __init__(self, sender: RecordList, key: Hashable, index: int) -> None:
            super().__init__()
            self.list, self.key, self.index = sender, key, index

    class Opened(Message):
        """A row was opened."""

        def __init__(self, sender: RecordList, key: Hashable, index: int) -> None:
            super().__init__()
            self.list, self.key, self.index = sender, key, index

    class Loaded(Message):
        """The number of rows is known."""

        def __init__(self, sender: RecordList, total: int) -> None:
            super().__init__()
            self.list, self.total = sender, total

    class Marked(Message):
        """Other rows are marked than before."""

        def __init__(self, sender: RecordList, keys: frozenset[Hashable]) -> None:
            super().__init__()
            self.list, self.keys = sender, keys

    def __init__(
        self, run: Runner, *, empty: str = "Nothing here.", header: bool = True, id: str = ""
    ) -> None:
        super().__init__(id=id or None)
        self._run = run
        self._empty = empty
        self._header = 1 if header else 0
        self._source: RowSource | None = None
        self._columns: Sequence[ColumnSpec] = ()
        self._widths: list[int] = []
        self._measured = self._renewed = False
        self._chunks: Chunks[Row] | None = None
        self._total: int | None = None
        self._generation = 0
        self._goto: Hashable | None = None
        self._held_key: Hashable | None = None
        self.sort: tuple[str, bool] = ("", False)
        self.cursor = self.top = 0
        self.marks: set[Hashable] = set()

    # What is shown ---------------------------------------------------------------------------

    def set_source(
        self,
        source: RowSource,
        columns: Sequence[ColumnSpec],
        *,
        sort: tuple[str, bool] = ("", False),
        cursor: int = 0,
    ) -> None:
        """Show other rows, from the first on (or with the cursor on another)."""
        self._source, self._columns, self.sort = source, columns, sort
        self.cursor, self.top, self._measured = cursor, max(0, cursor - 3), False
        self._goto = self._held_key = None
        self.marks.clear()
        self._restart(keep=False)

    def reload(self, *, keep_key: bool = True) -> None:
        """Fetch the rows anew, with cursor, marks and scroll where they are.

        With `keep_key` the cursor stays on its row even if that has moved; where the row is gone,
        and without `keep_key`, it stays on its line.
        """
        if self._source is not None:
            self._held_key = self.key if keep_key else None
            self._restart(keep=True)

    def renew(self, source: RowSource) -> None:
        """Show the same rows as another source has them now, as `reload` does."""
        self._source, self._renewed = source, True
        self.reload()

    def _restart(self, *, keep: bool) -> None:
        source = self._source
        assert source is not None
        self._generation += 1
        generation = self._generation

        def count(answer: object) -> None:
            if generation == self._generation:
                self._counted(int(answer))  # type: ignore[call-overload]

        self._run(source.total, count)
        if keep and self._chunks is not None:
            self._chunks.refetch()
            return
        if self._chunks is not None:
            self._chunks.close()
        self._total = None
        self._chunks = Chunks(self._page, self._run, self._arrived)
        self.refresh()

    def _page(self, start: int, limit: int) -> Sequence[Row]:
        return self._source.page(start, limit) if self._source is not None else ()

    def _counted(self, total: int) -> None:
        self._total = total
        self.cursor = max(0, min(self.cursor, total - 1))
        self._step_off_section(1)
        self._scroll()
        self.repaint()
        self.post_message(self.Loaded(self, total))
        self._announce()

    def _arrived(self, start: int, end: int) -> None:
        first = not self._measured
        self._follow()
        if self._renewed:  # other texts may need other widths
            self._measured = self._renewed = False
        known = self._chunks if self._goto is not None else None
        found = known.find(lambda row: row.key == self._goto) if known is not None else None
        if found is not None:
            self.move_to(found)
        self._step_off_section(1)
        self.repaint()
        if first or start <= self.cursor < end:
            self._announce()

    def _follow(self) -> None:
        """After a reload: let cursor and scroll follow the row that the cursor was on."""
        held = self._held_key
        if held is None or self._chunks is None:
            return
        at = self._chunks.find(lambda row: row.key == held)
        if at is not None and at < self.total:
            self.top += at - self.cursor
            self.cursor = at
            self._scroll()
        if at is not None or not self._chunks.stale:
            self._held_key = None

    @property
    def total(self) -> int:
        """How many rows there are, as far as is known."""
        return self._total or 0

    @property
    def row(self) -> Row | None:
        """The row under the cursor, if it is in memory."""
        return self._row_at(self.cursor) if self.total else None

    def _row_at(self, index: int) -> Row | None:
        return self._chunks.known(index) if self._chunks and index >= 0 else None

    @property
    def key(self) -> Hashable | None:
        """The key of the row under the cursor."""
        return self.row.key if self.row and not self.row.section else None

    def chosen(self) -> list[Hashable]:
        """Return the marked keys, or else the one under the cursor."""
        return sorted(self.marks, key=repr) or ([self.key] if self.key is not None else [])

    def neighbours(self) -> list[Hashable]:
        """Return the keys in memory, in order (for previous and next)."""
        near = range(max(0, self.cursor - 200), min(self.total, self.cursor + 200))
        rows = (self._row_at(index) for index in near)
        return [row.key for row in rows if row is not None and not row.section]

    # The cursor ------------------------------------------------------------------------------

    @property
    def _height(self) -> int:
        return max(1, self.area.height - self._header)

    def move_cursor(self, delta: int) -> None:
        """Move the cursor down, or up; only the two lines concerned are painted."""
        target = self.cursor + delta
        while self._is_section(target):
            target += 1 if delta > 0 else -1
        if abs(delta) > 1 or 0 <= target < self.total:
            self.move_to(target)

    def _is_section(self, index: int) -> bool:
        row = self._row_at(index) if index < self.total else None
        return row is not None and row.section

    def move_to(self, index: int) -> None:
        """Move the cursor to a row; at an edge the list jumps half a page."""
        self._move(index, self.top)

    def _move(self, index: int, top: int) -> None:
        before, top_before = self.cursor, self.top
        self._goto = self._held_key = None
        self.top = top
        self.cursor = max(0, min(index, self.total - 1))
        self._step_off_section(1 if index >= before else -1)
        self._scroll()
        if self.top != top_before:
            self.repaint()
        elif self.cursor != before:
            self.repaint(self._y(before), self._y(self.cursor))
        if self.cursor != before:
            self._announce()

    def _y(self, index: int) -> int:
        return self._header + index - self.top

    def move_to_key(self, key: Hashable) -> None:
        """Move the cursor to a row by key, now or when it has been fetched."""
        at = self._chunks.find(lambda row: row.key == key) if self._chunks else None
        if at is None:
            self._goto = key
        else:
            self.move_to(at)
            self._held_key = key

    def page(self, pages: float) -> None:
        """Move by pages, or parts of one; the cursor keeps its place on the screen."""
        step = round(pages * self._height)
        last = max(0, self.total - self._height)
        self._move(self.cursor + step, max(0, min(self.top + step, last)))

    def _step_off_section(self, step: int) -> None:
        for direction in (step, -step):
            at = self.cursor
            while self._is_section(at):
                at += direction
            if 0 <= at < self.total:
                self.cursor = at
                return

    def _scroll(self) -> None:
        height, half = self._height, max(1, self._height // 2)
        last = max(0, self.total - height)
        if self.cursor < self.top:
            self.top = self.cursor if self.top - self.cursor > half else self.top - half
        elif self.cursor >= self.top + height:
            beyond = self.cursor - self.top - height
            self.top = self.cursor - height + 1 if beyond > half else self.top + half
        self.top = max(0, min(self.top, last, self.cursor))
        if self.cursor >= self.top + height:
            self.top = self.cursor - height + 1
        if self.top == self.cursor and height > 1 and self._is_section(self.top - 1):
            self.top -= 1

    def _announce(self) -> None:
        if self.key is not None:
            self.moved()
            self.post_message(self.Highlighted(self, self.key, self.cursor))

    def moved(self) -> None:
        """Called with every move of the cursor, in the same frame; a screen may replace it."""

    def open(self) -> None:
        """Open the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Opened(self, self.key, self.cursor))

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it, and go on to the next."""
        if self.key is not None:
            self.marks ^= {self.key}
            self.repaint(self._y(self.cursor))
            self.move_cursor(1)
            self.post_message(self.Marked(self, frozenset(self.marks)))

    def mark(self, keys: Sequence[Hashable]) -> None:
        """Mark these rows and no others."""
        self.marks = set(keys)
        self.repaint()
        self.post_message(self.Marked(self, frozenset(self.marks)))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        index = self.top + event.y - self._header
        if event.y >= self._header and index < self.total:
            self.move_to(index)
            if event.chain == 2:
                self.open()

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the cursor."""
        self.move_cursor(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the cursor."""
        self.move_cursor(-3)

    def on_resize(self) -> None:
        """Widths and scroll follow the size."""
        self._measured = False
        self._scroll()
        self.refresh()

    def repaint_cursor(self) -> None:
        """Repaint the line of the cursor."""
        self.repaint(self._y(self.cursor))

    # Painting --------------------------------------------------------------------------------

    def line(self, y: int) -> Line:
        """Return what a line looks like now."""
        cells = self.area.width
        if self._source is None:
            return (), "text"
        if not self._measured:
            self._measure(cells)
        if y < self._header:
            return self._head(), "header"
        index = self.top + y - self._header
        if self._total == 0:
            text = f"  {safe(self._empty)}" if y == self._header + 1 else ""
            return [(fit(text, cells), "muted")], "text"
        if self._total is None or index >= self._total or self._chunks is None:
            return (), "text"
        row = self._chunks.get(index)
        if row is None:
            return [("  ·", "muted")], self._base(index)
        return self._row_line(row, index)

    def _measure(self, cells: int) -> None:
        seen = (self._row_at(i) for i in range(self.top, self.top + self._height))
        rows = [row.cells for row in seen if row is not None and not row.section]
        self._widths = layout(self._columns, rows, cells - GUTTER)
        self._measured = bool(rows)

    def _head(self) -> list[Piece]:
        pieces: list[Piece] = [(" " * GUTTER, "")]
        for column, wide in zip(self._columns, self._widths, strict=False):
            arrow = ""
            if column.key == self.sort[0] and column.key:
                arrow = " ↓" if self.sort[1] else " ↑"
            title = fit(safe(column.title), min(width(column.title), wide - len(arrow)))
            pieces.append((fit(title + arrow, wide, right=column.right) + " ", ""))
        return pieces

    def _base(self, index: int) -> str:
        if index != self.cursor:
            return "text"
        return "cursor" if self.active else "cursor-blur"

    def _row_line(self, row: Row, index: int) -> Line:
        if row.section:
            return [(fit(f" {safe(row.cells[0])}", self.area.width), "")], "header"
        base = self._base(index)
        here = base == "cursor"
        marked = row.key in self.marks
        sign = SIGNS[index == self.cursor, marked]
        pieces: list[Piece] = [(sign, "mark" if marked and not here else "")]
        if row.key in self.others:
            pieces = [(sign[0], pieces[0][1]), (OTHERS, "" if here else "warning")]
        for at, wide in enumerate(self._widths):
            text = safe(row.cells[at]) if at < len(row.cells) else ""
            own = row.cell_styles[at] if at < len(row.cell_styles) else ""
            shown = fit(text, wide, right=self._columns[at].right) + " "
            plain = here or not text
            pieces.append((shown, "" if plain else own or row.style))
        return pieces, base
