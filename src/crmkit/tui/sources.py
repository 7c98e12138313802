"""Rows and cards made from records: what lists and boards ask for, on the worker thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from attrs import field, frozen

from crmkit.core.binding import due_field
from crmkit.core.entity import Record
from crmkit.core.errors import Invalid
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.session import BoardColumn as Sum
from crmkit.core.session import Session
from crmkit.core.showing import Tag
from crmkit.core.store import Cursor
from crmkit.core.when import ago
from crmkit.tui.widgets.board import BoardColumn, Card
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import Row

_WIDE = {"text": 1, "note": 1, "link": 1}
_LEAST = {"moment": 8, "date": 10, "flow": 6, "choice": 6, "money": 8, "flag": 4}


def column_fields(session: Session, model: EntityModel, names: Sequence[str]) -> list[Field]:
    """Return the fields of a list's columns that the actor may see."""
    wanted = [model.field(n) for n in names] or list(model.columns)
    return [f for f in wanted if f.system or session.rights.field_allowed(model, f, "read")]


def column_specs(model: EntityModel, fields: Sequence[Field]) -> list[ColumnSpec]:
    """Return how the columns of a list are drawn."""
    found = [
        ColumnSpec(
            model.short(f), f.label, 14 if at == 0 else _LEAST.get(f.kind.name, 10),
            _WIDE.get(f.kind.name, 0), f.kind.right,
        )
        for at, f in enumerate(fields)
    ]  # fmt: skip
    if model.badges:
        found.insert(1, ColumnSpec("", "", 6))
    return found


TONES = {"quiet": "badge", "good": "won", "warn": "warning", "bad": "overdue"}
"""The styles of the tones that marks have."""


def marks(tags: Sequence[Tag]) -> tuple[str, str]:
    """Return the marks of a record as text, and the style of the gravest."""
    order = list(TONES)
    gravest = max((order.index(t.tone) for t in tags), default=0)
    return " · ".join(t.text for t in tags), TONES[order[gravest]]


def urgency(session: Session, model: EntityModel, record: Record) -> str:
    """Return the style of a record: overdue, due today, won or lost."""
    flow = model.flow
    state = flow.flow.state(record.get(flow)) if flow and flow.flow else None
    if state is not None and not state.is_open:
        return state.outcome
    try:
        due = record.get(due_field(model))
    except Invalid:
        return ""
    if due is None:
        return ""
    now = session.locale.local(session.locale.now)
    if isinstance(due, datetime):
        local = session.locale.local(due)
        return "overdue" if local < now else "due" if local.date() == now.date() else ""
    return "overdue" if due < now.date() else "due" if due == now.date() else ""


def cell(session: Session, f: Field, value: object, text: str) -> str:
    """Return a value as a list shows it: states with their glyph, times as one says them."""
    if f.flow:
        state = f.flow.state(str(value))
        return f"{state.glyph} {state.label}".strip() if state else f"? {value}"
    if isinstance(value, datetime | date):
        return ago(value, session.locale)
    return text


def row_of(
    session: Session, model: EntityModel, fields: Sequence[Field], record: Record, texts: list[str]
) -> Row:
    """Return the line of a record."""
    style = urgency(session, model, record)
    due = model.spec.due
    cells, styles = [], []
    for f, text in zip(fields, texts, strict=True):
        value = record.get(f)
        cells.append(cell(session, f, value, text))
        state = f.flow.state(str(value)) if f.flow else None
        mark = "! " if f.name == due and style == "overdue" else ""
        cells[-1] = mark + cells[-1]
        styles.append(state.colour if state else style if f.name == due else "")
    if model.badges:
        text, tone = marks(session.badges(record))
        cells.insert(1, text)
        styles.insert(1, tone)
    muted = "muted" if style in ("won", "lost") else ""
    return Row(record.id, tuple(cells), muted, cell_styles=tuple(styles))


