"""The Net Promoter Score, how far it can be trusted, and whether a change of it means anything."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

from attrs import frozen

PROMOTER, PASSIVE = 9, 7
"""The least score, of 0 to 10, of a promoter and of a passive; below are detractors (Reichheld,
'The One Number You Need to Grow', Harvard Business Review, December 2003)."""
Z95 = 1.959964
"""The standard normal deviate of a 95 % confidence interval."""


@frozen
class Nps:
    """How many promoters, passives and detractors answered."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        """How many answered."""
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> float | None:
        """The share of promoters less that of detractors, -100 to 100; None without answers."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None

    @property
    def margin(self) -> float | None:
        """The half width of the score's 95 % confidence interval, in points; None without answers.

        An answer counts 1, 0 or -1, so that its variance is p + d - (p - d)^2 for the shares p of
        promoters and d of detractors; the interval is Wald's (B. Rocks, 'Interval Estimation for
        the Net Promoter Score', The American Statistician 70, 2016, pp. 365-372, section 2).
        It is too narrow for a handful of answers.
        """
        if not self.n:
            return None
        p, d = self.promoters / self.n, self.detractors / self.n
        return 100 * Z95 * sqrt(max(0.0, p + d - (p - d) ** 2) / self.n)


def rounded(value: float | None) -> float | None:
    """Return a figure with two decimals, halves rounded away from zero, from the exact value."""
    if value is None:
        return None
    return float(Decimal(repr(value)).quantize(Decimal("0.01"), ROUND_HALF_UP))


def trend(before: Nps, now: Nps) -> str:
    """Return an arrow where two scores differ by more than the margin of their difference.

    That margin is the root of the sum of the squares of both (independent samples); '' says that
    the difference may be chance, or that nobody answered.
    """
    if before.score is None or now.score is None or before.margin is None or now.margin is None:
        return ""
    difference = now.score - before.score
    if abs(difference) <= sqrt(before.margin**2 + now.margin**2):
        return ""
    return "▲" if difference > 0 else "▼"
