"""The made-up firm: the same each time, whole, believable, and nobody's phone rings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

import phonenumbers
import pytest

from crmkit.core.fields import Field, Item
from crmkit.core.host import load, module_source
from crmkit.core.kinds.address import Address
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import Model
from crmkit.demo.firm import BATCH, DemoFirm
from crmkit.demo.world import ORDER
from crmkit.plugins import BUILT_IN

RECORDS, SEED, TODAY = 2_000, 7, date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
Books = dict[str, list[dict[str, Any]]]


def books_of(records: int, seed: int = SEED, today: date = TODAY) -> Books:
    """Return all records by entity."""
    found: Books = {}
    for entity, rows in DemoFirm(records, seed, today).batches():
        found.setdefault(entity, []).extend(rows)
    return found


@pytest.fixture(scope="module")
def books() -> Books:
    """The records of a firm of the usual size."""
    return books_of(RECORDS)


@pytest.fixture(scope="module")
def model() -> Model:
    """The model of the built-in plugins."""
    return load([module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]).model


def reached(books: Books, name: str) -> Iterator[str]:
    """Yield every e-mail address, phone or web address there is."""
    for row in (row for rows in books.values() for row in rows if row.get(name)):
        yield from [row[name]] if isinstance(row[name], str) else [item[0] for item in row[name]]


def references(model: Model, entity: str, row: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield what a record points at."""
    for name, value in row.items():
        f = model.entity(entity).by_key[name]
        if f.kind.name == "link" and value:
            yield value
        elif f.kind.name == "ref" and value is not None:
            yield from ((f.targets[0], v) for v in ([i[0] for i in value] if f.many else [value]))


def stored(f: Field, value: Any) -> Any:
    """Return a plain value as a record holds it."""
    if f.many:
        return tuple(Item(stored_one(f, v), label, primary) for v, label, primary in value)
    return None if value is None else stored_one(f, value)


def stored_one(f: Field, value: Any) -> Any:
    made = {
        "money": lambda: Money(*value), "link": lambda: Link(*value),
        "address": lambda: Address(**value),
    }  # fmt: skip
    return made[f.kind.name]() if f.kind.name in made else value


def test_the_same_seed_and_day_make_the_same_firm(books: Books) -> None:
    assert books_of(RECORDS) == books


def test_another_seed_makes_another_firm(books: Books) -> None:
    other = books_of(RECORDS, seed=SEED + 1)
    assert len({row["name"] for row in other["account"] + books["account"]}) > 300


@pytest.mark.parametrize("records", [0, 1, 7, 13, 17, 19, 20, 21, 99, 2_000])
def test_there_are_as_many_records_as_asked_for_and_eight_users(records: int, model: Model) -> None:
    books = books_of(records)
    assert sum(len(rows) for rows in books.values()) == records + 8
    assert len(books["user"]) == 8
    for entity, rows in books.items():
        assert all(1 <= n <= len(books[e]) for r in rows for e, n in references(model, entity, r))


def test_twenty_records_have_one_of_each() -> None:
    assert min(DemoFirm(20, SEED, TODAY).counts.values()) >= 1


def test_fewer_than_no_records_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0"):
        DemoFirm(-1, SEED, TODAY)


def test_a_large_firm_streams_in_bounded_batches() -> None:
    firm = DemoFirm(1_000_000, SEED, TODAY)
    assert sum(firm.counts.values()) == 1_000_000
    assert all(0 < len(rows) <= BATCH for _, rows in islice(firm.batches(), 6))


def test_references_point_at_batches_before(model: Model) -> None:
    seen: Counter[str] = Counter()
    for entity, rows in DemoFirm(12_000, SEED, TODAY).batches():
        for row in rows:
            assert all(number <= seen[e] for e, number in references(model, entity, row))
        seen[entity] += len(rows)
    assert list(seen) == ["user", *ORDER]


def test_every_field_is_known_and_every_value_valid(books: Books, model: Model) -> None:
    for entity, rows in books.items():
        fields = model.entity(entity).by_key
        assert all(row.keys() == rows[0].keys() for row in rows)
        for name in rows[0].keys() - {"created_at", "moved_at"}:
            f = fields[name]
            assert f.typed
            for row in rows:
                value = stored(f, row[name])
                assert f.validate(value) == value, (entity, name, value)


ASKING = {"parents_form_no_circle", "_name_is_free", "_roles_exist"}
"""Checks that ask the store; the loader's tests and the roles below cover what they want."""


