"""An entity's command `history`: what was done to a record, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click
from attrs import frozen

from crmkit.cli import output
from crmkit.cli.options import Whole, format_option
from crmkit.cli.records import points, target
from crmkit.cli.shell import Shell
from crmkit.core.journal import Commit, text_of
from crmkit.core.model import EntityModel
from crmkit.core.session import HistoryEntry, Session
from crmkit.core.words import a


def telling(entity: EntityModel) -> click.Command:
    """Return the command `history`."""

    @click.command("history")
    @click.argument("id", type=Whole(min=1))
    @click.option("--limit", metavar="N", type=Whole(min=1), default=100,
                  show_default=True, help="Show at most N changes.")  # fmt: skip
    @format_option()
    @click.pass_obj
    def run(shell: Shell, id: int, limit: int, form: str) -> None:
        entries = shell.session.history(entity.name, id, limit=limit)
        names = ("commit", "at", "by", "via", "what", "field", "before", "after")
        if form == "json":
            output.write_json(_entry_object(entry) for entry in entries)
        else:
            teller = Teller(shell.session, shell.entity(entity.name), form)
            rows = (row for entry in entries for row in teller.rows(entry))
            output.write_rows(form, names, rows)

    run.help = f"Show what was done to {a(entity.label.lower())}, newest first."
    return run


def _entry_object(entry: HistoryEntry) -> dict[str, Any]:
    commit, change = entry.commit, entry.change
    return {
        "commit": commit.id, "at": utc(commit), "by": commit.actor_name, "via": commit.via,
        "label": commit.label, "what": change.op, "before": dict(change.before),
        "after": dict(change.after),
    }  # fmt: skip


def utc(commit: Commit) -> str:
    """Return when a commit was made (ISO 8601, UTC)."""
    return commit.at.isoformat().replace("+00:00", "Z")


def local(session: Session, commit: Commit) -> str:
    """Return when a commit was made, on the firm's clock."""
    return session.locale.local(commit.at).replace(tzinfo=None).isoformat(" ", "minutes")


@frozen
class Teller:
    """Tells changes row by row, a row for each field, with values as people read them."""

    session: Session
    entity: EntityModel
    form: str

    def rows(self, entry: HistoryEntry) -> Iterator[Mapping[str, Any]]:
        """Yield a row for each field that a change touched, or one without fields."""
        commit, change = entry.commit, entry.change
        row = {
            "commit": commit.id,
            "at": local(self.session, commit) if self.form == "table" else utc(commit),
            "by": commit.actor_name, "via": commit.via, "what": change.op,
        }  # fmt: skip
        told = False
        for key in dict.fromkeys([*change.after, *change.before]):
            before = self._said(key, change.before.get(key))
            after = self._said(key, change.after.get(key))
            if before or after:
                told = True
                yield {**row, "field": key, "before": before, "after": after}
        if not told:
            yield row

    def _said(self, key: str, data: Any) -> str:
        f = self.entity.by_key.get(key)
        if f is None:
            return "" if data is None else str(data)
        if not f.holds(data):
            return text_of(data)
        value = f.undump(data)
        pointed = {target(f, v) for v in f.values(value)} if points(f) else set()
        if pointed and not f.many:
            return next(iter(self.session.titles(pointed).values()))
        if pointed:
            titles = self.session.titles(pointed)
            return " | ".join(titles[target(f, v)] for v in f.values(value))
        return f.format(value, self.session.locale)
