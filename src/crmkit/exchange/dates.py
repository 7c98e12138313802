"""The dates of a whole column: in which order day, month and year stand in it.

ISO dates (`2022-03-14`, `20220314`, also with a time) and month names (`14 Mar 2022`) mean one
thing in any column and may stand among the others. What numbers such as `03/04/2022` mean is
decided by the column as a whole, and left open while two readings fit all of it. Two-digit years
are 1969 to 2068.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import combinations


class DateOrder(enum.StrEnum):
    """The order in which a date's numbers are written."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class AmbiguousDates(ValueError):
    """More than one order fits a column's dates, or none fits all of them.

    `orders` are those that fit most of the column, the best first; the `example` is a value that
    they read differently. `mixed` says that the column contradicts itself: the example does not
    fit the first order.
    """

    def __init__(self, orders: Iterable[DateOrder], example: str, *, mixed: bool = False) -> None:
        self.orders = tuple(orders)
        self.example = example
        self.mixed = mixed
        what = "stand in different orders" if mixed else "may be read in more than one way"
        said = " or ".join(self.orders)
        super().__init__(f"the dates {what}, such as {example!r}; say whether it is {said}")


_LONGEST = 60
_PIVOT = 69
_NUMBERS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d\d)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/. ])(\d{1,2})\2(\d{1,2}))", re.ASCII)
_COMPACT = re.compile(r"((?:18|19|20|21)\d\d)(\d\d)(\d\d)", re.ASCII)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +", re.IGNORECASE)
_DAY_MONTH = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[ /-]?(?P<month>[a-z]{3,9})\.?,?[ /-]?"
    r"(?P<year>\d{4}|\d\d)",
    re.IGNORECASE | re.ASCII,
)
_MONTH_DAY = re.compile(
    r"(?P<month>[a-z]{3,9})\.? ?(?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
    re.IGNORECASE | re.ASCII,
)
_MONTHS = {
    name: number
    for number, full in enumerate(
        "January February March April May June July August September October November "
        "December".lower().split(),
        start=1,
    )
    for name in (full, full[:3])
} | {"sept": 9}
_WITH_TIME = re.compile(
    r"(?P<day>.*?\d)(?:,? +|T)"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?:(?P<utc>z|utc|gmt)|(?P<sign>[+-])(?P<off_hours>\d\d):?(?P<off_minutes>\d\d)))?",
    re.IGNORECASE | re.ASCII,
)


def infer_date_order(values: Iterable[str]) -> DateOrder:
    """Return the one order that fits all dates of a column; AmbiguousDates where none is the one.

    Blank values, and what is no date in any order, are passed over. Orders that read every value
    as the same day are as good as one; a column without dates to decide is YMD.
    """
    fits: Counter[DateOrder] = Counter()
    unfit: dict[DateOrder, str] = {}
    read_differently: dict[tuple[DateOrder, DateOrder], str] = {}
    total = 0
    for text in values:
        days = _readings(text)
        total += bool(days)
        fits.update(days.keys())
        for order in DateOrder if days else ():
            if order not in days:
                unfit.setdefault(order, text.strip())
        for pair in combinations(days, 2):
            if days[pair[0]] != days[pair[1]]:
                read_differently.setdefault(pair, text.strip())
    if not total:
        return DateOrder.YMD
    whole = [order for order in DateOrder if fits[order] == total]
    if not whole:
        orders = [order for order, _ in fits.most_common()]
        raise AmbiguousDates(orders, unfit[orders[0]], mixed=True)
    for pair in combinations(whole, 2):
        if pair in read_differently:
            raise AmbiguousDates(whole, read_differently[pair])
    return whole[0]


def parse_in(order: DateOrder, text: str) -> date | datetime:
    """Return the date, or the moment where a time stands with it; ValueError where it is none.

    A moment is naive (local) unless the text says its offset.
    """
    said = text.strip()
    found = _WITH_TIME.fullmatch(said) if len(said) <= _LONGEST else None
    day = _closed_day(found["day"] if found else said)
    if day is None and (numbers := _open_numbers(said)):
        day = _day(numbers, order)
    if day is None:
        shown = said if len(said) <= _LONGEST else said[: _LONGEST - 3] + "..."
        raise ValueError(f"{shown!r} is not a date in the order {order}; write it as 2026-12-01")
    return _moment(day, found) if found else day


def _readings(text: str) -> dict[DateOrder, date]:
    """Return the day that a text is in each order that may be meant, where the order is open."""
    numbers = _open_numbers(text)
    if numbers is None:
        return {}
    days = {order: day for order in DateOrder if (day := _day(numbers, order))}
    # Nobody writes 22/03/14 or 22.03.14 for 2022, but some do write 22-03-14.
    if len(days) > 1 and "-" not in text:
        days.pop(DateOrder.YMD, None)
    return days


def _open_numbers(text: str) -> tuple[str, str, str] | None:
    """Return the numbers of a date whose order is open, of text with or without a time."""
    said = text.strip()
    if len(said) > _LONGEST:
        return None
    found = _WITH_TIME.fullmatch(said)
    numbers = _NUMBERS.fullmatch(found["day"] if found else said)
    return (numbers[1], numbers[3], numbers[4]) if numbers else None


def _day(numbers: tuple[str, str, str], order: DateOrder) -> date | None:
    first, second, third = numbers
    if order is DateOrder.DMY:
        return _dated(third, second, first)
    if order is DateOrder.MDY:
        return _dated(third, first, second)
    return _dated(first, second, third) if len(first) == len(third) == 2 else None


def _closed_day(said: str) -> date | None:
    """Return the day of a text that means one thing in any order."""
    if len(said) > _LONGEST:
        return None
    if found := _YEAR_FIRST.fullmatch(said):
        return _dated(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(said):
        return _dated(found[1], found[2], found[3])
    said = _WEEKDAY.sub("", said, count=1)
    named = _DAY_MONTH.fullmatch(said) or _MONTH_DAY.fullmatch(said)
    month = _MONTHS.get(named["month"].lower()) if named else None
    return _dated(named["year"], str(month), named["day"]) if named and month else None


def _dated(year: str, month: str, number: str) -> date | None:
    full = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= _PIVOT else 2000)
    try:
        return date(full, int(month), int(number))
    except ValueError:
        return None


def _moment(day: date, found: re.Match[str]) -> datetime:
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "p" else 0) if 1 <= hour <= 12 else 99
    micro = int((found["fraction"] or "0").ljust(6, "0")[:6])
    try:
        clock = time(hour, int(found["minute"]), int(found["second"] or 0), micro)
        return datetime.combine(day, clock, _zone(found))
    except ValueError:
        raise ValueError(f"{found[0]!r} has no such time; write it as 2026-12-01 15:00") from None


def _zone(found: re.Match[str]) -> timezone | None:
    if found["utc"]:
        return UTC
    if not found["sign"]:
        return None
    away = timedelta(hours=int(found["off_hours"]), minutes=int(found["off_minutes"]))
    return timezone(-away if found["sign"] == "-" else away)
