"""Names are made comparable."""

from __future__ import annotations

import pytest

from crmkit.plugins.duplicates.names import (
    are_nicknames,
    has_legal_form,
    organisation,
    person,
    person_of,
    sound,
    words,
)
from crmkit.plugins.duplicates.places import place


@pytest.mark.parametrize(
    "name",
    [
        "Acme Widgets", "ACME WIDGETS LTD", "Acme Widgets Limited", "Acme Widgets, L.L.C.",
        "Acme Widgets LLP", "Acme-Widgets GmbH", "Acme Widgets GmbH & Co. KG", "Acme Widgets S.A.",
        "Acme Widgets S.p.A.", "Acm\u00e9 Widgets SARL", "Acme Widgets B.V.", "Acme Widgets Oy",
        "Acme Widgets Kft.", "The Acme Widgets Company", "Acme Widgets Pty Ltd", "Acme Widgets A/S",
        "Acme Widgets Sp. z o.o.", "Acme Widgets Inc.", "Acme Widgets PLC", "Acme Widgets AB",
    ],
)  # fmt: skip
def test_legal_forms_articles_and_marks_tell_nothing(name: str) -> None:
    assert organisation(name) == ("acme", "widgets")


def test_a_name_made_of_legal_forms_stays_a_name() -> None:
    assert organisation("SA") == ("sa",)
    assert organisation("AG Corp") == ("ag",)
    assert organisation("The Co") == ("the",)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("J.P. Morgan", "JP Morgan"), ("O'Brien", "O\u2019Brien"), ("Stra\u00dfe", "Strasse"),
        ("\u00c5ngstr\u00f6m", "angstrom"), ("\u0141ukasz", "lukasz"), ("S\u00f8ren", "Soren"),
        ("Marks & Spencer", "marks and spencer"),
    ],
)  # fmt: skip
def test_writings_of_one_name_have_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)


def test_salutations_and_suffixes_are_no_part_of_a_person() -> None:
    assert person("Mr. John", "Smith Jr.") == person("john", "SMITH")
    assert person_of("Dr. John Smith PhD") == person("John", "Smith")


def test_a_person_may_be_written_family_first() -> None:
    assert person_of("Smith, John") == person("John", "Smith")
    assert person_of("Ludwig van Beethoven") == person("Ludwig", "van Beethoven")
    assert person_of("Cher") == person("", "Cher")


def test_double_given_names_are_one_however_they_are_joined() -> None:
    joined = {person(given, "Roy").given for given in ("Anne Marie", "Anne-Marie", "AnneMarie")}
    assert joined == {"annemarie"}


def test_nicknames_are_forms_of_one_name() -> None:
    assert are_nicknames("william", "bill")
    assert are_nicknames("liz", "elizabeth")
    assert not are_nicknames("john", "peter")


def test_organisations_are_known_by_their_legal_form() -> None:
    assert has_legal_form("Smith & Sons Ltd")
    assert not has_legal_form("John Smith")
    assert not has_legal_form("Ltd")


@pytest.mark.parametrize(
    ("one", "other"), [("smith", "smyth"), ("philip", "filip"), ("catherine", "katherine")]
)
def test_names_that_sound_alike_share_a_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_addresses_are_compared_without_abbreviations() -> None:
    assert place("1845 E. 79th St.", "Chicago", "60649") == place(
        "1845 East 79th Street", "CHICAGO", "60649-1234"
    )
    assert place("Hauptstrasse 5", "Z\u00fcrich").number == "5"
    assert not place("", "", "")
