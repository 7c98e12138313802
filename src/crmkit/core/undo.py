"""Undo: a new commit that puts back what an older one changed, as far as it still stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from crmkit.core import rules
from crmkit.core.entity import Record
from crmkit.core.errors import CrmError, Invalid, NotFound, Refused
from crmkit.core.expr import Test
from crmkit.core.journal import Change, Commit, Op
from crmkit.core.kinds.refs import Link, LinkKind
from crmkit.core.model import EntityModel
from crmkit.core.store import Reader, Select

if TYPE_CHECKING:
    from crmkit.core.session import Session
    from crmkit.core.unit import Unit

_CHUNK = 400


@frozen
class Undone:
    """What an undo did: its commit (None if nothing could be put back), and what it left."""

    undid: Commit
    commit: Commit | None
    count: int
    left: list[str]


def undo(session: Session, id: int | None = None) -> Undone:
    """Take back a commit, or the actor's newest one that still stands."""
    with session.store.reader() as reader:
        target = _standing(session, reader) if id is None else reader.commit(id)
        if target is None or not _may_see(session, target):
            raise NotFound(f"no commit {id}" if id else "there is nothing of yours to undo")
        target = reader.commit(target.id)
    assert target is not None
    try:
        return _taken_back(session, target)
    except _Needed:
        raise
    except Refused as error:
        if id is None:  # or every further undo would end at this one
            raise Refused(f"{error}{_way_on(session, target)}") from None
        raise


class _Needed(Refused):
    """Nothing is taken back while what a later commit made needs it, and that one is named."""


def _taken_back(session: Session, target: Commit) -> Undone:
    with session.transaction(f"Undo: {target.label}") as unit:
        unit.undoes = target.id
        work = _Work(unit, target)
        work.run()
    return Undone(target, unit.commit, work.count, work.left)


def _way_on(session: Session, target: Commit) -> str:
    with session.store.reader() as reader:
        older = _standing(session, reader, target.id)
    return f"; undo {older.id} takes back the one before it, {older.label}" if older else ""


def _may_see(session: Session, commit: Commit) -> bool:
    own = commit.actor == session.actor.id
    return own or (session.may_read_journal() and not session.denied_in([commit]))


def _standing(session: Session, reader: Reader, older_than: int | None = None) -> Commit | None:
    """Return the actor's newest commit that changed something, is no undo, and is not undone."""
    undone: set[int] = set()
    before: int | None = None
    while batch := reader.commits(limit=50, before=before, actor=session.actor.id):
        for commit in batch:
            if commit.undoes is not None:
                undone.add(commit.undoes)
            elif commit.id in undone or not commit.size:
                continue
            elif older_than is None or commit.id < older_than:
                return commit
        before = batch[-1].id
    return None


