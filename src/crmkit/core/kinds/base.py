"""What a field kind is: one small class that knows everything about one type of value."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from crmkit.core.hours import BusinessHours


class Column(enum.Enum):
    """The portable column types that a store offers."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    FLAG = "flag"
    DATE = "date"
    MOMENT = "moment"
    JSON = "json"


@frozen
class Locale:
    """What text means here and now: the firm's region, currency and clock.

    `now` is an aware datetime in UTC; `zone` is the IANA zone people speak in;
    `region` is an ISO 3166 code; `currency` an ISO 4217 code; `hours` are when the firm is open.
    """

    now: datetime = field(factory=lambda: datetime.now(UTC))
    zone: ZoneInfo = field(factory=lambda: ZoneInfo("UTC"))
    region: str = "US"
    currency: str = "USD"
    hours: BusinessHours = field(factory=BusinessHours)

    def local(self, moment: datetime) -> datetime:
        """Return a moment on the firm's clock."""
        return moment.astimezone(self.zone)


class _WithoutMarks(dict[int, int | None]):
    """Takes diacritics out of decomposed text; it learns each character as it comes."""

    def __missing__(self, char: int) -> int | None:
        kept = None if unicodedata.combining(chr(char)) else char
        self[char] = kept
        return kept


_WITHOUT_MARKS = _WithoutMarks()


def fold(text: str) -> str:
    """Return text as search and sorting compare it: case-folded, without diacritics."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text.casefold()).translate(_WITHOUT_MARKS)


@frozen
class Kind:
    """The base of every field kind.

    A kind's methods never see None: an absent value is the field's business.
    `parse` and `validate` raise ValueError with one clear sentence for the user.
    """

    name: ClassVar[str] = ""
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.TEXT),)
    operators: ClassVar[frozenset[str]] = frozenset({":", "=", "!="})
    example: ClassVar[str] = ""
    """A text that a person might type, of kinds that plugins bring."""
    widget: ClassVar[str] = "line"
    right: ClassVar[bool] = False
    """True where a column of such values is aligned to the right."""

    def parse(self, text: str, locale: Locale) -> Any:
        """Return the value that a person's text means; ValueError says what is wrong."""
        return self.validate(text)

    def format(self, value: Any, locale: Locale) -> str:
        """Return the value as text that `parse` reads back."""
        return str(value)

    def validate(self, value: Any) -> Any:
        """Return the value made normal; ValueError says what is wrong."""
        return value

    def store(self, value: Any) -> tuple[Any, ...]:
        """Return the value as one primitive for each of `columns`."""
        return (value,)

    def load(self, *stored: Any) -> Any:
        """Return the value that `store` took apart."""
        return stored[0]

    def dump(self, value: Any) -> Any:
        """Return the value as JSON (for the journal, JSON output and backups)."""
        return value

    def undump(self, data: Any) -> Any:
        """Return the value that `dump` wrote."""
        return data

    def words(self, value: Any) -> str:
        """Return what full-text search should find the value by."""
        return str(value)

    def identity(self, value: Any) -> str:
        """Return the normalised key that duplicates are found by; '' for none."""
        return fold(str(value)).strip()

    def empty(self, value: Any) -> bool:
        """Whether the value counts as not filled in."""
        return value is None or value == "" or value == ()

    def range(self, text: str, locale: Locale) -> tuple[Any, Any]:
        """Return the half-open range [low, high) a filter's text names, or (v, v) for one value."""
        value = self.parse(text, locale)
        return value, value

    def describe(self) -> Mapping[str, Any]:
        """Return what documentation and forms show of the kind's own settings."""
        return {}
