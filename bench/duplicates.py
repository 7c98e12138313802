"""What finding duplicates costs: `python bench/duplicates.py [--contacts N] [--scan N]`.

The check on create asks for typed contacts, most of them misspelt copies of stored ones, one by
one; it gives the time of each, and how many of the copies brought up their original. The scan
gives its time for several sizes, which tells how near to linear it is.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crmkit.core.config import Config
from crmkit.core.crm import Crm
from crmkit.core.fields import Item
from crmkit.core.host import load, module_source
from crmkit.core.kinds.address import Address
from crmkit.core.session import Session
from crmkit.plugins import BUILT_IN
from crmkit.plugins.duplicates.blocking import candidates
from crmkit.plugins.duplicates.names import person
from crmkit.plugins.duplicates.places import place
from crmkit.plugins.duplicates.profile import Profile
from crmkit.plugins.duplicates.scan import pairs
from crmkit.sql.store import open_store

AT_ONCE = 20_000
STARTS = "b br c ch d f fr g gr h j k kl l m n p pr r s sch st t tr v w z".split()
VOWELS = "a e i o u ai ea ie ou".split()
ENDS = "ck d ff ld ll m n nd ng r rd rt s sen son ss t tt w x".split()


def _invented(rng: random.Random, syllables: int) -> str:
    parts = [rng.choice(STARTS) + rng.choice(VOWELS) for _ in range(syllables)]
    return ("".join(parts) + rng.choice(ENDS)).capitalize()


class People:
    """Made-up people; few names are common and many rare, as in life."""

    def __init__(self, seed: int = 1) -> None:
        self.rng = rng = random.Random(seed)
        self.given = [_invented(rng, 1) for _ in range(1500)]
        self.family = [_invented(rng, rng.choice((1, 2))) for _ in range(60_000)]
        self.streets = [f"{_invented(rng, 2)} Street" for _ in range(20_000)]
        self.towns = [(_invented(rng, 2), f"{rng.randrange(10_000, 99_999)}") for _ in range(3000)]

    def one(self, number: int) -> dict[str, str]:
        """Return a person."""
        rng = self.rng
        given = self.given[int(len(self.given) * rng.random() ** 2.5)]
        family = self.family[int(len(self.family) * rng.random() ** 2.5)]
        town, postcode = rng.choice(self.towns)
        return {
            "given": given,
            "family": family,
            "email": f"{given}.{family}{number}@example{number % 9973}.com".lower(),
            "phone": f"+1650{2_000_000 + number:07d}",
            "street": f"{rng.randrange(1, 300)} {rng.choice(self.streets)}",
            "city": town,
            "postcode": postcode,
        }

    def slipped(self, word: str) -> str:
        """Return a word with a letter swapped, left out or put in."""
        at = self.rng.randrange(1, len(word) - 1)
        kind = self.rng.randrange(3)
        if kind == 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :] if kind == 1 else word[:at] + "e" + word[at:]

    def copied(self, one: dict[str, str]) -> dict[str, str]:
        """Return a person as somebody else typed them: without phone, with another e-mail."""
        kind = self.rng.randrange(4)
        other = one | {"phone": "", "email": ""}
        if kind == 0:
            other["family"] = self.slipped(one["family"])
        elif kind == 1:
            other["given"] = self.slipped(one["given"])
        elif kind == 2:
            other["given"], other["family"] = one["family"], one["given"]
        else:
            other["given"] = one["given"][0]
        return other


def values(one: dict[str, str]) -> dict[str, Any]:
    """Return the fields of a contact."""
    return {
        "first_name": one["given"],
        "last_name": one["family"],
        "email": (Item(one["email"]),) if one["email"] else (),
        "phone": (Item(one["phone"]),) if one["phone"] else (),
        "address": (Item(Address(one["street"], one["city"], "", one["postcode"])),),
    }


def filled(folder: Path, people: list[dict[str, str]]) -> Session:
    """Return a session on a new database with those contacts."""
    names = dict.fromkeys([*BUILT_IN, "duplicates"])
    model = load([module_source(n, f"crmkit.plugins.{n}") for n in names]).model
    store = open_store(f"sqlite:///{folder / 'bench.db'}", model)
    store.create()
    crm = Crm(model, store, Config())
    crm.add_first_user("bench")
    session = crm.session("bench")
    for first in range(0, len(people), AT_ONCE):
        with session.transaction("Fill") as unit:
            unit.lenient = True
            unit.add_many("contact", [values(one) for one in people[first : first + AT_ONCE]])
    return session


def checked_on_create(contacts: int, probes: int) -> Iterator[str]:
    """Yield what the check on create costs among so many contacts, and what it finds."""
    source = People()
    people = [source.one(n) for n in range(contacts)]
    with tempfile.TemporaryDirectory() as folder:
        session = filled(Path(folder), people)
        yield f"check on create, {contacts:,} contacts, ms: median, p99, most; originals found"
        chosen = source.rng.sample(range(contacts), probes)
        kinds = {
            "same e-mail": lambda one: one | {"phone": "", "given": "X"},
            "misspelt, same address": source.copied,
            "misspelt, nothing else": lambda one: source.copied(one) | {"street": "", "city": "",
                                                                        "postcode": ""},
            "a stranger": lambda one: source.one(contacts + source.rng.randrange(10**6)),
        }  # fmt: skip
        for name, made in kinds.items():
            times, hits = [], 0
            for at in chosen:
                typed = values(made(people[at]))
                start = time.perf_counter()
                found = session.duplicates("contact", typed)
                times.append((time.perf_counter() - start) * 1000)
                hits += any(session.get("contact", m.id).title == _title(people[at]) for m in found)
            times.sort()
            last = times[min(len(times) - 1, int(len(times) * 0.99))]
            yield (
                f"  {name:24} {statistics.median(times):8.1f} {last:8.1f} {times[-1]:8.1f}"
                f"   {hits / probes:6.1%}"
            )


def _title(one: dict[str, str]) -> str:
    return f"{one['given']} {one['family']}"


def scanned(sizes: list[int]) -> Iterator[str]:
    """Yield what scans of several sizes cost; one in twenty records is a copy."""
    yield "scan: records, pairs weighed, pairs found, copies found, s, microseconds a record"
    for size in sizes:
        source = People()
        originals = [source.one(n) for n in range(size * 20 // 21)]
        copies = originals[::20]
        people = originals + [source.copied(one) for one in copies]
        profiles = [
            Profile(
                id=n,
                emails=(one["email"],) if one["email"] else (),
                phones=(one["phone"],) if one["phone"] else (),
                person=person(one["given"], one["family"]),
                places=(place(one["street"], one["city"], one["postcode"]),),
            )
            for n, one in enumerate(people)
        ]
        truth = {(n * 20, len(originals) + n) for n in range(len(copies))}
        weighed = sum(1 for _ in candidates(profiles))
        start = time.perf_counter()
        found = {(pair.first, pair.second) for pair in pairs(profiles)}
        took = time.perf_counter() - start
        right = len(found & truth) / len(truth)
        yield (
            f"  {len(people):9,} {weighed:11,} {len(found):9,} {right:6.1%}"
            f" {took:8.1f} {took / len(people) * 1e6:8.0f}"
        )


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--contacts", type=int, default=100_000)
    asked.add_argument("--probes", type=int, default=200)
    asked.add_argument("--scan", type=int, nargs="*", default=[5_000, 20_000, 80_000])
    options = asked.parse_args()
    for line in scanned(options.scan):
        print(line, flush=True)
    if options.contacts:
        for line in checked_on_create(options.contacts, options.probes):
            print(line, flush=True)


if __name__ == "__main__":
    main()
