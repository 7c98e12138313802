"""Records come back as they went in, on every kind of database."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from crmkit.core.errors import Fault
from crmkit.core.expr import Everything
from crmkit.core.fields import Item
from crmkit.core.kinds.address import Address
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel, Model
from crmkit.core.store import Select
from crmkit.sql.store import SqlStore, open_store
from tests.sql import world
from tests.sql.conftest import Put
from tests.sql.world import Acme, items

FULL = {
    "name": "Zoë Ångström",
    "stage": "WON",
    "owner": 3,
    "firm": 9,
    "about": Link("firm", 4),
    "value": Money(-(2**62), "EUR"),
    "due": datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    "born": date(1899, 12, 31),
    "score": None,
    "vip": True,
    "email": (Item("a@b.example", "work"), Item("c@d.example", "home", True)),
    "tags": items("x", "y", "x"),
    "home": Address("1 High St", "Bath", country="UK"),
    "notes": "line\n'quoted' \"twice\" % ? :x %s \\ \u202e \U0001f600",
    "total": 7,
    "acme.vat_id": "GB1",
    "acme.checked": datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "acme.codes": items("k1"),
    "acme.check": "DONE",
}


def values(entity: EntityModel, record: object) -> dict[str, object]:
    return {f.key: record.get(f) for f in entity.fields}  # type: ignore[attr-defined]


def test_every_kind_of_value_comes_back_unchanged(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    id = put(**FULL).id
    with store.reader() as reader:
        found = reader.get(person, id)
        listed = reader.find(Select(entity=person))
        many = reader.get_many(person, [id, 99])
    assert found is not None
    assert values(person, found) == FULL
    assert values(person, listed[0]) == FULL
    assert values(person, many[id]) == FULL
    assert (found.version, found.created_at, found.created_by) == (1, world.NOW, 1)
    assert found.created_at is not None
    assert found.created_at.tzinfo is UTC
    assert isinstance(found[Acme], Acme)


def test_defaults_come_back_too(store: SqlStore, person: EntityModel, put: Put) -> None:
    id = put(name="Ann").id
    with store.reader() as reader:
        found = reader.get(person, id)
    assert found is not None
    assert values(person, found) == values(person, world.new(person, name="Ann"))


def test_a_moment_of_another_zone_is_the_same_moment(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    noon = datetime(2026, 6, 1, 12, 0, tzinfo=timezone(timedelta(hours=9)))
    id = put(name="Ann", due=noon).id
    with store.reader() as reader:
        found = reader.get(person, id)
    assert found is not None
    assert found.due == noon


def test_many_records_keep_their_order_and_get_ids_in_a_row(
    store: SqlStore, person: EntityModel
) -> None:
    fresh = [world.new(person, name=f"P{n}", email=items(f"{n}@x.example")) for n in range(12_001)]
    with store.writer() as writer:
        made = writer.insert(person, fresh)
    assert [r.id for r in made] == list(range(1, 12_002))
    with store.reader() as reader:
        assert reader.get(person, 12_001).name == "P12000"
        assert reader.get(person, 6000).email == items("5999@x.example")
        assert len(reader.get_many(person, range(1, 2001))) == 2000


def test_ids_are_never_given_twice(store: SqlStore, person: EntityModel, put: Put) -> None:
    gone = put(name="Ann")
    with store.writer() as writer:
        assert writer.update(person, [(gone, world.changed(gone, deleted_at=world.NOW))]) == []
    assert put(name="Bea").id == gone.id + 1


def test_an_update_writes_what_changed(store: SqlStore, person: EntityModel, put: Put) -> None:
    before = put(**FULL)
    wanted = {
        **FULL, "name": "New", "value": None, "email": items("new@x.example"), "acme.vat_id": "X",
        "acme.codes": (), "about": Link("person", 1), "score": 5,
    }  # fmt: skip
    with store.writer() as writer:
        assert writer.update(person, [(before, world.changed(before, **wanted))]) == []
    with store.reader() as reader:
        found = reader.get(person, before.id)
    assert found is not None
    assert values(person, found) == wanted
    assert found.version == 2


def test_an_update_of_an_older_version_is_refused(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    first, other = put(name="Ann"), put(name="Bea")
    with store.writer() as writer:
        writer.update(person, [(first, world.changed(first, name="Theirs"))])
    with store.writer() as writer:
        pairs = [(r, world.changed(r, name="Mine")) for r in (first, other)]
        assert writer.update(person, pairs) == [first.id]


def test_derived_values_are_written_without_a_version(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    before = put(name="Ann")
    with store.writer() as writer:
        assert writer.update(person, [(before, before.evolve(total=9))], derived=True) == []
    with store.reader() as reader:
        found = reader.get(person, before.id)
    assert (found.total, found.version) == (9, 1)


def test_deleted_records_are_seen_only_when_asked_for(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    gone = put(name="Ann", deleted_at=world.NOW)
    with store.reader() as reader:
        assert reader.get(person, gone.id) is None
        assert reader.find(Select(entity=person)) == []
        assert reader.get_many(person, [gone.id]) == {}
        assert reader.named(person, "ann") == []
        assert reader.get(person, gone.id, deleted=True).name == "Ann"
        assert len(reader.find(Select(entity=person, deleted=True))) == 1
        assert reader.titles(person, [gone.id]) == {gone.id: "Ann"}


def test_names_are_found_whatever_their_case_and_accents(
    store: SqlStore, person: EntityModel, put: Put
) -> None:
    ids = [put(name=name).id for name in ("José Müller", "jose muller", "Other")]
    with store.reader() as reader:
        assert reader.named(person, "JOSE MÜLLER") == ids[:2]
        assert reader.titles(person, [*ids, 77])[ids[0]] == "José Müller"


def test_a_transaction_that_fails_leaves_nothing(store: SqlStore, person: EntityModel) -> None:
    with pytest.raises(ZeroDivisionError), store.writer() as writer:
        writer.insert(person, [world.new(person, name="Ann")])
        raise ZeroDivisionError
    with store.reader() as reader:
        assert reader.find(Select(entity=person)) == []
        assert reader.search(["ann"], {person: Everything()}, 9) == []
    assert store.verify() == []


def test_a_transaction_sees_what_it_has_written(store: SqlStore, person: EntityModel) -> None:
    with store.writer() as writer:
        id = writer.insert(person, [world.new(person, name="Ann")])[0].id
        assert writer.get(person, id).name == "Ann"
        with store.reader() as inside:
            assert inside.get(person, id).name == "Ann"


def test_a_transaction_within_a_transaction_is_refused(store: SqlStore) -> None:
    with store.writer(), pytest.raises(Fault, match="open already"), store.writer():
        pass
    with store.writer() as writer:
        writer.set_meta("after", "it works still")


def test_notes_are_kept(store: SqlStore) -> None:
    with store.writer() as writer:
        writer.set_meta("a", "1")
        writer.set_meta("a", "2")
    with store.reader() as reader:
        assert (reader.meta("a"), reader.meta("b")) == ("2", None)


def test_a_reader_sees_one_state_of_the_data(
    store: SqlStore, person: EntityModel, opened: Callable[[Model], SqlStore]
) -> None:
    other = opened(store.model)
    with store.reader() as reader:
        assert reader.count(person, Everything()) == 0
        with other.writer() as writer:
            writer.insert(person, [world.new(person, name="Ann")])
        assert reader.count(person, Everything()) == 0
    with store.reader() as reader:
        assert reader.count(person, Everything()) == 1


def test_a_second_create_is_refused(store: SqlStore) -> None:
    with pytest.raises(Fault, match="not empty"):
        store.create()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_database_is_its_owners_alone(store: SqlStore) -> None:
    path = store.database.path
    assert path is not None
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_missing_database_is_named(tmp_path: object) -> None:
    store = open_store(f"sqlite:///{tmp_path}/none.db", world.plain())
    with pytest.raises(Fault, match=r"no database .*none\.db"):
        store.pending()


def test_a_file_that_is_no_database_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.db").write_text("This is a letter, not a database. " * 99)
    with pytest.raises(Fault, match=r"x\.db is not a crmkit database"):
        open_store(f"sqlite:///{tmp_path}/x.db", world.plain()).pending()


def test_a_database_of_something_else_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "empty.db").touch()
    with pytest.raises(Fault, match="crmkit"):
        open_store(f"sqlite:///{tmp_path}/empty.db", world.plain()).pending()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite://"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Fault, match="write sqlite:///path or postgresql://"):
        open_store(url, world.plain())


def test_a_server_that_is_away_is_named(tmp_path: object) -> None:
    pytest.importorskip("psycopg")
    store = open_store(f"postgresql://me@/x?host={tmp_path}", world.plain())
    with pytest.raises(Fault, match="cannot be reached"):
        store.pending()
