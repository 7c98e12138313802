"""How telling a value is: two people called Smith are less likely one than two called Zilm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log2

from attrs import define, field

from crmkit.plugins.duplicates.profile import Profile

PRIOR = {
    "given": 1 / 400,
    "family": 1 / 2000,
    "word": 1 / 800,
    "street": 1 / 800,
    "city": 1 / 200,
    "postcode": 1 / 1000,
    "number": 1 / 150,
    "region": 1 / 10,
    "day": 1 / 20000,
    "tie": 1 / 1000,
}
"""How often a value of each kind is met where nothing has been counted."""

_BELIEF = 400
"""How many records the prior weighs as much as."""

_COPIES = 5

_SHARED_BY_FEW = 8
"""An e-mail, phone or reference on so many records may well be one party's."""


@define
class Rarity:
    """Counts of the values among some profiles, with the priors behind them."""

    total: int = 0
    _counts: Counter[tuple[str, str]] = field(factory=Counter)
    _known: dict[tuple[str, str], float] = field(factory=dict)

    @classmethod
    def of(cls, profiles: Iterable[Profile]) -> Rarity:
        """Count the values of all profiles."""
        found = cls()
        for profile in profiles:
            found.total += 1
            found._counts.update(_values(profile))
        return found

    def bits(self, kind: str, value: str) -> float:
        """Return log2(1 / frequency): what it tells that two records share the value."""
        key = kind, value
        if key not in self._known:
            others = max(0, self._counts[key] - 1) + _BELIEF * PRIOR[kind]
            self._known[key] = log2((self.total + _BELIEF) / others)
        return self._known[key]

    def usual(self, kind: str, value: str) -> bool:
        """Whether a value stands on more records than copies of one party make likely."""
        return self._counts[kind, value] > _COPIES

    def doubt(self, kind: str, value: str) -> float:
        """Return how many bits an identifying value loses by standing on many records."""
        count = self._counts[kind, value]
        return 2 * log2(count / _SHARED_BY_FEW) if count > _SHARED_BY_FEW else 0.0


def _values(profile: Profile) -> set[tuple[str, str]]:
    name = profile.person
    found = {("given", name.given), ("given", name.first), ("family", name.family)}
    found.update(("word", word) for word in (*profile.organisation, *profile.employer))
    for place in profile.places:
        found.update(("street", word) for word in place.street)
        found |= {
            ("city", place.city), ("postcode", place.postcode), ("number", place.number),
            ("region", place.region),
        }  # fmt: skip
    found.update(("email", key) for key in profile.emails)
    found.update(("phone", key) for key in profile.phones)
    found.update(("reference", key) for key in profile.references)
    found.update(("day", day) for day in profile.dates)
    found.update(("noted", text) for text in profile.noted)
    found.update(("tie", f"{entity}:{id}") for entity, id in profile.ties)
    return found