def test_the_checks_of_every_entity_pass_and_required_fields_are_there(
    books: Books, model: Model
) -> None:
    for entity, rows in books.items():
        assert {f.name for f in model.entity(entity).required} <= rows[0].keys()
        for row in rows:
            fields = model.entity(entity).by_key
            values = {name: stored(fields[name], value) for name, value in row.items()}
            record = model.entity(entity).spec.cls(**values)
            for check in model.entity(entity).spec.checks:
                if check.__name__ not in ASKING:
                    assert check(record, None) is None


def test_roles_are_those_of_the_policy(books: Books, model: Model) -> None:
    roles = {role for user in books["user"] for role, _, _ in user["roles"]}
    assert roles <= set(model.roles)
    assert len({user["team"] for user in books["user"]}) == 2


def test_phones_are_numbers_that_each_have_one_owner(books: Books) -> None:
    phones = [n for entity in ("account", "contact", "prospect") for n in
              reached({entity: books[entity]}, "phone")]  # fmt: skip
    assert len(phones) > 500
    for phone in phones:
        number = phonenumbers.parse(phone)
        assert phonenumbers.is_possible_number(number), phone
        assert phone.startswith("+")
    assert len(set(phones)) == len(phones)


def test_mail_and_web_addresses_are_reserved_ones(books: Books) -> None:
    for address in reached(books, "email"):
        assert re.fullmatch(r"[a-z0-9.-]+@([a-z0-9-]+\.)?example\.(com|org|net)", address)
    for address in (*reached(books, "website"), *reached(books, "social")):
        assert re.match(r"https://([a-z0-9-]+\.)?example\.(com|org|net)(/|$)", address)


def test_names_come_from_many_places_and_keep_their_letters(books: Books) -> None:
    letters = {c for row in books["contact"] for c in row["first_name"] + row["last_name"]}
    assert set("ëüéñÞðłøåİ") & letters >= set("üéñł")
    names = [row["name"] for row in books["account"]]
    assert len(set(names)) == len(names)


def test_every_lead_can_be_reached_and_closed_ones_say_how_it_ended(books: Books) -> None:
    for lead in books["lead"]:
        assert lead["phone"] or lead["email"]
        assert bool(lead["lost_reason"]) == (lead["status"] == "LOST")
        assert bool(lead["client"]) == (lead["status"] == "CONVERTED")
        assert lead["status"] not in ("CONVERTED", "LOST") or lead["next_call"] is None
    assert len(Counter(lead["status"] for lead in books["lead"])) == 5
    assert len(Counter(deal["stage"] for deal in books["deal"])) == 6


def test_a_converted_lead_has_the_name_of_its_client(books: Books) -> None:
    for lead in (lead for lead in books["lead"] if lead["client"]):
        client = books["client"][lead["client"] - 1]
        assert client["name"] == (lead["company"] or lead["name"])
        assert client["created_at"] == lead["moved_at"]


def test_actions_are_late_due_today_and_to_come_and_mostly_done(books: Books) -> None:
    due = [a["due"] for a in books["action"] if a["status"] == "OPEN" and a["due"]]
    tomorrow = MIDNIGHT + timedelta(days=1)
    assert any(at < MIDNIGHT for at in due)
    assert any(MIDNIGHT <= at < tomorrow for at in due)
    assert any(at >= tomorrow for at in due)
    assert any(a["next_call"] and MIDNIGHT <= a["next_call"] < tomorrow for a in books["lead"])
    done = [a for a in books["action"] if a["status"] == "DONE"]
    assert len(done) > len(books["action"]) / 2
    assert all(a["outcome"] and a["created_at"] <= a["done_at"] < MIDNIGHT for a in done)
    assert all(a["done_at"] is None for a in books["action"] if a["status"] == "OPEN")


def test_history_lies_within_two_years_and_before_today(books: Books) -> None:
    for row in (row for rows in books.values() for row in rows):
        assert MIDNIGHT - timedelta(days=730) < row["created_at"] < MIDNIGHT
        assert row["created_at"] <= row.get("moved_at", row["created_at"]) < MIDNIGHT


def test_actions_are_about_what_was_there_already(books: Books) -> None:
    for action in books["action"]:
        entity, number = action["about"]
        assert books[entity][number - 1]["created_at"] <= action["created_at"]


def test_money_is_in_minor_units_of_one_currency(books: Books) -> None:
    values = [deal["value"] for deal in books["deal"] if deal["value"]]
    assert all(isinstance(minor, int) and minor > 0 and unit == "GBP" for minor, unit in values)
