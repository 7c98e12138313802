"""Dates and times as people say them: `tomorrow 15:00`, `fri`, `+3d`, `2026-12-01`, `next week`.

What the words mean, on the firm's clock (`Locale.zone`), with weeks from Monday to Sunday:

- `fri` is the next Friday after today, `this fri` the one of this week, `next fri` the one of
  next week, `last fri` the latest one before today.
- `+3d -2w +1m +1y` count days, weeks, months and years from today (the 31st becomes the last
  day of a shorter month); `+4h +30min` count from now.
- A day without a time is 09:00; `eod` is 17:00, `midnight` the first minute of its day.
- A time without a day, and a day without a year, is the next one: `15:00` is tomorrow's once
  today's has passed. In a filter it is today's, and this year's.
- `3/4/2026` may be read in two ways and is refused, unless only one of them is a date;
  `1.12.2026` with dots is day, month, year.
- A time that the clock skips in spring is read as if it had not been put forward yet (02:30 is
  03:30 then). Of a time that it shows twice in autumn the first is meant, unless an offset is
  written: `2026-10-25 02:30+0100`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import wraps
from typing import TypeVar

from crmkit.core.days import EARLIEST, LATEST, Days, Reader, iso_day, step, weekday_name
from crmkit.core.kinds.base import Locale

START_OF_BUSINESS = time(9)
END_OF_BUSINESS = time(17)

_LONGEST = 80
_CLOCK_WORDS = {"noon": time(12), "midday": time(12), "midnight": time(0), "eod": END_OF_BUSINESS}
_CLOCK = r"""
    (?: (?P<hour>\d{1,2}) : (?P<minute>\d\d) (?: : (?P<second>\d\d) )? (?: \s? (?P<half>[ap]m) )?
      | (?P<full>\d{1,2}) \s? (?P<full_half>[ap]m)
      | (?P<word>noon|midday|midnight|eod) )
"""
_DAY_THEN_CLOCK = re.compile(rf"(?:(?P<day>.+?)(?:\s|(?<=\d)t))?(?:at\s)?{_CLOCK}", re.VERBOSE)
_CLOCK_THEN_DAY = re.compile(rf"(?:at\s)?{_CLOCK}\s(?P<day>.+)", re.VERBOSE)
_OFFSET = re.compile(
    r"(?<=:\d\d)(?P<fraction>\.\d{1,6})?\s?(?:z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))"
)

T = TypeVar("T")


def _only_value_errors(read: Callable[[str, Locale], T]) -> Callable[[str, Locale], T]:
    """Turn what the calendar raises beyond its edges into a ValueError."""

    @wraps(read)
    def reading(text: str, locale: Locale) -> T:
        try:
            return read(text, locale)
        except OverflowError:
            raise ValueError(
                f"{_short(text)} is out of reach; write a date between the years "
                f"{EARLIEST} and {LATEST}"
            ) from None

    return reading


@_only_value_errors
def parse_moment(text: str, locale: Locale) -> datetime:
    """Return the point in time (aware, UTC) that the text means; ValueError says what is wrong."""
    return _moment(_tidy(text), Reader(_today(locale)), locale)


@_only_value_errors
def parse_date(text: str, locale: Locale) -> date:
    """Return the calendar date that the text means; ValueError says what is wrong.

    A time of day may be given, and is only checked. `next week` and its like are their first day.
    """
    said, reader = _tidy(text), Reader(_today(locale))
    exact = _exact(said, locale)
    if exact is not None:
        return locale.local(exact).date()
    return _day(_split_clock(said)[0] or "today", reader)


@_only_value_errors
def parse_range(text: str, locale: Locale) -> tuple[datetime, datetime] | Days:
    """Return the half-open range [low, high) that a filter's text names.

    Dates where the text names whole days: a day, a week, month, quarter or year, or `A..B` with
    both ends included. Moments in UTC where it names a time: the minute, or twice the same moment
    for `now`, `+4h` and a time with seconds. ValueError says what is wrong.
    """
    reader = Reader(_today(locale), upcoming=False)
    first, dots, last = text.partition("..")
    if not dots:
        return _span(_tidy(text), reader, locale)
    low = _span(_tidy(first), reader, locale)[0]
    high = _span(_tidy(last), reader, locale)[1]
    if isinstance(low, datetime) or isinstance(high, datetime):
        low, high = day_start(low, locale), day_start(high, locale)
    if high < low:
        raise ValueError("write the earlier end first, as in 2026-01-01..2026-03-31")
    return low, high


def day_start(day: date, locale: Locale) -> datetime:
    """Return the moment (aware, UTC) when a day begins on the firm's clock; a moment as it is."""
    if isinstance(day, datetime):
        return day
    return _on_the_clock(day, time(0), locale)


