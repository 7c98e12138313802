"""A person's name, as one line, in its parts."""

from __future__ import annotations

SALUTATIONS = frozenset(
    "mr mrs ms miss mx dr prof sir dame lord lady rev hon judge m mme mlle herr frau sr sra srta "
    "sig dott ing dipl".split()
)
PARTICLES = frozenset(
    "van von der den de del della di da das do dos du des la le los las ter ten zu zur al el bin "
    "ibn ben st".split()
)


def name_parts(name: str) -> dict[str, str]:
    """Return the salutation, first and last name, as far as the line has them.

    `Dr. Ludwig van Beethoven` has all three; `Other, Ann` starts with the last name; one word
    alone is a last name.
    """
    last, comma, first = (part.strip() for part in name.partition(","))
    words = (first if comma and first else last).split()
    titles = 0
    while titles < len(words) - 1 and words[titles].rstrip(".").casefold() in SALUTATIONS:
        titles += 1
    salutation, words = " ".join(words[:titles]), words[titles:]
    if comma and first:
        given, family = " ".join(words), last
    else:
        cut = _family_at(words)
        given, family = " ".join(words[:cut]), " ".join(words[cut:])
    found = {"salutation": salutation, "first_name": given, "last_name": family}
    return {key: text for key, text in found.items() if text}


def _family_at(words: list[str]) -> int:
    """Return where the family name begins: the last word, with the particles before it."""
    at = max(0, len(words) - 1)
    while at > 1 and words[at - 1].casefold() in PARTICLES:
        at -= 1
    return at
