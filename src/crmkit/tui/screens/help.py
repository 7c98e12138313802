"""Help: the keys that work where one came from, as they really are; typing filters them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

COLUMNS = (
    ColumnSpec("keys", "Keys", 14),
    ColumnSpec("what", "What they do", 24, 1),
    ColumnSpec("action", "Name in the configuration", 12),
)


class HelpRows:
    """The bindings that a filter leaves."""

    def __init__(self, desk: Desk, scopes: Sequence[str], filter: str = "") -> None:
        found = desk.keys.help_rows(scopes, filter)
        self._rows = [Row(n, cells) for n, cells in enumerate(found)]

    def total(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some."""
        return self._rows[start : start + limit]


class HelpScreen(ListScreen):
    """The keys."""

    scopes = ("marks", "cursor")

    def __init__(self, desk: Desk, scopes: Sequence[str]) -> None:
        super().__init__(desk)
        self._shown = scopes

    def body(self) -> Sequence[Widget]:
        """The list of keys."""
        return [RecordList(self.fetch, empty="No such key.", id="list")]

    def start(self) -> None:
        """Show all."""
        self.title_line.show("Keys that work here")
        self.status.hint("/ filter  esc back   keys are changed in crmkit.toml, section [keys]")
        self._show("")
        self.focus_body()

    def _show(self, filter: str) -> None:
        self.listing.set_source(HelpRows(self.desk, self._shown, filter), COLUMNS)

    def do_filter(self) -> None:
        """Filter as one types."""
        self.question("help", "/", lambda text: None, "", self._show)
