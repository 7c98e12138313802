"""The journal: what was done, by whom; each commit can be undone from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.core.session import Session
from crmkit.core.when import ago
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

MOST = 500
COLUMNS = (
    ColumnSpec("when", "When", 10),
    ColumnSpec("what", "What was done", 24, 1),
    ColumnSpec("who", "Who", 6),
    ColumnSpec("size", "Changes", 7, right=True),
    ColumnSpec("via", "Through", 6),
)


class LogRows:
    """The newest commits, as rows."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: list[Row] = []

    def total(self) -> int:
        """Return how many there are (no more than are shown)."""
        commits = self.session.log(limit=MOST)
        undone = {c.undoes for c in commits if c.undoes}
        self._rows = [
            Row(c.id, (ago(c.at, self.session.locale), c.label, c.actor_name, str(c.size), c.via),
                "muted" if c.id in undone else "")
            for c in commits
        ]  # fmt: skip
        return len(self._rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some."""
        return self._rows[start : start + limit]


class LogScreen(ListScreen):
    """What was done."""

    scopes = ("cursor",)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)

    def body(self) -> Sequence[Widget]:
        """The list of commits."""
        return [RecordList(self.fetch, empty="Nothing was done yet.", id="list")]

    def start(self) -> None:
        """Show it."""
        self.title_line.show("Journal")
        self.status.hint("u undoes the commit under the cursor  esc back")
        self.listing.set_source(LogRows(self.desk.session), COLUMNS)
        self.focus_body()

    def do_undo(self) -> None:
        """Undo the commit under the cursor."""
        commit = self.listing.key
        if not isinstance(commit, int):
            return

        def undone(done: Any) -> None:
            left = f"; left: {'; '.join(done.left[:3])}" if done.left else ""
            self.say(f"undone: {done.undid.label}{left}", "warning" if left else "won")
            self.desk.refresh()

        self.write(lambda session: session.undo(commit), undone)
