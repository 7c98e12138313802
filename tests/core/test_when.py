"""Dates and times as people say them. Now is Wednesday, 25 November 2026, 14:00 in Berlin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmkit.core.kinds.base import Locale
from crmkit.core.when import ago, parse_date, parse_moment, parse_range

BERLIN = ZoneInfo("Europe/Berlin")
HERE = Locale(now=datetime(2026, 11, 25, 13, 0, tzinfo=UTC), zone=BERLIN)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("now", "2026-11-25 14:00"),
        ("today", "2026-11-25 09:00"),
        ("Tomorrow 15:00", "2026-11-26 15:00"),
        ("tomorrow at noon", "2026-11-26 12:00"),
        ("fri", "2026-11-27 09:00"),
        ("friday 9am", "2026-11-27 09:00"),
        ("3pm fri", "2026-11-27 15:00"),
        ("fri eod", "2026-11-27 17:00"),
        ("wed", "2026-12-02 09:00"),
        ("this wed", "2026-11-25 09:00"),
        ("next fri", "2026-12-04 09:00"),
        ("last mon", "2026-11-23 09:00"),
        ("last wed", "2026-11-18 09:00"),
        ("+3d", "2026-11-28 09:00"),
        ("+3d 15:00", "2026-11-28 15:00"),
        ("-2w", "2026-11-11 09:00"),
        ("+1m", "2026-12-25 09:00"),
        ("+1y", "2027-11-25 09:00"),
        ("+4h", "2026-11-25 18:00"),
        ("+30min", "2026-11-25 14:30"),
        ("in 3 days", "2026-11-28 09:00"),
        ("2 days ago", "2026-11-23 09:00"),
        ("2026-12-01", "2026-12-01 09:00"),
        ("2026-12-01 14:30", "2026-12-01 14:30"),
        ("2026-12-01T14:30:15", "2026-12-01 14:30:15"),
        ("2026-12-01T14:30:15.25Z", "2026-12-01 15:30:15.25"),
        ("2026-12-01 14:30-05:00", "2026-12-01 20:30"),
        ("1 dec", "2026-12-01 09:00"),
        ("1st of december", "2026-12-01 09:00"),
        ("Dec 1, 2026", "2026-12-01 09:00"),
        ("25 nov", "2026-11-25 09:00"),
        ("24 nov", "2027-11-24 09:00"),
        ("29 feb", "2028-02-29 09:00"),
        ("1.12.2026", "2026-12-01 09:00"),
        ("13/04/2026", "2026-04-13 09:00"),
        ("04/13/2026", "2026-04-13 09:00"),
        ("4/4/2026", "2026-04-04 09:00"),
        ("15:00", "2026-11-25 15:00"),
        ("14:00", "2026-11-25 14:00"),
        ("13:59", "2026-11-26 13:59"),
        ("3pm", "2026-11-25 15:00"),
        ("12am", "2026-11-26 00:00"),
        ("noon", "2026-11-26 12:00"),
        ("eod", "2026-11-25 17:00"),
        ("next week", "2026-11-30 09:00"),
    ],
)
def test_a_moment_is_read_as_it_is_said(said: str, meant: str) -> None:
    moment = parse_moment(said, HERE)

    assert local(meant) == moment
    assert moment.tzinfo == UTC


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("yesterday", "2026-11-24"),
        ("tomorrow 15:00", "2026-11-26"),
        ("+10h", "2026-11-26"),
        ("2026-11-25T23:30:00Z", "2026-11-26"),
        ("15:00", "2026-11-25"),
        ("+3m", "2027-02-25"),
        ("next month", "2026-12-01"),
    ],
)
def test_a_date_is_the_day_on_the_firms_clock(said: str, meant: str) -> None:
    assert date.fromisoformat(meant) == parse_date(said, HERE)


def test_a_month_added_to_the_31st_ends_with_the_shorter_month() -> None:
    here = Locale(now=datetime(2027, 1, 31, 12, tzinfo=UTC))

    assert date(2027, 2, 28) == parse_date("+1m", here)


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("today", "2026-11-25", "2026-11-26"),
        ("this week", "2026-11-23", "2026-11-30"),
        ("next week", "2026-11-30", "2026-12-07"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("this quarter", "2026-10-01", "2027-01-01"),
        ("next year", "2027-01-01", "2028-01-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-q1", "2026-01-01", "2026-04-01"),
        ("feb 2028", "2028-02-01", "2028-03-01"),
        ("2026", "2026-01-01", "2027-01-01"),
        ("24 nov", "2026-11-24", "2026-11-25"),
        ("2026-01-01..2026-03-31", "2026-01-01", "2026-04-01"),
        ("2025..2026", "2025-01-01", "2027-01-01"),
    ],
)
def test_a_filter_names_whole_days(said: str, low: str, high: str) -> None:
    assert (date.fromisoformat(low), date.fromisoformat(high)) == parse_range(said, HERE)


def test_a_filter_with_a_time_names_its_minute() -> None:
    noon = local("2026-11-25 12:00")

    assert (noon, noon + timedelta(minutes=1)) == parse_range("12:00", HERE)
    assert (HERE.now, HERE.now) == parse_range("now", HERE)


def test_a_range_from_now_ends_with_its_last_day() -> None:
    assert (HERE.now, local("2026-11-28 00:00")) == parse_range("now..fri", HERE)


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("03/04/2026", "may be 2026-03-04 or 2026-04-03"),
        ("3/4", "may be"),
        ("3/4/26", "in full"),
        ("31 feb", "no day of the calendar"),
        ("31/02/2026", "no day of the calendar"),
        ("2026-13-01", "no day of the calendar"),
        ("25:00", "no time of day"),
        ("13pm", "no time of day"),
        ("0pm", "no time of day"),
        ("+999999999d", "out of reach"),
        ("+999999y", "out of reach"),
        ("+99999999999999999999h", "out of reach"),
        ("0026-12-01", "out of reach"),
        ("99999-01-01", "not a date"),
        ("\u0663 dec", "not a date"),
        ("someday", "not a date"),
        ("2026", "not a date"),
        ("", "write a date"),
    ],
)
def test_what_is_unclear_is_refused_with_what_to_write(said: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_moment(said, HERE)


def test_a_range_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="earlier end first"):
        parse_range("2026-03-01..2026-01-01", HERE)


def test_a_time_skipped_in_spring_is_an_hour_later() -> None:
    assert local("2026-03-29 03:30") == parse_moment("2026-03-29 02:30", HERE)


def test_a_time_shown_twice_in_autumn_is_the_first_unless_the_offset_says_otherwise() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    assert first == parse_moment("2026-10-25 02:30", HERE)
    assert first + timedelta(hours=1) == parse_moment("2026-10-25 02:30+01:00", HERE)


ZONES = st.sampled_from(
    [ZoneInfo(n) for n in ("UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/St_Johns")]
)
LOCALES = st.builds(
    Locale,
    now=st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    zone=ZONES,
)
PIECES = """
    today fri next last this week month + - 3 99999 d m y h .. / 12 31 2026 9999 0 dec feb : 15:00
    am pm eod at on in ago T Z +01:00 .5 q4 1st , 999999
