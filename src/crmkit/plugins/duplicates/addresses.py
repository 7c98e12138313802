"""Evidence from postal addresses."""

from __future__ import annotations

from collections.abc import Iterable

from crmkit.plugins.duplicates.likeness import (
    ALIKE,
    SLIP,
    likeness,
    shared,
    slips,
)
from crmkit.plugins.duplicates.places import Place
from crmkit.plugins.duplicates.rarity import Rarity

MOST_OF_A_STREET = 9.0
PERSON_ELSEWHERE, ORGANISATION_ELSEWHERE = (-3.0, -2.0), (-7.0, -7.0)
"""Another street, another house: people move, while branches share all but the place."""
LIKE_NUMBER = 1.0
OTHER_POSTCODE, OTHER_CITY = -1.5, -1.5
MOST_OF_A_TOWN = 7.0
MOST_OF_ALL = 16.0

Weighed = tuple[float, str]


def weigh_places(
    ours: tuple[Place, ...],
    theirs: tuple[Place, ...],
    rarity: Rarity,
    elsewhere: tuple[float, float] = PERSON_ELSEWHERE,
) -> Iterable[Weighed]:
    """Yield what the two addresses that are most alike tell: bits and reason."""
    if not ours or not theirs:
        return
    bits, same = max(_weigh(one, other, rarity, elsewhere) for one in ours for other in theirs)
    if bits > 0:
        yield min(bits, MOST_OF_ALL), "same address" if same else "address alike"
    elif bits < 0:
        # People have several addresses, and move.
        yield bits, "other address" if bits < -2 else ""


def _weigh(
    one: Place, other: Place, rarity: Rarity, elsewhere: tuple[float, float]
) -> tuple[float, bool]:
    street, same_street = _street(one, other, rarity, elsewhere[0])
    town = _town(one, other, rarity)
    if street < 0 and town > 0 and one.number != other.number:
        town /= 3  # many live in the same town
    same = same_street and one.number == other.number and town >= 0
    return street + _number(one, other, rarity, elsewhere[1]) + town, same


def _street(one: Place, other: Place, rarity: Rarity, contradiction: float) -> tuple[float, bool]:
    if not one.street or not other.street:
        return 0.0, False
    both, left, right = shared(one.street, other.street, lambda word: rarity.bits("street", word))
    covered = both / (both + min(left, right) + abs(left - right) / 5) if both else 0.0
    if covered < 0.7 and slips("".join(one.street), "".join(other.street)) <= 2:
        both, covered = max(both, MOST_OF_A_STREET), 0.8
    weight = min(MOST_OF_A_STREET, both) * covered + contradiction * (1 - covered)
    return weight, covered > 0.9


def _number(one: Place, other: Place, rarity: Rarity, contradiction: float) -> float:
    x, y = one.number, other.number
    if not x or not y:
        return 0.0
    if x == y:
        return min(rarity.bits("number", x), rarity.bits("number", y), 7.0)
    return LIKE_NUMBER if slips(x, y) == 1 and max(len(x), len(y)) > 1 else contradiction


def _town(one: Place, other: Place, rarity: Rarity) -> float:
    """Weigh postcode and city, which say the same, as one."""
    postcode = city = 0.0
    x, y = one.postcode, other.postcode
    if x and y:
        near = SLIP / 2 if slips(x, y) == 1 else 0.0
        postcode = (
            rarity.bits("postcode", x) if x == y
            else near * rarity.bits("postcode", x) if near else OTHER_POSTCODE
        )  # fmt: skip
    x, y = one.city, other.city
    if x and y:
        degree = likeness(x, y)
        bits = min(rarity.bits("city", x), rarity.bits("city", y))
        city = degree * bits if degree >= ALIKE else OTHER_CITY if degree == 0 else 0.0
    best, other_part = max(postcode, city), min(postcode, city)
    return min(MOST_OF_A_TOWN, best) + (other_part / 2 if best > 0 else other_part)
