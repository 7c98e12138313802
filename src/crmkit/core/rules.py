"""The rules of a write: what a record must be, which moves it may make, what follows from it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import evolve

from crmkit.core.blaming import blaming, called, sentence
from crmkit.core.declare import Derived, Parametrised
from crmkit.core.entity import SYSTEM_FIELDS, Facet, Record
from crmkit.core.errors import Invalid, Refused, unknown
from crmkit.core.expr import Everything, Test, all_of
from crmkit.core.fields import Field
from crmkit.core.journal import Change
from crmkit.core.kinds.base import Locale, fold
from crmkit.core.model import EntityModel
from crmkit.core.store import Select

if TYPE_CHECKING:
    from crmkit.core.unit import Unit

_ALL = 10_000_000
DERIVED_AT_ONCE = 200
"""How many records a derivation is asked for at a time."""


def new_record(model: EntityModel, given: Mapping[Field, Any], now: datetime, actor: int) -> Record:
    """Return a record of the given values and the defaults; Invalid names what is missing."""
    problems = {model.short(f): "fill it in" for f in model.required if f.is_empty(given.get(f))}
    if problems:
        raise Invalid(problems)
    return _made(
        model, given, version=1, created_at=now, created_by=actor, updated_at=now,
        updated_by=actor, moved_at=now if model.flows else None,
    )  # fmt: skip


def created(model: EntityModel, change: Change) -> Record:
    """Return the record as a change created it."""
    blank = {f: f.blank() for f in model.fields}
    known = {f: f.undump(change.after[f.key]) for f in model.fields if f.key in change.after}
    return _made(model, blank | known, id=change.record, version=1)


def sketch(model: EntityModel, given: Mapping[Field, Any], id: int = 0) -> Record:
    """Return a record as far as it is filled in, for those that only look at it."""
    blank = {f: f.blank() for f in model.fields if f not in given}
    return _made(model, blank | dict(given), id=id, version=0)


_SYSTEM: dict[str, Any] = {f.name: None for f in SYSTEM_FIELDS} | {"id": 0, "version": 0}


def _made(model: EntityModel, given: Mapping[Field, Any], **system: Any) -> Record:
    """Return a record of valid values; put together without a call of its class, for speed."""
    record: Record = object.__new__(model.spec.cls)
    values = record.__dict__
    values.update(_SYSTEM)
    values.update(model.defaults)
    values.update(system)
    values["facets"] = model.default_facets
    parts: dict[type[Facet], dict[str, Any]] = {}
    for f, value in given.items():
        if f.facet:
            parts.setdefault(model.facet_of[f], {})[f.name] = value
        else:
            values[f.name] = value
    if parts:
        changed = {cls: evolve(model.default_facets[cls], **part) for cls, part in parts.items()}
        values["facets"] = {**model.default_facets, **changed}
    return record


def changed(model: EntityModel, before: Record, given: Mapping[Field, Any]) -> Record:
    """Return a stored record with other values."""
    for f, value in given.items():
        if f.required and f.is_empty(value):
            raise Invalid({model.short(f): "fill it in"})
    return before.evolve(**{f.key: value for f, value in given.items()})


def touched(before: Record, **system: Any) -> Record:
    """Return a copy with other values of the program's own fields."""
    copy = before.evolve()
    copy.__dict__.update(system)
    return copy


def stamped(after: Record, now: datetime, actor: int) -> Record:
    """Return a copy with the next version, and who made it when."""
    return touched(after, version=after.version + 1, updated_at=now, updated_by=actor)


def snapshot(model: EntityModel, record: Record) -> dict[str, Any]:
    """Return every filled-in value as JSON, by field key (derived ones left out)."""
    found = {}
    own = record.__dict__
    for f in model.recorded:
        value = own.get(f.name) if not f.facet else record.get(f)
        if value or value == 0:
            found[f.key] = f.dump(value)
    return found


