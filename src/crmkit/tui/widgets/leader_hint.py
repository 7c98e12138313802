"""What may follow a leader key, shown when one hesitates."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.widgets import Static

from crmkit.tui.text import fit, safe, width

DELAY = 0.5
"""Seconds of hesitation before the hint comes."""


class LeaderHint(Static):
    """A box at the bottom with the keys that may come next."""

    DEFAULT_CSS = """
    LeaderHint {
        height: auto; max-height: 12; display: none; padding: 0 1;
        background: $panel; color: $foreground;
    }
    LeaderHint.shown { display: block; }
    """

    def __init__(self, *, id: str = "leader") -> None:
        super().__init__("", id=id, markup=False)

    def show(self, prefix: str, follow: Mapping[str, str]) -> None:
        """Show the keys that may follow a prefix, in as many columns as fit."""
        items = [f"{key:<2} {safe(what)}" for key, what in sorted(follow.items(), key=_order)]
        cells = max(1, self.app.size.width - 2)
        wide = min(cells, max(map(width, items), default=1) + 3)
        across = max(1, cells // wide)
        deep = -(-len(items) // across)
        rows = ["".join(fit(item, wide) for item in items[at::deep]) for at in range(deep)]
        self.update(Content("\n".join([f"{prefix} …", *rows])))
        self.add_class("shown")

    def hide(self) -> None:
        """Hide the hint."""
        self.remove_class("shown")


def _order(item: tuple[str, str]) -> tuple[str, str]:
    return item[0].casefold(), item[0]
