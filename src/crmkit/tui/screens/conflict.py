"""Somebody saved first: mine, theirs and base side by side, to be picked field by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import events
from textual.widget import Widget

from crmkit.core.errors import Conflict
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.tui.keys import key_of
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

COLUMNS = (
    ColumnSpec("field", "Field", 10),
    ColumnSpec("pick", "Pick", 6),
    ColumnSpec("mine", "(m)ine", 12, 1),
    ColumnSpec("theirs", "(t)heirs", 12, 1),
    ColumnSpec("base", "(b)ase", 10),
)
_SIDES = {"m": "mine", "t": "theirs", "b": "base"}


class ConflictScreen(ListScreen):
    """Pick, then save; it returns the values picked, or None."""

    scopes = ("cursor",)

    def __init__(self, desk: Desk, model: EntityModel, conflict: Conflict) -> None:
        super().__init__(desk)
        self.model = model
        self.conflict = conflict
        mine, theirs = conflict.mine, conflict.theirs
        differing = [key for key in theirs if key in mine and mine[key] != theirs[key]]
        self.fields = [model.by_key[key] for key in differing if key in model.by_key]
        self.picks = {f.key: self._first_pick(f) for f in self.fields}

    def _first_pick(self, f: Field) -> str:
        """Mine where only I changed it, theirs where only they did; mine where both did."""
        c = self.conflict
        return "theirs" if c.mine.get(f.key) == c.base.get(f.key) else "mine"

    def body(self) -> Sequence[Widget]:
        """A line a field."""
        return [RecordList(self.fetch, id="list")]

    def start(self) -> None:
        """Show them."""
        self.title_line.show("Somebody else saved first", note=self.conflict.record.title)
        self.status.hint("m mine  t theirs  b base  ctrl+s save what is picked  esc back")
        self.listing.set_source(self, COLUMNS)
        self.focus_body()

    def total(self) -> int:
        """Return how many fields differ."""
        return len(self.fields)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return the lines."""
        c = self.conflict
        rows = []
        for f in self.fields[start : start + limit]:
            sides = [self._said(f, side.get(f.key)) for side in (c.mine, c.theirs, c.base)]
            picked = self.picks[f.key]
            styles = ["", "accent", *("mark" if s == picked else "muted" for s in _SIDES.values())]
            rows.append(Row(f.key, (f.label, picked, *sides), cell_styles=tuple(styles)))
        return rows

    def _said(self, f: Field, value: Any) -> str:
        record = self.conflict.record.evolve(**{f.key: value})
        return self.desk.session.display(record, f) or "-"

    def on_key(self, event: events.Key) -> None:
        """Pick, save, or go back."""
        key = key_of(event.key, event.character)
        if key in _SIDES and self.listing.key is not None:
            self.picks[str(self.listing.key)] = _SIDES[key]
            self.listing.reload()
            self.listing.move_cursor(1)
        elif key == "ctrl+s":
            sides = {"mine": self.conflict.mine, "theirs": self.conflict.theirs,
                     "base": self.conflict.base}  # fmt: skip
            self.dismiss({k: sides[side][k] for k, side in self.picks.items() if side != "theirs"})
        elif key == "escape":
            self.dismiss(None)
        else:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()

    def do_open(self) -> None:
        """Enter goes on to the next line."""
        self.listing.move_cursor(1)
