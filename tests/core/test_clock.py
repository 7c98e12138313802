"""Time where it is easily miscounted: lost and repeated hours, clocks that differ, far-off ends."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.core.hours import BusinessHours, CalendarTime, Clock, Pause, due, elapsed, read_hours

LONDON = ZoneInfo("Europe/London")
FIRM = BusinessHours(zone=LONDON)
CALENDAR = CalendarTime(LONDON)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
# Half an hour, midnight, a whole day (Apia, 2011): not every change is an hour at night.
ZONES = ("Europe/London", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo",
         "America/Havana", "Asia/Beirut", "Pacific/Apia", "America/St_Johns")  # fmt: skip


def local(text: str, fold: int = 0) -> datetime:
    """Return a wall time of London, left in that zone; `fold` 1 is the second of two."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold)


def london(text: str) -> datetime:
    return local(text).astimezone(UTC)


@pytest.mark.parametrize("clock", [read_hours({"sun": ["0:00-24:00"]}, LONDON), CALENDAR])
@pytest.mark.parametrize(
    ("start", "end", "passed"),
    [
        (local("2026-03-29 00:10"), local("2026-03-29 05:50"), HOUR * 14 / 3),
        (local("2026-10-25 00:10"), local("2026-10-25 05:50"), HOUR * 20 / 3),
        (local("2026-10-25 01:50"), local("2026-10-25 01:10", fold=1), HOUR / 3),
    ],
)
def test_wall_times_of_one_zone_are_taken_as_moments(
    clock: Clock, start: datetime, end: datetime, passed: timedelta
) -> None:
    """Subtracting them as they are would count an hour that was not, or miss one that was."""
    assert clock.between(start, end) == passed
    assert clock.between(end, start) == -passed
    assert clock.add(start, passed) == end.astimezone(UTC)
    assert elapsed(clock, start, end) == passed


@pytest.mark.parametrize("clock", [FIRM, CALENDAR])
def test_a_time_without_a_zone_is_refused(clock: Clock) -> None:
    """It would be read in the zone of whichever machine asks."""
    naive = datetime(2026, 11, 23, 9)
    with pytest.raises(ValueError, match="no time zone"):
        clock.add(naive, timedelta(0))
    with pytest.raises(ValueError, match="no time zone"):
        Pause(naive)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2011, 2026])
def test_windows_of_a_year_neither_overlap_nor_run_back(zone: str, year: int) -> None:
    """Quarter of an hour after quarter of an hour, through every change of the clocks."""
    quarters = tuple(time(n // 4, n % 4 * 15) for n in range(96))
    day_round = tuple(pairwise((*quarters, time(0))))
    firm = BusinessHours((day_round,) * 7, zone=ZoneInfo(zone))
    first = date(year, 1, 1)
    found = [w for n in range(366) for w in firm.windows(first + n * timedelta(days=1))]
    assert all(start < end for start, end in found)
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    assert firm.between(found[0][0], found[-1][1]) == found[-1][1] - found[0][0]


def test_a_window_within_the_lost_hour_does_not_open() -> None:
    """01:15 to 01:45 is not on any clock that night."""
    firm = read_hours({"sun": ["1:15-1:45", "2:00-3:00"]}, LONDON)
    night = london("2026-03-29 00:00")
    assert firm.windows(date(2026, 3, 29)) == (
        (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC)),
    )
    assert firm.add(night, HOUR / 2) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_window_within_the_repeated_hour_opens_once() -> None:
    """The first time round; one that closes behind the change is an hour longer."""
    firm = read_hours({"sun": ["1:15-1:45", "1:50-2:10"]}, LONDON)
    first, second = firm.windows(date(2026, 10, 25))
    assert first == (london("2026-10-25 01:15"), london("2026-10-25 01:45"))
    assert second[1] - second[0] == HOUR * 4 / 3
    assert not firm.is_open(local("2026-10-25 01:47"))
    assert firm.is_open(local("2026-10-25 01:30", fold=1))


def test_a_firm_that_will_not_open_again_says_so() -> None:
    """Holidays for a hundred years leave nothing to wait for."""
    monday = date(2026, 11, 23)
    closed = frozenset(monday + timedelta(weeks=n) for n in range(5300))
    firm = BusinessHours(((((time(9), time(17)),)), *((),) * 6), closed, LONDON)
    with pytest.raises(ValueError, match="not open again"):
        firm.next_open(london("2026-11-23 09:00"))
    with pytest.raises(ValueError, match="too far off"):
        firm.add(london("2026-11-23 09:00"), HOUR)
    assert not firm.is_open(london("2026-11-23 09:00"))


@pytest.mark.parametrize("clock", [FIRM, CALENDAR])
def test_a_span_beyond_the_calendar_is_refused(clock: Clock) -> None:
    """And so is one that goes back."""
    with pytest.raises(ValueError, match="too far off"):
        clock.add(london("2026-11-23 09:00"), timedelta(days=10_000_000))
    with pytest.raises(ValueError, match="forward"):
        clock.add(london("2026-11-23 09:00"), -HOUR)


def test_twenty_years_are_exact_to_the_microsecond() -> None:
    """5,219 weekdays of eight hours, and the last microsecond of the last."""
    start, end = london("2006-01-02 09:00"), london("2026-01-02 17:00")
    weekdays = sum((date(2006, 1, 2) + timedelta(days=n)).weekday() < 5 for n in range(7306))
    assert FIRM.between(start, end) == weekdays * 8 * HOUR
    assert FIRM.add(start, weekdays * 8 * HOUR - TICK) == end - TICK


# Calendar days -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-03-28 01:30", 24 * HOUR, "2026-03-29 02:00"),
        ("2026-03-28 12:00", 24 * HOUR, "2026-03-29 12:00"),
        ("2026-03-29 00:30", 2 * HOUR, "2026-03-29 03:30"),
        ("2026-03-28 12:00", 23.5 * HOUR, "2026-03-29 12:00"),
        ("2026-10-24 01:30", 24 * HOUR, "2026-10-25 01:30"),
        ("2026-10-24 12:00", 23 * HOUR, "2026-10-25 10:00"),
    ],
)
def test_days_keep_the_wall_time_and_hours_pass(start: str, span: timedelta, end: str) -> None:
    """A wall time that is lost is the moment of the change; one that comes twice, the first."""
    assert CALENDAR.add(london(start), span) == london(end)


