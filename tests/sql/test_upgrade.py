"""Upgrades only add facets, fields and indexes; what is off is kept, and works when it is on."""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from crmkit.core.errors import Fault
from crmkit.core.expr import Everything, Test
from crmkit.core.fields import MARK, Field, email, number, text
from crmkit.core.model import EntityModel, Model
from crmkit.core.store import Select, Stay
from crmkit.sql.store import SqlStore
from tests.sql import world
from tests.sql.world import Acme, Firm, Person, entity_model, items, model

Open = Callable[[Model], SqlStore]
EVERYTHING = Everything()


def declared(name: str, made: Any, **more: Any) -> Field:
    """Return a field that a function of `crmkit.core.fields` declares."""
    return evolve(made.metadata[MARK], name=name, owner="core", **more)


def added(*fields: Field, **changes: Any) -> Model:
    """Return the plain Model with more fields of persons, or changed ones."""
    cls = Person
    return model(entity_model(Firm), entity_model(cls, also=fields, **changes))


def put(store: SqlStore, **values: Any) -> int:
    person = store.model.entity("person")
    with store.writer() as writer:
        return writer.insert(person, [world.new(person, **values)])[0].id


def get(store: SqlStore, id: int) -> Any:
    with store.reader() as reader:
        return reader.get(store.model.entity("person"), id)


def hits(store: SqlStore, word: str) -> list[int]:
    with store.reader() as reader:
        scopes = {store.model.entity("person"): EVERYTHING}
        return [h.id for h in reader.search([word], scopes, 9)]


@pytest.fixture
def old(opened: Open) -> SqlStore:
    """A store without the facet, with two records."""
    store = opened(world.plain())
    store.create()
    put(store, name="Ann", email=items("a@x.example"))
    put(store, name="Bea")
    return store


def test_a_fresh_database_waits_for_nothing(old: SqlStore) -> None:
    assert old.pending() == []
    assert old.upgrade() == []


def test_a_new_facet_waits_for_the_upgrade(old: SqlStore, opened: Open) -> None:
    store = opened(world.extended())
    assert store.waiting() == {
        "acme": ["create table person__acme", "create table person__acme___codes"]
    }


def test_a_new_facet_gives_every_record_its_defaults(old: SqlStore, opened: Open) -> None:
    store = opened(world.extended())
    done = store.upgrade()
    assert "table person__acme" in done
    assert store.pending() == []
    person = store.model.entity("person")
    for id in (1, 2):
        facet = get(store, id)[Acme]
        assert (facet.vat_id, facet.checked, facet.codes, facet.check) == ("NONE", None, (), "TODO")
    with store.reader() as reader:
        check = person.field("acme.check")
        assert [(s.state, s.count) for s in reader.board(person, check, EVERYTHING)] == [
            ("TODO", 2)
        ]
        assert Stay("acme.check", "TODO", world.NOW) in reader.stays(person, 1)
    assert get(store, 1).email == items("a@x.example")
    assert hits(store, "none") == [2, 1]
    assert store.verify() == []


def test_with_the_plugin_off_and_on_again_nothing_is_lost(old: SqlStore, opened: Open) -> None:
    on = opened(world.extended())
    on.upgrade()
    id = put(on, name="Cy", **{"acme.vat_id": "GB7", "acme.codes": items("k")})
    off = opened(world.plain())
    assert off.pending() == []
    late = put(off, name="Dee")
    before = get(off, id)
    with off.writer() as writer:
        after = world.changed(before, name="Cyril", stage="WON")
        assert writer.update(off.model.entity("person"), [(before, after)]) == []
    assert hits(off, "cyril") == [id]
    again = opened(world.extended())
    assert again.pending() == []
    found = get(again, id)
    assert (found.name, found[Acme].vat_id, found[Acme].codes) == ("Cyril", "GB7", items("k"))
    assert get(again, late)[Acme].vat_id == "NONE"
    assert hits(again, "gb7") == [id]
    assert hits(again, "none") == [late, 2, 1]
    assert again.verify() == []
    with again.reader() as reader:
        person = again.model.entity("person")
        where = Test(person.field("acme.vat_id"), "in", ("NONE",))
        sort = person.field("acme.vat_id")
        assert reader.count(person, where) == 3
        assert len(reader.find(Select(entity=person, sort=sort))) == 4


def test_a_program_that_runs_on_fills_facets_that_came_meanwhile(
    old: SqlStore, opened: Open
) -> None:
    opened(world.extended()).upgrade()
    id = put(old, name="Late")
    later = opened(world.extended())
    assert get(later, id)[Acme].vat_id == "NONE"
    assert later.verify() == []