@frozen
class _Work:
    unit: Unit
    target: Commit
    stored: dict[tuple[str, int], Record] = field(factory=dict)
    now: dict[tuple[str, int], Record] = field(factory=dict)
    left: list[str] = field(factory=list)
    ops: dict[tuple[str, int], Op] = field(factory=dict)
    in_the_way: list[tuple[EntityModel, int]] = field(factory=list)
    """The records that need those that stay."""

    @cached_property
    def merging(self) -> bool:
        """Whether the commit was a merge."""
        return any(change.op == "merge" for change in self.target.changes)

    @property
    def count(self) -> int:
        return len(self.unit.changes)

    def run(self) -> None:
        self._load()
        for change in reversed(self.target.changes):
            self._invert(change)
        self._keep_what_would_be_wrong()
        self._keep_what_is_referred_to()
        self._write()
        if not self.unit.changes:
            why = f"nothing could be undone: {'; '.join(self.left[:5]) or 'it stands so'}"
            if made := next(self._first(), None):
                raise _Needed(f"{why}; undo {made.id} first, which made that: {made.label}")
            raise Refused(why)

    def _load(self) -> None:
        wanted: dict[str, set[int]] = {}
        for change in self.target.changes:
            if change.entity in self.unit.model.entities:
                wanted.setdefault(change.entity, set()).add(change.record)
            else:
                self.left.append(f"{change.entity} {change.record}: its plugin is off")
        for entity, ids in wanted.items():
            model = self.unit.model.entity(entity)
            for id in ids:
                record = self.unit.writer.get(model, id, deleted=True)
                if record is None:
                    self.left.append(f"{entity} {id} is not there any more")
                else:
                    self.stored[entity, id] = self.now[entity, id] = record

    def _invert(self, change: Change) -> None:
        at = (change.entity, change.record)
        if at not in self.now:
            return
        model = self.unit.model.entity(change.entity)
        if change.op == "erase":
            self.left.append(f"{change.entity} {change.record}: what was erased does not come back")
            return
        try:
            self._allow(model, change)
        except CrmError as error:
            self.left.append(str(error))
            return
        self.ops[at] = change.op
        if change.op == "create":
            self._remove(model, at, change)
        elif change.op in ("delete", "restore", "merge"):
            gone = self.unit.now if change.op == "restore" else None
            self.now[at] = rules.touched(self.now[at], deleted_at=gone)
        else:
            self._put_back(model, at, change)

    def _allow(self, model: EntityModel, change: Change) -> None:
        """Undoing one's own needs what doing it needed; another's, the verb that undoes it."""
        verb = {"restore": "delete", "absorb": "merge"}.get(change.op, change.op)
        if self.target.actor == self.unit.actor_id and change.op == "update" and self.merging:
            # A merge moves references in records that the actor could not change otherwise.
            return
        if self.target.actor != self.unit.actor_id and verb == "create":
            verb = "delete"
        scope = self.unit.rights.demand(model, verb)
        record = self.stored[change.entity, change.record]
        if not self.unit.session.holds(self.unit.writer, model, record, scope):
            raise self.unit.rights.refusal(model, verb, record.id)

    def _remove(self, model: EntityModel, at: tuple[str, int], change: Change) -> None:
        record = self.now[at]
        created, now = change.after, rules.snapshot(model, record)
        differing = {k for k in created.keys() | now.keys() if created.get(k) != now.get(k)}
        moved_on = [f.label for f in model.fields if f.key in differing]
        if moved_on:
            names = ", ".join(moved_on)
            self.left.append(f"{model.label} {record.title} stays: {names} changed since")
        else:
            self.now[at] = rules.touched(record, deleted_at=self.unit.now)

    def _put_back(self, model: EntityModel, at: tuple[str, int], change: Change) -> None:
        record = self.now[at]
        for key, was in change.before.items():
            f = model.by_key.get(key)
            if f is None:
                self.left.append(f"{model.label} {record.title}: field {key} is off")
            elif f.dump(record.get(f)) != change.after.get(key):
                self.left.append(f"{model.label} {record.title}: {f.label} changed since")
            elif f.flow and f.undump(was) not in f.flow.codes():
                self.left.append(f"{model.label} {record.title}: no plugin has the state {was}")
            elif not f.holds(was):
                self.left.append(f"{model.label} {record.title}: {f.label} is of another kind now")
            else:
                self.now[at] = self.now[at].evolve(**{f.key: f.undump(was)})

    def _keep_what_is_referred_to(self) -> None:
        """A record that came with the commit stays if something that stays points at it."""
        kept = -1
        while kept != len(self.left):  # what stays may point at what was to go
            kept = len(self.left)
            going = {
                at for at, r in self.now.items() if r.deleted_at and not self.stored[at].deleted_at
            }
            for entity in sorted({e for e, _ in going}):
                ids = sorted(id for e, id in going if e == entity)
                for start in range(0, len(ids), _CHUNK):
                    self._keep_chunk(entity, ids[start : start + _CHUNK], going)

    def _keep_chunk(self, entity: str, ids: list[int], going: set[tuple[str, int]]) -> None:
        for model, f in self.unit.model.referrers[entity]:
            values: tuple[Any, ...] = tuple(ids)
            if isinstance(f.kind, LinkKind):
                values = tuple(Link(entity, id) for id in ids)
            where = Test(f, "in", values)
            for row in self.unit.writer.find(Select(entity=model, where=where, limit=2000)):
                if (model.name, row.id) in going:
                    continue
                row = self.now.get((model.name, row.id), row)
                for value in f.values(row.get(f)):
                    at = (value.entity, value.id) if isinstance(value, Link) else (entity, value)
                    if at in going and at in self.now:
                        title = self.now[at].title
                        self.now[at] = self.stored[at]
                        self.left.append(
                            f"{entity} {title} stays: {model.name} {row.title} needs it"
                        )
                        self.in_the_way.append((model, row.id))

    def _first(self) -> Iterator[Commit]:
        """Yield the later commits that made what is in the way, as far as he may undo them."""
        for model, id in self.in_the_way:
            found = self.unit.writer.commits(limit=_CHUNK, entity=model.name, record=id)
            for made in found:
                created = any(change.op == "create" for change in made.changes)
                if created and made.id > self.target.id and _may_see(self.unit.session, made):
                    yield made

    def _keep_what_would_be_wrong(self) -> None:
        """A record stays as it is where a check would refuse what it was, and not what it is."""
        for at, after in list(self.now.items()):
            before, model = self.stored[at], self.unit.model.entity(at[0])
            if after is before or after.deleted_at is not None:
                continue
            wrong = self._wrong(model, after)
            if wrong and wrong.items() - self._wrong(model, before).items():
                told = "; ".join(f"{k}: {v}" if k else v for k, v in wrong.items())
                self.left.append(f"{model.label} {before.title} stays: {told}")
                self.now[at] = before

    def _wrong(self, model: EntityModel, record: Record) -> dict[str, str]:
        try:
            rules.check(model, record, self.unit)
        except Invalid as error:
            return error.problems
        except CrmError as error:
            return {"": str(error)}
        return {}

    def _write(self) -> None:
        unit = self.unit
        pairs: dict[str, list[tuple[Record, Record]]] = {}
        for at, after in self.now.items():
            before = self.stored[at]
            model = unit.model.entity(at[0])
            old, new = rules.difference(model, before, after)
            if not old and before.deleted_at == after.deleted_at:
                continue
            if any(f.key in new for f in model.flows):
                after = rules.touched(after, moved_at=self._in_state_since(model, after))
            after = rules.stamped(after, unit.now, unit.actor_id)
            pairs.setdefault(at[0], []).append((before, after))
            unit._note(model, after, _op(before, after, self.ops.get(at, "update")), old, new)
        for entity, rows in pairs.items():
            if unit.writer.update(unit.model.entity(entity), rows):
                raise Refused("somebody changed a record at this moment; undo again")

    def _in_state_since(self, model: EntityModel, record: Record) -> datetime:
        """Return when a record had come into the state that it is put back into.

        What was never to happen is no touch either: a stale lead is as stale as it was.
        """
        states = {f.key: record.get(f) for f in model.flows}
        before = self.stored[model.name, record.id]
        back = {f.key for f in model.flows if record.get(f) != before.get(f)}
        found = [
            stay.entered
            for stay in self.unit.writer.stays(model, record.id)
            if stay.field in back and stay.state == states[stay.field] and stay.left is not None
        ]
        return max(found, default=self.unit.now)


def _op(before: Record, after: Record, undone: Op) -> Op:
    if before.deleted_at is None and after.deleted_at is not None:
        return "delete"
    if before.deleted_at is not None and after.deleted_at is None:
        return "restore"
    return "move" if undone == "move" else "update"
