"""Duplicates of an entity: the pairs, the likeliest first, each to be merged or kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from crmkit.core.matching import Pair
from crmkit.core.session import Session
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

COLUMNS = (
    ColumnSpec("first", "First", 14, 1),
    ColumnSpec("second", "Second", 14, 1),
    ColumnSpec("score", "Score", 5, right=True),
    ColumnSpec("why", "Why", 20, 1),
)


class PairRows:
    """Pairs as rows; the key is the pair's place."""

    def __init__(self, session: Session, entity: str, pairs: Sequence[Pair]) -> None:
        titles = session.titles((entity, id) for p in pairs for id in (p.first, p.second))
        self.rows = [
            Row(n, (titles[entity, p.first], titles[entity, p.second], str(p.score),
                    ", ".join(p.reasons)))
            for n, p in enumerate(pairs)
        ]  # fmt: skip

    def total(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some."""
        return self.rows[start : start + limit]


class DuplicatesScreen(ListScreen):
    """The pairs; enter goes through them, one after the other."""

    scopes = ("cursor",)

    def __init__(self, desk: Desk, entity: str) -> None:
        super().__init__(desk)
        self.model = desk.model.entity(entity)
        self.pairs: list[Pair] = []

    def body(self) -> Sequence[Widget]:
        """The list of pairs."""
        empty = f"No two {self.model.plural.lower()} look alike."
        return [RecordList(self.fetch, empty=empty, id="list")]

    def start(self) -> None:
        """Look for them."""
        self.title_line.show(f"Duplicates: {self.model.plural.lower()}")
        self.status.hint("enter compare and merge  u undo  esc back")
        self.focus_body()
        self._look()

    def refresh_data(self) -> None:
        """Only one's own merges change the list: looking for all pairs takes a while."""

    def do_refresh(self) -> None:
        """Look for them anew."""
        self._look()

    def _look(self) -> None:
        self.say("looking for pairs ...")
        name = self.model.name

        def find(session: Session) -> tuple[list[Pair], PairRows]:
            pairs = session.pairs(name)
            return pairs, PairRows(session, name, pairs)

        def show(found: tuple[list[Pair], PairRows]) -> None:
            self.pairs, rows = found
            self.listing.set_source(rows, COLUMNS, cursor=0)
            self.say(f"{len(self.pairs):,} pairs")

        self.ask(find, show)

    def do_open(self) -> None:
        """Compare the pair under the cursor."""
        from crmkit.tui.screens.pair import PairScreen

        at = self.listing.key
        if isinstance(at, int):
            self.app.push_screen(PairScreen(self.desk, self.model, self.pairs, at), self._came_back)

    def _came_back(self, changed: bool | None) -> None:
        if changed:
            self._look()
