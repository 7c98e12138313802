"""Dividing a width among columns: the first ones matter most."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from crmkit.tui.text import MOST, safe, width

WIDEST = 36
"""No column is made wider than this for one long text."""

KEPT = 20
"""A column without a weight is not squeezed below this; the last columns are left out instead."""


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
    most = cells * MOST
    natural = [
        max([width(c.title) + 2, *(width(safe(row[at][:most])) for row in rows if at < len(row))])
        for at, c in enumerate(columns)
    ]
    shown: list[int] = []
    used = 0
    for column, wanted in zip(columns, natural, strict=True):
        least = min(wanted, column.min_width if column.weight else max(column.min_width, KEPT))
        if used + least + 1 > cells and shown:
            break
        shown.append(max(1, min(least, cells - 1)))
        used += shown[-1] + 1
    for at in range(len(shown)):
        more = min(min(natural[at], WIDEST) - shown[at], cells - used)
        if more > 0:
            shown[at] += more
            used += more
    if shown and used < cells:
        heavy = max(range(len(shown)), key=lambda at: (columns[at].weight, -at))
        shown[heavy] += min(cells - used, max(0, natural[heavy] - shown[heavy]) + 12)
    return shown
