"""A small Model made by hand, and records of it, for the tests of the storage adapter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from attrs import evolve

from crmkit.core.declare import Plugin
from crmkit.core.entity import Facet, Record, entity, facet
from crmkit.core.fields import (
    Field,
    Item,
    address,
    date_,
    email,
    flag,
    flow,
    moment,
    money,
    note,
    number,
    ref,
    tags,
    text,
)
from crmkit.core.journal import Change, Commit
from crmkit.core.kinds.address import Address
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel, Model
from crmkit.core.workflow import State, Workflow

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PIPELINE = Workflow("pipeline", states=(State("NEW"), State("WON"), State("LOST")))
CHECKS = Workflow("checks", states=(State("TODO"), State("DONE")))


@entity("firm", title="name")
class Firm(Record):
    """A firm."""

    name: str = text("Name", search=True)


@entity("person", title="name", owner="owner", sort="due")
class Person(Record):
    """A person, with a field of every kind."""

    name: str = text("Name", search=True)
    stage: str = flow(PIPELINE, default="NEW")
    owner: int | None = ref("Owner", "user", default=None)
    firm: int | None = ref("Firm", "firm", default=None)
    about: Link | None = ref("About", "firm", "person", default=None)
    value: Money | None = money("Value", default=None)
    due: datetime | None = moment("Due", default=None, index=True)
    born: date | None = date_("Born", default=None)
    score: int | None = number("Score", default=0)
    vip: bool = flag("VIP")
    email: tuple[Item, ...] = email("E-mail", many=True, search=True, identity=True)
    tags: tuple[Item, ...] = tags("Tags")
    home: Address | None = address("Home", default=None, search=True)
    notes: str = note("Notes", search=True)
    total: int | None = number("Total", default=None, derived=True)


@facet("person")
class Acme(Facet):
    """What a firm's plugin adds to persons."""

    vat_id: str = text("VAT id", default="NONE", search=True, identity=True, index=True)
    checked: datetime | None = moment("Checked", default=None)
    codes: tuple[Item, ...] = tags("Codes")
    check: str = flow(CHECKS, default="TODO")


def facet_spec(cls: type[Facet], plugin: str) -> Any:
    """Return a facet as a Model holds it: named by its plugin."""
    fields = tuple(evolve(f, facet=plugin, owner=plugin) for f in cls.spec.fields)
    spec = evolve(cls.spec, name=plugin, fields=fields)
    cls.spec = spec
    return spec


def entity_model(
    cls: type[Record], *facets: Any, also: Iterable[Field] = (), **changes: Any
) -> EntityModel:
    """Return an entity as a Model holds it, with facets, other fields and changed fields."""
    own = [evolve(f, owner="core", **changes.get(f.name, {})) for f in cls.spec.fields]
    fields = (*own, *also, *(f for spec in facets for f in spec.fields))
    return EntityModel(spec=cls.spec, plugin="core", fields=fields, facets=facets)


def model(*entities: EntityModel) -> Model:
    """Return a Model of entities."""
    return Model(plugins=(Plugin("core"),), entities={e.name: e for e in entities}, roles={})


ACME = facet_spec(Acme, "acme")


def plain() -> Model:
    """Return the Model without the facet."""
    return model(entity_model(Firm), entity_model(Person))


def extended() -> Model:
    """Return the Model with the facet."""
    return model(entity_model(Firm), entity_model(Person, ACME))


def new(entity: EntityModel, **values: Any) -> Record:
    """Return a record that is not stored yet; facet fields by key."""
    system = {"version": 1, "created_at": NOW, "created_by": 1, "updated_at": NOW, "updated_by": 1}
    system |= {"moved_at": NOW, **{k: values.pop(k) for k in list(values) if k == "deleted_at"}}
    given = {
        f.key: values.pop(f.key) if f.key in values else f.validate(f.default)
        for f in entity.fields
        if not f.required or f.key in values
    }
    assert not values, values
    facets = {
        spec.cls: spec.cls(**{f.name: given.pop(f.key) for f in spec.fields})
        for spec in entity.facets
    }
    more = {key: given.pop(key) for key in list(given) if key not in entity.spec.names}
    record = entity.spec.cls(**given, facets=facets, **system)
    record.__dict__.update(more)
    return record


def changed(record: Record, **values: Any) -> Record:
    """Return the next version of a record."""
    after = record.evolve(**{k: v for k, v in values.items() if k != "deleted_at"})
    after.__dict__["version"] = record.version + 1
    if "deleted_at" in values:
        after.__dict__["deleted_at"] = values["deleted_at"]
    return after


def commit(*changes: Change, label: str = "Test") -> Commit:
    """Return a commit that is not in the journal yet."""
    return Commit(at=NOW, actor=1, actor_name="ada", via="test", label=label, changes=changes)


def items(*values: Any) -> tuple[Item, ...]:
    """Return the values of a repeating field, the first of them primary."""
    return tuple(Item(value, primary=n == 0) for n, value in enumerate(values))