def test_a_new_field_has_its_default_everywhere(old: SqlStore, opened: Open) -> None:
    store = opened(
        added(
            declared("rank", number("Rank", default=5, index=True)),
            declared("nick", text("Nick", default="", search=True)),
            declared("other", email("Other", many=True, identity=True)),
        )
    )
    assert len(store.pending()) > 2
    done = store.upgrade()
    assert {"column person.rank", "column person.nick", "table person___other"} <= set(done)
    assert "index ix_person_rank" in done
    found = get(store, 1)
    assert (found.__dict__["rank"], found.__dict__["nick"], found.__dict__["other"]) == (5, "", ())
    assert store.pending() == []
    assert store.upgrade() == []


def test_a_field_that_is_searched_from_now_on_is_indexed(old: SqlStore, opened: Open) -> None:
    with old.writer() as writer:
        person = old.model.entity("person")
        before = writer.get(person, 1)
        assert before is not None
        writer.update(person, [(before, world.changed(before, tags=items("prized")))])
    assert hits(old, "prized") == []
    store = opened(added(tags={"search": True}))
    assert store.pending() == ["person___tags: search the words of tags"]
    assert store.upgrade()[1:] == ["search in person"]
    assert hits(store, "prized") == [1]


def test_a_new_entity_gets_its_table(opened: Open) -> None:
    first = opened(model(entity_model(Firm)))
    first.create()
    store = opened(world.plain())
    with pytest.raises(Fault, match="run crmkit upgrade"):
        put(store, name="Ann")
    store.upgrade()
    assert put(store, name="Ann") == 1
    assert hits(store, "ann") == [1]


def test_a_new_workflow_is_summed_up(opened: Open) -> None:
    fields = [f for f in Person.spec.fields if f.name != "stage"]
    before = EntityModel(spec=Person.spec, plugin="core", fields=tuple(fields))
    first = opened(model(entity_model(Firm), before))
    first.create()
    id = put(first, name="Ann")
    store = opened(world.plain())
    store.upgrade()
    person = store.model.entity("person")
    with store.reader() as reader:
        found = reader.board(person, person.field("stage"), EVERYTHING)
        assert [(s.state, s.count) for s in found] == [("NEW", 1)]
        assert reader.stays(person, id) == [Stay("stage", "NEW", world.NOW)]


def test_what_the_model_no_longer_has_is_left_alone(old: SqlStore, opened: Open) -> None:
    on = opened(added(declared("nick", text("Nick", default=""))))
    on.upgrade()
    put(on, name="Cy", nick="C")
    off = opened(world.plain())
    assert off.pending() == []
    put(off, name="Dee")
    back = opened(added(declared("nick", text("Nick", default=""))))
    assert [get(back, id).__dict__["nick"] for id in (3, 4)] == ["C", ""]


CHANGED = {
    "another type": ({"score": {"kind": text("x").metadata[MARK].kind, "default": ""}}, "score"),
    "several values": ({"born": {"many": True, "default": ()}}, "born"),
    "one value": ({"tags": {"many": False, "default": ""}}, "tags"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_is_no_addition_is_refused_by_name(old: SqlStore, opened: Open, case: str) -> None:
    changes, column = CHANGED[case]
    store = opened(added(declared("fresh", number("Fresh", default=None)), **changes))
    with pytest.raises(Fault, match=f"table person, column {column}"):
        store.upgrade()
    assert "person: add column fresh" in store.pending()
    assert get(old, 1).name == "Ann"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_data_as_it_was_is_kept_beside_it(old: SqlStore, opened: Open) -> None:
    done = opened(world.extended()).upgrade()
    path = old.database.path
    assert path is not None
    (copy,) = path.parent.glob("*.bak.db")
    assert str(copy) in done[0]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    from crmkit.sql.store import open_store

    kept = open_store(f"sqlite:///{copy}", world.plain())
    assert kept.pending() == []
    assert get(kept, 1).name == "Ann"
    kept.close()


@pytest.mark.parametrize("name", ["crm_x", "a__b", "Ünï", "x" * 41, "drop table"])
def test_names_that_no_table_can_have_are_refused(opened: Open, name: str) -> None:
    spec = evolve(Firm.spec, name=name)
    with pytest.raises(Fault, match="cannot be stored|may not be called"):
        opened(model(EntityModel(spec=spec, plugin="core", fields=Firm.spec.fields)))


def test_two_fields_of_one_column_are_refused(opened: Open) -> None:
    with pytest.raises(Fault, match="needs the column value_currency"):
        opened(added(declared("value_currency", text("C", default=""))))
