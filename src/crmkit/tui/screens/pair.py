"""Two records that may be one, side by side: pick field by field, which survives, and merge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual import events
from textual.widget import Widget

from crmkit.core.entity import Record
from crmkit.core.errors import CrmError
from crmkit.core.fields import Field
from crmkit.core.matching import Pair
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.tui.keys import key_of
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.twins import keep_apart
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk


class PairScreen(ListScreen):
    """A pair; it returns whether anything was merged or kept apart."""

    scopes = ("cursor",)

    def __init__(self, desk: Desk, model: EntityModel, pairs: Sequence[Pair], at: int) -> None:
        super().__init__(desk)
        self.model = model
        self.pairs = pairs
        self.at = at
        self.records: tuple[Record, Record] | None = None
        self.keep = 0
        """Which of the two survives."""
        self.fields: list[Field] = []
        self.picks: dict[str, int] = {}
        self.changed = False
        self._done: set[int] = set()

    @property
    def pair(self) -> Pair:
        """The pair that is shown."""
        return self.pairs[self.at]

    def body(self) -> Sequence[Widget]:
        """A line for each field that differs."""
        return [RecordList(self.fetch, empty="They are equal.", id="list")]

    def start(self) -> None:
        """Show the pair."""
        self.status.hint(
            "h l pick left or right  tab which survives  enter merge  d keep both  n p next, "
            "previous  u undo  esc back"
        )
        self.focus_body()
        self._read()

    def refresh_data(self) -> None:
        """Read both anew."""
        self._read()

    def _read(self) -> None:
        name, pair = self.model.name, self.pair

        def read(session: Session) -> tuple[Record, Record]:
            return session.get(name, pair.first), session.get(name, pair.second)

        self.ask(read, self._show)

    def _show(self, found: tuple[Record, Record]) -> None:
        self.records = found
        one, two = found
        visible = [f for f in self.desk.session.visible_fields(self.model.name) if not f.derived]
        self.fields = [f for f in visible if one.get(f) != two.get(f)]
        known = {f.key for f in self.fields}
        self.picks = {k: v for k, v in self.picks.items() if k in known}
        where = f"{self.at + 1} of {len(self.pairs)}"
        reasons = ", ".join(self.pair.reasons)
        self.title_line.show(f"The same? {reasons}", note=f"score {self.pair.score}  {where}")
        if one.id == two.id:
            self.say(f"merged: {one.title}", "won")
        self._list()

    def _list(self) -> None:
        heads = [
            f"{'▸ survives: ' if self.keep == n else ''}{self.model.label} {id}"
            for n, id in enumerate((self.pair.first, self.pair.second))
        ]
        columns = (
            ColumnSpec("field", "Field", 12), ColumnSpec("left", heads[0], 14, 1),
            ColumnSpec("right", heads[1], 14, 1),
        )  # fmt: skip
        self.listing.set_source(self, columns, cursor=self.listing.cursor)

    def total(self) -> int:
        """Return how many fields differ."""
        return len(self.fields)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return the lines."""
        assert self.records is not None
        rows = []
        for f in self.fields[start : start + limit]:
            pick = self._pick(f)
            said, styles = [], [""]
            for side, record in enumerate(self.records):
                picked = pick in (side, None)
                text = self.desk.session.display(record, f) or "-"
                said.append(f"{'✓' if picked else ' '} {text}")
                styles.append("mark" if picked else "muted")
            rows.append(Row(f.key, (f.label, *said), cell_styles=tuple(styles)))
        return rows

    def _pick(self, f: Field) -> int | None:
        """Return the side whose value is kept; None where those of both are."""
        if f.key in self.picks:
            return self.picks[f.key]
        if f.many or f.kind.name == "note":
            return None
        assert self.records is not None
        return self.keep if not f.is_empty(self.records[self.keep].get(f)) else 1 - self.keep

    # Keys ------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Pick, merge, keep apart, or go on."""
        key = key_of(event.key, event.character)
        actions: dict[str, Callable[[], Any]] = {
            "h": lambda: self._choose(0), "left": lambda: self._choose(0),
            "l": lambda: self._choose(1), "right": lambda: self._choose(1),
            "space": self._swap_pick, "tab": self._swap, "enter": self._merge,
            "d": self._keep_both, "n": lambda: self._go(1), "p": lambda: self._go(-1),
            "escape": lambda: self.dismiss(self.changed),
        }  # fmt: skip
        if self.prompt.is_open or key not in actions:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()
        actions[key]()

    def _choose(self, side: int) -> None:
        if isinstance(self.listing.key, str):
            self.picks[self.listing.key] = side
            self.listing.reload()
            self.listing.move_cursor(1)

    def _swap_pick(self) -> None:
        if isinstance(key := self.listing.key, str):
            pick = self._pick(self.model.by_key[key])
            self._choose(1 - pick if pick is not None else 0)

    def _swap(self) -> None:
        self.keep = 1 - self.keep
        self._list()

    def _go(self, step: int) -> None:
        at = self.at + step
        while 0 <= at < len(self.pairs) and at in self._done:
            at += step
        if not 0 <= at < len(self.pairs):
            self.say("that was the last pair" if step > 0 else "that was the first pair")
            return
        self.at, self.keep, self.picks = at, 0, {}
        self._read()

    def _ids(self) -> tuple[int, int]:
        both = (self.pair.first, self.pair.second)
        return both[self.keep], both[1 - self.keep]

    def _merge(self) -> None:
        if self.records is None or self.at in self._done:
            return
        keep, lose = self._ids()
        records = self.records
        values: dict[str, Any] = {
            key: records[side].get(self.model.by_key[key])
            for key, side in self.picks.items()
            if self.model.by_key[key].typed and not self.model.by_key[key].flow
        }

        def merged(record: Record) -> None:
            self._finished(f"merged into {record.title} (u takes it back)")

        name = self.model.name
        self.write(lambda session: session.merge(name, keep, [lose], values), merged)

    def _keep_both(self) -> None:
        if self.records is None or self.at in self._done:
            return
        keep, lose = self._ids()
        name = self.model.name

        def apart(session: Session) -> None:
            if not session.rights.allows(session.model.entity(name), "merge"):
                raise CrmError(f"keeping them apart needs the grant {name}.merge")
            keep_apart(session, session.get(name, keep), [lose])

        self.write(apart, lambda _: self._finished("kept apart"))

    def _finished(self, said: str) -> None:
        self.changed = True
        self._done.add(self.at)
        self.say(said, "won")
        if len(self._done) < len(self.pairs):
            self._go(1)
        else:
            self.dismiss(True)

    def do_undo(self) -> None:
        """Take the last merge back, and show its pair again."""
        last = max(self._done, default=None)

        def undone(done: Any) -> None:
            if last is not None:
                self._done.discard(last)
                self.at, self.keep, self.picks = last, 0, {}
            self.say(f"undone: {done.undid.label}", "won")
            self._read()

        self.write(lambda session: session.undo(), undone)
