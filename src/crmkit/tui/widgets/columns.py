"""Dividing a width among columns: the first ones matter most."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from crmkit.tui.text import safe, width

WIDEST = 36


@frozen
class ColumnSpec:
    """A column: `weight` shares what width is left over; 0 keeps it at its content's width."""

    key: str
    title: str
    min_width: int = 8
    weight: int = 0
    right: bool = False


def layout(columns: Sequence[ColumnSpec], rows: Sequence[Sequence[str]], cells: int) -> list[int]:
    """Return the widths of as many columns, from the first on, as fit in `cells`."""
    natural = [
        max([width(c.title) + 2, *(width(safe(row[at])) for row in rows if at < len(row))])
        for at, c in enumerate(columns)
    ]
    least = [min(n, c.min_width) for n, c in zip(natural, columns, strict=True)]
    shown: list[int] = []
    used = 0
    for wide in least:
        if used + wide + 1 > cells and shown:
            break
        shown.append(min(wide, cells - 1))
        used += wide + 1
    for at in range(len(shown)):
        more = min(min(natural[at], WIDEST) - shown[at], cells - used)
        if more > 0:
            shown[at] += more
            used += more
    if shown and used < cells:
        heavy = max(range(len(shown)), key=lambda at: (columns[at].weight, -at))
        more = min(cells - used, max(0, natural[heavy] - shown[heavy]) + 12)
        shown[heavy] += more
    return shown
