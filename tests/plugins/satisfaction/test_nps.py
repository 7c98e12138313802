"""The Net Promoter Score, its margin, and when a change of it means something."""

from __future__ import annotations

from math import isclose, sqrt
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.plugins.satisfaction.nps import Z95, Nps, rounded, trend

counts = st.integers(0, 500)


@given(counts, counts, counts)
def test_score_and_margin_are_those_of_the_answers_themselves(p: int, q: int, d: int) -> None:
    """They equal the mean and the standard error of +1, 0 and -1."""
    found = Nps(p, q, d)
    answers = [1] * p + [0] * q + [-1] * d
    if not answers:
        assert (found.score, found.margin) == (None, None)
        return
    assert found.score is not None
    assert found.margin is not None
    assert isclose(found.score, 100 * fmean(answers), abs_tol=1e-9)
    error = 100 * Z95 * pstdev(answers) / sqrt(len(answers))
    assert isclose(found.margin, error, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("value", "said"),
    [(21.195652, 21.2), (1.005, 1.01), (-9.0909, -9.09), (-1.005, -1.01), (None, None)],
)
def test_figures_are_rounded_once_halves_away_from_zero(
    value: float | None, said: float | None
) -> None:
    """Two decimals, from the exact value."""
    assert rounded(value) == said


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (Nps(50, 30, 20), Nps(80, 15, 5), "▲"),
        (Nps(80, 15, 5), Nps(50, 30, 20), "▼"),
        (Nps(5, 3, 2), Nps(6, 3, 1), ""),
        (Nps(0, 0, 0), Nps(5, 0, 0), ""),
        (Nps(5, 0, 0), Nps(0, 0, 0), ""),
    ],
)
def test_an_arrow_stands_only_beyond_the_margin(before: Nps, now: Nps, said: str) -> None:
    """A difference that may be chance has no arrow."""
    assert trend(before, now) == said