def test_no_time_at_all_stays_in_the_repeated_hour() -> None:
    """The second 01:30 is not the first."""
    second = local("2026-10-25 01:30", fold=1).astimezone(UTC)
    assert CALENDAR.add(second, timedelta(0)) == second


moments = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    st.datetimes(datetime(2026, 3, 28), datetime(2026, 3, 30), timezones=st.just(UTC)),
    st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 26), timezones=st.just(UTC)),
)
spans = st.timedeltas(timedelta(0), timedelta(days=60))


@settings(max_examples=300, deadline=None)
@given(moments, spans, spans)
def test_calendar_time_only_goes_on(start: datetime, one: timedelta, other: timedelta) -> None:
    """Longer spans end no earlier, later ends are no shorter away."""
    short, long = sorted((one, other))
    assert CALENDAR.add(start, short) <= CALENDAR.add(start, long)
    assert CALENDAR.between(start, start + short) <= CALENDAR.between(start, start + long)
    assert CALENDAR.between(start, CALENDAR.add(start, long)) >= long


@settings(max_examples=300, deadline=None)
@given(moments, st.integers(0, 100))
def test_calendar_days_come_back_as_they_were_added(start: datetime, days: int) -> None:
    """Whole days are whole days, however long each was."""
    span = timedelta(days=days)
    assert CALENDAR.between(start, CALENDAR.add(start, span)) == span


@settings(max_examples=150, deadline=None)
@given(moments, spans, spans)
def test_business_time_only_goes_on(start: datetime, one: timedelta, other: timedelta) -> None:
    """Deadlines keep the order of their spans, and add up."""
    short, long = sorted((one, other))
    assert FIRM.add(start, short) <= FIRM.add(start, long)
    assert FIRM.between(start, start + short) <= FIRM.between(start, start + long)
    total = FIRM.add(start, one + other)
    assert FIRM.between(start, total) == one + other
    assert FIRM.between(FIRM.add(start, one), total) == other


# Pauses --------------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", [FIRM, CALENDAR])
@pytest.mark.parametrize(
    "pause",
    [
        Pause(london("2026-11-23 10:00")),
        Pause(london("2026-11-23 10:00"), london("2026-11-23 09:15")),
        Pause(london("2026-11-23 08:00"), london("2026-11-23 09:00")),
        Pause(london("2026-11-23 13:00"), london("2026-11-23 16:00")),
    ],
)
def test_pauses_that_cover_nothing_change_nothing(clock: Clock, pause: Pause) -> None:
    """Not begun by now, ended before they began, over before the start, behind the end."""
    start, now = london("2026-11-23 09:00"), london("2026-11-23 09:30")
    assert due(clock, start, 4 * HOUR, [pause], now) == london("2026-11-23 13:00")
    assert elapsed(clock, start, now, [pause]) == HOUR / 2


def test_a_pause_that_ends_before_it_begins_counts_no_hour_twice() -> None:
    """Clocks of two machines may differ."""
    pause = [Pause(london("2026-11-23 12:00"), london("2026-11-23 10:00"))]
    start, until = london("2026-11-23 09:00"), london("2026-11-23 13:00")
    assert elapsed(FIRM, start, until, pause) == 4 * HOUR


def test_overlapping_pauses_are_one() -> None:
    """In any order, one within another, one that touches the next."""
    pauses = [
        Pause(london(f"2026-11-23 {a}"), london(f"2026-11-23 {b}"))
        for a, b in (("11:00", "13:00"), ("10:00", "12:00"), ("11:30", "11:40"), ("13:00", "14:00"))
    ]
    start, now = london("2026-11-23 09:00"), london("2026-11-23 16:00")
    for seed in range(10):
        random.Random(seed).shuffle(pauses)
        assert due(FIRM, start, 3 * HOUR, pauses, now) == london("2026-11-23 16:00")
        assert elapsed(FIRM, start, now, pauses) == 3 * HOUR


def test_waiting_over_the_change_of_the_clocks_moves_eight_weeks_by_days() -> None:
    """From the 10th to the 12th of a month with a change: two days later, at the same hour."""
    waiting = [Pause(london("2026-03-10 00:00"), london("2026-03-12 00:00"))]
    start = london("2026-03-02 10:00")
    end = due(CALENDAR, start, timedelta(weeks=8), waiting, start)
    assert end == london("2026-04-29 10:00")
    assert elapsed(CALENDAR, start, end, waiting) == timedelta(weeks=8)
