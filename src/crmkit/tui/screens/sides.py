"""Two records side by side, a line for each field; whose value is kept is picked line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.widget import Widget

from crmkit.core.entity import Record
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.tui.keys import show_keys
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.text import safe
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.heading import Heading, KeyBar
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

LOW = 24
SIGNS = {True: "✓", False: " "}


class SidesScreen(ListScreen):
    """Two records of one entity; `keep` says which of them survives, the left or the right."""

    scopes: ClassVar[tuple[str, ...]] = ("sides", "cursor")
    DEFAULT_CSS = "SidesScreen.low Heading { margin: 0; }"
    empty = ""

    def __init__(self, desk: Desk, model: EntityModel, keep: int) -> None:
        super().__init__(desk)
        self.model = model
        self.keep = keep
        self.records: tuple[Record, Record] | None = None
        self.fields: list[Field] = []
        self.picks: dict[str, int] = {}

    def body(self) -> Sequence[Widget]:
        """Who they are and why, a line a field, the keys."""
        return [Heading(), RecordList(self.fetch, empty=self.empty, id="list"), KeyBar()]

    def on_resize(self, event: events.Resize) -> None:
        """A low screen has no empty lines."""
        self.set_class(event.size.height < LOW, "low")

    def tell(self, text: str, style: str) -> None:
        """Say over the lines why these are thought to be one."""
        first, *rest = wrap(safe(text), max(20, self.app.size.width - 4)) or [""]
        self.query_one(Heading).show([(first, style)], [(" ".join(rest), style)])

    def show_keys(self, wanted: Mapping[str, str]) -> None:
        """Show the keys of some actions as they are now, with what they do."""
        reach = self.desk.keys.reachable(self.active_scopes())
        first = {b.action: show_keys(keys) for keys, b in reversed(list(reach.items()))}
        self.query_one(KeyBar).show([(first[a], said) for a, said in wanted.items() if a in first])

    def heads(self) -> tuple[str, str]:
        """Return what stands over the two sides."""
        raise NotImplementedError

    def draw(self, *, first: bool = False) -> None:
        """Show the lines, with the cursor where it is."""
        left, right = self.heads()
        columns = (
            ColumnSpec("field", "Field", 10), ColumnSpec("left", left, 14, 1),
            ColumnSpec("right", right, 14, 1),
        )  # fmt: skip
        self.listing.set_source(self, columns, cursor=0 if first else self.listing.cursor)

    def refresh_data(self) -> None:
        """What is picked here is nobody else's."""

    # The lines -------------------------------------------------------------------------------

    def total(self) -> int:
        """Return how many lines there are."""
        return len(self.fields)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return the lines: what is kept is ticked, what is the same on both sides has a `=`."""
        assert self.records is not None
        one, two = self.records
        rows = []
        for f in self.fields[start : start + limit]:
            pick, same = self.pick(f), one.get(f) == two.get(f)
            said, styles = [], [""]
            for side, record in enumerate(self.records):
                text = self.desk.session.display(record, f).replace("\n", " ") or "-"
                kept = pick == side or (pick is None and not f.is_empty(record.get(f)))
                said.append(f"{'=' if same else SIGNS[kept]} {text}")
                styles.append("won" if same else "mark" if kept else "muted")
            rows.append(Row(f.key, (f.label, *said), cell_styles=tuple(styles)))
        return rows

    def pick(self, f: Field) -> int | None:
        """Return the side whose value is kept; None where those of both are."""
        if f.key in self.picks:
            return self.picks[f.key]
        if f.many or f.kind.name == "note":
            return None
        assert self.records is not None
        full = f.flow or not f.is_empty(self.records[self.keep].get(f))
        return self.keep if full else 1 - self.keep

    def picked(self) -> dict[str, Any]:
        """Return the values that were picked by hand, by field key."""
        assert self.records is not None
        return {
            key: self.records[side].get(self.model.by_key[key])
            for key, side in self.picks.items()
        }  # fmt: skip

    # Keys ------------------------------------------------------------------------------------

    def do_pick_left(self) -> None:
        """The value on the left."""
        self._choose(0)

    def do_pick_right(self) -> None:
        """The value on the right."""
        self._choose(1)

    def do_pick_other(self) -> None:
        """The other one than is picked."""
        if isinstance(key := self.listing.key, str):
            now = self.pick(self.model.by_key[key])
            self._choose(1 - now if now is not None else 0)

    def _choose(self, side: int) -> None:
        if not isinstance(key := self.listing.key, str):
            return
        f = self.model.by_key[key]
        if f.flow or not f.typed:
            self.say(f"{f.label} stays as the one that survives has it", "warning")
            return
        self.picks[key] = side
        self.listing.reload()
        self.listing.move_cursor(1)
