"""A list of any length in one widget: only the lines that are seen are fetched and painted."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from attrs import field, frozen
from textual import events
from textual.message import Message
from textual.strip import Strip

from crmkit.tui.text import fit, safe
from crmkit.tui.widgets.chunks import Chunks, Runner
from crmkit.tui.widgets.columns import ColumnSpec, layout
from crmkit.tui.widgets.lines import LineWidget, Piece

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
        self._chunks: Chunks[Row] | None = None
        self._total: int | None = None
        self._generation = 0
        self._goto: Hashable | None = None
        self.sort: tuple[str, bool] = ("", False)
        self.cursor = 0
        self.top = 0
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
        self.cursor, self.top, self._widths = cursor, max(0, cursor - 3), []
        self.marks.clear()
        self._restart(keep=False)

    def reload(self) -> None:
        """Fetch the rows anew, with cursor, marks and scroll where they are."""
        if self._source is not None:
            self._restart(keep=True)

    def _restart(self, *, keep: bool) -> None:
        source = self._source
        assert source is not None
        self._generation += 1
        generation = self._generation
        if keep and self._chunks is not None:
            self._chunks.refetch()
        else:
            if self._chunks is not None:
                self._chunks.close()
            self._total = None
            self._chunks = Chunks(source.page, self._run, self._arrived)

        def count(answer: object) -> None:
            if generation == self._generation:
                self._counted(int(answer))  # type: ignore[call-overload]

        self._run(source.total, count)
        self.refresh()

    def _counted(self, total: int) -> None:
        self._total = total
        self.cursor = max(0, min(self.cursor, total - 1))
        self._step_off_section(1)
        self._scroll()
        self.refresh()
        self.post_message(self.Loaded(self, total))
        self._announce()

    def _arrived(self, start: int, end: int) -> None:
        if self._goto is not None and self._chunks is not None:
            at = self._chunks.find(lambda row: row.key == self._goto)
            if at is not None:
                self._goto = None
                self.move_to(at)
        first = not self._widths
        self._step_off_section(1)
        self.refresh()
        if first or start <= self.cursor < end:
            self._announce()

    @property
    def total(self) -> int:
        """How many rows there are, as far as is known."""
        return self._total or 0

    @property
    def row(self) -> Row | None:
        """The row under the cursor, if it is in memory."""
        return self._chunks.known(self.cursor) if self._chunks and self.total else None

    @property
    def key(self) -> Hashable | None:
        """The key of the row under the cursor."""
        return self.row.key if self.row and not self.row.section else None

    def chosen(self) -> list[Hashable]:
        """Return the marked keys, or else the one under the cursor."""
        return sorted(self.marks, key=repr) or ([self.key] if self.key is not None else [])

    def neighbours(self) -> list[Hashable]:
        """Return the keys in memory, in order (for previous and next)."""
        rows = self._chunks.known if self._chunks else lambda _: None
        near = range(max(0, self.cursor - 200), min(self.total, self.cursor + 200))
        return [row.key for i in near if (row := rows(i)) is not None and not row.section]

    # The cursor ------------------------------------------------------------------------------

    @property
    def _height(self) -> int:
        return max(1, self.size.height - self._header)

    def move_cursor(self, delta: int) -> None:
        """Move the cursor down, or up; only the two lines concerned are painted."""
        step = 1 if delta > 0 else -1
        target = self.cursor + delta
        while self._chunks and 0 <= target < self.total:
            row = self._chunks.known(target)
            if row is None or not row.section:
                break
            target += step
        self.move_to(
            target if 0 <= target < self.total else self.cursor if abs(delta) == 1 else target
        )

    def move_to(self, index: int) -> None:
        """Move the cursor to a row; at an edge the list jumps half a page."""
        before, top = self.cursor, self.top
        self.cursor = max(0, min(index, self.total - 1))
        self._step_off_section(1 if index >= before else -1)
        self._scroll()
        if self.top != top:
            self.refresh()
        elif self.cursor != before:
            self.repaint(*(self._header + i - self.top for i in (before, self.cursor)))
        if self.cursor != before:
            self._announce()

    def move_to_key(self, key: Hashable) -> None:
        """Move the cursor to a row by key, now or when it has been fetched."""
        at = self._chunks.find(lambda row: row.key == key) if self._chunks else None
        if at is None:
            self._goto = key
        else:
            self.move_to(at)

    def page(self, pages: float) -> None:
        """Move by pages, or parts of one."""
        self.move_to(self.cursor + round(pages * self._height))

    def _step_off_section(self, step: int) -> None:
        for direction in (step, -step):
            at = self.cursor
            while self._chunks and 0 <= at < self.total:
                row = self._chunks.known(at)
                if row is None or not row.section:
                    self.cursor = at
                    return
                at += direction

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

    def _announce(self) -> None:
        if self.key is not None:
            self.post_message(self.Highlighted(self, self.key, self.cursor))

    def open(self) -> None:
        """Open the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Opened(self, self.key, self.cursor))

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it, and go on to the next."""
        if self.key is not None:
            self.marks ^= {self.key}
            self.repaint(self._header + self.cursor - self.top)
            self.move_cursor(1)

    def mark(self, keys: Sequence[Hashable]) -> None:
        """Mark these rows and no others."""
        self.marks = set(keys)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one opens."""
        if event.y >= self._header and self.top + event.y - self._header < self.total:
            self.move_to(self.top + event.y - self._header)
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
        self._widths = []
        self._scroll()
        self.refresh()

    def on_focus(self) -> None:
        """The cursor is drawn differently with the focus."""
        self.repaint(self._header + self.cursor - self.top)

    on_blur = on_focus

    # Painting --------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        cells = self.size.width
        if self._source is None:
            return self.strip([], cells)
        if not self._widths:
            self._measure(cells)
        if y < self._header:
            return self._head(cells)
        index = self.top + y - self._header
        if self._total == 0:
            text = f"  {safe(self._empty)}" if y == self._header + 1 else ""
            return self.strip([(fit(text, cells), "muted")], cells)
        if self._total is None or index >= self._total or self._chunks is None:
            return self.strip([], cells)
        row = self._chunks.get(index)
        if row is None:
            return self.strip([("  ·", "muted")], cells, self._base(index))
        return self._line(row, index, cells)

    def _measure(self, cells: int) -> None:
        rows = [r for i in range(self.top, self.top + self._height)
                if self._chunks and (r := self._chunks.known(i)) is not None]  # fmt: skip
        known = [row.cells for row in rows if not row.section]
        widths = layout(self._columns, known, cells - GUTTER)
        if rows:
            self._widths = widths
        self._shown = widths

    def _head(self, cells: int) -> Strip:
        pieces: list[Piece] = [(" " * GUTTER, "")]
        for column, wide in zip(self._columns, self._shown, strict=False):
            arrow = ""
            if column.key == self.sort[0] and column.key:
                arrow = " ↓" if self.sort[1] else " ↑"
            title = safe(column.title)
            pieces.append((fit(title + arrow, wide, right=column.right) + " ", ""))
        return self.strip(pieces, cells, "header")

    def _base(self, index: int) -> str:
        if index != self.cursor:
            return "text"
        return "cursor" if self.has_focus else "cursor-blur"

    def _line(self, row: Row, index: int, cells: int) -> Strip:
        if row.section:
            return self.strip([(fit(f" {safe(row.cells[0])}", cells), "")], cells, "header")
        base = self._base(index)
        here = base == "cursor"
        pointer = "›" if index == self.cursor else " "
        pieces: list[Piece] = [(pointer, ""), ("●" if row.key in self.marks else " ", "mark")]
        for at, wide in enumerate(self._shown):
            text = safe(row.cells[at]) if at < len(row.cells) else ""
            own = row.cell_styles[at] if at < len(row.cell_styles) else ""
            shown = fit(text, wide, right=self._columns[at].right) + " "
            pieces.append((shown, "" if here else own or row.style))
        return self.strip(pieces, cells, base)
