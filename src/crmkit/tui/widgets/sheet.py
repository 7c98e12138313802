"""The fields of a form on one sheet: painted line by line, and typed on where the cursor is.

A widget for every label, line and note of a form takes a tenth of a second to lay out and a
hundredth a key. Here one widget paints all of them, and one line (and one area) to type on is laid
over the field that one is at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from attrs import frozen
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, TextArea
from textual.widgets.input import Selection

from crmkit.core.visible import alike
from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.entry import Entry
from crmkit.tui.widgets.lines import SIGNS, Line, LineWidget
from crmkit.tui.widgets.typed import TypedArea, TypedLine

AREA = 5
"""Lines of a field that takes several."""
SIGN = 2
"""Cells of what stands before the field that one is at."""
NARROWEST, WIDEST = 10, 28
"""Cells of the labels."""
NOTE = 2
"""Lines at the bottom for what helps; one where there are few lines."""
FEW = 12
NOWHERE = Size(0, 0)


@frozen
class Row:
    """A line of the sheet: of a field or of a heading, what it is, and its text."""

    entry: Entry | None
    part: str
    text: str = ""


class Pen(TypedLine):
    """What a line is typed on."""

    DEFAULT_CSS = """
    Pen { border: none; height: 1; padding: 0; background: $panel; display: none; }
    Pen:focus { border: none; }
    """


class Pad(TypedArea):
    """What several lines are typed on."""

    DEFAULT_CSS = f"""
    Pad {{ border: none; height: {AREA}; padding: 0; background: $panel; display: none; }}
    Pad:focus {{ border: none; }}
    """


class Paper(LineWidget):
    """Paints the sheet."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet

    def line(self, y: int) -> Line:
        """Return what a line looks like now."""
        return self.sheet.line(y)

    def on_resize(self) -> None:
        """What stands where follows the size."""
        self.sheet.redraw()

    def on_click(self, event: events.Click) -> None:
        """A click goes to the field, and to the place in it."""
        self.sheet.click(event.x, event.y)

    def on_mouse_scroll_down(self) -> None:
        """The wheel goes from field to field."""
        self.sheet.step(1)

    def on_mouse_scroll_up(self) -> None:
        """The wheel goes from field to field."""
        self.sheet.step(-1)


