"""Conditions find what a plain reading of them finds, on every kind of database."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmkit.core.entity import TITLE_FIELD, Record
from crmkit.core.expr import And, Everything, Expr, Not, Nothing, Or, Test, Words
from crmkit.core.kinds.address import Address
from crmkit.core.kinds.base import fold
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel
from crmkit.core.store import Select
from crmkit.core.words import tokens
from crmkit.sql.store import SqlStore
from tests.sql import world
from tests.sql.world import items

PERSON = world.extended().entity("person")
F = PERSON.field
quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

MOMENTS = [datetime(2026, 1, d, 12, 0, 0, d, tzinfo=UTC) for d in range(1, 5)]
POOLS: dict[str, list[Any]] = {
    "name": ["Ann", "ann", "Änn Öst", "Straße", "STRASSE", "Éa b", "x%y_z", "' or 1=1"],
    "stage": ["NEW", "WON", "LOST"],
    "owner": [None, 1, 2, 3],
    "about": [None, *(Link(e, n) for e in ("firm", "person") for n in (1, 2, 3))],
    "value": [None, *(Money(n, c) for n in range(-2, 4) for c in ("EUR", "USD"))],
    "due": [None, *MOMENTS],
    "born": [None, *(date(2026, 1, d) for d in range(1, 5))],
    "score": [None, -2, -1, 0, 1, 2],
    "vip": [True, False],
    "tags": [(), items("a"), items("a", "b"), items("c")],
    "notes": ["", "Grüße", "line one\nline two"],
    "home": [None, Address("High St", "Bath"), Address(city="Köln")],
    "acme.vat_id": ["", "GB1", "DE2"],
    "acme.checked": [None, *MOMENTS],
    "acme.codes": [(), items("a"), items("b", "c")],
}


def values_of(key: str) -> st.SearchStrategy[Any]:
    """Return single values of a field."""
    return st.sampled_from(
        ["a", "b", "c"] if F(key).many else [v for v in POOLS[key] if v is not None]
    )


ordered = ("score", "due", "born", "value", "name", "acme.checked")
worded = ("name", "notes", "tags", "acme.vat_id", "home")


@st.composite
def field_tests(draw: Any) -> Expr:
    op = draw(st.sampled_from(["in", "empty", "order", "between", "contains", "target", "id"]))
    if op == "order":
        key = draw(st.sampled_from(ordered))
        return Test(
            F(key), draw(st.sampled_from(["lt", "le", "gt", "ge"])), (draw(values_of(key)),)
        )
    if op == "between":
        key = draw(st.sampled_from(["score", "due", "born", "acme.checked"]))
        return Test(F(key), "between", (draw(values_of(key)), draw(values_of(key))))
    if op == "contains":
        key = draw(st.sampled_from(worded))
        part = draw(st.sampled_from(["a", "SS", "ö", "%", "_", "'", "st", "gru", "BATH", "city"]))
        field = draw(st.sampled_from([F(key), TITLE_FIELD]))
        return Test(field, "contains", (part,))
    if op == "target":
        return Test(F("about"), "target", tuple(draw(st.sets(st.sampled_from(["firm", "person"])))))
    if op == "id":
        return Test(F("id"), "in", tuple(draw(st.lists(st.integers(1, 40), max_size=12))))
    key = draw(st.sampled_from([k for k in POOLS if k != "home"]))
    if op == "empty":
        return Test(F(key), "empty")
    found = draw(st.lists(values_of(key), min_size=1, max_size=12))
    if not F(key).many and draw(st.booleans()):
        found.append(None)
    return Test(F(key), "in", tuple(found))


words = st.sampled_from(["ann", "a", "gb1", "oe", "bath", "line two", "straße", ""]).map(
    lambda text: Words(tuple(tokens(text)), text)
)
exprs = st.recursive(
    field_tests() | words | st.sampled_from([Everything(), Nothing()]),
    lambda part: (
        st.lists(part, min_size=1, max_size=3).map(lambda p: And(tuple(p)))
        | st.lists(part, min_size=1, max_size=3).map(lambda p: Or(tuple(p)))
        | part.map(Not)
    ),
    max_leaves=5,
)


def holds(expr: Expr, record: Record) -> bool:
    """What the store must agree with."""
    if isinstance(expr, Everything | Nothing):
        return isinstance(expr, Everything)
    if isinstance(expr, And):
        return all(holds(p, record) for p in expr.parts)
    if isinstance(expr, Or):
        return any(holds(p, record) for p in expr.parts)
    if isinstance(expr, Not):
        return not holds(expr.part, record)
    if isinstance(expr, Words):
        title, body = PERSON.search_text(record)
        known = tokens(title) + tokens(body)
        return all(any(word.startswith(t) for word in known) for t in expr.tokens)
    value = record.get(expr.field)
    if expr.op == "empty":
        return value in (None, "", ())
    if expr.op == "in" and value is None:
        return None in expr.values
    return any(_meets(expr, one) for one in expr.field.values(value))


def _meets(test: Test, value: Any) -> bool:
    if test.op == "in":
        return value in test.values
    if test.op == "contains":
        text = test.field.kind.words(value)
        parts = text.split(" ") if isinstance(value, Address) else [text]
        return any(fold(test.values[0]) in fold(part) for part in parts)
    if test.op == "target":
        return value.entity in test.values
    if isinstance(value, Money) and value.currency != test.values[0].currency:
        return False
    first = test.values[0]
    if test.op == "between":
        return bool(first <= value < test.values[1])
    return bool(
        {"lt": value < first, "le": value <= first, "gt": value > first, "ge": value >= first}[
            test.op
        ]
    )


@pytest.fixture
def crowd(store: SqlStore, person: EntityModel) -> list[Record]:
    """Forty people, and one who is deleted."""
    chooser = random.Random(7)
    rows = [{k: chooser.choice(pool) for k, pool in POOLS.items()} for _ in range(40)]
    with store.writer() as writer:
        made = writer.insert(person, [world.new(person, **row) for row in rows])
        writer.insert(person, [world.new(person, name="Ann", deleted_at=world.NOW)])
    return made


def test_conditions_find_what_they_say(
    store: SqlStore, person: EntityModel, crowd: list[Record]
) -> None:
    @quick
    @given(exprs)
    def check(expr: Expr) -> None:
        wanted = [r.id for r in crowd if holds(expr, r)]
        with store.reader() as reader:
            found = reader.find(Select(entity=person, where=expr, limit=100, relations=False))
            assert [r.id for r in found] == wanted
            assert reader.count(person, expr) == len(wanted)
            assert reader.count(person, expr, cap=3) == min(3, len(wanted))

    check()


def test_a_long_list_of_values_is_one_parameter(
    store: SqlStore, person: EntityModel, crowd: list[Record]
) -> None:
    wanted = tuple(range(1, 3000, 2))
    names = tuple(f"'{n}\"" for n in range(1000)) + ("Ann",)
    with store.reader() as reader:
        assert reader.count(person, Test(F("id"), "in", wanted)) == 20
        assert reader.count(person, Test(F("owner"), "in", (*wanted, None))) == sum(
            r.get(F("owner")) != 2 for r in crowd
        )
        assert reader.count(person, Test(F("name"), "in", names)) == sum(
            r.get(F("name")) == "Ann" for r in crowd
        )
        dues = (*MOMENTS, *(m.replace(year=2000 + n) for m in MOMENTS for n in range(9)))
        assert reader.count(person, Test(F("due"), "in", dues)) == sum(
            r.get(F("due")) is not None for r in crowd
        )


def test_text_without_words_is_found_as_it_stands(store: SqlStore, person: EntityModel) -> None:
    with store.writer() as writer:
        writer.insert(person, [world.new(person, name="Snow ☃", notes="???")])
        writer.insert(person, [world.new(person, name="Rain")])
    with store.reader() as reader:
        assert reader.count(person, Words((), "☃")) == 1
        assert reader.count(person, Words((), "??")) == 1
        assert reader.count(person, Words((), "§")) == 0
        assert reader.count(person, Words((), "\u0301")) == 0
        assert reader.count(person, Words((), " ")) == 2