def difference(
    model: EntityModel, before: Record, after: Record
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values that differ as JSON, before and after, by field key."""
    old, new = {}, {}
    for f in model.fields:
        was, now = before.get(f), after.get(f)
        if was != now and not f.derived:
            old[f.key], new[f.key] = f.dump(was), f.dump(now)
    return old, new


def out_of_order(model: EntityModel, record: Record) -> dict[str, str]:
    """Return what is wrong with dates and moments that come before those that they follow."""
    found = {}
    for f in model.ordered:
        first = model.field(f.follows)
        start, end = record.get(first), record.get(f)
        if start is not None and end is not None and end < start:
            found[model.short(f)] = f"it is before {first.label.lower()}"
    return found


def check(model: EntityModel, record: Record, ctx: Unit) -> None:
    """Run the entity's checks; Invalid with what they say; a check that fails says no."""
    problems: dict[str, str] = {} if ctx.lenient else out_of_order(model, record)
    for test in model.checks:
        with _running("check", test, model):
            answer = test(record, ctx)
            found = answer if isinstance(answer, Mapping) else {"": sentence(answer)}
            said = {str(key): sentence(text) for key, text in found.items()}
        problems = {**{key: text for key, text in said.items() if text}, **problems}
    if problems:
        raise Invalid(problems)


def fill(model: EntityModel, before: Record | None, after: Record, ctx: Unit) -> Record:
    """Return the record with the values that plugins work out; a rule that fails stops it."""
    for rule in model.fills:
        with _running("fill", rule, model):
            found = rule(before, after, ctx)
            known = dict(_valid(model, k, v) for k, v in found.items()) if found else {}
            after = changed(model, after, known) if known else after
    return after


def _valid(model: EntityModel, key: str, value: Any) -> tuple[Field, Any]:
    """Return a field and the value that a rule gave it, made normal; TypeError says why not."""
    try:
        f = model.field(key)
        if f.system or f.derived:
            raise ValueError("it is the program's own to fill in")
        return f, f.validate(value)
    except (Invalid, ValueError) as error:
        raise TypeError(f"{key}: {error}") from None


def react(model: EntityModel, before: Record | None, after: Record, ctx: Unit) -> None:
    """Let plugins do what follows from a write; a reaction that fails stops the whole commit."""
    for reaction in model.reactions:
        owner = model.owner_of(reaction)
        with (
            _running("reaction", reaction, model),
            ctx.under_way.answering(model.name, owner, reaction),
        ):
            if inspect.isgenerator(reaction(before, after, ctx)):
                raise TypeError("it yields, and so does nothing; write it without yield")


def _running(what: str, rule: Any, model: EntityModel) -> blaming:
    return blaming(model.owner_of(rule), f"{what} {called(rule)} on {model.name}", rule)


def _spelled(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", fold(text)).strip()


def state_named(model: EntityModel, by: Field, text: str) -> str:
    """Return a state's code from its code or label; Invalid names what is near."""
    assert by.flow is not None
    for state in by.flow.states:
        if _spelled(text) in (_spelled(state.code), _spelled(state.label)):
            return state.code
    known = by.flow.codes()
    told = model.absent.unknown("state", text, known, model.name)
    raise Invalid(f"{told}; the states are {', '.join(known)}")


def permit(model: EntityModel, by: Field, source: str, target: str) -> None:
    """Refuse a move that the workflow does not have."""
    flow = by.flow
    assert flow is not None
    known = flow.state(source)
    if source != target and known is not None and not flow.permits(source, target):
        after = [s.code for s in flow.states if flow.permits(source, s.code) and s.code != source]
        raise Refused(
            f"{model.label} cannot go from {source} to {target}; from here it can go to "
            f"{', '.join(after) or 'nowhere'}"
        )


def cleared(model: EntityModel, by: Field, source: str, target: str) -> dict[Field, Any]:
    """Return the fields that lose their value on a move."""
    assert by.flow is not None
    names = [n for m in by.flow.demands(source, target) for n in m.clears if source != target]
    return {model.field(n): model.field(n).blank() for n in names}


def stamp(
    model: EntityModel, record: Record, by: Field, source: str, target: str, locale: Locale
) -> Record:
    """Return the record with the time of a move in the empty fields that the move stamps."""
    assert by.flow is not None
    moves = by.flow.demands(source, target) if source != target else ()
    empty = [
        f for move in moves for f in map(model.field, move.stamps) if f.is_empty(record.get(f))
    ]
    today = locale.local(locale.now).date()
    times = {f: today if f.kind.name == "date" else locale.now for f in empty}
    return changed(model, record, times) if times else record


def require(model: EntityModel, record: Record, by: Field, source: str, target: str) -> None:
    """Refuse a move while a field that it requires is not filled in."""
    assert by.flow is not None
    missing = {
        model.short(f): f"fill it in to move to {target}"
        for move in by.flow.demands(source, target)
        for f in map(model.field, move.requires)
        if f.is_empty(record.get(f))
    }
    if missing:
        raise Invalid(missing)


def guard(model: EntityModel, record: Record, source: str, target: str, ctx: Unit) -> None:
    """Ask the guards of a move; one that fails stops it too, and is named with its plugin."""
    for rule in model.guards:
        if not rule.applies(source, target):
            continue
        what = f"guard {called(rule.check)} on {model.name}"
        with blaming(rule.owner, what, rule.check):
            said = sentence(rule.check(record, ctx))
        if said:
            raise Refused(said)


def parameters(command: Parametrised, given: Mapping[str, Any]) -> Any:
    """Return a command's parameters object, or None; Invalid names what is wrong."""
    if command.params is None:
        if given:
            raise Invalid(f"{command.name} takes no parameters")
        return None
    known = {f.name: f for f in command.fields}
    problems: dict[str, str] = {
        key: unknown("parameter", key, list(known)) for key in given if key not in known
    }
    values = {}
    for name, f in known.items():
        try:
            value = given.get(name, f.default if not f.required else None)
            if f.required and f.is_empty(value):
                raise ValueError("fill it in")
            values[name] = f.validate(value)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise Invalid(problems)
    return command.params(**values)


def note_derivable(unit: Unit) -> None:
    """Note the records whose derived values the unit's changes touch, for `derive`."""
    for place, (entity, derived) in enumerate(unit.model.derivations):
        changes = [c for c in unit.changes if c.entity in derived.watch]
        if changes:
            with _deriving(derived, entity, derived.targets):
                found = {id for change in changes for id in derived.targets(change, unit) if id}
            unit.derivable.setdefault(place, set()).update(found)


def derive(unit: Unit) -> None:
    """Compute the derived values that the unit's changes touch, inside its transaction.

    They are computed in the order in which plugins declared them; each sees those before it.
    """
    note_derivable(unit)
    for place, (entity, derived) in enumerate(unit.model.derivations):
        if ids := unit.derivable.get(place):
            _derive(unit, unit.model.entity(entity), derived, sorted(ids))


def _deriving(derived: Derived, entity: str, code: Any) -> blaming:
    return blaming(derived.owner, f"derived value {entity}.{derived.field}", code, lets="none")


def rederive(unit: Unit, entity: str, name: str) -> None:
    """Compute a derived field anew for every record of an entity."""
    model = unit.model.entity(entity)
    ids = {r.id for r in unit.writer.find(Select(entity=model, limit=_ALL, relations=False))}
    for derived in model.derived:
        if derived.field == name:
            _derive(unit, model, derived, sorted(ids))


def _derive(unit: Unit, model: EntityModel, derived: Derived, ids: Sequence[int]) -> None:
    f = model.field(derived.field)
    for at in range(0, len(ids), DERIVED_AT_ONCE):
        part = list(ids[at : at + DERIVED_AT_ONCE])
        with _deriving(derived, model.name, derived.compute):
            found = {id: f.validate(v) for id, v in derived.compute(part, unit).items()}
        pairs = []
        for id, before in unit.writer.get_many(model, part).items():
            value = found.get(id, f.blank())
            if before.get(f) != value:
                pairs.append((before, before.evolve(**{f.key: value})))
        if pairs:
            unit.writer.update(model, pairs, derived=True)


def seen(unit: Unit, target: EntityModel, ids: set[int], *, granted: bool) -> set[int]:
    """Return those of the records that are there and, unless granted, that the actor may see."""
    if target.name == "user":
        return set(unit.writer.titles(target, ids))
    scope = Everything() if granted else unit.rights.scope(target, "read")
    where = all_of(Test(target.by_key["id"], "in", tuple(sorted(ids))), scope)
    select = Select(entity=target, where=where, limit=len(ids), relations=False)
    return {record.id for record in unit.writer.find(select)}


def label(unit: Unit) -> str:
    """Return what a commit is called that nobody gave a name: after its first change."""
    if not unit.changes:
        return f"{unit.flushed} changes"
    first = unit.changes[0]
    name = unit.model.entity(first.entity).label.lower()
    others = unit.flushed + len(unit.changes) - 1
    more = f" and {others} more" if others else ""
    if first.op == "move":
        flows = [f.key for f in unit.model.entity(first.entity).flows if f.key in first.after]
        if flows:
            return f"Move {name} {first.title} to {first.after[flows[0]]}{more}"
    verb = {"create": "Add", "update": "Change"}.get(first.op, first.op.capitalize())
    return f"{verb} {name} {first.title}{more}"
