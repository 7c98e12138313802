"""Business hours, calendar days, deadlines and pauses: worked cases, properties, a slow model."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmkit.core.hours import (
    BusinessHours,
    CalendarTime,
    Pause,
    due,
    elapsed,
    parse_span,
    read_hours,
)

LONDON = ZoneInfo("Europe/London")
NINE_TO_FIVE = BusinessHours(zone=LONDON)
HOUR = timedelta(hours=1)


def london(text: str) -> datetime:
    """Return a moment from a wall time in London."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def hours(**week: list[str]) -> BusinessHours:
    return read_hours(week, LONDON)


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        ("2026-11-22 16:00", 4, "2026-11-23 13:00"),
        ("2026-11-20 16:00", 2, "2026-11-23 10:00"),
        ("2026-11-23 09:00", 8, "2026-11-23 17:00"),
        ("2026-11-23 17:00", 1, "2026-11-24 10:00"),
        ("2026-11-23 05:00", 0, "2026-11-23 05:00"),
        ("2026-11-23 09:00", 400, "2027-01-29 17:00"),
    ],
)
def test_business_hours_skip_nights_and_weekends(start: str, span: int, end: str) -> None:
    """Sunday 16:00 and four business hours is Monday 13:00."""
    assert NINE_TO_FIVE.add(london(start), span * HOUR) == london(end)


def test_a_lunch_break_does_not_count() -> None:
    """Two windows a day."""
    firm = hours(mon=["9:00-12:30", "13:30-17:00"])
    assert firm.add(london("2026-11-23 12:00"), HOUR) == london("2026-11-23 14:00")
    assert firm.between(london("2026-11-23 12:00"), london("2026-11-23 13:00")) == HOUR / 2
    assert not firm.is_open(london("2026-11-23 12:30"))
    assert firm.next_open(london("2026-11-23 12:30")) == london("2026-11-23 13:30")


def test_a_holiday_does_not_count() -> None:
    """Friday the 25th of December is closed; so is the weekend behind it."""
    firm = BusinessHours(holidays={date(2026, 12, 25)}, zone=LONDON)  # type: ignore[arg-type]
    assert firm.add(london("2026-12-24 16:00"), 2 * HOUR) == london("2026-12-28 10:00")
    assert firm.windows(date(2026, 12, 25)) == ()


