"""What is known of a record that tells it from others, taken from its declared fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from attrs import field, frozen

from crmkit.api import Field, Record
from crmkit.plugins.duplicates.names import (
    PersonName,
    has_legal_form,
    organisation,
    person,
    person_of,
)
from crmkit.plugins.duplicates.places import Place, place

_GIVEN = re.compile(r"(first|given|fore)[ _]?names?|forename", re.IGNORECASE)
_FAMILY = re.compile(r"(last|family|sur)[ _]?names?|surname", re.IGNORECASE)
_EMPLOYER = re.compile(r"company|organi[sz]ation|employer|firm", re.IGNORECASE)
_BIRTH = re.compile(r"born|birth|dob|founded|incorporat", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\b(id|ids|no|nr|number|code|ssn|sin|tin|vat|passport|registration|licen[cs]e|soc_sec_id)\b",
    re.IGNORECASE,
)
_NOT_TELLING = frozenset({"external_id"})
"""Fields that name a record in another program, where every copy has a name of its own."""
_NOTED_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")
_NOTED_NUMBER = re.compile(r"(?<![\w+.,-])\d{6,12}(?![\w.,-]*\d)")


@frozen
class Profile:
    """A record as it is compared.

    `emails` and `phones` are identity keys, `dates` are ISO dates of birth and the like,
    `references` numbers by which others know the record, `noted` dates and numbers that stand in
    its notes; `employer` is the organisation of a person, `ties` the records it points at.
    """

    id: int
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    person: PersonName = PersonName()
    organisation: tuple[str, ...] = ()
    employer: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    dates: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    noted: frozenset[str] = frozenset()
    ties: frozenset[tuple[str, int]] = frozenset()
    name: str = field(default="", eq=False)


@frozen
class Reader:
    """Which fields of an entity hold what; made once, used for every record."""

    given: Field | None
    family: Field | None
    name: Field | None
    kind: Field | None
    employers: tuple[Field, ...]
    emails: tuple[Field, ...]
    phones: tuple[Field, ...]
    addresses: tuple[Field, ...]
    dates: tuple[Field, ...]
    references: tuple[Field, ...]
    notes: tuple[Field, ...]
    ties: tuple[Field, ...]

    @classmethod
    def of(cls, fields: Iterable[Field]) -> Reader:
        """Sort an entity's fields by what they tell."""
        known = [f for f in fields if f.typed]
        texts = [f for f in known if f.kind.name == "text" and not f.many]
        given = _first(texts, lambda f: _called(f, _GIVEN))
        family = _first(texts, lambda f: _called(f, _FAMILY))
        return cls(
            given=given,
            family=family,
            name=None if given or family else _first(texts, lambda f: f.name in _TITLES),
            kind=_first(known, lambda f: f.kind.name == "choice" and f.name in ("kind", "type")),
            employers=tuple(f for f in texts if _called(f, _EMPLOYER)),
            emails=_of_kind(known, "email"),
            phones=_of_kind(known, "phone"),
            addresses=_of_kind(known, "address"),
            dates=tuple(f for f in _of_kind(known, "date") if _called(f, _BIRTH)),
            references=tuple(f for f in known if _is_reference(f)),
            notes=_of_kind(known, "note"),
            ties=tuple(f for f in known if set(f.targets) & {"account", "contact", "client"}),
        )

    def profile(self, record: Record) -> Profile:
        """Return what the record tells."""
        called = self._called(record)
        numbers = _values(record, self.references)
        return Profile(
            id=record.id,
            emails=_keys(record, self.emails),
            phones=_keys(record, self.phones),
            employer=organisation(" ".join(_values(record, self.employers))),
            places=tuple(
                found
                for f in self.addresses
                for a in f.values(record.get(f))
                if a and (found := place(a.street, a.city, a.postcode, a.region))
            ),
            dates=tuple(_iso(value) for value in _raw(record, self.dates)),
            references=tuple(key for text in numbers if (key := _reference(text))),
            noted=noted(" ".join(_values(record, self.notes))),
            ties=frozenset(_tie(f, value) for f in self.ties for value in f.values(record.get(f))),
            name=" ".join(record.title.split()),
            **called,
        )

    def name_text(self, record: Record) -> str:
        """Return the name as it is written."""
        fields = (self.given, self.family, self.name)
        return " ".join(str(record.get(f) or "") for f in fields if f).strip()

    def _called(self, record: Record) -> dict[str, Any]:
        if self.given or self.family:
            parts = [str(record.get(f) or "") if f else "" for f in (self.given, self.family)]
            return {"person": person(parts[0], parts[1])}
        text = str(record.get(self.name) or "") if self.name else ""
        if not text:
            return {}
        if self._is_person(record) and not has_legal_form(text):
            return {"person": person_of(text)}
        return {"organisation": organisation(text)}

    def _is_person(self, record: Record) -> bool:
        if self.kind is not None:
            return "person" in str(record.get(self.kind)).lower()
        return bool(self.name and self.name.personal)


_TITLES = ("name", "full_name", "title")


def _first(fields: Iterable[Field], wanted: Callable[[Field], bool]) -> Field | None:
    return next((f for f in fields if wanted(f)), None)


def _called(field: Field, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.search(field.name) or pattern.search(field.label))


def _of_kind(fields: Iterable[Field], kind: str) -> tuple[Field, ...]:
    return tuple(f for f in fields if f.kind.name == kind)


def _is_reference(field: Field) -> bool:
    if field.name in _NOT_TELLING or field.many or field.kind.name not in ("text", "number"):
        return False
    named = f"{field.name.replace('_', ' ')} {field.name} {field.label}"
    return field.identity or bool(_REFERENCE.search(named))


def _raw(record: Record, fields: Sequence[Field]) -> list[Any]:
    return [value for f in fields for value in f.values(record.get(f)) if value not in (None, "")]


def _values(record: Record, fields: Sequence[Field]) -> list[str]:
    return [str(value) for value in _raw(record, fields)]


def _keys(record: Record, fields: Sequence[Field]) -> tuple[str, ...]:
    found = (
        f.kind.identity(value)
        for f in fields
        for value in f.values(record.get(f))
        if value not in (None, "")
    )
    return tuple(dict.fromkeys(key for key in found if key))


def _iso(value: Any) -> str:
    return value.isoformat()[:10] if isinstance(value, date) else str(value)


def _reference(text: str) -> str:
    """Return a reference without blanks and punctuation; '' where it holds no digits."""
    plain = "".join(char for char in text.lower() if char.isalnum())
    return plain if sum(char.isdigit() for char in plain) >= 4 else ""


def _tie(field: Field, value: Any) -> tuple[str, int]:
    if isinstance(value, int):
        return field.targets[0], value
    return str(value.entity), int(value.id)


def noted(text: str) -> frozenset[str]:
    """Return the dates (ISO) and long numbers that stand in a text."""
    if not any(char.isdigit() for char in text):
        return frozenset()
    dates = {"-".join(found.groups()) for found in _NOTED_DATE.finditer(text)}
    numbers = set(_NOTED_NUMBER.findall(_NOTED_DATE.sub(" ", text)))
    return frozenset(dates | numbers)
