"""Evidence from names: of persons, of organisations, of where a person works."""

from __future__ import annotations

from collections.abc import Iterable

from crmkit.plugins.duplicates.likeness import ALIKE, FAINT, SLIP, likeness, shared
from crmkit.plugins.duplicates.names import PersonName, are_nicknames
from crmkit.plugins.duplicates.profile import Profile
from crmkit.plugins.duplicates.rarity import Rarity

OTHER_GIVEN, OTHER_FAMILY = -5.0, -3.0
SWAPPED = -2.0
CLEAR = 8.0
"""From so many bits on nobody asks whether the parts are swapped."""
INITIAL = 2.5
NICKNAME = 0.6
BOTH_USUAL = 0.3
"""What likeness two names lose that are both met often: Julia is no slip of Julie."""
MOST_OF_A_NAME = 11.0

MOST_OF_AN_ORGANISATION, OTHER_ORGANISATION = 14.0, -7.0
MOST_OF_AN_EMPLOYER, OTHER_EMPLOYER = 6.0, -1.5

Weighed = tuple[float, str]


def weigh_names(a: Profile, b: Profile, rarity: Rarity) -> Iterable[Weighed]:
    """Yield what the names tell: bits and reason."""
    if a.person and b.person:
        yield _persons(a, b, rarity)
    elif a.organisation and b.organisation:
        yield _organisations(a, b, rarity)
    if a.employer and b.employer:
        yield _employers(a, b, rarity)


def are_kin(one: PersonName, other: PersonName) -> bool:
    """Whether the family names agree while the given names are wholly different."""
    if min(len(one.given), len(other.given)) < 2 or not one.family or not other.family:
        return False
    if are_nicknames(one.first, other.first) or one.first == other.first:
        return False
    return likeness(one.given, other.given) == 0 and likeness(one.family, other.family) >= ALIKE


def _persons(a: Profile, b: Profile, rarity: Rarity) -> Weighed:
    one, other = a.person, b.person
    straight = _given(one, other, rarity) + _family(one, other, rarity)
    if one == other:
        return straight, f"same name: {a.name or one}"
    said = f"{a.name or one} / {b.name or other}"
    if straight < CLEAR:
        # In an order of their own, so that it does not matter which of the two is asked first.
        first, second = sorted((one, other), key=lambda name: (name.given, name.family))
        turned = PersonName(second.family, second.given, second.family)
        swapped = _given(first, turned, rarity) + _family(first, turned, rarity) + SWAPPED
        if swapped > max(0.0, straight):
            return swapped, f"swapped name parts: {said}"
    return straight, f"name alike: {said}" if straight > 0 else f"other name: {said}"


def _given(one: PersonName, other: PersonName, rarity: Rarity) -> float:
    x, y = one.given, other.given
    if not x or not y:
        return 0.0
    if x != y and (len(x) == 1 or len(y) == 1):
        return INITIAL if x[0] == y[0] else OTHER_GIVEN
    degree = likeness(x, y)
    if degree < SLIP and are_nicknames(one.first, other.first):
        return NICKNAME * _bits("given", x, y, rarity)
    if degree < SLIP and one.first == other.first and len(one.first) > 2:
        degree = SLIP
    return _part("given", x, y, degree, rarity) if degree else OTHER_GIVEN


def _family(one: PersonName, other: PersonName, rarity: Rarity) -> float:
    x, y = one.family, other.family
    if not x or not y:
        return 0.0
    if x != y and (len(x) == 1 or len(y) == 1):
        return INITIAL / 2 if x[0] == y[0] else OTHER_FAMILY
    degree = likeness(x, y)
    if degree < ALIKE and (_begins(x, y) or _begins(y, x)):
        degree = ALIKE
    return _part("family", x, y, degree, rarity) if degree else OTHER_FAMILY


def _begins(short: str, long: str) -> bool:
    return len(short) >= 5 and long.startswith(short)


def _part(kind: str, x: str, y: str, degree: float, rarity: Rarity) -> float:
    """Return what two like parts of a name tell; next to nothing where they are faintly so."""
    if degree < 1 and rarity.usual(kind, x) and rarity.usual(kind, y):
        degree -= BOTH_USUAL
    return degree * _bits(kind, x, y, rarity) if degree > FAINT + 0.1 else 0.5


def _bits(kind: str, x: str, y: str, rarity: Rarity) -> float:
    return min(MOST_OF_A_NAME, rarity.bits(kind, x), rarity.bits(kind, y))


def _organisations(a: Profile, b: Profile, rarity: Rarity) -> Weighed:
    said = f"{a.name or ' '.join(a.organisation)} / {b.name or ' '.join(b.organisation)}"
    bits, covered = _covered(a.organisation, b.organisation, rarity)
    weight = min(MOST_OF_AN_ORGANISATION, bits) * covered + OTHER_ORGANISATION * (1 - covered)
    if a.organisation == b.organisation:
        return weight, f"same name: {a.name or ' '.join(a.organisation)}"
    return weight, f"name alike: {said}" if weight > 0 else f"other name: {said}"


def _employers(a: Profile, b: Profile, rarity: Rarity) -> Weighed:
    bits, covered = _covered(a.employer, b.employer, rarity)
    weight = min(MOST_OF_AN_EMPLOYER, bits) * covered + OTHER_EMPLOYER * (1 - covered)
    said = f"{' '.join(a.employer)} / {' '.join(b.employer)}"
    if a.employer == b.employer:
        return weight, f"same organisation: {' '.join(a.employer)}"
    return weight, f"organisation alike: {said}" if weight > 0 else f"other organisation: {said}"


def _covered(one: tuple[str, ...], other: tuple[str, ...], rarity: Rarity) -> tuple[float, float]:
    """Return the bits of the words in common, and the part of the shorter name that they are.

    Words that only the longer name has count for a fifth: branches and prefixes come and go.
    """
    both, left, right = shared(one, other, lambda word: rarity.bits("word", word))
    if both == 0 and "".join(one) == "".join(other):
        return 10.0, 1.0
    less, more = sorted((left, right))
    return both, both / (both + less + more / 5) if both else 0.0
