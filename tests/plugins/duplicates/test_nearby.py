"""The records that one may be the same as are found by key and by words, never by reading all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from crmkit.core.entity import Record
from crmkit.core.fields import Item
from crmkit.core.kinds.address import Address
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.plugins.duplicates.nearby import ENOUGH, MOST_SEARCHES, near
from crmkit.plugins.duplicates.profile import Reader


def contact(session: Session, first: str, last: str, **more: Any) -> Record:
    return session.add("contact", first_name=first, last_name=last, **more)


def titles(session: Session, entity: str, **values: Any) -> list[str]:
    """Return what the matches of a record with these values are called."""
    found = session.duplicates(entity, values)
    return [session.get(match.entity, match.id).title for match in found]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Jonathan", "Winterbottom"), ("Jonathn", "Winterbottom"), ("Jonathan", "Winterbotom"),
        ("Winterbottom", "Jonathan"), ("J.", "Winterbottom"), ("Jon", "Winterbottom"),
        ("JONATHAN", "WINTERBOTT\u00d6M"), ("Jonatan", "Winterbottm"),
        ("Dr. Jonathan", "Winterbottom"),
    ],
)  # fmt: skip
def test_a_contact_typed_otherwise_brings_up_the_stored_one(
    first: str, last: str, session: Session
) -> None:
    contact(session, "Jonathan", "Winterbottom")
    contact(session, "Mary", "Ashworth")
    found = titles(session, "contact", first_name=first, last_name=last)
    assert found == ["Jonathan Winterbottom"]


def test_the_same_e_mail_or_phone_is_certain_and_comes_first(session: Session) -> None:
    by_name = contact(session, "Zora", "Quillfeather")
    by_phone = contact(session, "Karl", "Otto", phone=(Item("+16502530000"),))
    by_mail = contact(session, "", "Qu", email=(Item("Zora@Example.com"),))
    found = session.duplicates(
        "contact",
        {
            "first_name": "Zora",
            "last_name": "Quillfeather",
            "email": (Item("zora@example.com"),),
            "phone": (Item("+16502530000"),),
        },
    )
    assert {m.id: m.certain for m in found} == {
        by_name.id: False, by_phone.id: True, by_mail.id: True,
    }  # fmt: skip
    assert [m.certain for m in found] == [True, True, False]
    assert "same phone" in next(m for m in found if m.id == by_phone.id).reasons


def test_a_stored_record_is_no_match_of_its_own(session: Session) -> None:
    one = contact(session, "Zora", "Quillfeather", email=(Item("z@q.com"),))
    values = {"first_name": "Zora", "last_name": "Quillfeather", "email": (Item("z@q.com"),)}
    assert session.duplicates("contact", values, id=one.id) == []
    assert [m.id for m in session.duplicates("contact", values)] == [one.id]


@pytest.mark.parametrize(
    "name",
    ["Brightwater Holdings Ltd", "BRIGHTWATER HOLDINGS GmbH", "Brightwatre Holdings",
     "Bright Water Holdings"],
)  # fmt: skip
def test_an_account_is_found_whatever_its_legal_form(name: str, session: Session) -> None:
    session.add("account", name="Brightwater Holdings LLC")
    session.add("account", name="Blackwater Limited")
    assert titles(session, "account", name=name) == ["Brightwater Holdings LLC"]


def test_an_address_brings_up_a_name_that_is_half_known(session: Session) -> None:
    home = (Item(Address("17 Larkspur Avenue", "Leeds", "", "LS1 4AP")),)
    contact(session, "Zora", "Quillfeather", address=home)
    assert titles(session, "contact", last_name="Qillfether", address=home) == ["Zora Quillfeather"]


@pytest.mark.parametrize("entity", ["lead", "client", "prospect"])
def test_every_party_of_the_firm_is_matched(entity: str, session: Session) -> None:
    more = {"email": "z@q.com"} if entity == "lead" else {}
    session.add(entity, name="Zora Quillfeather", **more)
    assert titles(session, entity, name="Quillfeather, Zora") == ["Zora Quillfeather"]


def test_leads_of_one_person_at_two_firms_are_less_alike(session: Session) -> None:
    at_acme = session.add("lead", name="Zora Quill", company="Acme Ltd", email="a@acme.com")
    at_bolt = session.add("lead", name="Zora Quill", company="Bolt GmbH", email="z@bolt.de")
    found = session.duplicates("lead", {"name": "Zora Quill", "company": "ACME Limited"})
    assert [m.id for m in found] == [at_acme.id, at_bolt.id]
    assert found[0].score > found[1].score


def test_few_searches_are_made_and_none_is_without_limit(model: Model) -> None:
    entity = model.entity("contact")
    record = entity.spec.cls(
        first_name="Jonathan", last_name="Winterbottom",
        email=tuple(Item(f"jon.winter{n}@example.com", "", n == 0) for n in range(20)),
    )  # fmt: skip
    asked: list[tuple[tuple[str, ...], int]] = []

    def search(words: Sequence[str], limit: int) -> Iterable[Record]:
        asked.append((tuple(words), limit))
        return ()

    assert near(record, Reader.of(entity.fields), lambda record: (), search) == []
    assert len(asked) == len({words for words, _ in asked}) <= MOST_SEARCHES
    assert {limit for _, limit in asked} == {ENOUGH}
    assert all(all(words) for words, _ in asked)


def test_a_record_without_anything_asks_for_nothing(session: Session) -> None:
    contact(session, "Zora", "Quillfeather")
    assert session.duplicates("contact", {}) == []


def test_a_scan_finds_what_was_added(session: Session) -> None:
    one = contact(session, "Zora", "Quillfeather", email=(Item("z@q.com"),))
    other = contact(session, "Quillfeather", "Zora", email=(Item("Z@Q.com"),))
    contact(session, "Mary", "Ashworth")
    found = session.pairs("contact")
    assert [(p.first, p.second, p.certain) for p in found] == [(one.id, other.id, True)]
    assert found[0].reasons[0] == "same e-mail"


def test_the_library_that_compares_is_loaded_when_something_is_compared() -> None:
    code = "import crmkit.plugins.duplicates, sys; print('rapidfuzz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
