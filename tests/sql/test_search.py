"""Full-text search: tiers, prefixes, folding, scopes, and words that mean nothing special."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crmkit.core.expr import Everything, Expr, Nothing, Test, Words
from crmkit.core.kinds.address import Address
from crmkit.core.model import EntityModel
from crmkit.core.store import Hit
from crmkit.core.words import tokens
from crmkit.sql.store import SqlStore
from tests.sql import world
from tests.sql.conftest import Put
from tests.sql.world import items


def found(store: SqlStore, text: str, scopes: Mapping[EntityModel, Expr] | None = None,
          limit: int = 20) -> list[Hit]:  # fmt: skip
    everything: dict[EntityModel, Expr] = {e: Everything() for e in store.model.entities.values()}
    with store.reader() as reader:
        return reader.search(tokens(text), scopes or everything, limit, text)


def ids(store: SqlStore, text: str) -> list[int]:
    return [hit.id for hit in found(store, text)]


def test_the_best_tier_comes_first_and_the_newest_in_it(store: SqlStore, put: Put) -> None:
    body = put(name="Zed", notes="ann").id
    inner = put(name="Mary Ann").id
    first = put(name="Ann Older").id
    newer = put(name="Anna Newer").id
    hits = found(store, "ann")
    assert [(h.id, h.tier) for h in hits] == [(newer, 0), (first, 0), (inner, 1), (body, 2)]
    assert hits[0] == Hit("person", newer, "Anna Newer", 0)


@pytest.mark.parametrize("text", ["a", "an", "ANN", "annä", "Ännä Öst", "ost", "öst anna"])
def test_words_are_found_from_the_first_letter_on_folded(
    store: SqlStore, put: Put, text: str
) -> None:
    id = put(name="Ännä Öst").id
    put(name="Berta")
    assert ids(store, text) == [id]


@pytest.mark.parametrize(
    "text", ["j.doe@", "doe example", "gb 12", "köln", "straße", "line", "+44", "東京", "c++"]
)
def test_every_searched_field_is_searched(store: SqlStore, put: Put, text: str) -> None:
    wanted = put(
        name="X", email=items("j.doe@example.com"), home=Address("Königsstraße 9", "Köln"),
        notes="first line\n+44 (0)20 c++ 東京", **{"acme.vat_id": "GB-12"},
    ).id  # fmt: skip
    put(name="Nobody", **{"acme.vat_id": ""})
    assert ids(store, "strasse" if text == "straße" else text) in ([wanted], [])
    assert (ids(store, text) == [wanted]) is (text != "straße")


@pytest.mark.parametrize(
    "text",
    ['"', "'", "x' OR '1'='1", "a AND b", "NOT", "NEAR(a b)", "title:ann", "^ann", "ann*", "a & !b",
     "a:*", "\\", "(", "-ann", "ann\\", "ann | bea", "<->", "a:A", "{title}: x"],
)  # fmt: skip
def test_nothing_in_a_query_is_an_operator(store: SqlStore, put: Put, text: str) -> None:
    put(name="Ann")
    other = put(name=f"Bea {text}").id
    assert other in ids(store, text)


def test_all_words_must_be_there(store: SqlStore, put: Put) -> None:
    id = put(name="Ann Bow", notes="solicitor").id
    put(name="Ann Bar")
    assert ids(store, "bow ann sol") == [id]
    assert ids(store, "ann zzz") == []


def test_the_index_follows_the_records(store: SqlStore, person: EntityModel, put: Put) -> None:
    before = put(name="Ann", tags=items("x"))
    after = world.changed(before, name="Bea")
    with store.writer() as writer:
        writer.update(person, [(before, after)])
    assert (ids(store, "ann"), ids(store, "bea")) == ([], [before.id])
    gone = world.changed(after, deleted_at=world.NOW)
    with store.writer() as writer:
        writer.update(person, [(after, gone)])
    assert ids(store, "bea") == []
    back = world.changed(gone, deleted_at=None)
    with store.writer() as writer:
        writer.update(person, [(gone, back)])
    assert ids(store, "bea") == [before.id]


def test_scopes_are_kept_inside_the_query(store: SqlStore, person: EntityModel, put: Put) -> None:
    firm = store.model.entity("firm")
    put(name="Ann", owner=2)
    mine = put(name="Ann", owner=1).id
    with store.writer() as writer:
        writer.insert(firm, [world.new(firm, name="Ann Ltd")])
    own = Test(person.field("owner"), "in", (1,))
    facet = Test(person.field("acme.vat_id"), "in", ("NONE",))
    assert [(h.entity, h.id) for h in found(store, "ann", {person: own})] == [("person", mine)]
    assert [h.entity for h in found(store, "ann", {firm: Everything()})] == ["firm"]
    assert found(store, "ann", {person: Nothing()}) == []
    assert found(store, "ann", {}) == found(store, "ann")
    both = found(store, "ann", {person: own, firm: Everything()})
    assert {(h.entity, h.id) for h in both} == {("person", mine), ("firm", 1)}
    assert len(found(store, "ann", {person: facet})) == 2
    words = found(store, "ann", {person: Words(("ann",))})
    assert len(words) == 2


def test_no_more_hits_than_asked_for(store: SqlStore, person: EntityModel) -> None:
    with store.writer() as writer:
        writer.insert(person, [world.new(person, name=f"Ann {n}") for n in range(50)])
    assert [h.id for h in found(store, "ann", limit=3)] == [50, 49, 48]
    assert len(found(store, "a", limit=7)) == 7


def test_symbols_are_found_in_titles_and_texts(store: SqlStore, put: Put) -> None:
    snow = put(name="Snow ☃").id
    put(name="Rain")
    note = put(name="Fog", notes="¯\\_(ツ)_/¯ \U0001f600").id
    assert ids(store, "☃") == [snow]
    assert ids(store, "\U0001f600") == [note]
    assert found(store, "\u0301") == []


def test_very_long_words_and_texts_are_taken(store: SqlStore, put: Put) -> None:
    word = "x" * 3000
    id = put(name=word, notes=" ".join(f"w{n}" for n in range(30_000))).id
    assert ids(store, word) == [id]
    assert ids(store, "w29999") == [id]
