"""The timeline of a record: what was done about it, and what was changed in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crmkit.core.errors import CrmError
from crmkit.core.journal import Change, text_of
from crmkit.core.model import EntityModel
from crmkit.core.session import HistoryEntry, Session
from crmkit.core.when import ago
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import Row

COLUMNS = (
    ColumnSpec("when", "When", 10),
    ColumnSpec("what", "What happened", 24, 1),
    ColumnSpec("who", "Who", 6),
)
MOST = 200
_DONE = {
    "create": "created", "delete": "deleted", "restore": "restored", "erase": "personal data erased"
}  # fmt: skip


class TimelineRows:
    """Actions about a record, and its changes, newest first."""

    def __init__(self, session: Session, model: EntityModel, id: int) -> None:
        self.session = session
        self.model = model
        self.id = id
        self._rows: list[Row] = []

    def total(self) -> int:
        """Return how many lines there are."""
        found: list[tuple[datetime, int, Row]] = []
        for n, entry in enumerate(self.session.history(self.model.name, self.id, limit=MOST)):
            found += [(entry.commit.at, -n, row) for row in self._change(entry)]
        found += self._actions()
        found.sort(key=lambda item: item[:2], reverse=True)
        self._rows = [row for _, _, row in found]
        return len(self._rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some lines."""
        if not self._rows:
            self.total()
        return self._rows[start : start + limit]

    def _change(self, entry: HistoryEntry) -> list[Row]:
        change, commit = entry.change, entry.commit
        when, who = ago(commit.at, self.session.locale), commit.actor_name
        undone = "undo: " if commit.undoes else ""
        key = ("commit", commit.id)
        if change.op in _DONE:
            return [Row(key, (when, f"{undone}{_DONE[change.op]}", who), "muted")]
        texts = [self._difference(change, name) for name in change.after]
        return [Row((*key, n), (when, undone + text, who)) for n, text in enumerate(texts)]

    def _difference(self, change: Change, name: str) -> str:
        f = self.model.by_key.get(name)
        if f is None:
            return f"{name} changed"
        before, after = (self._said(name, side.get(name)) for side in (change.before, change.after))
        return f"{f.label}: {before or '-'} → {after or '-'}"

    def _said(self, name: str, data: Any) -> str:
        f = self.model.by_key[name]
        if not f.holds(data):
            return text_of(data)
        value = f.undump(data)
        if f.targets:
            wanted = [v if hasattr(v, "entity") else None for v in f.values(value)]
            pairs = [
                (w.entity, w.id) if w is not None else (f.targets[0], v)
                for w, v in zip(wanted, f.values(value), strict=True)
            ]
            names = self.session.titles(pairs)
            return ", ".join(names[p] for p in pairs)
        return f.format(value, self.session.locale).replace("\n", " ")

    def _actions(self) -> list[tuple[datetime, int, Row]]:
        """Return the actions about the record, where there are any such things."""
        session = self.session
        found: list[tuple[datetime, int, Row]] = []
        actions = session.model.entities.get("action")
        if actions is None or "about" not in actions.by_key or self.model.name == "action":
            return []
        try:
            link = f"about:{self.model.name}:{self.id}"
            page = session.find("action", link, sort="-created_at", limit=MOST)
        except CrmError:
            return []
        for record in page:
            texts = dict(zip(
                ("kind", "subject", "outcome", "owner"),
                session.display_many([record], [actions.field(n) for n in (
                    "kind", "subject", "outcome", "owner")])[0], strict=True,
            ))  # fmt: skip
            done_at, due = record.get(actions.field("done_at")), record.get(actions.field("due"))
            glyph = "✓" if done_at else "○"
            outcome = f": {texts['outcome']}" if texts["outcome"] else ""
            what = f"{glyph} {texts['kind']} {texts['subject']}{outcome}".replace("\n", " ")
            at: datetime = done_at or due or record.created_at  # type: ignore[assignment]
            style = "won" if done_at else "due"
            row = Row(("action", record.id), (ago(at, session.locale), what, texts["owner"]), style)
            found.append((at, record.id, row))
        return found
