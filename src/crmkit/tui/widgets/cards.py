"""The cards of a board and the heads of its columns, as lines of text."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from attrs import frozen

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.lines import OTHERS, SIGNS, Piece

HEAD = 2
"""Lines that the head of a column takes."""


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
    """A card: its first line is what it is called; the badge stands right on the second.

    What it is marked with, in a style of its own, begins the last line that is seen.
    """

    key: Hashable
    lines: tuple[str, ...]
    style: str = ""
    badge: str = ""
    mark: str = ""
    tone: str = ""


class CardSource(Protocol):
    """Where cards come from; called on a worker thread."""

    def cards(self, state: str, start: int, limit: int) -> Sequence[Card]:
        """Return some cards of a column."""


def head(
    column: BoardColumn, y: int, cells: int, *, here: bool, place: str, alone: bool
) -> list[Piece]:
    """Return a line of a column's head; `place` says which of how many, where not all fit."""
    if y:
        count = f"  {column.count:,} "
        room = max(0, cells - width(count))
        total = safe(column.total)
        if width(total) > room:  # the figure without its currency, before it is cut
            total = max(total.split(), key=len, default="")
        return [(fit(count + fit(total, room, right=True), cells), "muted")]
    label = f"{column.glyph} {safe(column.label)}".strip()
    if alone:
        label = f"‹ {place}  {label} ›"
    elif place:
        room = max(0, cells - 3 - width(place))
        label = f"{fit(label, min(width(label), room))} {place}"
    return [("▸" if here else " ", "accent" if here else ""),
            (fit(f" {label}", cells - 1), "title" if here else column.colour)]  # fmt: skip


def body(
    card: Card | None, y: int, cells: int, *, cursor: str, marked: bool, pointer: bool,
    last: int = 2, seen: bool = False,
) -> list[Piece]:  # fmt: skip
    """Return line `y` of a card, whose last one that is seen is `last`.

    `cursor` is the style of the one under the cursor, or empty; `seen` is a card that somebody
    else is at.
    """
    if card is None:
        return [(fit("  ·" if y == 0 else "", cells), "muted")]
    text = safe(card.lines[y]) if y < len(card.lines) else ""
    badge = f" {safe(card.badge)} " if card.badge and y == 1 else ""
    lead = SIGNS[pointer, marked] if y == 0 else "  "
    if seen and y == 0:
        lead = lead[0] + OTHERS
    style = cursor or (card.style if y == 0 else "muted")
    if card.mark and y == last:
        mark = safe(card.mark)
        room = max(0, cells - 2 - width(badge))
        shown = fit(mark, min(width(mark), room))
        rest = fit(f" · {text}" if text else "", max(0, room - width(shown)))
        return [(fit(lead, min(2, cells)), style), (shown, cursor or card.tone),
                (fit(rest + badge, max(0, cells - 2 - width(shown))), style)]  # fmt: skip
    whole = lead + fit(text, max(0, cells - 2 - width(badge))) + badge
    return [(fit(whole, cells), style)]
