"""Merging records: references from everywhere, redirecting, joined histories, undo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from crmkit.api import Item, Link, Money, Record, entity, ref, refs, text
from crmkit.core.crm import Crm
from crmkit.core.errors import Denied, Invalid, NotFound
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.store import Select
from tests.core.conftest import Clock, Login
from tests.core.plugin_maker import firm_crm


@entity("matter", title="name")
class Matter(Record):
    """A firm's own entity, with references of its own."""

    name: str = text("Name")
    contact: int | None = ref("Contact", "contact", default=None)
    witnesses: tuple[Item, ...] = refs("Witnesses", "contact")
    party: Link | None = ref("Party", "contact", "account", default=None)


@pytest.fixture
def firm(database_url: str, clock: Clock) -> Iterator[Crm]:
    crm = firm_crm(database_url, clock, crm_entities=[Matter])
    yield crm
    crm.store.close()


@pytest.fixture
def ada(firm: Crm) -> Session:
    return firm.session("ada", "test")


def contents(crm: Crm) -> dict[str, list[dict[str, Any]]]:
    """Return every live record of every entity, as JSON, without versions and times."""
    found = {}
    with crm.store.reader() as reader:
        for model in crm.model.entities.values():
            rows = reader.find(Select(entity=model, limit=10_000))
            found[model.name] = [
                {"id": row.id} | {f.key: f.dump(row.get(f)) for f in model.fields} for row in rows
            ]
    return found


def test_the_survivor_takes_what_it_lacks_and_all_repeated_values(ada: Session) -> None:
    """Nothing that was known of the merged record is lost."""
    keep = ada.add("contact", last_name="Smyth", email=(Item("jo@smyth.example"),), notes="One.")
    lose = ada.add(
        "contact", first_name="Jo", last_name="Smith", job_title="Partner", notes="Two.",
        email=(Item("JO@smyth.example"), Item("js@firm.example")),
    )  # fmt: skip
    kept = ada.merge("contact", keep.id, [lose.id], {"last_name": "Smith"})
    assert kept.id == keep.id
    assert (kept.first_name, kept.last_name, kept.job_title) == ("Jo", "Smith", "Partner")
    assert [i.value for i in kept.email] == ["jo@smyth.example", "js@firm.example"]
    assert kept.notes == "One.\n\nTwo."


def test_a_merged_record_redirects_and_its_history_goes_on(ada: Session) -> None:
    """Whoever has the old number gets the survivor; the timeline holds both."""
    keep, middle, lose = (ada.add("contact", last_name=n) for n in ("Ash", "Beech", "Cedar"))
    ada.merge("contact", middle.id, [lose.id])
    ada.merge("contact", keep.id, [middle.id])
    assert ada.get("contact", lose.id).id == keep.id
    told = [(e.change.record, e.change.op) for e in ada.history("contact", keep.id)]
    assert (lose.id, "create") in told
    assert (middle.id, "absorb") in told
    ada.undo()
    assert ada.get("contact", lose.id).id == middle.id
    assert {e.change.record for e in ada.history("contact", keep.id)} == {keep.id}


def test_a_firms_own_references_move_and_come_back(firm: Crm, ada: Session) -> None:
    """References are found from the registry: single, repeating, and to one of several."""
    keep, lose, other = (ada.add("contact", last_name=n) for n in ("Ash", "Beech", "Cedar"))
    matter = ada.add(
        "matter", name="Estate", contact=lose.id, party=Link("contact", lose.id),
        witnesses=(Item(lose.id), Item(keep.id), Item(other.id)),
    )  # fmt: skip
    gone = ada.add("matter", name="Old", contact=lose.id)
    ada.delete("matter", gone.id)
    action = ada.add("action", subject="Call", about=Link("contact", lose.id))
    before = contents(firm)
    ada.merge("contact", keep.id, [lose.id])
    moved = ada.get("matter", matter.id)
    assert moved.contact == keep.id
    assert moved.party == Link("contact", keep.id)
    assert [i.value for i in moved.witnesses] == [keep.id, other.id]
    assert ada.get("matter", gone.id, deleted=True).contact == keep.id
    assert ada.get("action", action.id).about == Link("contact", keep.id)
    done = ada.undo()
    assert done.left == []
    assert contents(firm) == before
    assert ada.get("contact", lose.id).last_name == "Beech"


def test_undo_says_what_has_moved_on_since_the_merge(ada: Session) -> None:
    """What somebody changed after the merge stays as it is now."""
    keep, lose = ada.add("contact", last_name="Ash"), ada.add("contact", first_name="Bo")
    ada.merge("contact", keep.id, [lose.id])
    merge = ada.log(limit=1)[0].id
    ada.set("contact", keep.id, {"first_name": "Bob"})
    done = ada.undo(merge)
    assert done.left == ["Contact Bob Ash: First name changed since"]
    assert ada.get("contact", lose.id).first_name == "Bo"


