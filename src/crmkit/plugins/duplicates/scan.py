"""All pairs among many records that may be one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from crmkit.api import Pair
from crmkit.plugins.duplicates.blocking import candidates
from crmkit.plugins.duplicates.evidence import THRESHOLD, Scale, reasons_of
from crmkit.plugins.duplicates.profile import Profile
from crmkit.plugins.duplicates.rarity import Rarity


def certain(a: Profile, b: Profile) -> bool:
    """Whether an e-mail address or a phone number is the same."""
    return any(key in b.emails for key in a.emails) or any(key in b.phones for key in a.phones)


STRONG = 60
"""Records that are like a third with this score may be alike for its sake."""

STEP = 3.0
"""The bits that a third record's word loses."""

LARGEST_CIRCLE = 40
"""A record with more likenesses than that vouches for none."""


def pairs(profiles: Iterable[Profile], threshold: int = THRESHOLD) -> list[Pair]:
    """Return the pairs that score `threshold` or more, best first."""
    known = list(profiles)
    scale = Scale(Rarity.of(known))
    weights = {}
    for one, other in candidates(known):
        bits = scale.bits(known[one], known[other])
        if scale.score_of(bits) >= min(threshold, STRONG):
            weights[one, other] = bits
    words = _words(weights, scale)
    found = []
    for one, other in weights.keys() | words.keys():
        pair = _judged(known, (one, other), words.get((one, other)), scale)
        if pair.score >= threshold:
            found.append(pair)
    return sorted(found, key=lambda pair: (-pair.score, pair.first, pair.second))


def _words(
    weights: Mapping[tuple[int, int], float], scale: Scale
) -> dict[tuple[int, int], tuple[float, int]]:
    """Return for what pairs a third record, strongly like both, vouches: with what bits, and who.

    It vouches with the lesser of its likenesses.
    """
    circles: dict[int, list[tuple[int, float]]] = {}
    for (one, other), bits in weights.items():
        if scale.score_of(bits) >= STRONG:
            circles.setdefault(one, []).append((other, bits))
            circles.setdefault(other, []).append((one, bits))
    best: dict[tuple[int, int], tuple[float, int]] = {}
    for third, circle in circles.items():
        if len(circle) > LARGEST_CIRCLE:
            continue
        for (one, bits), (other, others_bits) in combinations(sorted(circle), 2):
            word = min(bits, others_bits) - STEP, third
            if word[0] > weights.get((one, other), 0.0):
                best[one, other] = max(best.get((one, other), word), word)
    return best


def _judged(
    known: Sequence[Profile], at: tuple[int, int], word: tuple[float, int] | None, scale: Scale
) -> Pair:
    """Return a pair with its score and reasons.

    What contradicts between the two counts in full beside a third one's word; what agrees is in
    that word already.
    """
    a, b = known[at[0]], known[at[1]]
    findings = scale.findings(a, b)
    bits = sum(finding.bits for finding in findings)
    reasons = reasons_of(findings)
    if word is not None and word[0] + min(0.0, bits) > bits:
        bits = word[0] + min(0.0, bits)
        reasons = (f"both like #{known[word[1]].id}", *reasons)
    first, second = sorted((a.id, b.id))
    return Pair(first, second, scale.score_of(bits), certain(a, b), reasons)
