"""How like two words, dates or numbers are. The library is loaded with the first comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Final

EQUAL: Final = 1.0
SLIP: Final = 0.8
ALIKE: Final = 0.6
FAINT: Final = 0.3
"""Degrees of likeness: the same; a slip of the keys; several of them; perhaps."""


@cache
def _distances() -> tuple[Callable[..., int], Callable[..., float]]:
    from rapidfuzz.distance import OSA, JaroWinkler

    return OSA.distance, JaroWinkler.similarity


@lru_cache(maxsize=1 << 18)
def slips(one: str, other: str) -> int:
    """Return how many letters were left out, put in, changed or swapped with the next; at most 5.

    Optimal string alignment distance.
    """
    return _distances()[0](one, other, score_cutoff=4)


@lru_cache(maxsize=1 << 18)
def likeness(one: str, other: str) -> float:
    """Return how like two words are: EQUAL, SLIP, ALIKE, FAINT or 0.

    Slips seldom spoil both the first and the last letter; where they do, the words are not alike.
    """
    if one == other:
        return EQUAL
    shorter, longer = len(one), len(other)
    if shorter > longer:
        shorter, longer = longer, shorter
    if shorter < 3 or longer > 2 * shorter + 2:
        return 0.0
    if one[0] != other[0] and one[-1] != other[-1]:
        return 0.0
    distance = slips(one, other)
    if distance == 1 and longer >= 4:
        return SLIP
    if distance == 2 and longer >= 6:
        return ALIKE
    close = _distances()[1](one, other)
    if close >= 0.92 and shorter >= 4:
        return ALIKE
    if sorted(one) == sorted(other) and shorter >= 4:
        return ALIKE
    return FAINT if close >= 0.8 and shorter >= 4 else 0.0


def digits_alike(one: str, other: str) -> bool:
    """Whether two numbers differ by one digit, or by two that were swapped."""
    return len(one) >= 4 and len(other) >= 4 and slips(one, other) == 1


def dates_alike(one: str, other: str) -> float:
    """Return how like two ISO dates are: a slip, day and month swapped, or two parts of three."""
    if one == other:
        return EQUAL
    a, b = one.split("-"), other.split("-")
    if len(a) != 3 or len(b) != 3:
        return 0.0
    if a[0] == b[0] and (a[1], a[2]) == (b[2], b[1]):
        return SLIP
    if slips(one, other) == 1:
        return SLIP
    same = sum(x == y for x, y in zip(a, b, strict=True))
    return ALIKE if same == 2 else FAINT if same == 1 and a[0] == b[0] else 0.0


def _best(word: str, among: Sequence[str]) -> tuple[float, str]:
    """Return how like the word that is most like one is, and that word."""
    best, partner = 0.0, ""
    for other in among:
        if other[0] == word[0] or other[-1] == word[-1]:  # spares a call
            degree = likeness(word, other)
            if degree > best:
                best, partner = degree, other
    return best, partner


@lru_cache(maxsize=65536)
def _compounds(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(one + other for one, other in zip(words, words[1:], strict=False))


def _joined(words: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Return words with those made one that the other text writes as one."""
    if _compounds(words).isdisjoint(other):
        return words
    found = list(words)
    at = 0
    while at < len(found) - 1:
        if found[at] + found[at + 1] in other:
            found[at : at + 2] = [found[at] + found[at + 1]]
        at += 1
    return tuple(found)


def shared(
    one: tuple[str, ...], other: tuple[str, ...], weigh: Callable[[str], float]
) -> tuple[float, float, float]:
    """Return the weight of the words that two texts share, and of those that each has alone.

    Each word of the shorter text finds its best partner; words alike count in part. Two words
    that are one in the other text (`day care`, `daycare`) are found too.
    """
    one, other = _joined(one, other), _joined(other, one)
    if len(one) > len(other):
        both, right, left = shared(other, one, weigh)
        return both, left, right
    rest = list(other)
    both = alone = 0.0
    left_over: list[str] = []
    for word in one:
        if word in rest:
            rest.remove(word)
            both += weigh(word)
        else:
            left_over.append(word)
    for word in left_over:
        degree, partner = _best(word, rest)
        if degree >= ALIKE:
            rest.remove(partner)
            share = min(weigh(word), weigh(partner))
            both += degree * share
            alone += (1 - degree) * share
        else:
            alone += weigh(word)
    return both, alone, sum(weigh(word) for word in rest)
