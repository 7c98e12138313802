"""The records that one may be the same as, without reading all: by key and by words' beginnings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from crmkit.api import Match, Record
from crmkit.plugins.duplicates.evidence import THRESHOLD, Scale
from crmkit.plugins.duplicates.names import SALUTATIONS, forms_of, organisation
from crmkit.plugins.duplicates.profile import Profile, Reader
from crmkit.plugins.duplicates.scan import certain

Alike = Callable[[Record], Iterable[Record]]
Search = Callable[[Sequence[str], int], Iterable[Record]]

ENOUGH = 30
"""How many records are taken from one search."""

MOST_SEARCHES = 14

_WORD = re.compile(r"[^\W_]+")


def near(
    record: Record,
    reader: Reader,
    alike: Alike,
    search: Search,
    *,
    theirs: Reader | None = None,
    threshold: int = THRESHOLD,
) -> list[Match]:
    """Return the matches of a record, stored or not, the certain ones first, then by score.

    `alike(record)` finds those with a key of the record's, `search(words, limit)` those whose
    words begin so; `theirs` reads what they find, where that is another entity.
    """
    scale = Scale()
    own = reader.profile(record)
    matches = []
    for found in _candidates(record, reader, own, alike, search):
        other = (theirs or reader).profile(found)
        same = certain(own, other)
        score, reasons = scale.score(own, other)
        if same or score >= threshold:
            matches.append(Match(found.spec.name, found.id, score, same, reasons))
    return sorted(matches, key=lambda match: (-match.certain, -match.score, match.id))


def _candidates(
    record: Record, reader: Reader, own: Profile, alike: Alike, search: Search
) -> Iterable[Record]:
    seen: dict[tuple[str, int], Record] = {}
    for found in alike(record):
        seen[found.spec.name, found.id] = found
    asked: set[tuple[str, ...]] = set()
    for words in searches(record, reader, own):
        if not words or words in asked:
            continue
        if len(asked) == MOST_SEARCHES:
            break
        asked.add(words)
        for found in search(words, ENOUGH):
            seen.setdefault((found.spec.name, found.id), found)
    seen.pop((record.spec.name, record.id), None)
    return seen.values()


def searches(record: Record, reader: Reader, own: Profile) -> Iterator[tuple[str, ...]]:
    """Yield words to search by, the most telling first.

    Each leaves out something that may be misspelt: the end of a name, or all but its beginning.
    """
    text = reader.name_text(record)
    if own.person:
        yield from _person_searches(_words(text))
    elif own.organisation:
        yield from _organisation_searches(organisation(text))
    for email in own.emails:
        words = _words(email)
        yield tuple(words[:-1] if len(words) > 2 else words)
        yield tuple(_words(email.partition("@")[0]))
    for reference in own.references:
        yield (reference,)
    for found in own.places:
        street = sorted(found.street, key=len)[-1:]
        if found.number and street:
            yield found.number, street[0][:5]


def _words(text: str) -> list[str]:
    words = [word for word in _WORD.findall(text.casefold()) if word not in SALUTATIONS]
    return words or _WORD.findall(text.casefold())


def _person_searches(words: list[str]) -> Iterator[tuple[str, ...]]:
    if len(words) < 2:
        yield tuple(words)
        yield tuple(map(_most, words))
        return
    given, family = words[0], words[-1]
    yield given, family
    yield _most(given), _most(family)
    yield given[:1], family
    yield given[:2], _most(family)
    yield given, family[:2]
    yield _most(given), family[:1]
    for form in forms_of(given)[:3]:
        yield form, _most(family)
    yield (given + family,)


def _organisation_searches(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    longest = sorted(words, key=len, reverse=True)[:3]
    yield tuple(words)
    yield tuple(_most(word) for word in longest)
    for n, word in enumerate(longest):
        yield tuple(_most(other) for other in [*longest[:n], *longest[n + 1 :]]) or (word[:3],)
    for word in longest:
        if len(word) > 4:
            yield (word[:-1],)
    yield ("".join(words),)


def _most(word: str) -> str:
    """Return the beginning of a word that a slip has likely left as it was."""
    return word[: max(3, len(word) * 2 // 3)]