@pytest.mark.parametrize(("day", "length"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(day: str, length: int) -> None:
    """A firm that never closes works 23 hours in spring and 25 in autumn."""
    always = hours(**{d: ["0:00-24:00"] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
    midnight = london(f"{day} 00:00")
    assert always.add(midnight, length * HOUR) == midnight + length * HOUR
    assert sum((b - a for a, b in always.windows(date.fromisoformat(day))), timedelta()) == (
        length * HOUR
    )


def test_a_night_shift_over_the_change_counts_the_hours_that_pass() -> None:
    """00:30 to 03:30 on the night of spring is two hours; 01:30 that night does not exist."""
    firm = hours(sun=["0:30-3:30"], mon=["9:00-17:00"])
    start = london("2026-03-29 00:30")
    assert firm.between(start, london("2026-03-29 12:00")) == 2 * HOUR
    assert firm.add(start, 3 * HOUR) == london("2026-03-30 10:00")


def test_a_pause_over_a_weekend_costs_no_business_hours() -> None:
    """Waiting from Friday 16:00 to Monday 10:00 stops two hours of the clock."""
    start = london("2026-11-20 15:00")
    pause = [Pause(london("2026-11-20 16:00"), london("2026-11-23 10:00"))]
    now = london("2026-11-23 12:00")
    assert due(NINE_TO_FIVE, start, 4 * HOUR, pause, now) == london("2026-11-23 13:00")
    assert elapsed(NINE_TO_FIVE, start, now, pause) == 3 * HOUR


def test_an_open_pause_pushes_the_deadline_on() -> None:
    """While the client is waited for, nothing comes due."""
    start, now = london("2026-11-23 09:00"), london("2026-11-24 12:00")
    waiting = [Pause(london("2026-11-23 11:00"))]
    assert due(NINE_TO_FIVE, start, 4 * HOUR, waiting, now) == london("2026-11-24 14:00")
    assert elapsed(NINE_TO_FIVE, start, now, waiting) == 2 * HOUR
    assert due(NINE_TO_FIVE, start, 2 * HOUR, waiting, now) == london("2026-11-23 11:00")


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-03-02 10:00", "2026-04-27 10:00"), ("2026-10-01 23:30", "2026-11-26 23:30")],
)
def test_eight_weeks_keep_the_wall_time(start: str, end: str) -> None:
    """The clocks change in between, the deadline's hour does not."""
    calendar = CalendarTime(LONDON)
    assert calendar.add(london(start), timedelta(weeks=8)) == london(end)
    assert calendar.between(london(start), london(end)) == timedelta(weeks=8)


@pytest.mark.parametrize(
    ("text", "span", "clock"),
    [
        ("4 business hours", 4 * HOUR, "business"),
        ("4bh", 4 * HOUR, "business"),
        ("2 business days", 14 * HOUR, "business"),
        ("1 working week", 35 * HOUR, "business"),
        ("8 weeks", timedelta(weeks=8), "calendar"),
        ("3d", timedelta(days=3), "calendar"),
        ("90 min", 1.5 * HOUR, "calendar"),
    ],
)
def test_spans_are_written_as_people_say_them(text: str, span: timedelta, clock: str) -> None:
    """A business day is as long as the firm's usual one."""
    assert parse_span(text, 7 * HOUR) == (span, clock)


@pytest.mark.parametrize("text", ["", "soon", "-3d", "4 fortnights", "1e9 h"])
def test_other_text_is_no_span(text: str) -> None:
    """The refusal shows how it is written."""
    with pytest.raises(ValueError, match="write '4 business hours'"):
        parse_span(text)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"mon": ["17:00-9:00"]}, "mon: 17:00-09:00 ends before"),
        ({"mon": ["9:00-12:00", "11:00-17:00"]}, "mon: the windows overlap"),
        ({"mon": ["9-5"]}, r"hours\.mon: '9-5' is not written"),
        ({"mon": ["9:00-25:00"]}, r"hours\.mon: '9:00-25:00'"),
        ({"mon": 5}, r"hours\.mon: write a list"),
        ({"monday": []}, "no key 'monday'; did you mean mon"),
        ({"holidays": ["xmas"]}, "holidays: 'xmas' is not a date"),
        ({"mon": []}, "never open"),
    ],
)
def test_hours_that_cannot_be_are_named(section: dict[str, object], said: str) -> None:
    """One clear line with the key."""
    with pytest.raises(ValueError, match=said):
        read_hours(section, LONDON)


def test_without_a_section_the_firm_works_nine_to_five() -> None:
    """Holidays alone leave the usual week."""
    firm = read_hours({"holidays": [date(2026, 12, 25), "2026-12-28"]}, LONDON)
    assert firm.week == NINE_TO_FIVE.week
    assert firm.holidays == {date(2026, 12, 25), date(2026, 12, 28)}
    assert firm.usual_day == 8 * HOUR


# Properties ----------------------------------------------------------------------------------

moments = st.datetimes(
    datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.just(UTC)
)  # fmt: skip
spans = st.timedeltas(timedelta(0), timedelta(days=40))


