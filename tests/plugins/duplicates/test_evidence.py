"""Two records are weighed by what agrees and what contradicts, and the reasons are told."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.plugins.duplicates.evidence import THRESHOLD, Scale
from crmkit.plugins.duplicates.names import organisation, person
from crmkit.plugins.duplicates.places import place
from crmkit.plugins.duplicates.profile import Profile, noted
from crmkit.plugins.duplicates.rarity import Rarity


def somebody(given: str = "", family: str = "", **more: Any) -> Profile:
    """Return the profile of a person."""
    return Profile(
        id=more.pop("id", 1), person=person(given, family), name=f"{given} {family}".strip(), **more
    )


def firm(name: str, **more: Any) -> Profile:
    """Return the profile of an organisation."""
    return Profile(id=more.pop("id", 1), organisation=organisation(name), name=name, **more)


def score(a: Profile, b: Profile) -> int:
    return Scale().score(a, b)[0]


def reasons(a: Profile, b: Profile) -> tuple[str, ...]:
    return Scale().score(a, b)[1]


JOHN = somebody("John", "Smith")


@pytest.mark.parametrize(
    ("given", "family"),
    [
        ("John", "Smith"), ("Jon", "Smyth"), ("Smith", "John"), ("Smyth", "John"),
        ("Johnny", "Smith"), ("Jack", "Smith"), ("JOHN", "SM\u00cdTH"), ("John", "Smiht"),
        ("John Paul", "Smith"), ("J.", "Smith"),
    ],
)  # fmt: skip
def test_a_name_typed_otherwise_may_be_the_same(given: str, family: str) -> None:
    assert score(JOHN, somebody(given, family)) >= THRESHOLD


@pytest.mark.parametrize(
    ("given", "family"), [("Mary", "Smith"), ("John", "Miller"), ("Mary", "Miller"), ("", "Smith")]
)
def test_half_a_name_is_not_enough(given: str, family: str) -> None:
    assert score(JOHN, somebody(given, family)) < THRESHOLD


def test_a_family_name_with_an_initial_is_like_it_only_so_far() -> None:
    assert score(JOHN, somebody("J", "Smith")) < score(JOHN, JOHN)
    assert score(JOHN, somebody("M", "Smith")) < THRESHOLD


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Acme Widgets Ltd", "ACME WIDGETS LLC", True), ("M\u00fcller GmbH", "Muller", True),
        ("Brightwater Holdings", "Brightwatre Holdings", True),
        ("Wee Care Nursery School", "The Wee Care Nursery", True),
        ("Daycare Sunshine", "Day Care Sunshine", True),
        ("Acme Widgets", "Bolt Bearings", False), ("North Star", "South Star", False),
    ],
)  # fmt: skip
def test_organisations_are_compared_word_by_word(one: str, other: str, alike: bool) -> None:
    assert (score(firm(one), firm(other)) >= 40) is alike


def test_the_same_e_mail_is_enough_by_itself() -> None:
    one, other = somebody(emails=("a@b.com",)), somebody(emails=("x@y.com", "a@b.com"))
    assert score(one, other) > 75
    assert reasons(one, other) == ("same e-mail",)


def test_an_e_mail_with_a_slip_counts_for_less() -> None:
    one = somebody("Ann", "Lee", emails=("ann.lee@example.com",))
    slipped = somebody("Ann", "Lee", emails=("ann.lee@exmaple.com",))
    other = somebody("Ann", "Lee", emails=("lee1987@mail.org",))
    assert score(one, one) > score(one, slipped) > score(one, other)
    assert any(r.startswith("e-mail alike: ann.lee@example.com / ") for r in reasons(one, slipped))


def test_the_same_phone_with_another_name_is_no_match() -> None:
    one = somebody("Ann", "Lee", phones=("441632960001",))
    other = somebody("Karl", "Otto", phones=("441632960001",))
    assert score(one, other) < THRESHOLD <= score(one, somebody("Ann", "Lee"))
    assert reasons(one, other) == ("same phone", "but other name: Ann Lee / Karl Otto")


def test_a_number_on_many_records_tells_less() -> None:
    crowd = [somebody(f"N{n}", f"F{n}", phones=("1",), id=n) for n in range(100)]
    rarity = Rarity.of(crowd)
    assert Scale(rarity).score(*crowd[:2])[0] < Scale().score(*crowd[:2])[0]
    assert rarity.doubt("phone", "1") > 0 == rarity.doubt("phone", "2")


def test_a_rare_name_tells_more_than_a_common_one() -> None:
    crowd = [somebody("Ann", "Lee", id=n) for n in range(500)]
    rare = [somebody("Zora", "Zilm", id=n) for n in (500, 501)]
    scale = Scale(Rarity.of(crowd + rare))
    assert scale.score(*rare)[0] > scale.score(*crowd[:2])[0]


def test_among_more_records_more_must_agree() -> None:
    many = Scale(Rarity(total=1_000_000))
    assert many.even > Scale().even
    assert many.score_of(15) < Scale().score_of(15)


def test_swapped_parts_and_slips_are_told_in_words() -> None:
    assert reasons(JOHN, somebody("Smith", "John")) == (
        "swapped name parts: John Smith / Smith John",
    )
    assert reasons(JOHN, somebody("Jon", "Smyth")) == ("name alike: John Smith / Jon Smyth",)


def test_two_of_one_household_stand_below_one_who_typed_the_name_otherwise() -> None:
    home = (place("12 Elm Street", "Leeds", "LS1 4AP"),)
    ann = somebody("Ann", "Winterbottom", places=home)
    karl = somebody("Karl", "Winterbottom", places=home)
    slip = somebody("Anne", "Winterbotom", places=home)
    assert score(ann, slip) - score(ann, karl) >= 20
    assert "but perhaps one household" in reasons(ann, karl)


def test_branches_are_told_apart_by_their_address() -> None:
    ogden = firm("Carole Center", phones=("1",), places=(place("3701 W Ogden Ave", "", "60623"),))
    roosevelt = firm(
        "Carole Center", phones=("2",), places=(place("2020 W Roosevelt Rd", "", "60608"),)
    )
    assert score(ogden, ogden) > 85
    assert score(ogden, roosevelt) < THRESHOLD


def test_dates_and_numbers_speak_for_and_against() -> None:
    one = somebody("Ann", "Lee", dates=("1971-06-24",), references=("7988048",))
    slip = somebody("Ann", "Lee", dates=("1971-05-24",), references=("7988084",))
    other = somebody("Ann", "Lee", dates=("1950-01-02",), references=("1112223",))
    assert score(one, one) > score(one, slip) > score(somebody("Ann", "Lee"), JOHN)
    assert score(one, other) < THRESHOLD
    assert "date alike: 1971-06-24 / 1971-05-24" in reasons(one, slip)
    assert "but other number" in reasons(one, other)


def test_dates_and_long_numbers_in_notes_are_found() -> None:
    assert noted("born 19081209\n6988048") == {"1908-12-09", "6988048"}
    assert noted("Born 1971-06-24; file 12, worth 1,250,000") == {"1971-06-24"}
    assert noted("nothing here") == frozenset()


def test_nothing_known_is_nothing_found() -> None:
    assert score(somebody(), somebody()) < 15
    assert reasons(somebody(), somebody()) == ()


def test_the_order_of_two_makes_no_difference() -> None:
    one = somebody("Ann", "Lee", emails=("a@b.com",), places=(place("1 Elm St", "Leeds"),))
    other = somebody("Lee", "Anne", emails=("c@d.com",), places=(place("1 Elm Rd", "Leed"),))
    assert score(one, other) == score(other, one)
