"""All pairs among many records that may be one."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from crmkit.plugins.duplicates.blocking import candidates
from crmkit.plugins.duplicates.evidence import THRESHOLD, Scale
from crmkit.plugins.duplicates.profile import Profile
from crmkit.plugins.duplicates.rarity import Rarity


@frozen
class Found:
    """Two profiles that may be one party's, by id, with the score and why."""

    first: int
    second: int
    score: int
    certain: bool
    reasons: tuple[str, ...]


def certain(a: Profile, b: Profile) -> bool:
    """Whether an e-mail address or a phone number is the same."""
    return any(key in b.emails for key in a.emails) or any(key in b.phones for key in a.phones)


def pairs(profiles: Iterable[Profile], threshold: int = THRESHOLD) -> list[Found]:
    """Return the pairs that score `threshold` or more, best first."""
    known = list(profiles)
    scale = Scale(Rarity.of(known))
    found = []
    for first, second in candidates(known):
        a, b = known[first], known[second]
        score, reasons = scale.score(a, b)
        if score >= threshold:
            found.append(Found(*sorted((a.id, b.id)), score, certain(a, b), reasons))
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))
