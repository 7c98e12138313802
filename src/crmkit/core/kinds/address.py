"""Postal addresses: five parts, read out of one line or several without losing a letter."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from attrs import asdict, astuple, fields_dict, frozen

from crmkit.core.kinds.base import Column, Kind, Locale
from crmkit.core.kinds.words import storable

_LONGEST = 1000
_COUNTRIES = re.compile(
    r"us|usa|u\.s\.a\.|united states( of america)?|canada|mexico|brazil|uk|u\.k\.|gb|"
    r"united kingdom|england|scotland|wales|ireland|germany|deutschland|austria|switzerland|"
    r"france|spain|portugal|italy|(the )?netherlands|belgium|luxembourg|denmark|sweden|norway|"
    r"finland|iceland|poland|czech republic|czechia|hungary|romania|greece|turkey|ukraine|"
    r"israel|india|china|japan|south korea|singapore|australia|new zealand|south africa",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d")
_POSTCODE = (
    r"\d{5}-\d{4}|\d{3} \d{2}|\d{3}-\d{4}|\d{4,6}|\d{4} [A-Z]{2}"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z\d]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
)
_ENDS_WITH_POSTCODE = re.compile(rf"(?:(?P<words>\D*?) )?(?P<postcode>{_POSTCODE})")
_STARTS_WITH_POSTCODE = re.compile(
    rf"(?P<postcode>(?:[A-Z]{{1,2}}-)?(?:{_POSTCODE})) (?P<words>\D+)"
)


@frozen
class Address:
    """A postal address; each part may be empty."""

    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""

    def lines(self) -> list[str]:
        """Return the address as an envelope shows it, without empty lines."""
        place = " ".join(part for part in (self.region, self.postcode) if part)
        town = ", ".join(part for part in (self.city, place) if part)
        return [line for line in (self.street, town, self.country) if line]

    def __str__(self) -> str:
        return ", ".join(self.lines())


PARTS = tuple(fields_dict(Address))
"""The names of an address's parts, in the order that they are written."""


@frozen
class AddressKind(Kind):
    """A postal address, written as `street; city; region; postcode; country`."""

    name: ClassVar[str] = "address"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.JSON),)
    operators: ClassVar[frozenset[str]] = frozenset({":"})
    widget: ClassVar[str] = "address"

    def parse(self, text: str, locale: Locale) -> Address:
        """Return the address in the text: parts between semicolons, lines, commas, or JSON.

        Without semicolons, what is not clearly city, region, postcode or country stays in the
        street.
        """
        text = storable(text).strip()
        if len(text) > _LONGEST:
            raise ValueError(f"shorten the address to {_LONGEST} characters (now {len(text)})")
        if text.startswith("{"):
            return self._from_json(text)
        if ";" in text:
            parts = text.split(";")
            if len(parts) > len(PARTS) and any(part.strip() for part in parts[len(PARTS) :]):
                raise ValueError("write five parts: street; city; region; postcode; country")
            return self.validate(Address(*parts[: len(PARTS)]))
        pieces = text.splitlines() if "\n" in text else text.split(",")
        return self.validate(_divided([_tidy(piece) for piece in pieces if piece.strip()]))

    def format(self, value: Any, locale: Locale) -> str:
        """Return one line that `parse` reads back; semicolons only where they are needed."""
        plain = "; ".join(astuple(value)).rstrip("; ")
        if ";" in "".join(astuple(value)) or plain.startswith("{"):
            return json.dumps(self.dump(value), ensure_ascii=False)
        return plain if ";" in plain or self.parse(plain, locale) == value else plain + ";"

    def validate(self, value: Any) -> Address:
        if not isinstance(value, Address):
            raise ValueError("write an address as street; city; region; postcode; country")
        address = Address(*(_tidy(storable(part)) for part in astuple(value)))
        if sum(map(len, astuple(address))) > _LONGEST:
            raise ValueError(f"shorten the address to {_LONGEST} characters")
        return address

    def store(self, value: Any) -> tuple[Any, ...]:
        return (self.dump(value),)

    def load(self, *stored: Any) -> Address | None:
        return None if stored[0] is None else self.undump(stored[0])

    def dump(self, value: Any) -> dict[str, str]:
        return {part: text for part, text in asdict(value).items() if text}

    def undump(self, data: Any) -> Address:
        return Address(**data)

    def words(self, value: Any) -> str:
        return " ".join(part for part in astuple(value) if part)

    def identity(self, value: Any) -> str:
        return ""

    def empty(self, value: Any) -> bool:
        return value is None or value == "" or value == Address()

    def _from_json(self, text: str) -> Address:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or not all(isinstance(v, str) for v in data.values()):
            raise ValueError('write the address as {"street": "1 Main St", "city": "Boston"}')
        if wrong := sorted(set(data) - set(PARTS)):
            raise ValueError(f"an address has no {wrong[0]!r}; its parts are {', '.join(PARTS)}")
        return self.validate(Address(**data))


def _tidy(part: str) -> str:
    """Return a part on one line: lines joined by commas, runs of space made one."""
    lines = (" ".join(line.split()) for line in part.splitlines())
    return ", ".join(line for line in lines if line).strip(" ")


def _divided(pieces: list[str]) -> Address:
    """Return an address from its pieces in the order that they were written."""
    country = pieces.pop() if _ends_with_country(pieces) else ""
    if len(pieces) > 1:
        pieces[-1:] = [piece for part in pieces[-1].split(",") if (piece := part.strip())]
    if len(pieces) < 2:
        return Address(street=", ".join(pieces), country=country)
    words, postcode, first = _place(pieces[-1])
    if not postcode and _NUMBER.search(pieces[0]) and not _NUMBER.search(pieces[-1]):
        return Address(", ".join(pieces[:-1]), city=pieces[-1], country=country)
    if not postcode:
        return Address(", ".join(pieces), country=country)
    pieces.pop()
    if first or len(pieces) == 1:
        return Address(", ".join(pieces), words, "", postcode, country)
    return Address(", ".join(pieces[:-1]), pieces[-1], words, postcode, country)


def _ends_with_country(pieces: list[str]) -> bool:
    if len(pieces) < 2 or _NUMBER.search(pieces[-1]):
        return False
    return bool(_COUNTRIES.fullmatch(pieces[-1]) or (len(pieces) > 2 and _place(pieces[-2])[1]))


def _place(piece: str) -> tuple[str, str, bool]:
    """Return the words and the postcode of a piece, and whether the postcode stands first."""
    if found := _STARTS_WITH_POSTCODE.fullmatch(piece):
        return found["words"], found["postcode"], True
    if found := _ENDS_WITH_POSTCODE.fullmatch(piece):
        return found["words"] or "", found["postcode"], False
    return piece, "", False
