"""The kinds for dates and moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.times import DateKind, MomentKind

HERE = Locale(now=datetime(2026, 11, 25, 13, 0, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
MINUTES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC)
)


@given(moment=MINUTES, zone=ZONES)
def test_a_moment_shown_in_any_zone_is_read_back(moment: datetime, zone: str) -> None:
    here, kind = Locale(now=HERE.now, zone=ZoneInfo(zone)), MomentKind()

    assert moment == kind.parse(kind.format(moment, here), here)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_moment_survives_json_to_the_microsecond(moment: datetime) -> None:
    kind = MomentKind()

    assert moment == kind.undump(kind.dump(moment))


@given(day=st.dates(date(1000, 1, 1), date(9998, 12, 31)))
def test_a_date_is_read_back(day: date) -> None:
    kind = DateKind()

    assert day == kind.parse(kind.format(day, HERE), HERE)
    assert day == kind.undump(kind.dump(day))


def test_a_moment_is_shown_on_the_firms_clock_and_kept_in_utc() -> None:
    kind = MomentKind()
    moment = kind.validate(datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=-5))))

    assert moment.tzinfo == UTC
    assert kind.format(moment, HERE) == "2026-12-01 15:30"
    assert kind.dump(moment) == "2026-12-01T14:30:00Z"


def test_the_second_showing_of_a_time_carries_its_offset() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert MomentKind().format(second, HERE) == "2026-10-25 02:30+0100"


def test_a_day_in_a_filter_names_all_its_moments() -> None:
    low, high = MomentKind().range("2026-10-25", HERE)

    assert datetime(2026, 10, 24, 22, tzinfo=UTC) == low
    assert timedelta(hours=25) == high - low


def test_a_date_filter_is_one_day_or_a_range() -> None:
    kind = DateKind()

    assert (date(2026, 11, 26), date(2026, 11, 26)) == kind.range("tomorrow", HERE)
    assert (date(2026, 11, 25), date(2026, 11, 25)) == kind.range("15:00", HERE)
    assert (date(2026, 12, 1), date(2027, 1, 1)) == kind.range("2026-12", HERE)
    assert (date(2026, 11, 25), date(2026, 11, 28)) == kind.range("now..fri", HERE)


@pytest.mark.parametrize(
    "value", [datetime(2026, 12, 1, 9), "2026-12-01", None, date(2026, 12, 1), 7]
)
def test_a_moment_must_say_its_zone(value: object) -> None:
    with pytest.raises(ValueError, match="time"):
        MomentKind().validate(value)


@pytest.mark.parametrize("value", [datetime(2026, 12, 1, 9), "2026-12-01", date(9999, 12, 31), 7])
def test_a_date_is_a_date_within_reach(value: object) -> None:
    with pytest.raises(ValueError, match="write a date"):
        DateKind().validate(value)


@pytest.mark.parametrize("value", [datetime.min, datetime.max])
def test_moments_at_the_edge_of_the_calendar_are_refused(value: datetime) -> None:
    with pytest.raises(ValueError, match="between the years"):
        MomentKind().validate(value.replace(tzinfo=timezone(timedelta(hours=-14))))