@st.composite
def schedules(draw: st.DrawFn) -> BusinessHours:
    """Draw a week of up to three windows a day, with holidays, in a zone that changes clocks."""
    week = []
    for _ in range(7):
        walls = sorted(draw(st.sets(st.integers(0, 95), max_size=6)))
        pairs = zip(walls[::2], walls[1::2], strict=False)
        week.append(tuple((_wall(a), _wall(b)) for a, b in pairs))
    if not any(week):
        week[0] = ((time(9), time(17)),)
    zone = draw(st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe"]))
    days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    return BusinessHours(tuple(week), draw(st.frozensets(days, max_size=5)), ZoneInfo(zone))


def _wall(quarter: int) -> time:
    return time(quarter // 4, quarter % 4 * 15)


@settings(max_examples=150, deadline=None)
@given(schedules(), moments, spans)
def test_what_is_added_is_what_has_passed(
    firm: BusinessHours, start: datetime, span: timedelta
) -> None:
    """`between` undoes `add`, and the deadline is the first such moment."""
    end = firm.add(start, span)
    assert firm.between(start, end) == span
    assert firm.between(end, start) == -span
    if span:
        assert firm.between(start, end - timedelta(microseconds=1)) < span


@settings(max_examples=150, deadline=None)
@given(schedules(), st.lists(moments, min_size=3, max_size=3))
def test_time_adds_up(firm: BusinessHours, points: list[datetime]) -> None:
    """What passes from a to c is what passes from a to b and from b to c."""
    a, b, c = sorted(points)
    assert firm.between(a, b) + firm.between(b, c) == firm.between(a, c)


@settings(max_examples=150, deadline=None)
@given(schedules(), moments, st.timedeltas(timedelta(minutes=1), timedelta(days=5)),
       st.lists(st.tuples(moments, spans), max_size=4))  # fmt: skip
def test_at_the_deadline_the_span_has_counted(
    firm: BusinessHours, start: datetime, span: timedelta,
    waits: list[tuple[datetime, timedelta]],
) -> None:  # fmt: skip
    """Pauses in any order, overlapping or not: what counts until the deadline is the span."""
    pauses = [Pause(at, at + length) for at, length in waits]
    end = due(firm, start, span, pauses, start)
    assert elapsed(firm, start, end, pauses) == span


# The slow model ------------------------------------------------------------------------------


@cache
def minutes_of(zone: ZoneInfo, day: date) -> list[tuple[datetime, time]]:
    """Return every minute of a day with what the clock shows then."""
    at = datetime.combine(day, time(0), zone).astimezone(UTC)
    found = []
    while (wall := at.astimezone(zone)).date() == day:
        found.append((at, wall.time()))
        at += timedelta(minutes=1)
    return found


def open_minutes(firm: BusinessHours, day: date) -> list[datetime]:
    """Watch a day's clock, minute by minute, open and close the windows one after the other."""
    windows = [] if day in firm.holidays else list(firm.week[day.weekday()])
    found, is_open = [], False
    for at, wall in minutes_of(firm.zone, day):
        while windows and wall >= windows[0][0]:
            is_open = windows[0][1] == time(0) or wall < windows[0][1]
            if is_open:
                break
            windows.pop(0)
        if is_open:
            found.append(at)
    return found


def slow_between(
    minutes: list[datetime], start: datetime, end: datetime, pauses: list[Pause]
) -> int:
    """Count the minutes that are open and in no pause, one by one."""
    return sum(
        start <= at < end and not any(p.start <= at < (p.end or end) for p in pauses)
        for at in minutes
    )


def test_ten_thousand_schedules_agree_with_a_minute_by_minute_model() -> None:
    """Random weeks, holidays, zones, pauses and starts, nights of changing clocks among them."""
    chance = random.Random(20261123)
    turns = [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
    for _ in range(10_000):
        firm = _random_firm(chance)
        day = chance.choice(turns) if chance.random() < 0.3 else datetime(2026, 6, 1, tzinfo=UTC)
        start = day + timedelta(minutes=chance.randrange(2880))
        end = start + timedelta(minutes=chance.randrange(1, 90))
        pauses = []
        for _ in range(chance.randrange(3)):
            at = start + timedelta(minutes=chance.randrange(-30, 90))
            pauses.append(Pause(at, at + timedelta(minutes=chance.randrange(60))))
        days = {at.astimezone(firm.zone).date() for at in (start, end)}
        minutes = [at for day in days for at in open_minutes(firm, day)]
        counted = slow_between(minutes, start, end, pauses)
        assert elapsed(firm, start, end, pauses) == timedelta(minutes=counted)
        if counted:
            deadline = due(firm, start, timedelta(minutes=counted), pauses, start)
            assert deadline <= end
            assert slow_between(minutes, start, deadline, pauses) == counted


def _random_firm(chance: random.Random) -> BusinessHours:
    week = []
    for _ in range(7):
        walls = sorted(chance.sample(range(96), 2 * chance.randrange(4)))
        pairs = zip(walls[::2], walls[1::2], strict=True)
        week.append(tuple((_wall(a), _wall(b)) for a, b in pairs))
    if not any(week):
        week[0] = ((time(9), time(17)),)
    off = {date(2026, 6, 2)} if chance.random() < 0.2 else set()
    zone = chance.choice(["Europe/London", "America/New_York", "Asia/Kolkata"])
    return BusinessHours(tuple(week), frozenset(off), ZoneInfo(zone))