def test_no_record_comes_to_name_itself(ada: Session) -> None:
    """A parent merged with its child is nobody's parent."""
    parent = ada.add("account", name="Alder plc")
    child = ada.add("account", name="Alder Ltd", parent=parent.id)
    assert ada.merge("account", child.id, [parent.id]).parent is None


@pytest.mark.parametrize(("keep", "lose"), [(1, []), (1, [1]), (1, [1, 2])])
def test_a_merge_needs_two_records(ada: Session, keep: int, lose: list[int]) -> None:
    """A record is not merged into itself."""
    ada.add("contact", last_name="Ash")
    ada.add("contact", last_name="Beech")
    with pytest.raises(Invalid, match="to keep, and others"):
        ada.merge("contact", keep, lose)


def test_merging_asks_for_its_grant_and_hides_what_one_may_not_see(
    login: Login, admin: Session
) -> None:
    """A reader may not merge; a lead of somebody else's is not there."""
    one, two = (admin.add("lead", name=n, phone="+442079460000") for n in "ab")
    with pytest.raises(Denied, match=r"lead\.merge"):
        login("kim", "crm_worker", "view_all_leads").merge("lead", one.id, [two.id])
    with pytest.raises((Denied, NotFound)):
        login("lee", "crm_supervisor").merge("lead", one.id, [two.id])


def value_of(f: Field, pointing: int, entity: str) -> Any:
    """Return a value for a field: one that points at the record where it can."""
    if entity in f.targets:
        one = pointing if f.kind.name == "ref" else Link(entity, pointing)
        return (Item(one),) if f.many else one
    makers: dict[str, Any] = {
        "text": "Text", "note": "Text", "email": "a@example.org", "phone": "+442079460000",
        "number": 5, "percent": 5, "money": Money(100, "GBP"), "date": date(2026, 1, 1),
        "flag": True,
    }  # fmt: skip
    return makers.get(f.kind.name)


def pointer(ada: Session, model: EntityModel, f: Field, entity: str, id: int) -> Record:
    """Return a new record of whatever entity, of which one field points at a record."""
    needed = {g.key: value_of(g, id, entity) for g in model.required}
    needed |= {
        g.key: g.kind.validate(next(iter(g.kind.describe()["options"])))
        for g in model.required if g.kind.name == "choice"
    }  # fmt: skip
    needed |= {g.key: ada.actor.id for g in model.required if g.targets == ("user",)}
    needed |= {g.key: ada.locale.now for g in model.required if g.kind.name == "moment"} | {
        f.key: value_of(f, id, entity)
    }
    with ada.transaction() as unit:
        unit.lenient = True
        with unit.granted():
            given = unit._resolved(model, needed)
            made = unit.writer.insert(
                model, [_drafted(unit, model, given)]
            )  # fmt: skip
            unit._note(model, made[0], "create", {}, {})
    return made[0]


def _drafted(unit: Any, model: EntityModel, given: dict[Field, Any]) -> Record:
    from crmkit.core import rules

    return rules.new_record(model, given, unit.now, unit.actor_id)


@pytest.mark.parametrize("name", ["contact", "account", "lead", "client", "prospect"])
def test_every_reference_that_any_plugin_declares_is_moved(ada: Session, name: str) -> None:
    """Whatever points at a merged record points at the survivor, and back again with undo."""

    def made(n: int) -> Record:
        values: dict[str, Any] = {"last_name": f"N{n}"} if name == "contact" else {"name": f"N{n}"}
        if name == "lead":
            values["email"] = f"n{n}@example.org"
        return ada.add(name, values)

    keep, lose = made(1), made(2)
    rows = [
        (model, f, pointer(ada, model, f, name, lose.id))
        for model, f in ada.model.referrers[name]
        if not f.derived
    ]
    assert rows
    ada.merge(name, keep.id, [lose.id])
    for model, f, row in rows:
        assert _pointed(ada, model, f, row.id) == {keep.id}, f"{model.name}.{f.key}"
    assert ada.undo().left == []
    for model, f, row in rows:
        assert _pointed(ada, model, f, row.id) == {lose.id}, f"{model.name}.{f.key}"


def _pointed(ada: Session, model: EntityModel, f: Field, id: int) -> set[int]:
    with ada.store.reader() as reader:
        row = reader.get(model, id, deleted=True)
    assert row is not None
    return {v.id if isinstance(v, Link) else v for v in f.values(row.get(f))}
