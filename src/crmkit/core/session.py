"""The session: the one door to the data, with its actor, policy, versions and journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import evolve, frozen

from crmkit.core.declare import Command
from crmkit.core.display import Display
from crmkit.core.entity import Record
from crmkit.core.expr import Everything, Test, all_of
from crmkit.core.fields import Field
from crmkit.core.journal import Change, Commit
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.parsing import Parser
from crmkit.core.policy import VERBS, Actor, Verdict
from crmkit.core.reading import BoardColumn, Page, Reading
from crmkit.core.store import Reader, Select
from crmkit.core.undo import Undone, undo
from crmkit.core.unit import Unit
from crmkit.core.workflow import State

__all__ = ["BoardColumn", "HistoryEntry", "Page", "Session"]

T = TypeVar("T")


@frozen
class HistoryEntry:
    """One change of a record, with the commit that it was part of."""

    commit: Commit
    change: Change


class Session(Reading):
    """What one actor sees and does. Not shared between threads that write at once."""

    # Showing -----------------------------------------------------------------------------

    @property
    def _display(self) -> Display:
        return Display(self.model, self.locale, self.titles)

    def display(self, record: Record, field: Field) -> str:
        """Return a value as people read it."""
        return self._display.rows([record], [field])[0][0]

    def display_many(self, records: Sequence[Record], fields: Sequence[Field]) -> list[list[str]]:
        """Return a row of values as people read them for each record."""
        return self._display.rows(records, fields)

    def titles(self, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Return what records are called; 'lead 42' for those the actor may not see."""
        groups: dict[str, set[int]] = {}
        for entity, id in wanted:
            groups.setdefault(entity, set()).add(id)
        found: dict[tuple[str, int], str] = {}
        with self.store.reader() as reader:
            for entity, ids in groups.items():
                if entity in self.model.entities:
                    known = self._titles(reader, self.model.entity(entity), ids)
                    found |= {(entity, i): t for i, t in known.items()}
        for entity, ids in groups.items():
            for id in ids:
                found.setdefault((entity, id), f"{entity} {id}")
        return found

    def _titles(self, reader: Reader, model: EntityModel, ids: set[int]) -> dict[int, str]:
        scope = self.rights.scope(model, "read")
        if isinstance(scope, Everything) or model.name == "user":
            return reader.titles(model, ids)
        where = all_of(Test(model.by_key["id"], "in", tuple(sorted(ids))), scope)
        select = Select(entity=model, where=where, limit=len(ids), deleted=True, relations=False)
        return {r.id: r.title for r in reader.find(select)}

    def visible_fields(self, entity: str) -> tuple[Field, ...]:
        """Return the fields that the actor may see."""
        return self.rights.readable(self.model.entity(entity))

    def writable_fields(self, entity: str, verb: str = "update") -> tuple[Field, ...]:
        """Return the fields that the actor may fill in."""
        return self.rights.writable(self.model.entity(entity), verb)

    def commands(self, entity: str, record: Record | None = None) -> list[Command]:
        """Return the commands that the actor may give (on that record)."""
        model = self.model.entity(entity)
        allowed = [c for c in model.commands if self.rights.allows(model, c.verb)]
        return [c for c in allowed if record is None or c.when is None or c.when(record)]

    def moves(self, entity: str, record: Record, flow: str = "") -> list[State]:
        """Return the states that the workflow lets a record move to."""
        by = self.model.entity(entity).flow_field(flow)
        assert by.flow is not None
        now = record.get(by)
        return [s for s in by.flow.states if s.code != now and by.flow.permits(now, s.code)]

    def related(self, entity: str) -> list[tuple[EntityModel, Field]]:
        """Return the fields, of entities that the actor may read, that point at this entity."""
        return [
            (model, f)
            for model, f in self.model.referrers[self.model.entity(entity).name]
            if self.rights.allows(model, "read") and self.rights.field_allowed(model, f, "read")
        ]

    # Text to values ----------------------------------------------------------------------

    def parse(self, entity: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values for text typed by a person; Invalid collects every problem."""
        return self._parser().parse(self.model.entity(entity), texts)

    def parse_field(self, entity: str, key: str, text: str) -> Any:
        """Return the typed value of one field's text; Invalid says what is wrong."""
        model = self.model.entity(entity)
        return self._parser().field(model.field(key), text)

    def parse_params(self, command: Command, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values for a command's parameters."""
        return self._parser().params(command, texts)

    def _parser(self) -> Parser:
        return Parser(self.locale, self.actor.id, self._named)

    def _named(self, targets: Sequence[str], text: str) -> list[Link]:
        found = []
        with self.store.reader() as reader:
            for target in targets:
                model = self.model.entity(target)
                ids = reader.named(model, text)
                seen = reader.titles(model, ids) if target == "user" else self._titles(
                    reader, model, set(ids))  # fmt: skip
                found += [Link(target, id) for id in ids if id in seen]
        return found

    # Writing -----------------------------------------------------------------------------

    @contextmanager
    def transaction(self, label: str = "") -> Iterator[Unit]:
        """Open a transaction: everything done in it is one commit, or nothing."""
        with self.store.writer() as writer:
            unit = Unit(self, writer, label)
            yield unit
            unit.finish()

    def _once(self, do: Callable[[Unit], T]) -> T:
        with self.transaction() as unit:
            return do(unit)

    def add(self, entity: str, values: Mapping[str, Any] | None = None, **more: Any) -> Record:
        """Add a record; Invalid names every field that is wrong."""
        return self._once(lambda unit: unit.add(entity, **{**(values or {}), **more}))

    def save(self, record: Record) -> Record:
        """Save a copy made by `evolve`; Conflict where somebody saved the record since."""
        return self._once(lambda unit: unit.save(record))

    def set(
        self, entity: str, id: int, values: Mapping[str, Any], *, version: int | None = None
    ) -> Record:
        """Change values of a record (at a version that was read, if one is given)."""
        return self._once(lambda unit: unit.set(entity, id, values, version=version))

    def move(
        self,
        entity: str,
        id: int,
        state: str,
        values: Mapping[str, Any] | None = None,
        *,
        flow: str = "",
        version: int | None = None,
    ) -> Record:
        """Move a record to a state; Refused, Denied or Invalid say why it stays."""
        return self._once(
            lambda u: u.move(entity, id, state, flow=flow, version=version, **(values or {}))
        )

    def run(self, command: str, id: int, params: Mapping[str, Any] | None = None) -> Any:
        """Give a command, written `entity.command`, on a record; return what it returns."""
        return self._once(lambda unit: unit.run(command, id, params or {}))

    def delete(self, entity: str, id: int, *, version: int | None = None) -> Record:
        """Delete a record; it can be restored."""
        return self._once(lambda unit: unit.delete(entity, id, version=version))

    def restore(self, entity: str, id: int) -> Record:
        """Bring a deleted record back."""
        return self._once(lambda unit: unit.restore(entity, id))

    # The journal -------------------------------------------------------------------------

    def history(self, entity: str, id: int, *, limit: int = 100) -> list[HistoryEntry]:
        """Return a record's changes, newest first, without fields the actor may not read."""
        model = self.model.entity(entity)
        self.get(entity, id, deleted=True)
        with self.store.reader() as reader:
            commits = reader.commits(limit=limit, entity=model.name, record=id)
        hidden = {f.key for f in self.rights.hidden(model)}
        return [
            HistoryEntry(commit, _without(change, hidden))
            for commit in commits
            for change in reversed(commit.changes)
        ]

    def log(
        self, *, limit: int = 50, before: int | None = None, actor: int | None = None
    ) -> list[Commit]:
        """Return commits, newest first: everybody's for those who may read the journal."""
        if not self.may_read_journal():
            actor = self.actor.id
        with self.store.reader() as reader:
            return reader.commits(limit=limit, before=before, actor=actor)

    def may_read_journal(self) -> bool:
        """Whether the actor may read what everybody did (the grant `journal.read`)."""
        return any(r.covers("journal", "read") and not r.deny and r.scope == "all"
                   for r in self.rights.rules)  # fmt: skip

    def undo(self, commit: int | None = None) -> Undone:
        """Take a commit back (by default the actor's newest that still stands), as a commit."""
        return undo(self, commit)

    def explain(self, user: Actor, entity: str, id: int | None = None) -> list[Verdict]:
        """Return why a user may or may not do each verb on an entity or a record."""
        model = self.model.entity(entity)
        rights = Session(self.model, self.store, user, self._locale).rights
        verbs = list(dict.fromkeys([*VERBS, *(c.verb for c in model.commands)]))
        if id is None:
            return rights.explain(model, verbs, None)
        record = self.get(entity, id, deleted=True)
        with self.store.reader() as reader:
            return rights.explain(model, verbs, lambda e: self.holds(reader, model, record, e))


def _without(change: Change, hidden: set[str]) -> Change:
    if not hidden & (change.before.keys() | change.after.keys()):
        return change
    return evolve(
        change,
        before={k: v for k, v in change.before.items() if k not in hidden},
        after={k: v for k, v in change.after.items() if k not in hidden},
    )
