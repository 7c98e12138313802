"""All pairs among many records that may be one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from attrs import frozen

from crmkit.plugins.duplicates.blocking import candidates
from crmkit.plugins.duplicates.evidence import THRESHOLD, Scale, reasons_of, score_of
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


STRONG = 60
"""Records that are like a third with this score may be alike for its sake."""

STEP = 3.0
"""The bits that a third record's word loses."""

LARGEST_CIRCLE = 40
"""A record with more likenesses than that vouches for none."""


def pairs(profiles: Iterable[Profile], threshold: int = THRESHOLD) -> list[Found]:
    """Return the pairs that score `threshold` or more, best first."""
    known = list(profiles)
    scale = Scale(Rarity.of(known))
    weights = {}
    found = []
    for at in candidates(known):
        a, b = known[at[0]], known[at[1]]
        findings = scale.findings(a, b)
        bits = sum(finding.bits for finding in findings)
        score = score_of(bits)
        if score >= threshold:
            weights[at] = bits
            found.append(_found(a, b, score, reasons_of(findings)))
    found += _vouched(known, weights, scale, threshold)
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))


def _found(a: Profile, b: Profile, score: int, reasons: tuple[str, ...]) -> Found:
    first, second = sorted((a.id, b.id))
    return Found(first, second, score, certain(a, b), reasons)


def _vouched(
    known: Sequence[Profile],
    weights: Mapping[tuple[int, int], float],
    scale: Scale,
    threshold: int,
) -> Iterable[Found]:
    """Yield pairs that a third record, strongly like both, vouches for.

    What contradicts between the two counts in full; what agrees is in the other two already.
    """
    circles: dict[int, list[tuple[int, float]]] = {}
    for (one, other), bits in weights.items():
        if score_of(bits) >= STRONG:
            circles.setdefault(one, []).append((other, bits))
            circles.setdefault(other, []).append((one, bits))
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for third, circle in circles.items():
        if len(circle) > LARGEST_CIRCLE:
            continue
        for (one, bits), (other, others_bits) in combinations(sorted(circle), 2):
            if (one, other) not in weights:
                word = min(bits, others_bits), third
                best[one, other] = max(best.get((one, other), word), word)
    for (one, other), (bits, third) in best.items():
        a, b = known[one], known[other]
        findings = scale.findings(a, b)
        direct = sum(finding.bits for finding in findings)
        score = score_of(max(direct, bits - STEP + min(0.0, direct)))
        if score >= threshold:
            vouched = f"both like #{known[third].id}"
            yield _found(a, b, score, (vouched, *reasons_of(findings)))
