"""Working time: the firm's business hours, calendar days, deadlines on them, and pauses.

Everything is worked out on intervals between moments in UTC. The windows of a day are wall times in
the firm's zone, and begin and end when the clock first shows that time or a later one: a window
that a change of the clocks cuts short is that much shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from attrs import field, frozen
from attrs.converters import optional

from crmkit.core.errors import unknown

Window = tuple[time, time]
"""From a wall time to another of the same day; midnight as the end is the day's end."""
Interval = tuple[datetime, datetime]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_USUAL: tuple[Window, ...] = ((time(9), time(17)),)
_NOTHING = timedelta(0)
_DAY = timedelta(days=1)
_HORIZON = 36525 * _DAY
_SECOND = timedelta(seconds=1)


class Clock(Protocol):
    """A way to count time: business hours, or the calendar."""

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return the first moment (UTC) by which `span` has passed since `start`."""

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the time that passes from `start` to `end`; negative where `end` is earlier."""


def _utc(at: datetime) -> datetime:
    """Return a moment in UTC: two times of one zone would be compared and taken by their walls."""
    if at.tzinfo is None:
        raise ValueError(f"{at} says no time zone")
    return at.astimezone(UTC)


def _shown(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """Return when the clock of a day first shows a time or a later one."""
    shown = datetime.combine(day, wall, zone)
    found = shown.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return found
    # The clocks jump over it: look for the jump between what both offsets make of it.
    low, high = shown.replace(fold=1).astimezone(UTC), found
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == found.astimezone(zone).utcoffset():
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)


def _as_dates(days: Iterable[date]) -> frozenset[date]:
    return frozenset(days)


