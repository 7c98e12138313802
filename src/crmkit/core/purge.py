"""Purging a plugin: the one way in which data is dropped. All of it is written to a file first.

What the database keeps of a plugin is known from the database itself: its tables from the
catalogue, its states and references from a note that is made whenever tables are. So the plugin
need not be imported, nor even be there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from attrs import astuple, evolve, field, frozen

from crmkit.core import rules
from crmkit.core.absent import Brought, brought, retired
from crmkit.core.declare import Deny
from crmkit.core.entity import Record
from crmkit.core.errors import Refused
from crmkit.core.expr import Test
from crmkit.core.fields import Field
from crmkit.core.journal import Commit
from crmkit.core.model import EntityModel, Model
from crmkit.core.session import Session
from crmkit.core.store import Select, Writer
from crmkit.core.unit import Unit

_AT_ONCE = 2000


@frozen
class Holding:
    """A table that a plugin made: of an entity, of a facet or of a repeating field."""

    table: str
    entity: str
    kind: str
    rows: int
    columns: tuple[str, ...] = ()


@frozen
class Strays:
    """How many records are in a state that a plugin brought, and the state they fall back to."""

    entity: str
    field: str
    state: str
    fallback: str
    count: int


@frozen
class Holdings:
    """What the database keeps of a plugin, and why it cannot be dropped, if so."""

    plugin: str
    tables: tuple[Holding, ...] = ()
    strays: tuple[Strays, ...] = ()
    hindrances: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows its tables have."""
        return sum(table.rows for table in self.tables)

    def __bool__(self) -> bool:
        return bool(self.tables or self.strays)


Rows = Callable[[Holding], Iterator[Mapping[str, str]]]


class Purging(Protocol):
    """What a store can do about the tables of one plugin."""

    def holdings(self, plugin: str) -> Holdings:
        """Return what there is, as the transaction of this thread sees it."""

    def rows(self, table: Holding) -> Iterator[Mapping[str, str]]:
        """Yield a table's rows as text by column."""

    def drop(self, writer: Writer, plugin: str) -> None:
        """Drop the plugin's tables and all that is kept beside them; numbers never come again."""


@frozen
class Reference:
    """A field that points at records: where it is, and at what (a link says that itself)."""

    entity: str
    facet: str
    column: str
    many: bool
    targets: tuple[str, ...]
    """Empty for a link, whose values name their entity."""
    name: str
    """What people call it; its column may be called otherwise once its kind was changed."""


@frozen
class Note:
    """What the database has to know of a plugin while it is off."""

    states: tuple[tuple[str, str, str, str], ...] = ()
    references: tuple[Reference, ...] = ()
    kinds: Mapping[str, str] = field(factory=dict)
    """The kinds of its fields, by `entity.column` and `entity.facet.column`."""
    denies: tuple[str, ...] = ()
    """The roles to which it denies something."""
    brought: tuple[Brought, ...] = ()
    """What it brings that people name."""

    def text(self) -> str:
        """Return it as JSON."""
        references = [
            [r.entity, r.facet, r.column, r.many, list(r.targets), r.name] for r in self.references
        ]
        whole = {
            "states": self.states, "references": references, "kinds": self.kinds,
            "brought": [astuple(one) for one in self.brought], "denies": self.denies,
        }  # fmt: skip
        return json.dumps(whole, sort_keys=True)

    @classmethod
    def read(cls, text: str) -> Note:
        """Return the note that `text` wrote."""
        data = json.loads(text)
        return cls(
            tuple((e, f, s, to) for e, f, s, to in data["states"]),
            tuple(
                Reference(entity, facet, column, many, tuple(targets), *(name or [column]))
                for entity, facet, column, many, targets, *name in data["references"]
            ),
            data["kinds"],
            tuple(data.get("denies", ())),
            tuple(Brought(*one) for one in data.get("brought", ())),
        )


def notes(model: Model, known: Mapping[str, Note]) -> dict[str, Note]:
    """Return what the database has to know of each plugin of a Model, after what it knew.

    States that a plugin has no more are remembered with their fallback: records may be in them;
    and what the firm has retired of its own, or keeps with an entity whose plugin is off.
    """
    return {
        p.name: _remembering(model, p.name, _note(model, p.name), known.get(p.name, Note()))
        for p in model.plugins
    }


