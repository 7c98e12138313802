"""Kinds for time: calendar dates, and moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from attrs import frozen

from crmkit.core.days import EARLIEST, LATEST
from crmkit.core.kinds.base import Column, Kind, Locale
from crmkit.core.when import day_start, parse_date, parse_moment, parse_range

_ORDERED = frozenset({":", "=", "!=", "<", "<=", ">", ">="})


def _in_reach(value: date) -> None:
    if not EARLIEST <= value.year <= LATEST:
        raise ValueError(f"write a date between the years {EARLIEST} and {LATEST}")


@frozen
class DateKind(Kind):
    """A calendar date, the same day everywhere."""

    name: ClassVar[str] = "date"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.DATE),)
    operators: ClassVar[frozenset[str]] = _ORDERED
    widget: ClassVar[str] = "date"

    def parse(self, text: str, locale: Locale) -> date:
        return self.validate(parse_date(text, locale))

    def format(self, value: Any, locale: Locale) -> str:
        return str(value.isoformat())

    def validate(self, value: Any) -> date:
        if isinstance(value, datetime) or not isinstance(value, date):
            raise ValueError(f"write a date such as 2026-12-01, not {value!r}")
        _in_reach(value)
        return value

    def dump(self, value: Any) -> str:
        return str(value.isoformat())

    def undump(self, data: Any) -> date:
        return date.fromisoformat(data)

    def words(self, value: Any) -> str:
        return str(value.isoformat())

    def identity(self, value: Any) -> str:
        return str(value.isoformat())

    def range(self, text: str, locale: Locale) -> tuple[date, date]:
        low, high = parse_range(text, locale)
        if isinstance(low, datetime) and isinstance(high, datetime):
            first = locale.local(low).date()
            last = locale.local(max(low, high - timedelta(microseconds=1))).date()
            return (first, first) if first == last else (first, last + timedelta(days=1))
        return (low, low) if high - low == timedelta(days=1) else (low, high)


@frozen
class MomentKind(Kind):
    """A point in time, UTC in the store and on the firm's clock on the screen."""

    name: ClassVar[str] = "moment"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.MOMENT),)
    operators: ClassVar[frozenset[str]] = _ORDERED
    widget: ClassVar[str] = "moment"

    def parse(self, text: str, locale: Locale) -> datetime:
        return self.validate(parse_moment(text, locale))

    def format(self, value: Any, locale: Locale) -> str:
        """Return the local time to the minute, with its offset where the clock shows it twice."""
        local = locale.local(value)
        shown = local.replace(tzinfo=None).isoformat(" ", "minutes")
        return f"{shown}{local:%z}"[:21] if local.fold else shown

    def validate(self, value: Any) -> datetime:
        if not isinstance(value, datetime):
            raise ValueError(f"write a time such as 2026-12-01 15:00, not {value!r}")
        if value.utcoffset() is None:
            raise ValueError(f"{value} does not say in which time zone it is")
        _in_reach(value)
        moment = value.astimezone(UTC)
        _in_reach(moment)
        return moment

    def dump(self, value: Any) -> str:
        return str(value.astimezone(UTC).isoformat()).removesuffix("+00:00") + "Z"

    def undump(self, data: Any) -> datetime:
        return datetime.fromisoformat(data).astimezone(UTC)

    def words(self, value: Any) -> str:
        return str(value.date().isoformat())

    def identity(self, value: Any) -> str:
        return self.dump(value)

    def range(self, text: str, locale: Locale) -> tuple[datetime, datetime]:
        """Return the moments a filter's text names; a day names the whole of it."""
        low, high = parse_range(text, locale)
        return day_start(low, locale), day_start(high, locale)
