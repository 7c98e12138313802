"""Which pairs are worth weighing: records that share one of several keys.

Every key is cheap, several catch each kind of slip, and no block costs more than its cap, so that
the whole stays near linear in the number of records.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import combinations, groupby

from crmkit.plugins.duplicates.names import sound
from crmkit.plugins.duplicates.places import USUAL
from crmkit.plugins.duplicates.profile import Profile

LARGEST = 40
"""A block of so many records is compared whole; in a larger one each meets its neighbours."""

NEIGHBOURS = 5
"""How many records each meets in a sorted list."""


def keys(profile: Profile) -> Iterator[str]:
    """Yield the keys of the blocks that a record is in."""
    for email in profile.emails:
        yield f"e:{email}"
        local, _, domain = email.partition("@")
        if len(local) > 3:
            yield f"l:{local}"
        yield f"d:{domain}:{local[:1]}"
    for phone in profile.phones:
        yield f"p:{phone}"
        if len(phone) > 7:
            yield f"p:{phone[-7:]}"
    for text in (*profile.references, *profile.noted, *profile.dates):
        yield f"n:{text.replace('-', '')}"
    yield from _person_keys(profile)
    yield from _organisation_keys(profile)
    yield from _place_keys(profile)


def _person_keys(profile: Profile) -> Iterator[str]:
    name = profile.person
    parts = [part for part in (name.given, name.family) if len(part) > 1]
    sounds = [sound(part) for part in parts]
    if len(parts) == 2:
        yield "s:" + ":".join(sorted(sounds))
    for part, heard in zip(parts, sounds, strict=True):
        for date in profile.dates:
            yield f"b:{part[:2]}:{date[:4]}"
            yield f"b:{part[:2]}:{date[5:]}"
        for place in profile.places:
            yield f"t:{heard}:{place.postcode or place.city[:4]}"
            if place.city:
                yield f"t:{part[:3]}:{place.city[:5]}"
        for word in profile.employer[:2]:
            yield f"o:{heard}:{word}"


def _organisation_keys(profile: Profile) -> Iterator[str]:
    found = profile.organisation
    longest = sorted(map(sound, sorted(found, key=len, reverse=True)[:3]))
    yield from (f"w:{one}:{other}" for one, other in combinations(longest, 2))
    if town := _town(profile):
        yield from (f"w:{heard}:{town}" for heard in longest)
    if found:
        yield "f:" + "".join(sorted(sound(word) for word in found))


def _place_keys(profile: Profile) -> Iterator[str]:
    for place in profile.places:
        for word in place.street:
            if len(word) > 2 and place.number and word not in USUAL:
                yield f"a:{place.number}:{sound(word)}"
        if place.number and place.postcode:
            yield f"a:{place.number}:{place.postcode}"


def _town(profile: Profile) -> str:
    return next((p.postcode or p.city for p in profile.places if p.postcode or p.city), "")


def _orders(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield lists by name, and where the record stands in each."""
    name = profile.person
    if name.family and name.given:
        yield "family", f"{name.family} {name.given}"
        yield "family", f"{name.given} {name.family}"
    elif name:
        yield "family", f"{name.family or name.given}"
    if profile.organisation:
        yield "organisation", " ".join(profile.organisation)
        yield "organisation", " ".join(sorted(profile.organisation, key=len, reverse=True))
    for place in profile.places:
        if place.street:
            yield "street", f"{' '.join(place.street)} {place.number}"


def candidates(profiles: Sequence[Profile]) -> Iterator[tuple[int, int]]:
    """Yield the positions of the pairs that are worth weighing, each once, the lower first.

    Keys and pairs are kept as whole numbers, a position in the lower bits: a million records have
    some ten million of either.
    """
    width = len(profiles).bit_length()
    lower = (1 << width) - 1
    found: set[int] = set()
    for block in _blocks(profiles, width):
        if len(block) > LARGEST:
            block.sort(key=lambda at: _place(profiles[at]))
            found.update(a << width | b for a, b in _near(block))
        else:
            found.update(a << width | b for n, a in enumerate(block) for b in block[n + 1 :])
    for line in _lines(profiles):
        found.update(a << width | b for a, b in _near(line))
    return ((pair >> width, pair & lower) for pair in found)


def _blocks(profiles: Sequence[Profile], width: int) -> Iterator[list[int]]:
    """Yield the positions of the records that share a key, for each key of several, ascending.

    Two keys with one hash share a block, which costs a comparison and spoils nothing.
    """
    lower = (1 << width) - 1
    mask = (1 << 63 - width) - 1
    held = array("Q")
    for at, profile in enumerate(profiles):
        held.extend((hash(key) & mask) << width | at for key in set(keys(profile)))
    for _, block in groupby(sorted(held), key=lambda one: one >> width):
        if len(members := [one & lower for one in block]) > 1:
            yield members


def _lines(profiles: Sequence[Profile]) -> Iterator[list[int]]:
    """Yield the positions of the records, sorted by each name and street."""
    orders: dict[str, list[tuple[str, int]]] = {}
    for at, profile in enumerate(profiles):
        for name, place in _orders(profile):
            orders.setdefault(name, []).append((place, at))
    for line in orders.values():
        yield [at for _, at in sorted(line)]


def _place(profile: Profile) -> tuple[str, ...]:
    return (profile.person.family, profile.person.given, *profile.organisation)


def _near(line: Sequence[int]) -> Iterator[tuple[int, int]]:
    for n, one in enumerate(line):
        for other in line[n + 1 : n + NEIGHBOURS]:
            if one != other:
                yield (one, other) if one < other else (other, one)
