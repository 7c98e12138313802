"""The session: the one door to the data, with its actor, policy, versions and journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from attrs import evolve

from crmkit.core import rules
from crmkit.core.blaming import blaming
from crmkit.core.declare import Command
from crmkit.core.entity import Record
from crmkit.core.erasure import Disclosed, Erased, Reach, disclose, erase, reach
from crmkit.core.errors import CrmError, Denied, NotFound
from crmkit.core.expr import Expr, Test, all_of, negated
from crmkit.core.fields import Field
from crmkit.core.following import follow
from crmkit.core.journal import ERASED, Change, Commit, HistoryEntry
from crmkit.core.listening import hear
from crmkit.core.matching import Match, Pair
from crmkit.core.model import EntityModel
from crmkit.core.policy import VERBS, Actor, Verdict
from crmkit.core.reading import BoardColumn, Page
from crmkit.core.record_merge import history, joined
from crmkit.core.reports import Asked, Sheet, ask
from crmkit.core.retrying import again
from crmkit.core.store import Select
from crmkit.core.undo import Undone, undo
from crmkit.core.unit import Unit
from crmkit.core.view import View, matches, paired
from crmkit.core.wording import Wording
from crmkit.core.workflow import State

__all__ = ["BoardColumn", "HistoryEntry", "Page", "Session"]

DENIED = "(about what is denied to you)"
"""What a commit is called that is called after a record which the reader is denied."""

T = TypeVar("T")


def _applies(command: Command, record: Record) -> bool:
    """Whether a command makes sense on a record; one that cannot tell is not offered."""
    try:
        with blaming(command.owner, f"whether {command.name} applies", command.when):
            return command.when is None or bool(command.when(record))
    except CrmError:
        return False


class Session(Wording):
    """What one actor sees and does. Not shared between threads that write at once."""

    # What may be done ------------------------------------------------------------------

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
        return [c for c in allowed if record is None or _applies(c, record)]

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
            if not model.spec.hidden
            and self.rights.allows(model, "read")
            and self.rights.field_allowed(model, f, "read")
        ]

    # Finding duplicates, asking reports --------------------------------------------------

    def duplicates(self, entity: str, values: Mapping[str, Any], *, id: int = 0) -> list[Match]:
        """Return the records that one with these values may be the same as, best first.

        `id` is the record's own number, where it is stored already. Only what the actor may read
        is found.
        """
        model = self.model.entity(entity)
        known = {model.field(k): v for k, v in values.items()}
        record = rules.sketch(model, known, id=id)
        with self.store.reader() as reader:
            view = View(self, reader)
            found = matches(model, record, view)
        groups: dict[str, set[int]] = {}
        for match in found:
            groups.setdefault(match.entity, set()).add(match.id)
        seen = {(e, i) for e, ids in groups.items() for i in self.readable(e, ids)}
        kept = [m for m in found if (m.entity, m.id) in seen]
        return sorted(kept, key=lambda m: (-m.certain, -m.score, m.entity != entity, m.id))

    def enrich(
        self,
        entity: str,
        id: int,
        values: Mapping[str, Any],
        settled: Mapping[str, Any] | None = None,
    ) -> Record:
        """Give a record what it lacks of the values, all repeated ones and notes.

        Those that are `settled` replace what it has.
        """
        model = self.model.entity(entity)
        other = rules.sketch(model, {model.field(k): v for k, v in values.items()})
        more = joined(model, self.get(entity, id), [other])
        given = {f.key: v for f, v in more.items() if f.typed}
        return self.set(entity, id, {**given, **(settled or {})})

    def pairs(self, entity: str, filter: str = "") -> list[Pair]:
        """Return the pairs that may be duplicates among the records that a filter finds."""
        model = self.model.entity(entity)
        records = list(Asked(session=self).records(entity, filter))
        with self.store.reader() as reader:
            view = View(self, reader)
            found = paired(model, records, view)
        return sorted(found, key=lambda p: (-p.score, p.first, p.second))

    def readable(self, entity: str, ids: set[int], *, deleted: bool = False) -> set[int]:
        """Return those of some records that the actor may read; with `deleted` of those too."""
        model = self.model.entity(entity)
        return self._those(model, ids, self.rights.scope(model, "read"), deleted)

    def _those(self, model: EntityModel, ids: set[int], scope: Expr, deleted: bool) -> set[int]:
        where = all_of(Test(model.by_key["id"], "in", tuple(sorted(ids))), scope)
        asked = Select(entity=model, where=where, limit=len(ids), relations=False, deleted=deleted)
        with self.store.reader() as reader:
            return {row.id for row in reader.find(asked)}

    def denied_in(self, commits: Sequence[Commit]) -> set[int]:
        """Return the numbers of commits that changed what is denied to the actor outright."""
        if not any(rule.deny for rule in self.rights.rules):
            return set()
        with self.store.reader() as reader:
            whole = [found for commit in commits if (found := reader.commit(commit.id))]
        touched: dict[str, set[int]] = {}
        for change in (change for commit in whole for change in commit.changes):
            if change.entity in self.model.entities:
                touched.setdefault(change.entity, set()).add(change.record)
        hidden: set[tuple[str, int]] = set()
        for name, ids in touched.items():
            model = self.model.entity(name)
            unseen = negated(self.rights.scope(model, "read"))
            hidden |= {(name, id) for id in self._those(model, ids, unseen, True)}
        return {
            commit.id
            for commit in whole
            if any((change.entity, change.record) in hidden for change in commit.changes)
        }

    def report(self, name: str, filter: str = "", *, by: str = "") -> Sheet:
        """Run a report; Denied without its grant, Invalid where it cannot be asked so."""
        report = self.model.report(name)
        if not self.may_report(name):
            grant = f"report.{name}"
            raise Denied(
                f"{self.actor.name} may not run the report {name}: the grant {grant} is missing",
                grant=grant,
            )
        with blaming(report.owner, f"report {name}", report.run, lets="all"):
            return ask(self, report, filter, by)

    def may_report(self, name: str) -> bool:
        """Whether the actor may run a report (the grant `report.NAME`)."""
        rules = [r for r in self.rights.rules if r.covers("report", name)]
        return any(not r.deny for r in rules) and not any(r.deny for r in rules)

    def propose(self, command: str, id: int) -> tuple[dict[str, Any], dict[str, list[Match]]]:
        """Return what a command's form proposes on a record: values, and records to choose."""
        entity, _, name = command.partition(".")
        model = self.model.entity(entity)
        found = model.command(name)
        with self.store.reader() as reader:
            record = reader.get(model, id)
            view = View(self, reader)
            if record is None or not self.holds(
                reader, model, record, self.rights.demand(model, found.verb)
            ):
                raise NotFound(f"no {model.label.lower()} {id}")
            form = f"the form of {command}"
            with blaming(found.owner, form, found.prefill):
                values = dict(found.prefill(record, view)) if found.prefill else {}
            with blaming(found.owner, form, found.proposals):
                offers = dict(found.proposals(record, view)) if found.proposals else {}
        seen = {
            key: [m for m in matches if m.id in self.readable(m.entity, {m.id})]
            for key, matches in offers.items()
        }
        return values, seen

    def demand(self, entity: str, verb: str, id: int) -> None:
        """Raise Denied, or NotFound, unless the actor may `verb` the record: to say so early."""
        model = self.model.entity(entity)
        scope = self.rights.demand(model, verb)
        record = self.get(entity, id)
        with self.store.reader() as reader:
            if not self.holds(reader, model, record, scope):
                raise self.rights.refusal(model, verb, id)

    # Writing -----------------------------------------------------------------------------

    @contextmanager
    def transaction(self, label: str = "") -> Iterator[Unit]:
        """Open a transaction: everything done in it is one commit, or nothing."""
        with self.store.writer() as writer:
            unit = Unit(self, writer, label)
            yield unit
            unit.finish()
            commits = follow(unit)
        if self.model.listeners:
            hear(self, commits)

    def _once(self, do: Callable[[Unit], T]) -> T:
        """Do something in a transaction of its own; again where somebody was quicker by a hair."""

        def whole() -> T:
            with self.transaction() as unit:
                return do(unit)

        return again(whole)

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

    def delete(
        self, entity: str, id: int, *, version: int | None = None, reason: str = ""
    ) -> Record:
        """Delete a record; it can be restored. Some entities ask for the reason."""
        return self._once(lambda unit: unit.delete(entity, id, version=version, reason=reason))

    def merge(
        self, entity: str, keep: int, lose: Sequence[int], values: Mapping[str, Any] | None = None
    ) -> Record:
        """Merge records into the one that survives; `values` settle fields that differ."""
        return self._once(lambda unit: unit.merge(entity, keep, lose, values))

    def restore(self, entity: str, id: int) -> Record:
        """Bring a deleted record back."""
        return self._once(lambda unit: unit.restore(entity, id))

    def personal_data(self, entity: str, id: int) -> Disclosed:
        """Return what is kept of a person: of the record, and of all whose subject it is."""
        return disclose(self, entity, id)

    def erasable(self, entity: str, id: int) -> Reach:
        """Return the records, by entity and number, that `erase` would change, and what not."""
        return reach(self, entity, id)

    def erase(self, entity: str, id: int) -> Erased:
        """Erase what is kept of a person, in the journal too; there is no way back."""
        return again(lambda: erase(self, entity, id))

    # The journal -------------------------------------------------------------------------

    def history(self, entity: str, id: int, *, limit: int = 100) -> list[HistoryEntry]:
        """Return a record's changes, newest first, without fields the actor may not read.

        Those of records that were merged into it are among them.
        """
        model = self.model.entity(entity)
        self.get(entity, id, deleted=True)
        with self.store.reader() as reader:
            commits = history(reader, model, id, limit)
        hidden = {ERASED, *(f.key for f in self.rights.hidden(model))}
        return [
            HistoryEntry(commit, _without(change, hidden))
            for commit in commits
            for change in reversed(commit.changes)
        ]

    def log(
        self, *, limit: int = 50, before: int | None = None, actor: int | None = None
    ) -> list[Commit]:
        """Return commits, newest first: everybody's for those who may read the journal.

        What is called after records that are denied to the actor is not told by its name.
        """
        if not self.may_read_journal():
            actor = self.actor.id
        with self.store.reader() as reader:
            found = reader.commits(limit=limit, before=before, actor=actor)
        hidden = self.denied_in(found)
        return [evolve(c, label=DENIED) if c.id in hidden else c for c in found]

    def may_read_journal(self) -> bool:
        """Whether the actor may read what everybody did (the grant `journal.read`)."""
        return any(r.covers("journal", "read") and not r.deny and r.scope == "all"
                   for r in self.rights.rules)  # fmt: skip

    def undo(self, commit: int | None = None) -> Undone:
        """Take a commit back (by default the actor's newest that still stands), as a commit."""
        return again(lambda: undo(self, commit))

    def explain(self, user: Actor, entity: str, id: int | None = None) -> list[Verdict]:
        """Return why a user may or may not do each verb on an entity or a record.

        Denied to who asks about another user whom he may not read; NotFound for a record that
        he may not read himself.
        """
        model = self.model.entity(entity)
        if user.id != self.actor.id and not self._may_read_user(user.id):
            raise self.rights.refusal(self.model.entity("user"), "read", user.id)
        rights = Session(self.model, self.store, user, self._locale).rights
        verbs = list(dict.fromkeys([*VERBS, *(c.verb for c in model.commands)]))
        if id is None:
            return rights.explain(model, verbs, None)
        record = self.get(entity, id, deleted=True)
        with self.store.reader() as reader:
            return rights.explain(model, verbs, lambda e: self.holds(reader, model, record, e))

    def _may_read_user(self, id: int) -> bool:
        users = self.model.entity("user")
        return self.rights.allows(users, "read") and bool(self.readable("user", {id}))


def _without(change: Change, hidden: set[str]) -> Change:
    if not hidden & (change.before.keys() | change.after.keys()):
        return change
    return evolve(
        change,
        before={k: v for k, v in change.before.items() if k not in hidden},
        after={k: v for k, v in change.after.items() if k not in hidden},
    )
