"""Days and periods in words and figures: `fri`, `+3d`, `1 dec`, `2026-12-01`, `next month`.

The text has to be tidy already: lower case, ASCII, single spaces. What the words mean is
described in `crmkit.core.when`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from attrs import frozen

EARLIEST, LATEST = 1000, 9998
"""The years that can be read; outside them a typing error is likelier than a date."""

Days = tuple[date, date]
"""A half-open range of days: the first, and the one after the last."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_DAY_WORDS = {"now": 0, "today": 0, "tomorrow": 1, "tmr": 1, "yesterday": -1}
_UNITS = {
    "minutes": ("min", "mins", "minute"),
    "hours": ("h", "hr", "hrs", "hour"),
    "days": ("d", "day"),
    "weeks": ("w", "wk", "wks", "week"),
    "months": ("m", "mo", "month"),
    "years": ("y", "yr", "yrs", "year"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in (unit, *words)}
_PERIOD_MONTHS = {"month": 1, "quarter": 3, "year": 12}

_STEP = re.compile(r"(?P<sign>[+-]\s?|in )(?P<count>\d+)\s?(?P<unit>[a-z]+)")
_STEP_BACK = re.compile(r"(?P<count>\d+)\s?(?P<unit>[a-z]+) (?P<sign>ago)")
_ISO_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_NUMERIC_DAY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})(?:\2(\d{4}|\d\d))?")
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?(?: of)?[ -]?(?P<month>[a-z]+)\.?(?:[ -](?P<year>\d{4}))?"
)
_MONTH_FIRST = re.compile(
    r"(?P<month>[a-z]+)\.?[ -]?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: (?P<year>\d{4}))?"
)
_PERIOD = re.compile(r"(this|next|last) (week|month|quarter|year)")
_PART_OF_YEAR = re.compile(r"(\d{4})(?:-(?:q([1-4])|(\d\d)))?")
_MONTH_OF_YEAR = re.compile(r"([a-z]+)\.? (\d{4})")


