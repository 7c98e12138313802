"""Home: my day, as the plugins' sections make it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from attrs import field, frozen
from textual.widget import Widget

from crmkit.core.declare import HomeSection
from crmkit.core.session import Session
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.working import Target
from crmkit.tui.sources import marks, urgency
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

MOST = 50
"""How many records of a section are shown; the rest is counted."""

COLUMNS = (
    ColumnSpec("when", "When", 10),
    ColumnSpec("what", "What", 18, 1),
    ColumnSpec("mark", "", 6),
    ColumnSpec("who", "About", 12),
    ColumnSpec("state", "State", 8),
)


@frozen(eq=False)
class DayRows:
    """The rows of my day: a heading a section, and the records under it."""

    session: Session
    sections: Sequence[HomeSection]
    news: Sequence[str] = ()
    """What is said above all, a line each."""
    _rows: list[Row] = field(factory=list)

    def total(self) -> int:
        """Return how many lines there are."""
        told = [Row(("news", at), (line,), section=True) for at, line in enumerate(self.news)]
        day = [row for section in self.sections for row in self._section(section)]
        self._rows[:] = [*told, *day]
        return len(self._rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some lines."""
        if not self._rows:
            self.total()
        return self._rows[start : start + limit]

    def _section(self, section: HomeSection) -> list[Row]:
        session, model = self.session, self.session.model.entity(section.entity)
        if not session.rights.allows(model, "read"):
            return []
        count = session.count(section.entity, section.filter)
        if not count and not section.always:
            return []
        page = session.find(section.entity, section.filter, sort=section.sort, limit=MOST)
        head = Row(section.label, (f"{section.label} ({count:,})",), section=True)
        rows = [self._row(section, record) for record in page]
        if count > len(page.records):
            more = f"... and {count - len(page.records):,} more"
            rows.append(Row(more, (f"   {more}",), "muted", section=True))
        return [head, *rows]

    def _row(self, section: HomeSection, record: Any) -> Row:
        from crmkit.core.when import ago

        session, model = self.session, self.session.model.entity(section.entity)
        style = urgency(session, model, record)
        when = record.get(model.field(section.when)) if section.when else None
        subtitle = model.by_key.get(model.spec.subtitle)
        seen = subtitle is not None and session.rights.field_allowed(model, subtitle, "read")
        who = session.display(record, subtitle) if subtitle and seen else ""
        flow = model.flow
        state = flow.flow.state(str(record.get(flow))) if flow and flow.flow else None
        mark = "! " if style == "overdue" else ""
        badge, tone = marks(session.badges(record)) if model.badges else ("", "")
        return Row(
            (model.name, record.id),
            (mark + ago(when, session.locale) if when else "", record.title, badge, who,
             f"{state.glyph} {state.label}".strip() if state else ""),
            cell_styles=(style, "", tone, "muted", state.colour if state else ""),
        )  # fmt: skip


class HomeScreen(ListScreen):
    """What there is to do today."""

    scopes = ("marks", "work", "cursor")

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        cells = max(20, desk.app.size.width - 4)
        news = [part for line in desk.news.strip().splitlines() for part in wrap(line, cells)]
        self.rows = DayRows(desk.session, desk.model.home, news)
        desk.news = ""

    def body(self) -> Sequence[Widget]:
        """The list of the day."""
        return [RecordList(self.fetch, empty="Nothing to do. gl shows the leads.", id="list")]

    def start(self) -> None:
        """Show the day."""
        now = self.desk.session.locale.local(self.desk.session.now)
        self.title_line.show(f"My day: {now:%A} {now.day} {now:%B}", note=self.desk.config.name)
        self.status.hint("g goes to lists (gl leads, ga actions)  enter open  : command  ? keys")
        self.focus_body()
        self.listing.set_source(self.rows, COLUMNS)

    def place(self) -> dict[str, Any]:
        """Home."""
        return {"screen": "home"}

    def targets(self) -> list[Target]:
        """The marked rows, or the one under the cursor."""
        return [k for k in self.listing.chosen() if isinstance(k, tuple)]

    def entity_here(self) -> str:
        """The entity of the row under the cursor."""
        key = self.listing.key
        return str(key[0]) if isinstance(key, tuple) else ""

    def on_record_list_opened(self, event: RecordList.Opened) -> None:
        """A row was opened."""
        if isinstance(event.key, tuple):
            entity, id = event.key
            near = [k for k in self.listing.neighbours() if isinstance(k, tuple)]
            self.desk.open_record(entity, id, [i for e, i in near if e == entity])

    def do_filter(self) -> None:
        """Search: home has no filter of its own."""
        self.desk.go_search()
