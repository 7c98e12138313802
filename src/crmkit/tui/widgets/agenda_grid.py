"""A calendar in one widget: a column a day, a row each half-hour, records as blocks.

All times here are minutes of the day on the firm's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date, datetime

from textual import events
from textual.message import Message

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.agenda_blocks import (
    SLOT,
    SLOTS,
    Block,
    Placed,
    Slots,
    clock,
    lines_of,
    part_of,
    place,
)
from crmkit.tui.widgets.lines import Line, LineWidget, Piece

GUTTER = 6
NARROWEST = 14
"""A day's column is never narrower than this."""
ALONE = 70
"""In fewer cells than this, a week is a list of the day under the cursor."""
MOST_LINES = 2
"""Lines that a half-hour takes at most, where there is room."""


class AgendaGrid(LineWidget):
    """Days with their blocks, and a cursor on a half-hour of one of them."""

    class Opened(Message):
        """A block was opened."""

        def __init__(self, key: Hashable) -> None:
            super().__init__()
            self.key = key

    def __init__(self, day: date, *, id: str = "") -> None:
        super().__init__(id=id or None)
        self.day = day
        self.slot = 9 * 60 // SLOT
        self.key: Hashable | None = None
        self.whole_week = True
        self.top = 0
        self._days: Sequence[date] = ()
        self._blocks: dict[date, list[Block]] = {}
        self._open: Mapping[date, frozenset[int]] = {}
        self._now: tuple[date, int] | None = None
        self._range: Slots = (18, 34)
        self._placed: dict[date, list[Placed]] = {}
        self._laid: object = None

    def show(
        self,
        days: Sequence[date],
        blocks: Sequence[Block],
        opening: Mapping[date, frozenset[int]],
        now: datetime,
    ) -> None:
        """Show a week: its blocks, the half-hours when the firm is open, and what time it is."""
        self._days, self._open = days, opening
        self._now = now.date(), (now.hour * 60 + now.minute) // SLOT
        self._blocks = {day: [] for day in days}
        for block in blocks:
            if block.day in self._blocks:
                self._blocks[block.day].append(block)
        for found in self._blocks.values():
            found.sort(key=lambda b: (b.start, -b.end))
        open_slots = [slot for slots in opening.values() for slot in slots]
        taken = [b.slots for b in blocks if b.day in self._blocks]
        low = min([*open_slots, *(first for first, _ in taken)], default=18)
        high = max([*(slot + 1 for slot in open_slots), *(last for _, last in taken)], default=34)
        self._range = low, min(SLOTS, max(high, low + 1))
        self._laid = None
        self._settle()

    # The cursor ------------------------------------------------------------------------------

    @property
    def listed(self) -> bool:
        """Whether the day is shown as a list, because a grid has no room."""
        return self.whole_week and self.area.width < ALONE

    @property
    def block(self) -> Block | None:
        """The block under the cursor."""
        return next((b for b in self.of_day(self.day) if b.key == self.key), None)

    def of_day(self, day: date) -> list[Block]:
        """Return the blocks of a day, in order."""
        return self._blocks.get(day, [])

    def go(self, day: date, slot: int | None = None, key: Hashable | None = None) -> None:
        """Put the cursor on a half-hour of a day, and on the block there."""
        self.day = day
        self.slot = self.slot if slot is None else slot
        self.key = key
        self._settle()

    def _settle(self) -> None:
        """Keep the cursor where there is something to be on; scroll to it, and paint."""
        low, high = self._range
        here = self.block
        if here is None:
            self.slot = max(low, min(self.slot, high - 1))
            here = self._at(self.slot)
            if here is None and self.listed:
                here = next(iter(self.of_day(self.day)), None)
        self.key = here.key if here else None
        if here is not None:
            self.slot = here.slots[0]
        self._scroll()
        self.repaint()

    def _at(self, slot: int) -> Block | None:
        return next((b for b in self.of_day(self.day) if b.slots[0] <= slot < b.slots[1]), None)

    def move_slot(self, step: int) -> None:
        """Move by half-hours; out of a block to what is above or below it."""
        if self.listed:
            self.move_entry(step)
            return
        here = self.block
        slot = self.slot + step
        if here is not None and step > 0:
            slot = here.slots[1]
        self.go(self.day, slot)

    def move_entry(self, step: int) -> bool:
        """Move to the next block, or the one before, of the days shown; whether there is one."""
        days = self._days if self.whole_week else [self.day]
        blocks = [b for day in days for b in self.of_day(day)]
        now = self.day, self.slot * SLOT
        here = self.block
        if here is not None:
            at = next(n for n, b in enumerate(blocks) if b is here) + step
        elif step > 0:
            at = next((n for n, b in enumerate(blocks) if (b.day, b.start) >= now), len(blocks))
        else:
            at = sum((b.day, b.start) < now for b in blocks) - 1
        if 0 <= at < len(blocks):
            self.go(blocks[at].day, blocks[at].slots[0], blocks[at].key)
            return True
        return False

    def open(self) -> None:
        """Open the block under the cursor."""
        if self.key is not None:
            self.post_message(self.Opened(self.key))

    # Where things are ------------------------------------------------------------------------

    @property
    def shown(self) -> Sequence[date]:
        """The days that have a column: as many as there is room for, the cursor's among them."""
        if not self.whole_week or self.listed:
            return [self.day]
        days = [d for d in self._days if self._open.get(d) or self.of_day(d) or d == self.day]
        fitting = max(1, (self.area.width - GUTTER) // NARROWEST)
        fitting = fitting if fitting >= len(days) else 5 if fitting >= 5 else min(fitting, 3)
        at = days.index(self.day) if self.day in days else 0
        first = min(max(0, at - fitting // 2), max(0, len(days) - fitting))
        return days[first : first + fitting]

    @property
    def _lines(self) -> int:
        """How many lines a half-hour has."""
        low, high = self._range
        return max(1, min(MOST_LINES, (self.area.height - 1) // max(1, high - low)))

    def _scroll(self) -> None:
        height = max(1, self.area.height - 1)
        if self.listed:
            keys = [b.key for b in self.of_day(self.day)]
            first = keys.index(self.key) if self.key in keys else 0
            last, total, height = first + 1, len(keys), max(1, height - 1)
        else:
            per, low = self._lines, self._range[0]
            first, last = (self.slot - low) * per, (self.slot - low + 1) * per
            total = (self._range[1] - low) * per
        self.top = max(0, min(self.top, first, max(0, total - height)))
        self.top = max(self.top, last - height)

    def _of(self, day: date) -> list[Placed]:
        """Return a day's blocks where they are drawn."""
        unit = SLOT // self._lines
        if self._laid != unit:
            self._placed, self._laid = {}, unit
        if day not in self._placed:
            self._placed[day] = place(self.of_day(day), unit)
        return self._placed[day]

    def on_resize(self) -> None:
        """The columns follow the size."""
        self._settle()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there; a second one opens."""
        if self.listed:
            blocks = self.of_day(self.day)
            at = self.top + event.y - 2
            if event.y >= 2 and at < len(blocks):
                self.go(self.day, None, blocks[at].key)
        elif event.y >= 1 and event.x >= GUTTER:
            days, wide = self.shown, self._wide()
            at = min(len(days) - 1, (event.x - GUTTER) // wide)
            line = self.top + event.y - 1 + self._range[0] * self._lines
            hit = next((p for p in self._of(days[at]) if p.top <= line < p.bottom
                        and part_of(p, wide - 1)[0] <= event.x - GUTTER - at * wide - 1
                        < sum(part_of(p, wide - 1))), None)  # fmt: skip
            self.go(days[at], line // self._lines, hit.block.key if hit else None)
        if event.chain == 2:
            self.open()

    # Painting --------------------------------------------------------------------------------

    def line(self, y: int) -> Line:
        """Return what a line looks like now."""
        if not self._days:
            return (), "text"
        if self.listed:
            return self._list_line(y)
        if y == 0:
            return self._head(), "header"
        at = self.top + y - 1 + self._range[0] * self._lines
        if at >= self._range[1] * self._lines:
            return (), "text"
        return self._row(at), "text"

    def _wide(self) -> int:
        """Return how many cells a day has, with the line on its left."""
        return max(2, (self.area.width - GUTTER) // max(1, len(self.shown)))

    def _head(self) -> list[Piece]:
        pieces: list[Piece] = [(" " * GUTTER, "")]
        wide = self._wide()
        for day in self.shown:
            name = f"{day:%A}" if wide >= 22 or len(self.shown) == 1 else f"{day:%a}"
            today = self._now is not None and day == self._now[0]
            text = f" {name} {day.day}" + (" today" if today else "")
            count = len(self.of_day(day))
            room = wide - width(text) - 1
            text += f"{count or '':>{room}} " if room > 1 else ""
            style = "title" if day == self.day else "accent" if today else ""
            pieces.append((fit(text, wide), style))
        return pieces

    def _row(self, at: int) -> list[Piece]:
        slot, part = divmod(at, self._lines)
        hour = clock(slot * SLOT) if part == 0 and (slot % 2 == 0 or self._lines > 1) else ""
        now = self._now is not None and self._now[0] in self.shown and self._now[1] == slot
        mark = (f"{hour}‹" if hour else "now" if part == 0 else "") if now else hour
        pieces: list[Piece] = [(fit(mark, GUTTER), "accent" if now else "muted")]
        for day in self.shown:
            pieces.append(("│", "muted"))
            pieces += self._cells(day, at, self._wide() - 1)
        return pieces

    def _cells(self, day: date, at: int, cells: int) -> list[Piece]:
        """Return a day's part of a line: what is free, and the blocks on it."""
        here = [p for p in self._of(day) if p.top <= at < p.bottom]
        pieces: list[Piece] = []
        used = 0
        for placed in sorted(here, key=lambda p: p.lane):
            start, wide = part_of(placed, cells)
            if start > used:
                pieces.append((" " * (start - used), ""))
            pieces += self._block(placed, at - placed.top, wide)
            used = start + wide
        if used < cells:
            pieces.append(self._free(day, at, cells - used, bool(here)))
        return pieces

    def _free(self, day: date, at: int, cells: int, taken: bool) -> Piece:
        slot, part = divmod(at, self._lines)
        if not taken and self.key is None and day == self.day and slot == self.slot:
            said = f"› {clock(slot * SLOT)} free" if part == 0 else ""
            return fit(said, cells), "cursor"
        if not taken and slot not in self._open.get(day, ()):
            return fit("·" if part == 0 else "", cells), "muted"
        return " " * cells, ""

    def _block(self, placed: Placed, line: int, cells: int) -> list[Piece]:
        block = placed.block
        here = block.key == self.key and block.day == self.day
        sign = "›" if here and line == 0 else "▌"
        texts = lines_of(block, cells - 2, placed.bottom - placed.top)
        said = texts[line] if line < len(texts) else ""
        style = "cursor" if here else "muted" if block.closed else "block"
        edge = style if here or block.closed else block.style or style
        body = fit(said, max(0, cells - 2)) + " " * min(1, max(0, cells - 1))
        return [(sign, edge), (body, style)]

    def _list_line(self, y: int) -> Line:
        cells = self.area.width
        if y == 0:
            return self._strip(), "header"
        if y == 1:
            return [(f" {self.day:%A} {self.day.day} {self.day:%B}", "muted")], "text"
        blocks = self.of_day(self.day)
        at = self.top + y - 2
        if not blocks:
            said = "  Nothing on this day. n makes a new one." if y == 3 else ""
            return [(said, "muted")], "text"
        if at >= len(blocks):
            return (), "text"
        block = blocks[at]
        here = block.key == self.key
        note = f"  {safe(block.note)}" if block.note else ""
        title = f"{block.glyph} {safe(block.title)}".strip()
        room = cells - 15
        note = fit(note, min(width(note), room // 2))
        plain = here or not block.closed
        return [
            ("› " if here else "  ", ""), (f"{block.hours}  ", "" if here else "muted"),
            (fit(title, room - width(note)), "" if plain else "muted"),
            (note, "" if here else block.style),
        ], "cursor" if here else "text"  # fmt: skip

    def _strip(self) -> list[Piece]:
        """Return the week on one line: its days, and how much there is on each."""
        wide = max(6, self.area.width // max(1, len(self._days)))
        pieces: list[Piece] = []
        for day in self._days:
            count = len(self.of_day(day))
            name = f"{day:%a}"[:2] + f" {day.day}"
            text = f"[{name}]" if day == self.day else f" {name} "
            text += f"{count}" if count else ""
            today = self._now is not None and day == self._now[0]
            style = "title" if day == self.day else "accent" if today else "muted"
            pieces.append((fit(text, wide), style))
        return pieces