def _remembering(model: Model, plugin: str, new: Note, old: Note) -> Note:
    gone = [s for s in old.states if not _declared(model, s) and s not in new.states]
    away = [r for r in old.references if r.entity not in model.entities]
    kinds = {k: v for k, v in old.kinds.items() if k.partition(".")[0] not in model.entities}
    return evolve(
        new, states=(*new.states, *gone), brought=(*new.brought, *retired(plugin, new, old)),
        references=(*new.references, *(r for r in away if r not in new.references)),
        kinds={**kinds, **new.kinds},
    )  # fmt: skip


def _declared(model: Model, place: tuple[str, str, str, str]) -> bool:
    entity, key, state, _ = place
    found = model.entities.get(entity)
    by = found.by_key.get(key) if found is not None else None
    return by is not None and by.flow is not None and by.flow.state(state) is not None


def _note(model: Model, plugin: str) -> Note:
    mine = [(e, f) for e in model.entities.values() for f in e.fields if f.owner == plugin]
    states = [
        (entity.name, f.key, state.code, state.fallback)
        for entity in model.entities.values()
        for f in entity.flows
        if f.flow
        for state in f.flow.states
        if state.owner == plugin and entity.plugin != plugin and f.owner != plugin
    ]
    return Note(
        tuple(states),
        tuple(_reference(entity, f) for entity, f in mine if f.targets),
        {_place(entity, f): f.kind.name for entity, f in mine},
        tuple(sorted(_denying(model, plugin))),
        tuple(brought(model, plugin)),
    )


def _denying(model: Model, plugin: str) -> set[str]:
    parts = [role for parts in model.roles.values() for role in parts if role.owner == plugin]
    return {role.name for role in parts if any(isinstance(rule, Deny) for rule in role.rules)}


def _place(entity: EntityModel, f: Field) -> str:
    return ".".join(filter(None, (entity.name, f.facet, f.column)))


def _reference(entity: EntityModel, f: Field) -> Reference:
    targets = () if f.kind.name == "link" else f.targets
    return Reference(entity.name, f.facet, f.column, f.many, targets, f.name)


def purge(
    session: Session, plugin: str, write: Callable[[Holdings, Rows], None], told: str
) -> tuple[Holdings, Commit]:
    """Drop all that the database keeps of a plugin, in one transaction and one commit.

    `write(holdings, rows)` writes it out first; where that fails, nothing is dropped. `told` says
    in the journal where to. Refused where something else points there.
    """
    with session.store.writer() as writer:
        purging = session.store.purging()
        found = purging.holdings(plugin)
        demand(found, session.model)
        write(found, purging.rows)
        label = f"Purge plugin {plugin}: {counted(found)} dropped; {told}"
        unit = Unit(session, writer, label)
        for strays in found.strays:
            _fall_back(unit, strays)
        commit = _committed(unit)
        purging.drop(writer, plugin)
    return found, commit


def demand(found: Holdings, model: Model) -> None:
    """Raise Refused, with every reason, where a plugin's data cannot be dropped."""
    reasons = list(found.hindrances)
    for strays in found.strays:
        if strays.entity not in model.entities:
            reasons.append(
                f"{strays.count} records of {strays.entity} are in its state {strays.state}, and "
                f"the plugin of {strays.entity} is off: switch that on, or purge it first"
            )
    if reasons:
        raise Refused(f"plugin {found.plugin} is not purged: {'; '.join(reasons)}")


def counted(found: Holdings) -> str:
    """Return how many tables and rows there are, in words."""
    tables, rows = len(found.tables), found.rows
    return f"{tables} table{'s' * (tables != 1)} with {rows:,} row{'s' * (rows != 1)}"


def _fall_back(unit: Unit, strays: Strays) -> None:
    model = unit.model.entity(strays.entity)
    by = model.field(strays.field)
    here = Test(by, "in", (strays.state,))
    while records := unit.writer.find(
        Select(entity=model, where=here, limit=_AT_ONCE, deleted=True)
    ):
        unit.writer.update(model, [_moved(unit, model, by, r, strays.fallback) for r in records])


def _moved(
    unit: Unit, model: EntityModel, by: Field, before: Record, state: str
) -> tuple[Record, Record]:
    after = before.evolve(**{by.key: state})
    after = rules.touched(after, moved_at=unit.now)
    after = rules.stamped(after, unit.now, unit.actor_id)
    unit._note(model, after, "move", *rules.difference(model, before, after))
    return before, after


def _committed(unit: Unit) -> Commit:
    """Append the commit; one that moves nothing says what was dropped all the same."""
    unit.finish()
    if unit.commit is None:
        unit.commit = unit.writer.append(
            Commit(
                at=unit.now, actor=unit.actor_id, actor_name=unit.session.actor.name,
                via=unit.session.via, label=unit.label,
            )
        )  # fmt: skip
    return unit.commit
