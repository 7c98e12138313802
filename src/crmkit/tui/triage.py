"""What triage goes through: the records that a filter finds, one after the other.

All of it is asked of the session on the data's thread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from attrs import evolve, frozen

from crmkit.core.entity import Record
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.showing import Tag
from crmkit.core.store import Cursor
from crmkit.tui.screens.record import DetailRows
from crmkit.tui.sources import cell
from crmkit.tui.widgets.record_list import Row

PAGE = 500
"""How many records are found at once; those behind them when one gets there."""
AT_ONCE = 50
"""For how many records one question asks whether the filter still finds them."""


@frozen(eq=False)
class Shown:
    """A record as triage shows it."""

    at: int
    record: Record
    found: bool
    state: tuple[str, str]
    subtitle: str
    tags: tuple[Tag, ...]
    keys: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def looks(self) -> tuple[object, ...]:
        """What would have to be painted anew if it were another."""
        return (self.record.title, self.subtitle, self.found, self.state, self.tags, self.keys,
                self.rows)  # fmt: skip


@frozen(eq=False)
class Queue:
    """The numbers of the records that the filter finds, in order, and where there are more."""

    ids: tuple[int, ...] = ()
    next: Cursor | None = None
    total: int = 0


class Lines:
    """Lines that are there already."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    def total(self) -> int:
        """Return how many there are."""
        return len(self._rows)

    def page(self, start: int, limit: int) -> Sequence[Row]:
        """Return some."""
        return self._rows[start : start + limit]


@frozen
class Finder:
    """Finds records by a filter, and reads them."""

    model: EntityModel
    filter: str
    sort: str

    def more(self, session: Session, queue: Queue, *, but: Collection[int] = ()) -> Queue:
        """Return the queue with the next page of what is found, without some."""
        page = session.find(
            self.model.name, self.filter, sort=self.sort, limit=PAGE, after=queue.next
        )
        known = {*but, *queue.ids}
        more = [r.id for r in page if r.id not in known]
        return evolve(queue, ids=(*queue.ids, *more), next=page.next)

    def seek(
        self, session: Session, queue: Queue, at: int, step: int, *, anyway: bool = False
    ) -> tuple[Queue, Shown | None]:
        """Return the next record, from a place on, that the filter still finds; None at an end.

        With `anyway` the record at that place, found or not.
        """
        while at >= 0:
            if at >= len(queue.ids):
                if step < 0 or queue.next is None:
                    break
                queue = self.more(session, queue)
                continue
            ids = queue.ids
            near = ids[at : at + AT_ONCE] if step > 0 else ids[max(0, at - AT_ONCE + 1) : at + 1]
            found = self.found(session, near)
            for _ in near:
                if ids[at] in found or anyway:
                    return queue, self.read(session, at, ids[at], ids[at] in found)
                at += step
        return queue, None

    def found(self, session: Session, ids: Sequence[int]) -> set[int]:
        """Return which of some records the filter finds now."""
        these = f"id:{','.join(map(str, ids))}"
        filter = f"({self.filter}) {these}" if self.filter.strip() else these
        return {r.id for r in session.find(self.model.name, filter, limit=len(ids))}

    def read(self, session: Session, at: int, id: int, found: bool) -> Shown:
        """Return a record as it is shown."""
        model, record = self.model, session.get(self.model.name, id)
        flow, subtitle = model.flow, model.by_key.get(model.spec.subtitle)
        allowed = session.rights.field_allowed
        state = flow.flow.state(str(record.get(flow))) if flow and flow.flow else None
        seen = subtitle is not None and allowed(model, subtitle, "read")
        under = cell(session, subtitle, record.get(subtitle), session.display(record, subtitle)) \
            if subtitle is not None and seen else ""  # fmt: skip
        return Shown(
            at, record, found,
            (f"{state.glyph} {state.label}".strip(), state.colour) if state else ("", ""),
            under, tuple(session.badges(record)),
            tuple(c.name for c in session.commands(model.name, record)),
            tuple(_filled(DetailRows(session, model, record).rows)),
        )  # fmt: skip


def _filled(rows: Sequence[Row]) -> list[Row]:
    """Return the lines that say something, with the headings over them."""
    said = [row for row in rows if row.section or row.cells[1] != "-"]
    return [
        row for n, row in enumerate(said)
        if not row.section or (n + 1 < len(said) and not said[n + 1].section)
    ]  # fmt: skip