"""
SPOKEN = st.lists(st.sampled_from(PIECES.split()), max_size=6).flatmap(
    lambda parts: st.sampled_from(["", " "]).map(lambda gap: gap.join(parts))
)


@given(text=st.text() | SPOKEN, locale=LOCALES)
@example(text="..".join("aaaaaaaa" * 9999), locale=HERE)
@example(text="9998-12-31..9998-12-31", locale=HERE)
@example(text="1000-01-01 00:00+23:59", locale=HERE)
def test_nothing_but_a_value_error_is_raised(text: str, locale: Locale) -> None:
    for parse in (parse_moment, parse_date, parse_range):
        try:
            meant = parse(text, locale)
        except ValueError:
            continue
        low, high = meant if isinstance(meant, tuple) else (meant, meant)
        assert low <= high


@given(
    moment=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    locale=LOCALES,
)
def test_every_iso_form_is_read_back(moment: datetime, locale: Locale) -> None:
    assert moment == parse_moment(moment.isoformat(), locale)
    assert moment == parse_moment(moment.replace(tzinfo=None).isoformat(" ") + "Z", locale) or (
        moment.second == moment.microsecond == 0
    )
    assert moment.date() == parse_date(moment.date().isoformat(), locale)


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        ("2026-11-25 14:00:30", "now"),
        ("2026-11-25 13:20", "40min ago"),
        ("2026-11-25 02:00", "12h ago"),
        ("2026-11-24 09:00", "yesterday"),
        ("2026-11-22 14:00", "3d ago"),
        ("2026-10-22 14:00", "2026-10-22"),
        ("2026-11-25 14:25", "in 25min"),
        ("2026-11-25 16:05", "in 2h"),
        ("2026-11-25 19:30", "today 19:30"),
        ("2026-11-26 09:30", "tomorrow 09:30"),
        ("2026-11-27 12:00", "Fri 12:00"),
        ("2026-12-02 12:00", "2026-12-02"),
    ],
)
def test_a_list_shows_a_moment_briefly(when: str, shown: str) -> None:
    assert shown == ago(local(when), HERE)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        ("2026-11-25", "today"),
        ("2026-11-26", "tomorrow"),
        ("2026-11-28", "Sat"),
        ("2026-11-20", "5d ago"),
        ("2027-11-20", "2027-11-20"),
    ],
)
def test_a_list_shows_a_date_briefly(day: str, shown: str) -> None:
    assert shown == ago(date.fromisoformat(day), HERE)
