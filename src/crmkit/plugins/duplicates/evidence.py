"""Weighing two profiles, in the manner of Fellegi and Sunter (1969).

Each comparison adds log2 of how much likelier the outcome is for one party than for two. What
agrees weighs by its rarity, what contradicts by fixed priors, which stand below.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp2, log2

from attrs import define, field, frozen

from crmkit.plugins.duplicates.addresses import (
    MOST_OF_ALL,
    ORGANISATION_ELSEWHERE,
    PERSON_ELSEWHERE,
    weigh_places,
)
from crmkit.plugins.duplicates.called import are_kin, weigh_names
from crmkit.plugins.duplicates.likeness import (
    ALIKE,
    SLIP,
    dates_alike,
    digits_alike,
    likeness,
    slips,
)
from crmkit.plugins.duplicates.profile import Profile
from crmkit.plugins.duplicates.rarity import Rarity

THRESHOLD = 50
"""From this score on two records may be one."""

LEAST = 12.0
"""The bits at which it is as likely as not among few records: one in 4,000 is the one."""

SAME_EMAIL, LIKE_EMAIL, OTHER_EMAIL = 20.0, 12.0, -1.5
SAME_PHONE, LIKE_PHONE, OTHER_PHONE = 12.0, 3.0, -1.0
SAME_REFERENCE, LIKE_REFERENCE, OTHER_REFERENCE = 18.0, 9.0, -4.0
SAME_DATE, LIKE_DATE, NEAR_DATE, OTHER_DATE = 13.0, 7.0, 4.0, -5.0
SAME_NOTED, LIKE_NOTED = 11.0, 5.0
HOUSEHOLD = -4.0
"""Two given names with one family name at one address: the two agreements are one."""


@frozen
class Finding:
    """One piece of evidence: bits for (above 0) or against, and what it is in words."""

    bits: float
    reason: str = ""


@define
class Scale:
    """Weighs pairs of profiles; the rarity comes from the records among which they are."""

    rarity: Rarity = field(factory=Rarity)

    @property
    def even(self) -> float:
        """The bits at which it is as likely as not: among more records, more must agree."""
        return max(LEAST, log2(max(1, self.rarity.total)))

    def findings(self, a: Profile, b: Profile) -> list[Finding]:
        """Return all evidence about two profiles."""
        return self._without_places(a, b) + self._of_places(a, b)

    def bits(self, a: Profile, b: Profile) -> float:
        """Return the sum of the evidence; addresses are left out where they can't matter."""
        bits = sum(one.bits for one in self._without_places(a, b))
        if bits + MOST_OF_ALL < self.even - 4:
            return bits
        return bits + sum(one.bits for one in self._of_places(a, b))

    def score(self, a: Profile, b: Profile) -> tuple[int, tuple[str, ...]]:
        """Return the score, 0 to 100, and the reasons, heaviest first, doubts last."""
        findings = self.findings(a, b)
        return self.score_of(sum(one.bits for one in findings)), reasons_of(findings)

    def score_of(self, bits: float) -> int:
        """Return the score of so much evidence, 0 to 100; at 50 it is as likely as not.

        It is a probability flattened by four, so that it tells good from better.
        """
        return round(100 / (1 + exp2((self.even - bits) / 4)))

    def _without_places(self, a: Profile, b: Profile) -> list[Finding]:
        return [
            *self._emails(a, b),
            *self._phones(a, b),
            *self._references(a, b),
            *self._dates(a, b),
            *self._noted(a, b),
            *(Finding(*one) for one in weigh_names(a, b, self.rarity)),
            *self._ties(a, b),
        ]

    def _of_places(self, a: Profile, b: Profile) -> list[Finding]:
        if not a.places or not b.places:
            return []
        branches = a.organisation and b.organisation
        elsewhere = ORGANISATION_ELSEWHERE if branches else PERSON_ELSEWHERE
        found = [Finding(*one) for one in weigh_places(a.places, b.places, self.rarity, elsewhere)]
        if are_kin(a.person, b.person) and any(one.bits > 0 for one in found):
            found.append(Finding(HOUSEHOLD, "perhaps one household"))
        return found

    def _known(self, kind: str, shared: Sequence[str], most: float) -> float:
        """Return what a shared value tells: less where it stands on many records."""
        return max(0.0, most - min(self.rarity.doubt(kind, value) for value in shared))

    def _emails(self, a: Profile, b: Profile) -> list[Finding]:
        if not a.emails or not b.emails:
            return []
        if same := [key for key in a.emails if key in b.emails]:
            return [Finding(self._known("email", same, SAME_EMAIL), "same e-mail")]
        if any(_emails_alike(x, y) for x in a.emails for y in b.emails):
            return [Finding(LIKE_EMAIL, f"e-mail alike: {a.emails[0]} / {b.emails[0]}")]
        return [Finding(OTHER_EMAIL)]

    def _phones(self, a: Profile, b: Profile) -> list[Finding]:
        if not a.phones or not b.phones:
            return []
        if same := [key for key in a.phones if key in b.phones]:
            return [Finding(self._known("phone", same, SAME_PHONE), "same phone")]
        if any(digits_alike(x, y) for x in a.phones for y in b.phones):
            return [Finding(LIKE_PHONE, f"phone alike: {a.phones[0]} / {b.phones[0]}")]
        return [Finding(OTHER_PHONE)]

    def _references(self, a: Profile, b: Profile) -> list[Finding]:
        if not a.references or not b.references:
            return []
        if same := [key for key in a.references if key in b.references]:
            bits = self._known("reference", same, SAME_REFERENCE)
            return [Finding(bits, f"same number: {same[0]}")]
        if any(digits_alike(x, y) for x in a.references for y in b.references):
            return [Finding(LIKE_REFERENCE, f"number alike: {a.references[0]} / {b.references[0]}")]
        return [Finding(OTHER_REFERENCE, "other number")]

    def _dates(self, a: Profile, b: Profile) -> list[Finding]:
        if not a.dates or not b.dates:
            return []
        degree, one, other = max((dates_alike(x, y), x, y) for x in a.dates for y in b.dates)
        if one == other:
            return [Finding(min(SAME_DATE, self.rarity.bits("day", one)), f"same date: {one}")]
        said = f"{one} / {other}"
        if degree >= SLIP:
            return [Finding(LIKE_DATE, f"date alike: {said}")]
        if degree >= ALIKE:
            return [Finding(NEAR_DATE, f"date alike: {said}")]
        return [Finding(OTHER_DATE if degree == 0 else OTHER_DATE / 2, f"other date: {said}")]

    def _noted(self, a: Profile, b: Profile) -> list[Finding]:
        if not a.noted or not b.noted:
            return []
        found = [
            Finding(self._known("noted", [text], SAME_NOTED), f"both notes: {text}")
            for text in sorted(a.noted & b.noted)[:2]
        ]
        if len(found) < 2:
            found += [
                Finding(LIKE_NOTED, f"notes alike: {one} / {other}")
                for one in sorted(a.noted - b.noted)
                for other in sorted(b.noted - a.noted)
                if len(one) == len(other) and digits_alike(one, other)
            ][:1]
        return found

    def _ties(self, a: Profile, b: Profile) -> list[Finding]:
        if same := a.ties & b.ties:
            entity, id = min(same)
            bits = self.rarity.bits("tie", f"{entity}:{id}")
            return [Finding(min(4.0, bits / 2), f"same {entity}")]
        return []


def reasons_of(findings: list[Finding]) -> tuple[str, ...]:
    """Return the evidence in words, heaviest first, doubts last."""
    told = sorted((f for f in findings if f.reason), key=lambda f: -f.bits)
    return tuple(f.reason if f.bits >= 0 else f"but {f.reason}" for f in told)


def _emails_alike(one: str, other: str) -> bool:
    """Whether one address may be the other with slips of the keys."""
    length = min(len(one), len(other))
    if slips(one, other) <= max(min(2, length // 6), length // 9):
        return True
    local, _, domain = one.partition("@")
    its_local, _, its_domain = other.partition("@")
    if local == its_local and len(local) >= 4:
        return likeness(domain, its_domain) >= ALIKE
    return domain == its_domain and likeness(local, its_local) >= ALIKE
