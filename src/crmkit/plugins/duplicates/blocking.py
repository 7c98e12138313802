"""Which pairs are worth weighing: records that share one of several keys.

Every key is cheap, several catch each kind of slip, and no block costs more than its cap, so that
the whole stays near linear in the number of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

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
                yield f"t:{part[:3]}:{place.city[:3]}"
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


def candidates(profiles: Sequence[Profile]) -> set[tuple[int, int]]:
    """Return the positions of the pairs that are worth weighing, the lower first."""
    blocks: dict[str, list[int]] = {}
    orders: dict[str, list[tuple[str, int]]] = {}
    for at, profile in enumerate(profiles):
        for key in set(keys(profile)):
            blocks.setdefault(key, []).append(at)
        for name, place in _orders(profile):
            orders.setdefault(name, []).append((place, at))
    found: set[tuple[int, int]] = set()
    for block in blocks.values():
        if len(block) > LARGEST:
            block.sort(key=lambda at: _place(profiles[at]))
            found.update(_near(block))
        else:
            found.update((a, b) for n, a in enumerate(block) for b in block[n + 1 :])
    for line in orders.values():
        found.update(_near([at for _, at in sorted(line)]))
    return found


def _place(profile: Profile) -> tuple[str, ...]:
    return (profile.person.family, profile.person.given, *profile.organisation)


def _near(line: Sequence[int]) -> Iterable[tuple[int, int]]:
    for n, one in enumerate(line):
        for other in line[n + 1 : n + NEIGHBOURS]:
            if one != other:
                yield (one, other) if one < other else (other, one)
