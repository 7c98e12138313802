"""Loading the made-up firm into a fresh workspace, in large commits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from crmkit.core import rules
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.entity import Record
from crmkit.core.errors import Fault
from crmkit.core.expr import Everything
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.address import Address
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.unit import Unit
from crmkit.demo.firm import DemoFirm

SEED = 1
Users = list[int]
"""The ids of the users, in the order of their numbers; other ids are the numbers themselves."""


def load_demo(
    crm: Crm, records: int, *, seed: int = SEED, progress: Callable[[int], None] | None = None
) -> int:
    """Fill an empty workspace; return how many records were made, users apart.

    The workspace's first user takes the place of the firm's first, so that whoever looks around
    has work of his own. Values are the generator's, which are valid: they are not checked again.
    """
    today = crm.locale().local(crm.clock()).date()
    session = crm.session(SYSTEM, via="demo")
    first = session.find("user", sort="id", limit=1).records
    users: Users = [user.id for user in first]
    made_of: Counter[str] = Counter()
    done = 0
    for entity, rows in DemoFirm(records, seed, today).batches():
        model = crm.model.entity(entity)
        fresh = rows[len(first) :] if entity == "user" else rows
        with session.transaction(f"Make up {len(fresh)} {model.plural.lower()}") as unit:
            unit.lenient = True
            made = [_record(model, row, users, unit) for row in fresh]
            stored = unit.insert(model, made, Everything())
            if entity == "user":
                users += [record.id for record in stored]
                continue
            if stored[-1].id != made_of[entity] + len(stored):
                raise Fault("a demo needs an empty workspace; this one had records before")
        made_of[entity] += len(rows)
        done += len(rows)
        if progress:
            progress(done)
    return done


def _record(model: EntityModel, row: Mapping[str, Any], users: Users, unit: Unit) -> Record:
    given: dict[Field, Any] = {}
    system: dict[str, Any] = {}
    for name, value in row.items():
        f = model.by_key[name]
        if f.system:
            system[name] = value
        else:
            given[f] = _value(f, value, users)
    owner = given.get(model.owner) if model.owner else None
    maker = owner or users[0]
    at = system.get("created_at")
    assert at is not None
    record = rules.fill(model, None, rules.new_record(model, given, at, maker), unit)
    record.__dict__.update(system)
    return record


def _value(f: Field, value: Any, users: Users) -> Any:
    if f.many:
        return tuple(Item(_single(f, v, users), label, primary) for v, label, primary in value)
    return None if value is None else _single(f, value, users)


def _single(f: Field, value: Any, users: Users) -> Any:
    kind = f.kind.name
    if kind == "ref":
        return users[value - 1] if f.targets == ("user",) else value
    if kind == "link":
        return Link(*value)
    if kind == "money":
        return Money(*value)
    if kind == "address":
        return Address(**value)
    return value
