"""Postal addresses made comparable."""

from __future__ import annotations

import re
from functools import lru_cache

from attrs import frozen

from crmkit.plugins.duplicates.names import words

_HOUSE = re.compile(r"\d+[a-z]?")
_ABBREVIATED = dict(
    pair.split("=")
    for pair in """
    st=street str=street ave=avenue av=avenue blvd=boulevard rd=road dr=drive ln=lane ct=court
    pl=place sq=square ter=terrace terr=terrace cres=crescent cr=crescent cl=close hwy=highway
    pkwy=parkway cct=circuit cir=circle mt=mount ft=fort apt=apartment fl=floor ste=suite
    n=north s=south e=east w=west ne=northeast nw=northwest se=southeast sw=southwest
    strasse=street straat=street
    """.split()
)

USUAL = frozenset(_ABBREVIATED.values())
"""Words that many streets share."""


@frozen
class Place:
    """An address: house number, words of the street, words of the town, postcode and region."""

    number: str = ""
    street: tuple[str, ...] = ()
    city: str = ""
    postcode: str = ""
    region: str = ""

    def __bool__(self) -> bool:
        return bool(self.street or self.city or self.postcode or self.number)


@lru_cache(maxsize=65536)
def place(street: str, city: str = "", postcode: str = "", region: str = "") -> Place:
    """Return an address made comparable."""
    found = [_ABBREVIATED.get(word, word) for word in words(street)]
    number = next((w for w in found if _HOUSE.fullmatch(w)), "")
    if number:
        found.remove(number)
    return Place(
        number,
        tuple(found),
        "".join(words(city)),
        "".join(words(postcode))[:5] if postcode[:5].isdigit() else "".join(words(postcode)),
        "".join(words(region)),
    )
