"""A record: its fields, its timeline of actions and changes, and everything related to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.containers import Container
from textual.widget import Widget

from crmkit.core.entity import Record
from crmkit.core.errors import CrmError
from crmkit.core.fields import Field
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.showing import Section
from crmkit.tui.screens.erasing import ask_to_erase
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.working import Target
from crmkit.tui.sources import EntityRows, cell, column_fields, column_specs, marks
from crmkit.tui.timeline import COLUMNS as TIMELINE
from crmkit.tui.timeline import TimelineRows
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row, RowSource

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

WIDE = 100
DETAILS = (ColumnSpec("field", "Field", 14), ColumnSpec("value", "Value", 20, 1))


class DetailRows:
    """The fields of a record as lines; a line that is a reference can be opened."""

    def __init__(self, session: Session, model: EntityModel, record: Record) -> None:
        fields = list(session.visible_fields(model.name))
        shown = session.display_many([record], fields)[0]
        self.rows: list[Row] = []
        section = ""
        for f, text in sorted(zip(fields, shown, strict=True), key=lambda p: _order(fields, p[0])):
            if f.section != section:
                section = f.section
                self.rows.append(Row(section, (section,), section=True))
            self.rows += self._lines(session, f, record, text)
        for found in session.panels(record):
            self.rows += _panel(found)

    def _lines(self, session: Session, f: Field, record: Record, text: str) -> list[Row]:
        value = record.get(f)
        said = cell(session, f, value, text) if f.flow else text
        state = f.flow.state(str(value)) if f.flow else None
        style = state.colour if state else "" if said else "muted"
        parts = (
            said.split("\n") if f.kind.name == "note" else said.split(" | ") if f.many else [said]
        )
        keys = _targets(f, value)
        rows = []
        for at, part in enumerate(parts):
            key = keys[at] if at < len(keys) else (f.key, at)
            label = f.label if at == 0 else ""
            rows.append(Row(key, (label, part or "-"), cell_styles=("muted", style)))
        return rows

    def total(self) -> int:
        """Return how many lines there are."""
        return len(self.rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some."""
        return self.rows[start : start + limit]


def _panel(found: Section) -> list[Row]:
    """Return what a plugin shows of the record, one line each."""
    style = "overdue" if found.failed else ""
    lines = [
        Row(
            line.opens or ("", found.label, at), (line.label, line.text),
            cell_styles=("muted", style),
        )
        for at, line in enumerate(found.lines)
    ]  # fmt: skip
    return [Row(("", found.label), (found.label,), section=True), *lines]


def _order(fields: Sequence[Field], f: Field) -> tuple[int, int]:
    sections = list(dict.fromkeys(x.section for x in fields))
    return sections.index(f.section), fields.index(f)


def _targets(f: Field, value: object) -> list[Target]:
    found = f.values(value) if f.targets else []
    return [(v.entity, v.id) if isinstance(v, Link) else (f.targets[0], v) for v in found]


