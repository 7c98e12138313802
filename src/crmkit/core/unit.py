"""A unit of work: everything that one commit does, checked by policy, rules and versions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from crmkit.core import acting, rules
from crmkit.core.blaming import blaming
from crmkit.core.clashing import conflict
from crmkit.core.entity import Record
from crmkit.core.errors import Conflict, Denied, Detour, Invalid, NotFound, Refused
from crmkit.core.expr import Everything, Expr, Test, all_of
from crmkit.core.fields import Field
from crmkit.core.journal import Change, Commit, Op
from crmkit.core.model import EntityModel
from crmkit.core.store import Writer
from crmkit.core.strays import demand_fallback
from crmkit.core.underway import UnderWay
from crmkit.core.view import View

if TYPE_CHECKING:
    from crmkit.core.session import Session


class Unit(View):
    """The running transaction, and the `Context` that rules, derivations and commands get."""

    def __init__(self, session: Session, writer: Writer, label: str = "") -> None:
        super().__init__(session, writer)
        self.writer = writer
        self.label = label
        session.renew(writer)
        self.rights = session.rights
        self.changes: list[Change] = []
        self.flushed = 0
        """How many changes were written to the journal already, and are no longer in `changes`."""
        self.derivable: dict[int, set[int]] = {}
        """The ids whose derived values flushed changes touch, by place in the derivations."""
        self.undoes: int | None = None
        self.commit: Commit | None = None
        self._may_fill: dict[str, frozenset[Field]] = {}
        self._granted = False
        self.under_way = UnderWay()
        self.lenient = False
        """True while history is brought in: a state's required fields are not asked for, and
        what names no owner has none, and no reactions follow."""

    def lock(self, name: str) -> None:
        """Let no other transaction with a lock of this name run until this one has ended."""
        self.writer.lock(name)

    @contextmanager
    def granted(self) -> Iterator[None]:
        """Let a command's own grant stand for those of what it writes, managed fields too."""
        was, self._granted = self._granted, True
        try:
            yield
        finally:
            self._granted = was

    # Writing -------------------------------------------------------------------------------

    def add(self, entity: str, **values: Any) -> Record:
        """Add a record."""
        return self.add_many(entity, [values])[0]

    def add_many(self, entity: str, rows: Iterable[Mapping[str, Any]]) -> list[Record]:
        """Add records; Invalid of the first row that is wrong."""
        model = self.model.entity(entity)
        scope = Everything() if self._granted else self.rights.demand(model, "create")
        fresh = [self.build(model, values) for values in rows]
        return self.insert(model, fresh, scope)

    def build(self, model: EntityModel, values: Mapping[str, Any]) -> Record:
        """Return a new, checked record that is not stored yet; Invalid names what is wrong."""
        return self.draft(model, self._resolved(model, values))

    def draft(self, model: EntityModel, given: dict[Field, Any]) -> Record:
        """Return a new, checked record of values that are each valid; `build` makes them so."""
        fillable = self._fillable(model)
        for f in given:
            if f not in fillable:
                self._demand_field(model, f, "create", given[f])
        if model.owner and model.owner not in given:
            given[model.owner] = None if self.lenient else self.actor_id or None
        record = rules.new_record(model, given, self.now, self.actor_id)
        if not self.lenient:
            for f in model.flows:
                record = rules.stamp(model, record, f, "", record.get(f), self.locale)
        record = rules.fill(model, None, record, self)
        for f in model.flows:
            if not self.lenient:
                rules.require(model, record, f, "", record.get(f))
            rules.guard(model, record, f.default, record.get(f), self)
        rules.check(model, record, self)
        return record

    def insert(self, model: EntityModel, fresh: Sequence[Record], scope: Expr) -> list[Record]:
        """Store records made by `build`."""
        stored = self.writer.insert(model, fresh)
        self._check_refs(model, stored)  # first: a record that he may not see is not there
        if not isinstance(scope, Everything) and stored:
            ids = tuple(r.id for r in stored)
            inside = all_of(Test(model.by_key["id"], "in", ids), scope)
            if self.writer.count(model, inside) != len(stored):
                raise self.rights.refusal(model, "create")
        for record in stored:
            self._note(model, record, "create", {}, rules.snapshot(model, record))
        if not self.lenient:
            for record in stored:
                self._react(model, None, record)
        return stored

    def save(self, record: Record) -> Record:
        """Save a copy made by `evolve`."""
        as_read = record.as_read
        return self.set(
            record.spec.name, record.id, record.changes, version=record.version, base=as_read
        )

    def set(
        self,
        entity: str,
        id: int,
        values: Mapping[str, Any],
        *,
        version: int | None = None,
        base: Record | None = None,
    ) -> Record:
        """Change values of a record."""
        model = self.model.entity(entity)
        before = self.demand(model, id, "update")
        given = self._resolved(model, values)
        if version is not None and version != before.version:
            raise conflict(self, model, before, given, version, base)
        for f, value in given.items():
            if f.flow and value != before.get(f):
                raise Refused(f"move {model.label.lower()} {id} to change its {f.label.lower()}")
            if value != before.get(f):
                self._demand_field(model, f, "update", value)
        return self._write(model, before, rules.changed(model, before, given), "update")

    def move(
        self, entity: str, id: int, state: str, *, flow: str = "", version: int | None = None,
        **values: Any,
    ) -> Record:  # fmt: skip
        """Move a record to a state."""
        model = self.model.entity(entity)
        by = model.flow_field(flow)
        before = self.demand(model, id, "move")
        source = before.get(by)
        target = rules.state_named(model, by, state)
        given = self._resolved(model, values)
        if version is not None and version != before.version:
            raise conflict(self, model, before, {**given, by: target}, version)
        for f in given:
            self._demand_field(model, f, "update", given[f])
        if source == target and not given:
            return before
        rules.permit(model, by, source, target)
        demand_fallback(self.writer, model, by, source, target)
        self._demand_move(model, by, id, source, target)
        after = rules.changed(
            model, before, {**given, by: target, **rules.cleared(model, by, source, target)}
        )
        after = rules.stamp(model, after, by, source, target, self.locale)
        after.__dict__["moved_at"] = self.now
        rules.require(model, after, by, source, target)
        with self.under_way.saving(before):
            rules.guard(model, after, source, target, self)
        return self._write(model, before, after, "move")

    def delete(
        self, entity: str, id: int, *, version: int | None = None, reason: str = ""
    ) -> Record:
        """Delete a record: it is kept, and can be restored."""
        model = self.model.entity(entity)
        before = self.demand(model, id, "delete")
        if model.spec.delete_reason and not reason.strip():
            raise Invalid({"reason": f"say why {model.label.lower()} {id} is to be deleted"})
        if reason.strip():
            self.label = self.label or f"Delete {model.label.lower()} {id}: {reason.strip()}"
        if version is not None and version != before.version:
            raise conflict(self, model, before, {}, version)
        return self._write(model, before, rules.touched(before, deleted_at=self.now), "delete")

    def restore(self, entity: str, id: int) -> Record:
        """Bring a deleted record back."""
        model = self.model.entity(entity)
        before = self.demand(model, id, "delete", deleted=True)
        if before.deleted_at is None:
            raise Refused(f"{model.label.lower()} {id} is not deleted")
        return self._write(model, before, rules.touched(before, deleted_at=None), "restore")

    def merge(
        self, entity: str, keep: int, lose: Sequence[int], values: Mapping[str, Any] | None = None
    ) -> Record:
        """Merge records into the one that survives; `values` settle fields that differ."""
        from crmkit.core.record_merge import merge

        return merge(self, entity, keep, lose, values or {})

    def run(self, command: str, id: int, params: Mapping[str, Any]) -> Any:
        """Give a command on a record."""
        entity, _, name = command.partition(".")
        model = self.model.entity(entity)
        found = model.command(name)
        record = self.demand(model, id, found.verb, unseen=found.unseen)
        with blaming(found.owner, f"whether {command} applies", found.when):
            applies = found.when is None or found.unseen or found.when(record)
        if not applies:
            now = f", which is {record.get(model.flow)}" if model.flow else ""
            raise Refused(f"{found.label or found.name} does not apply to {record.title}{now}")
        given = rules.parameters(found, params)
        self.label = self.label or f"{found.label or found.name}: {record.title}"
        with blaming(found.owner, f"command {command}", found.run, lets="all"):
            return found.run(record, self, given)

    # What every write goes through -----------------------------------------------------------

    def demand(
        self, model: EntityModel, id: int, verb: str, *, deleted: bool = False,
        unseen: bool = False,
    ) -> Record:  # fmt: skip
        """Return a stored record that the actor may `verb`; NotFound or Denied otherwise.

        With `unseen` he need not be able to read it.
        """
        record = self.writer.get(model, id, deleted=deleted)
        if self._granted and record is not None:
            return record
        read = Everything() if unseen else self.rights.scope(model, "read")
        if record is None or not self.session.holds(self.writer, model, record, read):
            if not self.rights.allows(model, verb):
                raise self.rights.refusal(model, verb)
            raise NotFound(f"no {model.label.lower()} {id}")
        scope = self.rights.demand(model, verb)
        if not self.session.holds(self.writer, model, record, scope):
            raise self.rights.refusal(model, verb, id)
        return record

    def _demand_move(
        self, model: EntityModel, by: Field, id: int, source: str, target: str
    ) -> None:
        assert by.flow is not None
        if self._granted or source == target:
            return
        for move in by.flow.demands(source, target):
            if move.command:
                shell = f"crmkit {model.name} {move.command.replace('_', '-')} {id}"
                raise Detour(
                    f"{model.label} {id} gets to {target} by the command {move.command}: {shell}",
                    command=f"{model.name}.{move.command}",
                )
            if move.grant and not self.rights.allows(model, move.grant):
                raise self.rights.refusal(model, move.grant)

    def _fillable(self, model: EntityModel) -> frozenset[Field]:
        """Return the fields that the actor may give a new record, whatever their value."""
        if model.name not in self._may_fill:
            allowed = self.rights.writable(model, "create")
            self._may_fill[model.name] = frozenset(allowed)
        return self._may_fill[model.name]

    def _demand_field(self, model: EntityModel, f: Field, verb: str, value: Any) -> None:
        if self._granted and (f.typed or f.managed):
            return
        if not f.typed:
            raise Invalid({model.short(f): "it is filled in by the program"})
        if verb == "create" and f is model.owner and value == self.actor_id:
            return
        if self.rights.field_allowed(model, f, verb) or (
            verb == "create" and f.guarded and self.rights.field_allowed(model, f, "update")
        ):
            return
        grant = f"{model.name}.{verb}.{f.key}"
        raise Denied(
            f"{self.session.actor.name} may not set {model.short(f)}: the grant {grant} is missing",
            grant=grant,
        )

    def _resolved(self, model: EntityModel, values: Mapping[str, Any]) -> dict[Field, Any]:
        found: dict[Field, Any] = {}
        problems: dict[str, str] = {}
        for key, value in values.items():
            f = model.field(key)
            try:
                found[f] = f.validate(value)
            except ValueError as error:
                problems[model.short(f)] = str(error)
        if problems:
            raise Invalid(problems)
        return found

    def _write(self, model: EntityModel, before: Record, after: Record, op: Op) -> Record:
        old, new = rules.difference(model, before, after)
        if not old and not new and op in ("update", "move"):
            return before
        with self.under_way.saving(before):
            if op in ("update", "move", "absorb"):
                after = rules.fill(model, before, after, self)
                old, new = rules.difference(model, before, after)
            if op != "delete":
                rules.check(model, after, self)
        after = rules.stamped(after, self.now, self.actor_id)
        if self.writer.update(model, [(before, after)]):
            raise Conflict(
                f"{model.label.lower()} {before.id} was changed by somebody else just now"
            )
        self._check_refs(model, [after], {f for f in model.fields if f.key in new}, before)
        self._note(model, after, op, old, new)
        if not self.lenient:
            self._react(model, before, after)
        return after

    def _react(self, model: EntityModel, before: Record | None, after: Record) -> None:
        """Let plugins do what follows from a write; those that answer each other are stopped."""
        if model.reactions:
            rules.react(model, before, after, self)

    def _check_refs(
        self, model: EntityModel, records: Sequence[Record],
        only: Collection[Field] | None = None, before: Record | None = None,
    ) -> None:  # fmt: skip
        """Refuse references to what is not there, or what the actor may not see."""
        for f in model.fields:
            if not f.targets or (only is not None and f not in only):
                continue
            wanted: dict[str, set[int]] = {}
            known_before = f.values(before.get(f)) if before is not None else []
            for record in records:
                for value in f.values(record.get(f)):
                    if value in known_before:
                        continue
                    entity = f.targets[0] if isinstance(value, int) else value.entity
                    wanted.setdefault(entity, set()).add(
                        value if isinstance(value, int) else value.id
                    )
            for entity, ids in wanted.items():
                target = self.model.entity(entity)
                if missing := sorted(ids - rules.seen(self, target, ids, granted=self._granted)):
                    raise Invalid({model.short(f): f"there is no {entity} {missing[0]}"})

    def _note(
        self, model: EntityModel, record: Record, op: Op,
        before: Mapping[str, Any], after: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.changes.append(
            Change(entity=model.name, record=record.id, op=op, before=before, after=after,
                   title=record.title)
        )  # fmt: skip

    def flush(self) -> None:
        """Write the changes so far to the journal, so that a long transaction needn't hold them."""
        rules.note_derivable(self)
        acting.note(self.writer, self.changes)
        self.writer.record(self.changes)
        self.flushed += len(self.changes)
        self.changes.clear()

    def finish(self) -> None:
        """Bring derived values up to date and append the commit."""
        if not self.changes and not self.flushed:
            return
        rules.derive(self)
        acting.note(self.writer, self.changes)
        draft = Commit(
            at=self.now,
            actor=self.actor_id,
            actor_name=self.session.actor.name,
            via=self.session.via,
            label=self.label or rules.label(self),
            undoes=self.undoes,
            changes=tuple(self.changes),
        )
        self.commit = self.writer.append(draft)