@frozen
class Reader:
    """Reads days as they are said on `today`; without a year, `upcoming` is the next such day.

    Its methods return None for what they do not know, raise ValueError with a sentence for what
    is wrong, and OverflowError beyond the calendar.
    """

    today: date
    upcoming: bool = True

    def day(self, said: str) -> date | None:
        """Return the day that the text names."""
        day = self._spoken(said) or self._numeric(said) or self._with_month_name(said)
        if day is not None and not EARLIEST <= day.year <= LATEST:
            raise OverflowError(f"no year {day.year}")
        return day

    def period(self, said: str) -> Days | None:
        """Return the days of `next week`, `this month`, `2026-12`, `2026-q4`, `2026`."""
        if found := _PERIOD.fullmatch(said):
            return self._relative({"last": -1, "this": 0, "next": 1}[found[1]], found[2])
        year, month, length = 0, 1, 12
        if found := _PART_OF_YEAR.fullmatch(said):
            year = int(found[1])
            if found[2]:
                month, length = int(found[2]) * 3 - 2, 3
            elif found[3]:
                month, length = int(found[3]), 1
        elif found := _MONTH_OF_YEAR.fullmatch(said):
            number = _named(found[1], _MONTHS)
            if number is None:
                return None
            year, month, length = int(found[2]), number + 1, 1
        else:
            return None
        start = _calendar(year, month, 1, said)
        return start, add_months(start, length)

    def _spoken(self, said: str) -> date | None:
        if said in _DAY_WORDS:
            return self.today + timedelta(days=_DAY_WORDS[said])
        if found := _PERIOD.fullmatch(said):
            return self._relative({"last": -1, "this": 0, "next": 1}[found[1]], found[2])[0]
        return self._stepped(said) or self._weekday(said)

    def _stepped(self, said: str) -> date | None:
        count, unit = step(said) or (0, "")
        if unit in ("days", "weeks"):
            return self.today + timedelta(**{unit: count})
        if unit in ("months", "years"):
            return add_months(self.today, count * (12 if unit == "years" else 1))
        return None

    def _weekday(self, said: str) -> date | None:
        which, _, name = said.rpartition(" ")
        number = _named(name, _WEEKDAYS)
        if number is None or which not in ("", "on", "this", "next", "last"):
            return None
        ahead = number - self.today.weekday()
        if which in ("this", "next"):
            return self.today + timedelta(days=ahead + (7 if which == "next" else 0))
        if which == "last":
            return self.today - timedelta(days=(-ahead - 1) % 7 + 1)
        return self.today + timedelta(days=(ahead - 1) % 7 + 1)

    def _numeric(self, said: str) -> date | None:
        if found := _ISO_DAY.fullmatch(said):
            return _calendar(int(found[1]), int(found[3]), int(found[4]), said)
        found = _NUMERIC_DAY.fullmatch(said)
        if not found:
            return None
        if found[4] and len(found[4]) == 2:
            raise ValueError(f"write the year of {said!r} in full, as in 2026-12-01")
        first, second = int(found[1]), int(found[3])
        orders = [(second, first)] if found[2] == "." else [(second, first), (first, second)]
        readings = {day for order in orders if (day := self._dated(*order, found[4]))}
        if len(readings) > 1:
            one, other = sorted(readings)
            raise ValueError(f"{said!r} may be {one} or {other}; write the one you mean like that")
        if not readings:
            raise _no_such_day(said)
        return readings.pop()

    def _with_month_name(self, said: str) -> date | None:
        found = _DAY_FIRST.fullmatch(said) or _MONTH_FIRST.fullmatch(said)
        month = _named(found["month"], _MONTHS) if found else None
        if found is None or month is None:
            return None
        day = self._dated(month + 1, int(found["day"]), found["year"])
        if day is None:
            raise _no_such_day(said)
        return day

    def _dated(self, month: int, number: int, year: str | None) -> date | None:
        """Return that day of the year; without one, of this year or the next that has it."""
        if year:
            return _maybe(int(year), month, number)
        if not self.upcoming:
            return _maybe(self.today.year, month, number)
        # Nine years on, since the 29th of February may be as far away as eight.
        days = (_maybe(self.today.year + later, month, number) for later in range(9))
        return next((day for day in days if day and day >= self.today), None)

    def _relative(self, by: int, what: str) -> Days:
        if what == "week":
            monday = self.today + timedelta(days=7 * by - self.today.weekday())
            return monday, monday + timedelta(days=7)
        months = _PERIOD_MONTHS[what]
        start = self.today.replace(month=(self.today.month - 1) // months * months + 1, day=1)
        return add_months(start, months * by), add_months(start, months * (by + 1))


def step(said: str) -> tuple[int, str] | None:
    """Return the count and the unit of `+3d`, `-2w`, `in 3 days`, `4 hours ago`."""
    found = _STEP.fullmatch(said) or _STEP_BACK.fullmatch(said)
    if not found or found["unit"] not in _UNIT_OF:
        return None
    if len(found["count"]) > 6:
        raise OverflowError(f"{said} is too far away")
    sign = -1 if found["sign"].startswith(("-", "ago")) else 1
    return sign * int(found["count"]), _UNIT_OF[found["unit"]]


def iso_day(said: str) -> date | None:
    """Return the day of `2026-12-01`, None for any other writing."""
    found = _ISO_DAY.fullmatch(said)
    return _calendar(int(found[1]), int(found[3]), int(found[4]), said) if found else None


def add_months(day: date, months: int) -> date:
    """Return the same day some months on, or that month's last; OverflowError past the calendar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(f"no year {year}")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def weekday_name(day: date) -> str:
    """Return the day's name in three letters, such as Fri."""
    return _WEEKDAYS[day.weekday()][:3].title()


def _named(name: str, names: tuple[str, ...]) -> int | None:
    """Return which of the names starts with the given one, of three letters or more."""
    if len(name) < 3:
        return None
    return next((at for at, full in enumerate(names) if full.startswith(name)), None)


def _maybe(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _calendar(year: int, month: int, number: int, said: str) -> date:
    day = _maybe(year, month, number)
    if day is None:
        raise _no_such_day(said)
    if not EARLIEST <= year <= LATEST:
        raise OverflowError(f"no year {year}")
    return day


def _no_such_day(said: str) -> ValueError:
    return ValueError(f"{said!r} is no day of the calendar; write it as 2026-12-01")