@frozen
class BusinessHours:
    """When the firm is open: windows for each day of the week, Monday first, and holidays.

    ValueError where a window ends before it begins, windows of a day overlap or are out of order,
    or there is none at all.
    """

    week: tuple[tuple[Window, ...], ...] = field(default=((_USUAL,) * 5 + ((),) * 2))
    holidays: frozenset[date] = field(default=frozenset(), converter=_as_dates)
    zone: ZoneInfo = field(factory=lambda: ZoneInfo("UTC"))

    def __attrs_post_init__(self) -> None:
        if len(self.week) != len(DAYS):
            raise ValueError("a week has seven days")
        for name, windows in zip(DAYS, self.week, strict=True):
            _demand_order(name, windows)
        if not any(self.week):
            raise ValueError("the firm is never open; give hours for a day of the week")

    @property
    def usual_day(self) -> timedelta:
        """The mean open time of the days of the week on which the firm is open."""
        lengths = [sum(map(_length, windows), _NOTHING) for windows in self.week if windows]
        return sum(lengths, _NOTHING) / len(lengths)

    def windows(self, day: date) -> tuple[Interval, ...]:
        """Return the open intervals of a day of the firm's calendar, in UTC."""
        if day in self.holidays:
            return ()
        found = []
        for start, end in self.week[day.weekday()]:
            last = day if end > time(0) else day + _DAY
            interval = _shown(day, start, self.zone), _shown(last, end, self.zone)
            if interval[0] < interval[1]:
                found.append(interval)
        return tuple(found)

    def is_open(self, at: datetime) -> bool:
        """Whether the firm is open at a moment; at a window's end it is not."""
        at = _utc(at)
        return next((opens <= at for opens, _ in self._from(at)), False)

    def next_open(self, at: datetime) -> datetime:
        """Return the moment, or the next one at which the firm is open.

        ValueError where that is not within a hundred years.
        """
        at = _utc(at)
        for opens, _ in self._from(at):
            return max(at, opens)
        raise ValueError("the firm does not open again")

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return the first moment by which `span` of open time has passed; `start` for none.

        ValueError for a negative span, or one that a hundred years do not hold.
        """
        if span < _NOTHING:
            raise ValueError("time is counted forward")
        start, left = _utc(start), span
        if left == _NOTHING:
            return start
        for opens, closes in self._from(start):
            at = max(opens, start)
            if left <= closes - at:
                return at + left
            left -= closes - at
        raise ValueError("the time is too far off")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time from `start` to `end`; negative where `end` is earlier."""
        start, end = _utc(start), _utc(end)
        if end < start:
            return -self.between(end, start)
        passed = _NOTHING
        for opens, closes in self._from(start, end - start):
            if opens >= end:
                break
            passed += min(closes, end) - max(opens, start)
        return passed

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _from(self, at: datetime, reach: timedelta = _HORIZON) -> Iterator[Interval]:
        """Yield the open intervals that end after a moment, for as long as `reach` beyond it."""
        first = self._day(at)
        days = min(reach // _DAY + 2, (date.max - first).days - 1)
        for day in (first + n * _DAY for n in range(days)):
            yield from (window for window in self.windows(day) if window[1] > at)


@frozen
class CalendarTime:
    """Time by the firm's calendar: eight weeks on, it is the same wall time of the same weekday.

    Whole days are dates of the firm's zone, what is left of a day is time that passes. So the day
    of 25 hours is full after 24, and the day of 23 counts as whole at its end.
    """

    zone: ZoneInfo = field(factory=lambda: ZoneInfo("UTC"))

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return the moment so many days on at the same wall time, and the rest of `span` later.

        ValueError for a negative span, or one that the calendar cannot hold.
        """
        if span < _NOTHING:
            raise ValueError("time is counted forward")
        days, rest = divmod(span, _DAY)
        try:
            at = self._on(_utc(start), days)
            return min(at + rest, self._on(_utc(start), days + 1)) if rest else at
        except OverflowError:
            raise ValueError("the time is too far off") from None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the days and the rest from `start` to `end`; negative where `end` is earlier."""
        start, end = _utc(start), _utc(end)
        if end < start:
            return -self.between(end, start)
        days = (end.astimezone(self.zone).date() - start.astimezone(self.zone).date()).days
        while days > 0 and self._on(start, days) > end:
            days -= 1
        return days * _DAY + min(end - self._on(start, days), _DAY)

    def _on(self, start: datetime, days: int) -> datetime:
        """Return the same wall time some days on."""
        if not days:
            return start
        wall = start.astimezone(self.zone)
        return _shown(wall.date() + days * _DAY, wall.time().replace(fold=0), self.zone)


@frozen
class Pause:
    """A time that does not count; without an end it still goes on.

    One that ends before it starts, as clocks of two machines may have it, is none.
    """

    start: datetime = field(converter=_utc)
    end: datetime | None = field(default=None, converter=optional(_utc))

    def until(self, now: datetime) -> datetime:
        """Return its end, or `now` while it goes on; never before its start."""
        return max(self.start, self.end or now)


def running(
    start: datetime, until: datetime, pauses: Iterable[Pause]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the intervals from `start` to `until` that no pause covers."""
    at, until = _utc(start), _utc(until)
    for pause in sorted(pauses, key=lambda p: p.start):
        if pause.start >= until:
            break
        if pause.start > at:
            yield at, pause.start
        at = max(at, pause.until(until))
    if at < until:
        yield at, until


def elapsed(
    clock: Clock, start: datetime, until: datetime, pauses: Iterable[Pause] = ()
) -> timedelta:
    """Return how much time counts from `start` to `until`; nothing where that is earlier."""
    return sum((clock.between(a, b) for a, b in running(start, until, pauses)), _NOTHING)


def due(
    clock: Clock, start: datetime, span: timedelta, pauses: Iterable[Pause], now: datetime
) -> datetime:
    """Return the moment by which `span` has counted since `start`, pauses left out.

    A pause that still goes on pushes it off: it is worked out as if that ended `now`.
    """
    left, at, now = span, _utc(start), _utc(now)
    for pause in sorted(pauses, key=lambda p: p.start):
        if pause.start > at:
            counted = clock.between(at, pause.start)
            if counted >= left:
                break
            left -= counted
        at = max(at, pause.until(now))
    return clock.add(at, left)


# What people write ---------------------------------------------------------------------------

_WINDOW = re.compile(r"\s*(\d{1,2})[:.](\d\d)\s*-\s*(\d{1,2})[:.](\d\d)\s*")
_SPAN = re.compile(
    r"\s*(\d{1,5})\s*(business\s+|working\s+|b)?(min|minute|h|hour|d|day|w|week)s?\s*",
    re.IGNORECASE,
)
_UNITS = {
    "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": _DAY, "w": timedelta(weeks=1),
}  # fmt: skip


def parse_span(
    text: str, day: timedelta = timedelta(hours=8)
) -> tuple[timedelta, Literal["business", "calendar"]]:
    """Return a span and the clock it is counted on: `4 business hours`, `2bd`, `8 weeks`, `24h`.

    A business day counts as `day` of open time (the firm's usual one), a business week as five.
    ValueError for other text.
    """
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no span of time; write '4 business hours' or '8 weeks'")
    count, unit = int(found[1]), found[3][0].lower()
    if not found[2]:
        return count * _UNITS[unit], "calendar"
    length = {"d": day, "w": 5 * day}.get(unit, _UNITS[unit])
    return count * length, "business"


def read_hours(section: Mapping[str, Any], zone: ZoneInfo) -> BusinessHours:
    """Return the hours that a section of the configuration gives, or the usual ones.

    Days that are left out are closed where any day is given. ValueError names the key.
    """
    known = (*DAYS, "holidays")
    for key in section:
        if key not in known:
            raise ValueError(f"hours: {unknown('key', key, list(known))}")
    given = any(name in section for name in DAYS)
    week = tuple(
        _windows(name, section.get(name, [])) if given else _usual(n) for n, name in enumerate(DAYS)
    )
    try:
        return BusinessHours(week, _as_dates(_holidays(section.get("holidays", []))), zone)
    except ValueError as error:
        raise ValueError(f"hours: {error}") from None


def _usual(weekday: int) -> tuple[Window, ...]:
    return _USUAL if weekday < 5 else ()


def _windows(day: str, texts: Any) -> tuple[Window, ...]:
    listed = [texts] if isinstance(texts, str) else texts
    if not isinstance(listed, list):
        raise ValueError(f'hours.{day}: write a list such as ["9:00-12:30", "13:30-17:00"]')
    return tuple(_window(day, text) for text in listed)


def _window(day: str, text: Any) -> Window:
    found = _WINDOW.fullmatch(str(text))
    try:
        if not found:
            raise ValueError
        start, end = (int(found[1]), int(found[2])), (int(found[3]), int(found[4]))
        return time(*start), time(0) if end == (24, 0) else time(*end)
    except ValueError:
        raise ValueError(f"hours.{day}: {text!r} is not written as 9:00-17:00") from None


def _holidays(given: Any) -> Iterator[date]:
    if not isinstance(given, list):
        raise ValueError("holidays must be a list of dates")
    for one in given:
        if isinstance(one, date) and not isinstance(one, datetime):
            yield one
            continue
        try:
            yield date.fromisoformat(str(one))
        except ValueError:
            raise ValueError(f"holidays: {one!r} is not a date such as 2026-12-25") from None


def _length(window: Window) -> timedelta:
    start, end = (timedelta(hours=t.hour, minutes=t.minute, seconds=t.second) for t in window)
    return (end or _DAY) - start


def _demand_order(day: str, windows: Sequence[Window]) -> None:
    for window in windows:
        if _length(window) <= _NOTHING:
            raise ValueError(f"{day}: {window[0]:%H:%M}-{window[1]:%H:%M} ends before it begins")
    for (_, end), (start, _) in zip(windows, windows[1:], strict=False):
        if end == time(0) or end > start:
            raise ValueError(f"{day}: the windows overlap, or are out of order")