def ago(value: datetime | date, locale: Locale) -> str:
    """Return a moment or a date as briefly as a list can show it.

    `3d ago`, `in 2h`, `today 15:00`, `tomorrow 09:30`, `Fri 12:00`; farther away, the date.
    """
    today = _today(locale)
    if not isinstance(value, datetime):
        return _day_name(value, today)
    minutes = abs(int((value - locale.now).total_seconds())) // 60
    if not minutes:
        return "now"
    near = f"{minutes}min" if minutes < 60 else f"{minutes // 60}h"
    local = locale.local(value)
    if value < locale.now:
        return f"{near} ago" if minutes < 24 * 60 else _day_name(local.date(), today)
    if minutes < 4 * 60:
        return f"in {near}"
    name = _day_name(local.date(), today)
    return name if name[0].isdigit() else f"{name} {local:%H:%M}"


def _day_name(day: date, today: date) -> str:
    away = (day - today).days
    if away in (-1, 0, 1):
        return ("yesterday", "today", "tomorrow")[away + 1]
    if -14 < away < 0:
        return f"{-away}d ago"
    return weekday_name(day) if 0 < away < 7 else day.isoformat()


def _span(said: str, reader: Reader, locale: Locale) -> tuple[datetime, datetime] | Days:
    exact = _exact(said, locale)
    clock = _split_clock(said)[1]
    if exact is not None or clock is not None:
        moment = _moment(said, reader, locale)
        timed_to_the_minute = exact is None and clock is not None and not clock.second
        return moment, moment + timedelta(minutes=timed_to_the_minute)
    if period := reader.period(said):
        return period
    day = _day(said, reader)
    return day, day + timedelta(days=1)


def _moment(said: str, reader: Reader, locale: Locale) -> datetime:
    exact = _exact(said, locale)
    if exact is not None:
        return exact
    day, clock = _split_clock(said)
    if day or clock is None:
        return _on_the_clock(_day(day, reader), clock or START_OF_BUSINESS, locale)
    moment = _on_the_clock(reader.today, clock, locale)
    if reader.upcoming and moment < locale.now:
        return _on_the_clock(reader.today + timedelta(days=1), clock, locale)
    return moment


def _tidy(text: str) -> str:
    said = " ".join(text.replace(",", " ").split()).lower()
    if not said:
        raise ValueError("write a date, such as tomorrow, fri, +3d or 2026-12-01")
    if len(said) > _LONGEST or not said.isascii() or not said.isprintable():
        raise _not_understood(text)
    return said


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _not_understood(text: str) -> ValueError:
    return ValueError(
        f"{_short(text)} is not a date or time; write it as tomorrow 15:00, fri, +3d or 2026-12-01"
    )


def _today(locale: Locale) -> date:
    return locale.local(locale.now).date()


def _on_the_clock(day: date, clock: time, locale: Locale) -> datetime:
    return datetime.combine(day, clock, locale.zone).astimezone(UTC)


def _day(said: str, reader: Reader) -> date:
    day = reader.day(said.removesuffix(" at").removeprefix("on "))
    if day is None:
        raise _not_understood(said)
    return day


def _exact(said: str, locale: Locale) -> datetime | None:
    """Return the moment of what needs no clock of ours: `now`, `+4h`, a time with its offset."""
    if said == "now":
        return locale.now
    count, unit = step(said) or (0, "")
    if unit in ("hours", "minutes"):
        return _reachable(locale.now + timedelta(**{unit: count}))
    found = _OFFSET.search(said)
    if not found or found.end() != len(said):
        return None
    day, clock = _split_clock(said[: found.start()])
    on = iso_day(day)
    if on is None or clock is None:
        raise _not_understood(said)
    away = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    fraction = timedelta(microseconds=round(float(found["fraction"] or 0) * 1_000_000))
    local = datetime.combine(on, clock, UTC) + fraction
    return _reachable(local + away if found["sign"] == "-" else local - away)


def _reachable(moment: datetime) -> datetime:
    if not EARLIEST <= moment.year <= LATEST:
        raise OverflowError(f"no year {moment.year}")
    return moment


def _split_clock(said: str) -> tuple[str, time | None]:
    """Return the text without its time of day, and that time."""
    found = _DAY_THEN_CLOCK.fullmatch(said) or _CLOCK_THEN_DAY.fullmatch(said)
    if not found:
        return said, None
    return found["day"] or "", _CLOCK_WORDS[found["word"]] if found["word"] else _clock(found)


def _clock(found: re.Match[str]) -> time:
    hour, half = int(found["hour"] or found["full"]), found["half"] or found["full_half"]
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0) if 1 <= hour <= 12 else 99
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        raise ValueError(f"{found[0]!r} is no time of day; write it as 15:00 or 3pm") from None
