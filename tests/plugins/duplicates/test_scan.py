"""Pairs are found among many records without comparing each with each."""

from __future__ import annotations

import random

from crmkit.plugins.duplicates.blocking import LARGEST, NEIGHBOURS, candidates
from crmkit.plugins.duplicates.names import person
from crmkit.plugins.duplicates.profile import Profile
from crmkit.plugins.duplicates.scan import pairs


def invented(count: int, seed: int = 1) -> list[Profile]:
    """Return profiles of people with names made of letters by chance."""
    rng = random.Random(seed)

    def word() -> str:
        return "".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(4))

    return [
        Profile(id=n, person=person(word(), word()), emails=(f"{word()}{n}@{word()}.com",))
        for n in range(1, count + 1)
    ]


def test_the_pairs_weighed_grow_as_the_records_do() -> None:
    some, more = (sum(1 for _ in candidates(invented(n))) for n in (1000, 4000))
    assert more / some < 6
    assert more < 4000 * 25


def test_a_key_that_all_share_costs_no_more_than_its_neighbours() -> None:
    crowd = [Profile(id=n, phones=("123",)) for n in range(1000)]
    assert sum(1 for _ in candidates(crowd)) <= 1000 * NEIGHBOURS


def test_a_block_of_usual_size_is_compared_whole() -> None:
    few = [Profile(id=n, phones=("123",)) for n in range(LARGEST)]
    assert set(candidates(few)) == {(a, b) for a in range(LARGEST) for b in range(a + 1, LARGEST)}


def test_planted_copies_are_found_and_strangers_are_not() -> None:
    crowd = invented(500)
    first = crowd[0].person
    copies = [
        Profile(id=1001, person=person(first.family, first.given)),
        Profile(id=1002, person=person(first.given, first.family[:-1])),
        Profile(id=1003, emails=crowd[1].emails),
    ]
    found = pairs([*crowd, *copies])
    assert {(1, 1001), (1, 1002), (2, 1003)} <= {(p.first, p.second) for p in found}
    assert all(p.second > 1000 for p in found)
    assert [p.certain for p in found if p.second == 1003] == [True]


def test_the_lower_number_comes_first_and_the_best_pair_too() -> None:
    found = pairs(
        [
            Profile(id=9, emails=("a@b.com",)),
            Profile(id=3, emails=("a@b.com",)),
            Profile(id=7, person=person("Zora", "Quillfeather"), emails=("a@b.com", "z@q.com")),
            Profile(id=5, person=person("Zora", "Quillfeather"), emails=("z@q.com",)),
        ]
    )
    assert all(p.first < p.second for p in found)
    assert (found[0].first, found[0].second) == (5, 7)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


def test_a_third_record_vouches_for_two_that_share_little() -> None:
    one = Profile(id=1, emails=("zq@example.com",))
    both = Profile(id=2, person=person("Zora", "Quillfeather"), emails=("zq@example.com",))
    other = Profile(id=3, person=person("Zora", "Quillfeather"))
    found = {(p.first, p.second): p for p in pairs([one, both, other])}
    assert found[1, 3].reasons[0] == "both like #2"
    assert found[1, 3].score < min(found[1, 2].score, found[2, 3].score)
    assert not found[1, 3].certain
    assert (1, 3) not in {(p.first, p.second) for p in pairs([one, other])}


def test_a_third_record_cannot_outweigh_what_contradicts() -> None:
    shared = Profile(id=2, emails=("a@b.com", "c@d.com"))
    ann = Profile(id=1, person=person("Ann", "Lee"), emails=("a@b.com",), dates=("1950-01-02",))
    karl = Profile(id=3, person=person("Karl", "Otto"), emails=("c@d.com",), dates=("1999-09-09",))
    assert (1, 3) not in {(p.first, p.second) for p in pairs([ann, shared, karl])}


def test_no_records_have_no_pairs() -> None:
    assert pairs([]) == []
    assert pairs([Profile(id=1)]) == []
