"""Merging records: one survives, all that pointed at the others points at it, they redirect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from crmkit.core import rules
from crmkit.core.entity import Record
from crmkit.core.errors import Conflict, Invalid
from crmkit.core.expr import Test
from crmkit.core.fields import Field, Item
from crmkit.core.journal import Commit
from crmkit.core.kinds.refs import Link, LinkKind
from crmkit.core.model import EntityModel
from crmkit.core.store import Reader, Select

if TYPE_CHECKING:
    from crmkit.core.unit import Unit

INTO = "merged_into"
"""What the journal calls the record that a merged one redirects to."""
_BATCH = 500
_ALL = (1 << 31) - 1


def merge(
    unit: Unit, entity: str, keep: int, lose: Sequence[int], values: Mapping[str, Any]
) -> Record:
    """Merge records into the one that survives; `values` settle fields that differ.

    Invalid, Denied or NotFound say why nothing was merged.
    """
    model = unit.model.entity(entity)
    gone = list(dict.fromkeys(lose))
    if not gone or keep in gone:
        raise Invalid(f"name the {model.label.lower()} to keep, and others to merge into it")
    survivor = unit.demand(model, keep, "merge")
    losers = [unit.demand(model, id, "merge") for id in gone]
    settled = unit._resolved(model, values)
    _demand_alike(unit, model, [survivor, *losers], settled)
    given = joined(model, survivor, losers) | settled
    work = _Merge(unit, model, keep, frozenset(gone))
    given = {f: work.pointed(f, value, keep) for f, value in given.items()}
    unit.label = unit.label or (
        f"Merge {model.label.lower()} {', '.join(r.title for r in losers)} into {survivor.title}"
    )
    with unit.granted():
        for loser in losers:
            work.retire(loser)
        unit._write(model, survivor, rules.changed(model, survivor, given), "absorb")
        work.move_references()
    found = unit.get(entity, keep)
    assert found is not None
    return found


def _demand_alike(
    unit: Unit, model: EntityModel, records: Sequence[Record], settled: Mapping[Field, Any]
) -> None:
    """Raise Invalid where records differ in what denials go by, and nobody said what holds.

    Merged, what is denied somebody would be a part of what is not.
    """
    by = unit.rights.denied_by(model)
    for f, value in settled.items():
        if f.guarded or f in by:
            unit._demand_field(model, f, "update", value)
    unlike = [f for f in model.fields if f in by and len({r.get(f) for r in records}) > 1]
    problems = {
        model.short(f): f"they differ in {f.label}, by which roles are denied: "
        + ("make what they are about alike" if f.derived else "say which of the values holds")
        for f in unlike
        if f not in settled or f.derived
    }
    if problems:
        raise Invalid(problems)


def joined(model: EntityModel, survivor: Record, losers: Sequence[Record]) -> dict[Field, Any]:
    """Return what the survivor gets of the others: what it lacks, repeated values, all notes."""
    found: dict[Field, Any] = {}
    for f in model.fields:
        if f.derived or f.flow:
            continue
        values = [r.get(f) for r in (survivor, *losers)]
        if f.many:
            found[f] = _all_items(f, values)
        elif f.kind.name == "note":
            found[f] = "\n\n".join(dict.fromkeys(v for v in values if v.strip()))
        else:
            found[f] = next((v for v in values if not f.is_empty(v)), values[0])
    return {f: v for f, v in found.items() if v != survivor.get(f)}


def _all_items(f: Field, values: Iterable[Sequence[Item]]) -> tuple[Item, ...]:
    kept: dict[Any, Item] = {}
    for item in (item for items in values for item in items):
        same = f.kind.identity(item.value) or item.value
        kept.setdefault(same, item if not kept else evolve(item, primary=False))
    found = tuple(kept.values())
    return f.validate(found) if found else ()


def survivor_of(reader: Reader, model: EntityModel, id: int) -> int | None:
    """Return the id that a merged record redirects to, as the journal knows it; None for others."""
    before: int | None = None
    while commits := reader.commits(limit=1, entity=model.name, record=id, before=before):
        last = commits[0].changes[-1]
        if last.op != "erase":  # what was merged stays so without its values
            return int(last.after[INTO]) if last.op == "merge" else None
        before = commits[0].id
    return None


def absorbed(reader: Reader, model: EntityModel, id: int) -> list[int]:
    """Return the ids of all records that were merged into a record and still redirect to it."""
    return _absorbed(reader, model, id, reader.commits(limit=_ALL, entity=model.name, record=id))


def history(reader: Reader, model: EntityModel, id: int, limit: int) -> list[Commit]:
    """Return the newest commits on a record, and on those that were merged into it before."""
    commits = reader.commits(limit=limit, entity=model.name, record=id)
    # What was done to a merged record is older than the merge, so that older merges don't matter.
    for one in _absorbed(reader, model, id, commits):
        commits += history(reader, model, one, limit)
    return sorted(commits, key=lambda c: c.id, reverse=True)[:limit]


def _absorbed(reader: Reader, model: EntityModel, id: int, commits: Iterable[Commit]) -> list[int]:
    """Return the ids of records that were merged into a record and still redirect to it."""
    found = []
    for commit in commits:
        if any(change.op == "absorb" for change in commit.changes):
            whole = reader.commit(commit.id)
            assert whole is not None
            found += [
                c.record
                for c in whole.changes
                if c.op == "merge" and c.entity == model.name and c.after[INTO] == id
            ]
    return [one for one in dict.fromkeys(found) if survivor_of(reader, model, one) == id]


@frozen
class _Merge:
    unit: Unit
    model: EntityModel
    keep: int
    gone: frozenset[int]

    def retire(self, loser: Record) -> None:
        """Delete a record that was merged; the journal keeps where it redirects to."""
        unit = self.unit
        after = rules.stamped(rules.touched(loser, deleted_at=unit.now), unit.now, unit.actor_id)
        if unit.writer.update(self.model, [(loser, after)]):
            raise Conflict(f"{self.model.label.lower()} {loser.id} was changed just now; try again")
        unit._note(self.model, after, "merge", {INTO: None}, {INTO: self.keep})

    def move_references(self) -> None:
        """Point everything at the survivor that pointed at the others, deleted records too."""
        for model, f in self.unit.model.referrers[self.model.name]:
            if f.derived:
                continue
            values: tuple[Any, ...] = tuple(sorted(self.gone))
            if isinstance(f.kind, LinkKind):
                values = tuple(Link(self.model.name, id) for id in values)
            select = Select(entity=model, where=Test(f, "in", values), limit=_BATCH, deleted=True)
            while rows := self.unit.writer.find(select):
                self._repoint(model, f, rows)

    def _repoint(self, model: EntityModel, f: Field, rows: Sequence[Record]) -> None:
        unit = self.unit
        pairs = []
        for row in rows:
            own = row.id if model is self.model else 0
            after = rules.stamped(
                row.evolve(**{f.key: self.pointed(f, row.get(f), own)}), unit.now, unit.actor_id
            )
            pairs.append((row, after))
        if unit.writer.update(model, pairs):
            raise Conflict("somebody changed a record at this moment; merge again")
        for before, after in pairs:
            old, new = rules.difference(model, before, after)
            unit._note(model, after, "update", old, new)

    def pointed(self, f: Field, value: Any, own: int) -> Any:
        """Return a field's value with the survivor in place of the others.

        `own` is the record's id where it is of the same entity: it never comes to name itself.
        """
        if self.model.name not in f.targets or f.is_empty(value):
            return value
        if not f.many:
            now = self._one(value)
            return f.blank() if own and now in (own, Link(self.model.name, own)) else now
        kept: dict[Any, Item] = {}
        for item in value:
            now = self._one(item.value)
            if now != own:
                kept.setdefault(now, evolve(item, value=now))
        return tuple(kept.values())

    def _one(self, value: Any) -> Any:
        if isinstance(value, Link):
            lost = value.entity == self.model.name and value.id in self.gone
            return Link(value.entity, self.keep) if lost else value
        return self.keep if value in self.gone else value
