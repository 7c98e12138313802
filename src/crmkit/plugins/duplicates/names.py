"""Names made comparable: folded words without titles, legal forms and usual abbreviations."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from attrs import frozen

_WORD = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.\s?){2,}(?:[^\W\d_]\b)?")
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc`](?=\w)")
_LETTERS = str.maketrans(
    {"\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe", "\u00fe": "th",
     "\u00f0": "d", "\u0131": "i", "&": " and ", "+": " and "}
)  # fmt: skip

LEGAL_FORMS = frozenset(
    """
    ab ag aps as asa bhd bv bvba co company corp corporation cv doo ehf eeig ev gbr gesmbh gmbh
    incorporated inc ivs kda kft kg kgaa kk lda limited llc lllp llp lp ltd ltda mbh nv nyrt oao
    og ohg ooo ou oy oyj pao plc pllc pt pte pty rt sa sab sae sal sarl sas sc sca scs sdn se sl sp
    slu snc spa spk spj spzoo srl sro sros sti ug uab ulc vof zao zrt
    """.split()
)
"""Words that say what kind of legal person an organisation is, not which."""

_TWO_WORD_FORMS = {("sp", "zoo"), ("gmbh", "co"), ("a", "s"), ("s", "a"), ("s", "l"), ("z", "oo")}
_FILLERS = frozenset("and the of for und et y e de la le der die das van den".split())

SALUTATIONS = frozenset(
    """
    mr mrs ms miss mx dr prof professor sir dame lord lady rev reverend hon honorable honourable
    herr frau hr fr mme mlle m monsieur madame sr sra srta dott avv ing mag dipl judge capt
    """.split()
)
SUFFIXES = frozenset("jr sr ii iii iv esq phd md qc kc jd mba cpa llm obe cbe".split())

_NICKNAMES = (
    "alexander alex sandy", "alexandra alex sandra", "andrew andy drew", "anthony tony",
    "benjamin ben", "catherine katherine kathryn kate cathy kathy katie", "charles charlie chuck",
    "christopher chris", "christine christina chris tina", "daniel dan danny", "david dave",
    "deborah debbie", "edward ed eddie ted ned", "elizabeth liz beth betty eliza lizzie",
    "frederick fred", "gregory greg", "henry harry hank", "jacob jake", "james jim jimmy jamie",
    "jennifer jen jenny", "johannes hans", "john jack johnny", "jonathan jon", "joseph joe joey",
    "kenneth ken", "lawrence larry", "margaret maggie meg peggy", "matthew matt",
    "michael mike mick", "nicholas nick", "patricia pat trish", "patrick pat paddy", "peter pete",
    "philip phil", "rebecca becky", "richard rick dick rich", "robert bob rob bobby",
    "ronald ron", "samuel sam", "samantha sam", "stephen steven steve", "susan sue",
    "thomas tom tommy", "timothy tim", "victoria vicky", "william bill will billy liam",
)  # fmt: skip


def _circles() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for number, line in enumerate(_NICKNAMES):
        for name in line.split():
            found.setdefault(name, set()).add(str(number))
    return {name: frozenset(numbers) for name, numbers in found.items()}


_CIRCLES = _circles()


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Return text case-folded, without diacritics."""
    if text.isascii() and "&" not in text and "+" not in text:
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(char for char in plain if not unicodedata.combining(char))


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text: dotted initials are one word, apostrophes are dropped."""
    text = _APOSTROPHES.sub("", fold(text))
    text = _DOTTED.sub(lambda found: f" {re.sub(r'[^a-z0-9]', '', found[0])} ", text)
    return tuple(_WORD.findall(text))


@lru_cache(maxsize=65536)
def organisation(text: str) -> tuple[str, ...]:
    """Return the words that tell an organisation from others; all where none would be left."""
    found = words(text)
    while len(found) > 1:
        if found[-2:] in _TWO_WORD_FORMS and len(found) > 2:
            found = found[:-2]
        elif found[-1] in LEGAL_FORMS:
            found = found[:-1]
        else:
            break
    telling = tuple(w for w in found if w not in LEGAL_FORMS and w not in _FILLERS)
    return telling or found


def has_legal_form(text: str) -> bool:
    """Whether the name ends as only organisations' names do."""
    found = words(text)
    return len(found) > 1 and found[-1] in LEGAL_FORMS and found[-1] not in {"co", "se", "as"}


@frozen
class PersonName:
    """A person's name: given and family part, folded; either may be empty.

    Words of a part are joined, so that `Anne Marie`, `Anne-Marie` and `AnneMarie` are one; the
    first word of a given name stands apart in `first`.
    """

    given: str = ""
    family: str = ""
    first: str = ""

    def __bool__(self) -> bool:
        return bool(self.given or self.family)

    def __str__(self) -> str:
        return " ".join(part for part in (self.given, self.family) if part)


@lru_cache(maxsize=65536)
def person(given: str, family: str) -> PersonName:
    """Return a name from its two fields, without salutations and suffixes."""
    first, last = _plain(given), _plain(family)
    return PersonName("".join(first), "".join(last), first[0] if first else "")


@lru_cache(maxsize=65536)
def person_of(text: str) -> PersonName:
    """Return a name written in one: `Given Family` or `Family, Given`."""
    family, comma, given = text.partition(",")
    if comma and _plain(given):
        return person(given, family)
    parts = _plain(text)
    if len(parts) < 2:
        return PersonName("", "".join(parts))
    cut = len(parts) - 1
    while cut > 1 and parts[cut - 1] in _PARTICLES:
        cut -= 1
    return PersonName("".join(parts[:cut]), "".join(parts[cut:]), parts[0])


_PARTICLES = frozenset(
    "van von der den de da di du la le del della dos ter ten st bin al el".split()
)


def _plain(text: str) -> tuple[str, ...]:
    found = words(text)
    while len(found) > 1 and found[0] in SALUTATIONS:
        found = found[1:]
    while len(found) > 1 and found[-1] in SUFFIXES:
        found = found[:-1]
    return found


def forms_of(name: str) -> tuple[str, ...]:
    """Return the other forms of a given name."""
    own = _CIRCLES.get(name, frozenset())
    return tuple(other for other, circles in _CIRCLES.items() if other != name and own & circles)


def are_nicknames(one: str, other: str) -> bool:
    """Whether two given names are forms of one."""
    return bool(_CIRCLES.get(one, frozenset()) & _CIRCLES.get(other, frozenset()))


_SOUNDS = (
    (re.compile(r"^(?:kn|gn|pn)"), "n"), (re.compile(r"^wr"), "r"), (re.compile(r"^x"), "s"),
    (re.compile(r"ph|v|w"), "f"), (re.compile(r"sch|sh|ch|tch|[zxcsj]"), "s"),
    (re.compile(r"gh|[gkq]"), "k"), (re.compile(r"[dt]h?"), "t"), (re.compile(r"[pb]"), "p"),
    (re.compile(r"[mn]"), "n"),
)  # fmt: skip


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """Return how a word sounds, roughly: its first letter's group and up to three consonants."""
    text = word.replace("ck", "k").replace("ce", "se").replace("ci", "si").replace("c", "k")
    for pattern, letter in _SOUNDS:
        text = pattern.sub(letter, text)
    head, rest = text[:1], re.sub(r"[aeiouyh]", "", text[1:])
    squeezed = re.sub(r"(.)\1+", r"\1", rest)
    return (("a" if head in "aeiouy" else head) + squeezed)[:4]
