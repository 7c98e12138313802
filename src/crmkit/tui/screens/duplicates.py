"""Duplicates of an entity: the pairs, the likeliest first, each to be merged or kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.core.errors import CrmError
from crmkit.core.matching import Pair
from crmkit.core.session import Session
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

COLUMNS = (
    ColumnSpec("score", "Score", 5, right=True),
    ColumnSpec("first", "First", 12, 1),
    ColumnSpec("second", "Second", 12, 1),
    ColumnSpec("why", "Why", 16, 2),
)
TICK = 1.0
"""Seconds between notes on how long the search has taken."""


class PairRows:
    """Pairs as rows; the key is the pair's place."""

    def __init__(self, session: Session, entity: str, pairs: Sequence[Pair]) -> None:
        self.session = session
        self.entity = entity
        self.pairs = pairs

    def total(self) -> int:
        """Return how many there are."""
        return len(self.pairs)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some; only those that are seen are looked up."""
        some = self.pairs[start : start + limit]
        titles = self.session.titles((self.entity, id) for p in some for id in (p.first, p.second))
        return [self._row(n, pair, titles) for n, pair in enumerate(some, start)]

    def _row(self, at: int, pair: Pair, titles: dict[tuple[str, int], str]) -> Row:
        names = [f"{id} {titles[self.entity, id]}" for id in (pair.first, pair.second)]
        score = f"{pair.score} !" if pair.certain else str(pair.score)
        styles = ("mark" if pair.certain else "", "", "", "muted")
        return Row(at, (score, *names, ", ".join(pair.reasons)), cell_styles=styles)


class DuplicatesScreen(ListScreen):
    """The pairs; enter goes through them, one after the other."""

    scopes = ("cursor",)

    def __init__(self, desk: Desk, entity: str) -> None:
        super().__init__(desk)
        self.model = desk.model.entity(entity)
        self.pairs: list[Pair] = []
        self._began = 0.0
        self._tick: Any = None

    def body(self) -> Sequence[Widget]:
        """The list of pairs."""
        empty = f"No two {self.model.plural.lower()} look alike."
        return [RecordList(self.fetch, empty=empty, id="list")]

    def start(self) -> None:
        """Look for them."""
        self.title_line.show(f"Duplicates: {self.model.plural.lower()}")
        self.status.hint("enter compare and merge  ctrl+r look anew  u undo  esc back")
        self.focus_body()
        self._look()

    @property
    def ready(self) -> bool:
        """Keys that are typed ahead wait for the pairs, as long as keys wait at all."""
        return super().ready and self._tick is None

    def refresh_data(self) -> None:
        """Only one's own merges change the list: looking for all pairs takes a while."""

    def do_refresh(self) -> None:
        """Look for them anew."""
        self.desk.app.redraw()
        self._look()

    # Looking for them ------------------------------------------------------------------------

    def _look(self) -> None:
        """Look on a thread of its own: other keys need not wait for it."""
        if self._tick is not None:
            return
        name = self.model.name
        self._began = monotonic()
        self._note()
        self._tick = self.set_interval(TICK, self._note)
        self.desk.ask_aside(lambda session: session.pairs(name), self._found, self._not_found)

    def _note(self) -> None:
        seconds = int(monotonic() - self._began)
        lasting = f" {seconds} s" if seconds else ""
        self.title_line.note(f"looking for pairs …{lasting}")

    def _ended(self) -> None:
        if self._tick is not None:
            self._tick.stop()
            self._tick = None

    def _found(self, pairs: list[Pair]) -> None:
        if not self.is_left:
            self._ended()
            self.pairs = pairs
            self._list()

    def _not_found(self, error: CrmError) -> None:
        if not self.is_left:
            self._ended()
            self.title_line.note("")
            self.fail(error)

    def _list(self, cursor: int = 0) -> None:
        rows = PairRows(self.desk.session, self.model.name, self.pairs)
        self.listing.set_source(rows, COLUMNS, cursor=cursor)
        many = len(self.pairs)
        self.title_line.note(f"{many:,} {'pair' if many == 1 else 'pairs'}")

    # Working through them --------------------------------------------------------------------

    def do_open(self) -> None:
        """Compare the pair under the cursor."""
        from crmkit.tui.screens.pair import PairScreen

        at = self.listing.key
        if isinstance(at, int):
            self.app.push_screen(PairScreen(self.desk, self.model, self.pairs, at), self._came_back)

    def _came_back(self, answer: tuple[list[int], str] | None) -> None:
        settled, said = answer or ([], "")
        self.say(said, "won")
        if settled:
            gone = set(settled)
            above = sum(1 for n in gone if n < self.listing.cursor)
            self.pairs = [p for n, p in enumerate(self.pairs) if n not in gone]
            self._list(self.listing.cursor - above)

    def do_undo(self) -> None:
        """Undo the last thing done; its pair may be one to look at again."""

        def undone(done: Any) -> None:
            left = f"; left: {'; '.join(done.left[:3])}" if done.left else ""
            self.say(f"undone: {done.undid.label}{left}", "warning" if left else "won")
            self._look()

        self.write(lambda session: session.undo(), undone)
