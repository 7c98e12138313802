"""The blocks of a calendar: when they are, where they go, and what they say.

All times here are minutes of the day on the firm's clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date, timedelta

from attrs import frozen

from crmkit.tui.text import safe, width

SLOT = 30
SLOTS = 24 * 60 // SLOT
NARROW = 12
"""A block with fewer cells than this says no clock; one with fewer than 8, no state."""

Slots = tuple[int, int]


@frozen
class Block:
    """A record on one day: from and to in minutes of it; `closed` where it is over and done."""

    key: Hashable
    day: date
    start: int
    end: int
    title: str
    note: str = ""
    glyph: str = ""
    style: str = ""
    closed: bool = False

    @property
    def slots(self) -> Slots:
        """The half-hours that it touches: the first, and the one behind the last."""
        return self.start // SLOT, max(self.start // SLOT + 1, -(-self.end // SLOT))

    @property
    def hours(self) -> str:
        """From when to when."""
        return f"{clock(self.start)}-{clock(self.end)}"


@frozen
class Placed:
    """A block where it is drawn: its lines, and which part of the column's width it has."""

    block: Block
    top: int
    bottom: int
    lane: int
    lanes: int


def clock(minutes: int) -> str:
    """Return minutes of the day as a clock shows them."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def place(blocks: Sequence[Block], unit: int) -> list[Placed]:
    """Return where blocks of one day go, at `unit` minutes a line: side by side if they overlap."""
    found: list[Placed] = []
    group: list[tuple[Block, int, int, int]] = []
    ends: list[int] = []

    def settle() -> None:
        found.extend(Placed(b, top, bottom, lane, len(ends)) for b, top, bottom, lane in group)
        group.clear()
        ends.clear()

    for block in sorted(blocks, key=lambda b: (b.start, -b.end)):
        top = block.start // unit
        bottom = max(top + 1, -(-block.end // unit))
        if group and top >= max(ends):
            settle()
        lane = next((n for n, end in enumerate(ends) if end <= top), len(ends))
        ends[lane : lane + 1] = [bottom]
        group.append((block, top, bottom, lane))
    settle()
    return found


def lines_of(block: Block, cells: int, lines: int) -> list[str]:
    """Return what a block says on its lines: what it is, over as many as it takes; its end."""
    lead = [block.glyph] if block.glyph and cells >= 8 else []
    lead += [clock(block.start)] if cells >= NARROW else []
    texts = _wrapped(" ".join(lead), safe(block.title), cells, lines)
    if len(texts) < lines:
        texts.append(f"to {clock(block.end)} {safe(block.note)}")
    return texts


def _wrapped(lead: str, text: str, cells: int, lines: int) -> list[str]:
    """Return a text on so many lines at most, broken between words; the last holds the rest.

    What leads it never stands on a line of its own.
    """
    first, *words = text.split() or [""]
    found = [f"{lead} {first}".strip()]
    for word in words:
        longer = f"{found[-1]} {word}"
        if width(longer) <= cells or len(found) == lines:
            found[-1] = longer
        else:
            found.append(word)
    return found


def part_of(placed: Placed, cells: int) -> tuple[int, int]:
    """Return where in a column a block begins, and how wide it is."""
    start = placed.lane * cells // placed.lanes
    return start, (placed.lane + 1) * cells // placed.lanes - start


def week_of(day: date) -> list[date]:
    """Return the days of a day's week, Monday first."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]