class RecordScreen(ListScreen):
    """A record."""

    scopes = ("record", "work", "cursor")
    DEFAULT_CSS = """
    RecordScreen #halves { layout: vertical; height: 1fr; }
    RecordScreen #details { height: 1fr; }
    RecordScreen #lower { height: 1fr; }
    RecordScreen.wide #halves { layout: horizontal; }
    RecordScreen.wide #details { width: 2fr; height: 1fr; border-right: solid $panel; }
    RecordScreen.wide #lower { width: 3fr; height: 1fr; }
    """

    def __init__(
        self, desk: Desk, entity: str, id: int, siblings: list[int], said: str = ""
    ) -> None:
        super().__init__(desk)
        self._said = said
        self.model = desk.model.entity(entity)
        self.id_ = id
        self.ids = siblings
        self.record: Record | None = None
        self._mark = ("", "")
        self.part = 0
        self.related = [
            (m, f) for m, f in desk.session.related(entity) if not (f.derived or m.name == "user")
        ]

    def body(self) -> Sequence[Widget]:
        """The fields, and the part that is chosen."""
        run = self.fetch
        details = RecordList(run, header=False, id="details")
        lower = RecordList(run, empty="Nothing here yet. A makes an action.", id="lower")
        return [Container(details, lower, id="halves")]

    @property
    def details(self) -> RecordList:
        """The fields."""
        return self.query_one("#details", RecordList)

    @property
    def lower(self) -> RecordList:
        """The chosen part."""
        return self.query_one("#lower", RecordList)

    @property
    def listing(self) -> RecordList:
        """The half that has the keys."""
        return self.lower if self.lower.active else self.details

    def start(self) -> None:
        """Read the record."""
        moves = "m move  " if self.model.flow else ""
        self.status.hint(f"e edit  {moves}A action  [ ] previous, next  h l parts  tab other half")
        self.status.say(self._said, "won")
        self.set_class(self.app.size.width >= WIDE, "wide")
        self.lower.activate(False)
        self._read(first=True)

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self.set_class(event.size.width >= WIDE, "wide")

    def refresh_data(self) -> None:
        """Read it anew."""
        self._read(first=False)

    def _read(self, *, first: bool) -> None:
        model = self.model

        def read(session: Session) -> tuple[Record, DetailRows, tuple[str, str]]:
            record = session.get(model.name, self.id_)
            tags = session.badges(record) if model.badges else []
            return record, DetailRows(session, model, record), marks(tags)

        def show(found: tuple[Record, DetailRows, tuple[str, str]]) -> None:
            self.record, rows, self._mark = found
            same = self.record.id == self.id_
            if self.record.id != self.id_:
                self.say(f"{model.label} {self.id_} was merged into {self.record.id}", "warning")
                self.id_ = self.record.id
            if first:
                self.details.set_source(rows, DETAILS)
                self.desk.live.presence.show(self)
            else:
                self.details.renew(rows)
            self._title()
            self._show_part(keep=same and not first)

        def gone(error: CrmError) -> None:
            self.say(str(error), "error")
            self.title_line.show(f"{model.label} {self.id_}", note="gone")

        self.ask(read, show, gone)

    def _title(self) -> None:
        assert self.record is not None
        tabs = ["Timeline", *(self._part_label(m, f) for m, f in self.related)]
        at = self.ids.index(self.id_) + 1 if self.id_ in self.ids else 1
        note = f"{self.model.label} {self.id_}  {at}/{len(self.ids)}"
        self.title_line.show(self.record.title, tabs, self.part, note, self._mark)

    def _part_label(self, model: EntityModel, f: Field) -> str:
        twice = sum(1 for m, _ in self.related if m is model) > 1
        return f"{model.plural} ({f.label.lower()})" if twice else model.plural

    def _show_part(self, *, keep: bool) -> None:
        source, columns = self._part()
        if keep:
            self.lower.renew(source)
        else:
            self.lower.set_source(source, columns)

    def _part(self) -> tuple[RowSource, Sequence[ColumnSpec]]:
        """Return the rows of the chosen part, and their columns."""
        session = self.desk.session
        if self.part == 0:
            return TimelineRows(session, self.model, self.id_), TIMELINE
        model, f = self.related[self.part - 1]
        link = f"{self.model.name}:{self.id_}" if len(f.targets) > 1 else str(self.id_)
        fields = [x for x in column_fields(session, model, ()) if x is not f]
        found = EntityRows(session, model, f"{f.key}:{link}", "", fields)
        return found, column_specs(model, fields)

    # What is worked on -------------------------------------------------------------------------

    def targets(self) -> list[Target]:
        """The related record under the cursor of the lower half, or else this one."""
        if self.lower.active and (target := self._under_cursor()):
            return [target]
        return [(self.model.name, self.id_)]

    def _under_cursor(self) -> Target | None:
        key = self.lower.key
        if isinstance(key, tuple) and len(key) == 2 and key[0] in self.desk.model.entities:
            return str(key[0]), int(key[1])
        if isinstance(key, int) and self.part:
            return self.related[self.part - 1][0].name, key
        return None

    def entity_here(self) -> str:
        """The entity of what is worked on."""
        return self.targets()[0][0]

    def preset(self) -> dict[str, str]:
        """A new related record points here."""
        if self.part and self.lower.active:
            f = self.related[self.part - 1][1]
            return {f.key: f"{self.model.name}:{self.id_}"}
        return {}

    def do_new(self) -> None:
        """A new record: of the related kind that is shown, pointing here."""
        if self.part:
            model, f = self.related[self.part - 1]
            preset = {f.key: f"{self.model.name}:{self.id_}"}
            self.desk.open_form(model.name, preset=preset, saved=self.came_back)
        else:
            super().do_new()

    # Actions -----------------------------------------------------------------------------------

    def on_record_list_opened(self, event: RecordList.Opened) -> None:
        """Open what a line points at."""
        key = event.key
        if event.list is self.lower and (target := self._under_cursor()):
            self.desk.open_record(*target)
        elif isinstance(key, tuple) and key[0] in self.desk.model.entities and key[0] != "user":
            self.desk.open_record(str(key[0]), int(key[1]))
        elif event.list is self.details:
            self.do_edit()

    def do_erase(self) -> None:
        """Erase what is personal of the person whom this is about."""
        ask_to_erase(self, (self.model.name, self.id_))

    def do_pane(self) -> None:
        """The other half."""
        self.details.activate(self.lower.active)
        self.lower.activate(not self.details.active)

    def do_right(self) -> None:
        """Next part."""
        self._to_part(self.part + 1)

    def do_left(self) -> None:
        """Part before."""
        self._to_part(self.part - 1)

    def do_part(self, number: str) -> None:
        """A part by its number."""
        if int(number) <= len(self.related) + 1:
            self._to_part(int(number) - 1)

    def _to_part(self, part: int) -> None:
        if self.record is None:  # it is still being read
            return
        self.part = part % (len(self.related) + 1)
        self._title()
        self._show_part(keep=False)

    def do_previous(self) -> None:
        """Previous record of the list."""
        self._to_sibling(-1)

    def do_next(self) -> None:
        """Next record of the list."""
        self._to_sibling(1)

    def _to_sibling(self, step: int) -> None:
        at = self.ids.index(self.id_) + step if self.id_ in self.ids else -1
        if 0 <= at < len(self.ids):
            self.id_ = self.ids[at]
            self._read(first=True)
        else:
            self.say("that was the last one" if step > 0 else "that was the first one")