class Sheet(Widget, can_focus=False):
    """The fields of a form."""

    DEFAULT_CSS = """
    Sheet { height: 1fr; layers: paper pens; }
    Sheet > Paper { layer: paper; }
    Sheet > Pen, Sheet > Pad { layer: pens; }
    """

    class Changed(Message):
        """Something was typed."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = list(entries)
        self.here: Entry | None = None
        """The field that one is at."""
        self._longest = max((width(entry.label) for entry in self.entries), default=0)
        self._rows: list[Row] = []
        self._laid_at = NOWHERE
        """The size that the rows were laid out for; nothing where they have to be anew."""
        self._top = 0
        self._is_due = False
        for entry in self.entries:
            entry.join(self)

    def compose(self) -> ComposeResult:
        """The paper, and what one types on."""
        yield Paper(self)
        yield Pen()
        yield Pad(tab_behavior="focus", show_line_numbers=False)

    # Where one is ------------------------------------------------------------------------------

    def go(self, entry: Entry) -> None:
        """Go to a field; what is in it is selected, as on any form."""
        self._keep()
        self.here = entry
        self._load(entry)
        if not entry.is_area:
            pen = self.query_one(Pen)
            pen.selection = Selection(0, len(pen.value))
        pen, pad = self.query_one(Pen), self.query_one(Pad)
        pen.display, pad.display = not entry.is_area, entry.is_area
        self.screen.set_focus(pad if entry.is_area else pen)
        # Now, and not with what else is due: each frame of its own would be another wait.
        self._laid_at = NOWHERE
        self._draw()

    def step(self, by: int) -> None:
        """Go to the next field, or the one before; from the last to the first."""
        if self.entries:
            at = self.entries.index(self.here) + by if self.here else 0
            self.go(self.entries[at % len(self.entries)])

    def click(self, x: int, y: int) -> None:
        """Go to the field of a line, and to a place in what is typed."""
        rows = self.rows
        at = self._top + y
        entry = rows[at].entry if y < self._height and at < len(rows) else None
        if entry is not None:
            self.go(entry)
            if not entry.is_area:
                pen = self.query_one(Pen)
                pen.cursor_position = pen._cell_offset_to_index(max(0, x - self._left))

    # What is typed -----------------------------------------------------------------------------

    def typed_for(self, entry: Entry) -> str | None:
        """Return what is being typed for a field; None where one is at another."""
        if entry is not self.here:
            return None
        return self.query_one(Pad).text if entry.is_area else self.query_one(Pen).value

    def filled(self, entry: Entry) -> None:
        """Show what a field was filled in with."""
        if entry is self.here:
            self._load(entry)
        self.redraw()
        self.post_message(self.Changed())

    def _keep(self) -> None:
        """Remember what is being typed, and where: the widget goes to another field."""
        if self.here is None:
            return
        self.here.kept = self.here.text
        if self.here.is_area:
            pad = self.query_one(Pad)
            self.here.place = pad.cursor_location

    def _load(self, entry: Entry) -> None:
        if entry.is_area:
            pad = self.query_one(Pad)
            with self.prevent(TextArea.Changed):
                pad.load_text(entry.kept)
            pad.move_cursor(entry.place or (0, 0))
            return
        pen = self.query_one(Pen)
        # What was there is no reason to complete it: only what is typed is completed.
        pen.suggester = None
        with self.prevent(Input.Changed):
            pen.value = entry.kept
        pen.suggester = entry.suggester()
        pen.scroll_to(x=0, animate=False, immediate=True)
        pen.cursor_position = len(pen.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on."""
        event.stop()
        if self.here is not None and self.here.offers:
            self.redraw()
        self.post_message(self.Changed())

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Pass it on."""
        event.stop()
        self.post_message(self.Changed())

    # What stands where -------------------------------------------------------------------------

    @property
    def rows(self) -> list[Row]:
        """The lines of the whole sheet."""
        if self._laid_at != self.size:
            self._laid_at = self.size
            self._rows = [row for entry in self.entries for row in self._rows_of(entry)]
            if self._rows and self._rows[0].part == "blank":
                del self._rows[0]
            self._scroll()
        return self._rows

    def _rows_of(self, entry: Entry) -> Iterator[Row]:
        if entry.heading:
            yield Row(None, "blank")
            yield Row(None, "heading", safe(entry.heading))
        text = entry.text
        if entry.is_area:
            lines = self._wrapped(text)
            for n in range(AREA):
                yield Row(entry, "more" if n else "first", lines[n] if n < len(lines) else "")
        else:
            yield Row(entry, "first", alike(text))
        for offer in entry.offers:
            sign = SIGNS[offer.text == text, False]
            yield Row(entry, "offer", sign + safe(offer.said))
        if entry.problem:
            told = wrap(f"✗ {safe(entry.problem)}", max(20, self._right - self._left))
            yield from (Row(entry, "problem", line) for line in told)

    def _wrapped(self, text: str) -> list[str]:
        cells, console = max(1, self._right - self._left), self.app.console
        found: list[str] = []
        for line in text.splitlines()[:AREA]:
            seen = line[: AREA * cells + 1]
            shown = Text(" ".join(map(alike, seen.split("\t"))), end="")
            found += [part.plain for part in shown.wrap(console, cells)] or [""]
        return found

    @property
    def _label(self) -> int:
        return max(NARROWEST, min(WIDEST, self._longest, self.size.width // 3))

    @property
    def _left(self) -> int:
        """The cell at which what is typed begins."""
        return SIGN + self._label + 1

    @property
    def _right(self) -> int:
        """The cell at which it ends; behind it a sign says that there is more."""
        return self.size.width - 2

    @property
    def _notes(self) -> int:
        return NOTE if self.size.height >= FEW else 1

    @property
    def _height(self) -> int:
        """The lines that fields have."""
        return max(1, self.size.height - self._notes)

    def redraw(self) -> None:
        """Show what is there now, once for all that changes at a time."""
        self._laid_at = NOWHERE
        if self.is_mounted and not self._is_due:
            self._is_due = True
            self.call_later(self._draw)

    def _draw(self) -> None:
        """Lay out and paint what changed, the field that one is at in sight."""
        self._is_due = False
        if self.is_mounted and self.children and self.size:
            self._lay()
            self.query_one(Paper).repaint()

    def _scroll(self) -> None:
        """Bring the field that one is at into sight."""
        rows, height = self.rows, self._height
        own = [n for n, row in enumerate(rows) if row.entry is self.here and self.here]
        if own:
            first, last = own[0], own[-1]
            while first and rows[first - 1].entry is None:  # its heading comes into sight too
                first -= 1
            self._top = max(min(self._top, first), last - height + 1)
            self._top = min(self._top, own[0])
        self._top = max(0, min(self._top, len(rows) - height))

    def _lay(self) -> None:
        """Lay what one types on over the field that one is at."""
        here = self.here
        if here is None:
            return
        at = next(n for n, row in enumerate(self.rows) if row.entry is here)
        over = self.query_one(Pad if here.is_area else Pen)
        over.styles.offset = (self._left, at - self._top)
        over.styles.width = max(1, self._right - self._left)
        if here.is_area:
            over.styles.height = max(1, min(AREA, self._height - (at - self._top)))

    # Painting ----------------------------------------------------------------------------------

    def line(self, y: int) -> Line:
        """Return what a line looks like now."""
        rows, at = self.rows, self._top + y
        if y >= self._height:
            return self._note(y - self._height)
        if at >= len(rows):
            return (), "text"
        row = rows[at]
        more = self._more(y)
        left = " " * self._left
        if row.part == "heading":
            return ((fit(row.text, self._right), "section"), (more, "muted")), "text"
        if row.part in ("offer", "problem"):
            style = "error" if row.part == "problem" else "text"
            cells = self._right - self._left
            return ((left, ""), (fit(row.text, cells), style), (more, "muted")), "text"
        if row.entry is None:
            return ((" " * self._right, ""), (more, "muted")), "text"
        label = fit(row.entry.label if row.part == "first" else "", self._label)
        here = row.entry is self.here
        sign = SIGNS[here and row.part == "first", False]
        return (
            (sign, "title"),
            (f"{label} ", "title" if here else "muted"),
            (fit(row.text, self._right - self._left), "field"),
            (more, "muted"),
        ), "text"

    def _more(self, y: int) -> str:
        """Return the sign for lines that are out of sight."""
        if y == 0 and self._top:
            return " ↑"
        if y == self._height - 1 and self._top + self._height < len(self.rows):
            return " ↓"
        return "  "

    def _note(self, n: int) -> Line:
        note = self.here.note if self.here else ""
        lines = wrap(note, max(20, self.size.width - 2))
        if n == self._notes - 1 and len(lines) > self._notes:
            lines[n] += " …"
        text = lines[n] if n < len(lines) else ""
        return ((f" {fit(text, self.size.width - 1)}", "muted"),), "text"
