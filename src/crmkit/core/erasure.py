"""Personal data of one person: telling what is kept of him, and erasing it for good.

Whose a record is, its references say that are a `subject`; what of it is personal, its fields do.
Erasing takes values out of the journal too. The digests and hashes there stay, and the commit of
the erasure says which hash each commit gives that lacks values now, so that the chain is verified
as before (see `core.audit`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from crmkit.core import rules
from crmkit.core.entity import Record
from crmkit.core.errors import Conflict, Refused
from crmkit.core.expr import Test
from crmkit.core.fields import Field
from crmkit.core.journal import ERASED, Change, Commit
from crmkit.core.kinds.refs import Link, LinkKind
from crmkit.core.kinds.words import TextKind
from crmkit.core.model import EntityModel, Model
from crmkit.core.record_merge import absorbed, survivor_of
from crmkit.core.store import Reader, Select

if TYPE_CHECKING:
    from crmkit.core.session import Session
    from crmkit.core.unit import Unit

BLANK = "erased"
"""What stands where a text was that a record cannot be without."""
_ALL = (1 << 31) - 1
_SHORTEST = 3
"""The fewest characters of a value that is looked for in the labels of commits."""

Place = tuple[str, int]


@frozen
class Kept:
    """What is kept of a person in one record: values as JSON, and those that it had before."""

    entity: str
    record: int
    title: str
    values: Mapping[str, Any]
    former: Mapping[str, list[Any]] = field(factory=dict)


@frozen
class Disclosed:
    """What is kept of a person, record by record, and how many records the actor may not export.

    `linked` are records with personal data that these point at: of the same person, or not.
    """

    records: tuple[Kept, ...]
    left: int
    linked: tuple[Place, ...] = ()


@frozen
class Reach:
    """What an erasure would change, and the records with personal data that it would not."""

    records: tuple[Place, ...]
    linked: tuple[Place, ...]


@frozen
class Erased:
    """What an erasure did: its commit, the records, and how many older commits it changed."""

    commit: Commit
    records: tuple[Place, ...]
    commits: int


def counted(model: Model, places: Iterable[Place]) -> str:
    """Return how many records of each entity there are, in words."""
    words = []
    for name, count in Counter(entity for entity, _ in places).items():
        entity = model.entity(name)
        words.append(f"{count} {(entity.label if count == 1 else entity.plural).lower()}")
    return ", ".join(words)


def personal(model: EntityModel) -> tuple[Field, ...]:
    """Return the fields of an entity that hold personal data and are stored."""
    return tuple(f for f in model.fields if f.personal and not f.derived)


def concerned(session: Session, reader: Reader, entity: str, id: int) -> dict[Place, Record]:
    """Return a record, those merged into it, and all whose `subject` is one of these, in turn.

    Refused for a record that was merged into another: that one is meant.
    """
    model = session.model.entity(entity)
    into = survivor_of(reader, model, id)
    if into is not None:
        raise Refused(f"{model.label.lower()} {id} was merged into {into}; name that")
    found: dict[Place, Record] = {}
    waiting: list[Place] = [(entity, id)]
    while waiting:
        at = waiting.pop(0)
        here = session.model.entity(at[0])
        record = None if at in found else reader.get(here, at[1], deleted=True)
        if record is not None:
            found[at] = record
            waiting += [(here.name, one) for one in absorbed(reader, here, at[1])]
            waiting += _whose_subject(session, reader, at)
    return found


def _whose_subject(session: Session, reader: Reader, at: Place) -> Iterator[Place]:
    for model, f in session.model.referrers[at[0]]:
        if f.subject:
            value: Any = Link(*at) if isinstance(f.kind, LinkKind) else at[1]
            where = Test(f, "in", (value,))
            asked = Select(entity=model, where=where, limit=_ALL, deleted=True, relations=False)
            yield from ((model.name, row.id) for row in reader.find(asked))


def _linked(session: Session, found: Mapping[Place, Record]) -> tuple[Place, ...]:
    """Return the records with personal data that those found point at, and that are not found."""
    places: dict[Place, None] = {}
    for (name, _), record in found.items():
        for f in session.model.entity(name).fields:
            for value in f.values(record.get(f)) if f.targets and not f.derived else ():
                at = (value.entity, value.id) if isinstance(value, Link) else (f.targets[0], value)
                places[at] = None
    return tuple(
        (name, id)
        for name, id in places
        if name != "user" and (name, id) not in found and personal(session.model.entity(name))
    )


# Telling -------------------------------------------------------------------------------------


def disclose(session: Session, entity: str, id: int) -> Disclosed:
    """Return what is kept of a person, of the records and fields that the actor may read.

    Denied without the grant to export the record itself.
    """
    model = session.model.entity(entity)
    session.demand(entity, "export", id)
    with session.store.reader() as reader:
        found = concerned(session, reader, model.name, id)
        pairs = [(session.model.entity(name), record) for (name, _), record in found.items()]
        told = [
            _told(session, reader, here, record)
            for here, record in pairs
            if _may_export(session, reader, here, record)
        ]
    return Disclosed(tuple(told), len(pairs) - len(told), _linked(session, found))


def _may_export(session: Session, reader: Reader, model: EntityModel, record: Record) -> bool:
    return all(
        session.rights.allows(model, verb)
        and session.holds(reader, model, record, session.rights.scope(model, verb))
        for verb in ("read", "export")
    )


def _told(session: Session, reader: Reader, model: EntityModel, record: Record) -> Kept:
    hidden = session.rights.hidden(model)
    fields = [f for f in personal(model) if f not in hidden]
    now = {f.key: f.dump(record.get(f)) for f in fields if not f.is_empty(record.get(f))}
    former: dict[str, list[Any]] = {}
    for commit in reader.commits(limit=_ALL, entity=model.name, record=record.id, ascending=True):
        for change in commit.changes:
            for key, value in (*change.before.items(), *change.after.items()):
                if value and key in {f.key for f in fields} and value != now.get(key):
                    former.setdefault(key, [])
                    former[key] += [value] if value not in former[key] else []
    return Kept(model.name, record.id, record.title, now, former)


# Erasing -------------------------------------------------------------------------------------


def reach(session: Session, entity: str, id: int) -> Reach:
    """Return how far an erasure would reach; Denied without the grant to."""
    model = session.model.entity(entity)
    record = session.get(entity, id, deleted=True)
    scope = session.rights.demand(model, "erase")
    with session.store.reader() as reader:
        if not session.holds(reader, model, record, scope):
            raise session.rights.refusal(model, "erase", id)
        found = concerned(session, reader, entity, id)
    records = tuple(at for at in found if personal(session.model.entity(at[0])))
    return Reach(records, _linked(session, found))


def erase(session: Session, entity: str, id: int) -> Erased:
    """Erase what is kept of a person, in records and in the journal; it never comes back.

    Denied without the grant `ENTITY.erase`, NotFound for a record that is not there, Refused
    where a plugin that is off may keep more of him.
    """
    model = session.model.entity(entity)
    with session.transaction(f"Erase {model.label.lower()} {id}") as unit:
        unit.demand(model, id, "erase", deleted=True)
        found = concerned(session, unit.writer, entity, id)
        _demand_all_on(unit, {name for name, _ in found})
        before = {at: record for at, record in found.items() if personal(_of(unit, at))}
        with unit.writer.erasing():
            after = {at: _erased(unit, at, record) for at, record in before.items()}
            _update(unit, before, after)
            redacted = list(_redacted(unit.writer, unit, before, after))
            unit.writer.redact(redacted)
        proof = {ERASED: {str(commit.id): commit.present_hash() for commit in redacted}}
        for n, (at, record) in enumerate(after.items()):
            now = {f.key: f.dump(record.get(f)) for f in personal(_of(unit, at))}
            unit._note(_of(unit, at), record, "erase", {}, now if n else {**now, **proof})
    if unit.commit is None:
        raise Refused(f"nothing personal is kept of {model.label.lower()} {id}")
    return Erased(unit.commit, tuple(before), len(redacted))


def _of(unit: Unit, at: Place) -> EntityModel:
    return unit.model.entity(at[0])


def _demand_all_on(unit: Unit, entities: set[str]) -> None:
    """Raise Refused where a plugin is off that has fields of the entities, or points at them."""
    on = {plugin.name for plugin in unit.model.plugins}
    for name, note in unit.writer.notes().items():
        if name in on:
            continue
        fields = {place.partition(".")[0] for place in note.kinds}
        pointing = {target for r in note.references for target in r.targets or entities}
        if entities & (fields | pointing):
            raise Refused(
                f"plugin {name} is off, and may keep more: switch it on "
                f"(crmkit plugin enable {name}), or purge it"
            )


def _erased(unit: Unit, at: Place, record: Record) -> Record:
    values = {f.key: _blank(f) for f in personal(_of(unit, at))}
    return rules.stamped(record.evolve(**values), unit.now, unit.actor_id)


def _blank(f: Field) -> Any:
    if f.required and isinstance(f.kind, TextKind):
        return BLANK[: f.kind.max_length]
    return f.blank()


def _update(unit: Unit, before: Mapping[Place, Record], after: Mapping[Place, Record]) -> None:
    for at, record in after.items():
        if unit.writer.update(_of(unit, at), [(before[at], record)]):
            raise Conflict("somebody changed a record at this moment; try again")


def _redacted(
    reader: Reader, unit: Unit, before: Mapping[Place, Record], after: Mapping[Place, Record]
) -> Iterator[Commit]:
    """Yield the commits that hold personal values, without them; of their changes those only."""
    ids: set[int] = set()
    for entity, record in before:
        ids.update(c.id for c in reader.commits(limit=_ALL, entity=entity, record=record))
    commits = [commit for id in sorted(ids) if (commit := reader.commit(id))]
    said = _sayings(unit, before, commits)
    for commit in commits:
        if any(change.op == "erase" for change in commit.changes):
            continue  # it holds nothing personal, and says what others hold
        changes = tuple(
            _without(unit, change, after[at].title)
            if (at := (change.entity, change.record)) in after
            else change
            for change in commit.changes
        )
        yield evolve(commit, label=said.sub(BLANK, commit.label), changes=changes)


def _without(unit: Unit, change: Change, title: str) -> Change:
    gone = {f.key for f in personal(unit.model.entity(change.entity))}
    return evolve(
        change,
        title=title,
        before={k: v for k, v in change.before.items() if k not in gone},
        after={k: v for k, v in change.after.items() if k not in gone},
        salt="",
    )


def _sayings(
    unit: Unit, before: Mapping[Place, Record], commits: Iterable[Commit]
) -> re.Pattern[str]:
    """Return what finds, in the label of a commit, the titles and texts that are erased."""
    found = {record.title for record in before.values()}
    keys = {at: {f.key for f in personal(_of(unit, at))} for at in before}
    for commit in commits:
        for change in commit.changes:
            if (at := (change.entity, change.record)) in keys:
                found.add(change.title)
                for side in (change.before, change.after):
                    found.update(t for k, v in side.items() if k in keys[at] for t in _texts(v))
    long = sorted((t for t in found if len(t) >= _SHORTEST), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long)) or r"(?!)")


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for one in data.values():
            yield from _texts(one)
    elif isinstance(data, list):
        for one in data:
            yield from _texts(one)
