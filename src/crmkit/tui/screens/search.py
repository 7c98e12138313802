"""Search everywhere, as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from crmkit.core.session import Session
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.working import Target
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row
from crmkit.tui.widgets.typed import TypedLine

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

MOST = 100
COLUMNS = (
    ColumnSpec("title", "Found", 20, 1),
    ColumnSpec("entity", "What", 8),
    ColumnSpec("more", "", 12),
)


class FoundRows:
    """What a text finds, as rows."""

    def __init__(self, session: Session, text: str) -> None:
        self.session = session
        self.text = text
        self._rows: list[Row] = []

    def total(self) -> int:
        """Return how many records were found (no more than are shown)."""
        hits = self.session.search(self.text, limit=MOST)
        more = self._subtitles([(h.entity, h.id) for h in hits])
        self._rows = [
            Row((h.entity, h.id), (h.title, self.session.model.entity(h.entity).label,
                                   more.get((h.entity, h.id), "")),
                cell_styles=("", "muted", "muted"))
            for h in hits
        ]  # fmt: skip
        return len(self._rows)

    def _subtitles(self, found: Sequence[Target]) -> dict[Target, str]:
        session = self.session
        texts: dict[Target, str] = {}
        for name in {entity for entity, _ in found}:
            model = session.model.entity(name)
            subtitle = model.by_key.get(model.spec.subtitle)
            if subtitle is None or not session.rights.field_allowed(model, subtitle, "read"):
                continue
            ids = [id for entity, id in found if entity == name]
            page = session.find(name, f"id:{','.join(map(str, ids))}", limit=len(ids))
            rows = session.display_many(page.records, [subtitle])
            texts |= {(name, r.id): row[0] for r, row in zip(page.records, rows, strict=True)}
        return texts

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some."""
        return self._rows[start : start + limit]


class SearchScreen(ListScreen):
    """Type, and open what is found."""

    scopes = ("marks", "work", "cursor")
    DEFAULT_CSS = """
    SearchScreen #search { border: none; height: 1; padding: 0 1; margin-top: 1;
                           background: $surface; }
    """

    def __init__(self, desk: Desk, text: str = "") -> None:
        super().__init__(desk)
        self._text = text

    def body(self) -> Sequence[Widget]:
        """The line to type on, and the list."""
        line = TypedLine(
            self._text, placeholder="a name, a phone number, a word of a note", id="search"
        )
        return [line, RecordList(self.fetch, empty="Nothing found.", id="list")]

    def start(self) -> None:
        """Type."""
        self.title_line.show("Search")
        self.status.hint("type to search  ↓ ↑ choose  enter open  esc back")
        self.query_one("#search", Input).focus()

    def focus_body(self) -> None:
        """The line has the keys."""
        self.query_one("#search", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search for what was typed."""
        if event.input.id == "search":
            event.stop()
            self._text = event.value
            self.listing.set_source(FoundRows(self.desk.session, event.value), COLUMNS)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the one under the cursor."""
        if event.input.id == "search":
            event.stop()
            self.listing.open()

    def on_key(self, event: events.Key) -> None:
        """The arrows move the cursor of the list while one types."""
        if self.focused is self.query_one("#search", Input):
            steps = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10}
            if event.key in steps:
                event.stop()
                event.prevent_default()
                self.listing.move_cursor(steps[event.key])
                return
            if event.key == "escape":
                event.stop()
                self.do_back()
                return
            if event.key == "tab":
                event.stop()
                event.prevent_default()
                self.set_focus(None)
                return
        super().on_key(event)

    def do_filter(self) -> None:
        """Back to the line."""
        self.focus_body()

    def targets(self) -> list[Target]:
        """The marked rows, or the one under the cursor."""
        return [k for k in self.listing.chosen() if isinstance(k, tuple)]

    def on_record_list_opened(self, event: RecordList.Opened) -> None:
        """Open it."""
        if isinstance(event.key, tuple):
            entity, id = event.key
            near = [k for k in self.listing.neighbours() if isinstance(k, tuple)]
            self.desk.open_record(entity, id, [i for e, i in near if e == entity])