@frozen(eq=False)
class EntityRows:
    """The records that a filter finds, as rows."""

    session: Session
    model: EntityModel
    filter: str
    sort: str
    fields: Sequence[Field]
    _cursors: dict[int, Cursor] = field(factory=dict)
    _count: list[int] = field(factory=list)

    def total(self) -> int:
        """Return how many records there are."""
        found = self.session.count(self.model.name, self.filter)
        self._count[:] = [found]
        return found

    def page(self, start: int, limit: int) -> list[Row]:
        """Return a page: by the place it follows where that is known, from the nearer end else."""
        records = self._records(start, limit)
        texts = self.session.display_many(records, self.fields)
        return [
            row_of(self.session, self.model, self.fields, r, t)
            for r, t in zip(records, texts, strict=True)
        ]

    def _records(self, start: int, limit: int) -> list[Record]:
        name, after = self.model.name, self._cursors.get(start)
        total = self._count[0] if self._count else 0
        if start and after is None and total - start <= 3 * limit:
            back = self.session.find(
                name, self.filter, sort=self.sort, limit=max(0, total - start), reverse=True
            )
            return list(reversed(back.records))[:limit]
        page = self.session.find(
            name, self.filter, sort=self.sort, limit=limit, after=after,
            offset=start if after is None else 0,
        )  # fmt: skip
        if page.next is not None:
            self._cursors[start + limit] = page.next
        return page.records


@frozen(eq=False)
class BoardCards:
    """The cards of a board."""

    session: Session
    model: EntityModel
    filter: str
    sort: str = ""
    _cursors: dict[tuple[str, int], Cursor] = field(factory=dict)

    def columns(self) -> list[BoardColumn]:
        """Return the heads of the board's columns."""
        return [self._head(c) for c in self.session.board(self.model.name, self.filter)]

    def _head(self, column: Sum) -> BoardColumn:
        state = column.state
        total = ""
        if column.sum is not None and self.model.amount is not None:
            total = self.model.amount.format(column.sum, self.session.locale)
            total += f" +{len(column.sums) - 1}" if len(column.sums) > 1 else ""
        return BoardColumn(state.code, state.label, state.glyph, state.colour, column.count, total)

    def cards(self, state: str, start: int, limit: int) -> list[Card]:
        """Return some cards of a column."""
        after = self._cursors.get((state, start)) if start else None
        page = self.session.column(
            self.model.name, state, self.filter, sort=self.sort, limit=limit, after=after,
            offset=start if after is None else 0,
        )  # fmt: skip
        if page.next is not None:
            self._cursors[state, start + limit] = page.next
        lines = self._lines()
        texts = self.session.display_many(page.records, lines)
        return [self._card(r, lines, t) for r, t in zip(page.records, texts, strict=True)]

    def _lines(self) -> list[Field]:
        """Return the fields that a card shows under its title."""
        model, spec = self.model, self.model.spec
        names = [spec.subtitle, spec.due, *(f.key for f in model.columns)]
        title = spec.title if isinstance(spec.title, tuple) else (spec.title,)
        fields = [model.by_key[n] for n in names if n and n in model.by_key and n not in title]
        seen = [f for f in dict.fromkeys(fields) if not f.flow and f is not model.amount]
        return [f for f in seen if self.session.rights.field_allowed(model, f, "read")]

    def _card(self, record: Record, fields: Sequence[Field], texts: list[str]) -> Card:
        style = urgency(self.session, self.model, record)
        shown = []
        for f, text in zip(fields, texts, strict=True):
            said = cell(self.session, f, record.get(f), text)
            if said:
                shown.append(
                    ("! " if f.name == self.model.spec.due and style == "overdue" else "") + said
                )
        amount = self.model.amount
        badge = ""
        if amount is not None and self.session.rights.field_allowed(self.model, amount, "read"):
            badge = amount.format(record.get(amount), self.session.locale)
        tags = self.session.badges(record) if self.model.badges else []
        mark, tone = marks(tags)
        lines = (record.title, *shown[:1], " · ".join(shown[1:3]))
        return Card(record.id, lines, style, badge, mark, tone)
