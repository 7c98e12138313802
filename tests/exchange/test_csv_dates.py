"""The order of day, month and year in a column."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.exchange.csvfile import read_table
from crmkit.exchange.dates import AmbiguousDates, DateOrder, infer_date_order, parse_in


def column(path: Path, name: str) -> list[str]:
    found = read_table(path)
    at = found.columns.index(name)
    return [row.cells[at] for row in found.rows]


def day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


@pytest.mark.parametrize(
    ("path", "name", "order", "first", "last"),
    [
        ("deals/salesforce_opportunity.csv", "CloseDate", "dmy", "2022-01-05", "2022-12-31"),
        ("deals/salesforce_opportunity.csv", "LastModifiedDate", "dmy", "2022-03-02", "2022-05-24"),
        ("deals/npsp_dev_opportunity.csv", "close_date", "ymd", "2016-02-04", "2022-10-15"),
        ("complaints/cfpb_rows_0001_2000.csv", "Date received", "mdy", "2013-06-04", "2017-02-22"),
        ("complaints/prepdata_complaints.csv", "Date Received", "mdy", "2023-01-04", "2023-12-31"),
        ("csv/csvkit/test_date_format.csv", "a", "dmy", "2012-12-31", "2014-01-02"),
    ],
)
def test_real_columns(
    shared: Path, path: str, name: str, order: str, first: str, last: str
) -> None:
    values = [text for text in column(shared / "data" / path, name) if text]
    found = infer_date_order(values)
    days = sorted(day(parse_in(found, text)) for text in values)

    assert found == order
    assert (str(days[0]), str(days[-1])) == (first, last)


def test_real_complaints_resolved_before_they_were_received(shared: Path) -> None:
    path = shared / "data/complaints/prepdata_complaints.csv"
    mdy = DateOrder.MDY
    received, resolved = (
        [day(parse_in(mdy, text)) for text in column(path, name)]
        for name in ("Date Received", "Date Resolved")
    )
    spans = [(end - start).days for start, end in zip(received, resolved, strict=True)]

    assert sum(span < 0 for span in spans) == 50
    assert round(sum(s for s in spans if s > 0) / sum(s > 0 for s in spans), 2) == 130.56


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["03/04/2022", "13/04/2022"], "dmy"),
        (["03/04/2022", "04/13/2022"], "mdy"),
        (["03-04-22", "31-12-99"], "dmy"),
        (["3.4.2022", "", "n/a", "13.4.2022"], "dmy"),
        (["99-03-31", "99-12-31"], "ymd"),
        (["2022-03-04", "2022-12-31 10:00"], "ymd"),
        (["2022-03-04", "12/31/2022 10:00"], "mdy"),
        (["4 Mar 2022", "13/04/2022"], "dmy"),
        (["4/4/2022", "5/5/2022"], "dmy"),
        ([], "ymd"),
    ],
)
def test_the_column_decides(values: list[str], order: str) -> None:
    assert infer_date_order(values) == order


@pytest.mark.parametrize(
    ("values", "orders", "example"),
    [
        (["4/4/2022", "03/04/2022", "05/06/2022"], ("dmy", "mdy"), "03/04/2022"),
        (["01/02/03"], ("dmy", "mdy"), "01/02/03"),
        (["22-03-14", "21-12-31"], ("dmy", "ymd"), "22-03-14"),
    ],
)
def test_two_readings_are_refused(values: list[str], orders: tuple[str, ...], example: str) -> None:
    with pytest.raises(AmbiguousDates, match="more than one way") as refused:
        infer_date_order(values)

    assert (refused.value.orders, refused.value.example) == (orders, example)
    assert not refused.value.mixed


def test_a_column_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(AmbiguousDates, match="different orders") as refused:
        infer_date_order(["13/04/2022", "04/13/2022", "14/04/2022"])

    assert refused.value.mixed
    assert refused.value.orders == ("dmy", "mdy")
    assert refused.value.example == "04/13/2022"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("14/03/2022", date(2022, 3, 14)),
        (" 4.3.22 ", date(2022, 3, 4)),
        ("04-03-69", date(1969, 3, 4)),
        ("04-03-68", date(2068, 3, 4)),
        ("2022-03-14", date(2022, 3, 14)),
        ("2022/03/14", date(2022, 3, 14)),
        ("20220314", date(2022, 3, 14)),
        ("14-Mar-2022", date(2022, 3, 14)),
        ("Monday, 14 March 2022", date(2022, 3, 14)),
        ("Sept. 14th, 2022", date(2022, 9, 14)),
        ("14/03/2022 16:11", datetime(2022, 3, 14, 16, 11)),
        ("2022-03-14 00:00:00", datetime(2022, 3, 14)),
        ("2022-03-14 12:05 AM", datetime(2022, 3, 14, 0, 5)),
        ("2022-03-14T16:11:05.1234567Z", datetime(2022, 3, 14, 16, 11, 5, 123456, UTC)),
        ("2022-03-14 16:11 -0530",
         datetime(2022, 3, 14, 16, 11, tzinfo=timezone(-timedelta(hours=5, minutes=30)))),
    ],
)  # fmt: skip
def test_a_value_is_read_in_the_columns_order(text: str, meant: date) -> None:
    assert parse_in(DateOrder.DMY, text) == meant


@pytest.mark.parametrize(
    "text",
    ["", "12/31/2022", "31/02/2022", "2022-02-30", "2022-03-14 25:00", "1/1/0000", "tomorrow",
     "2022-03-14 10:00+99:99", "44634", "19371233", "\u0661/\u0661/2022", "1/2", "1/2/3/4"],
)  # fmt: skip
def test_what_is_no_date_in_the_order_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it as"):
        parse_in(DateOrder.DMY, text)


@given(st.text() | st.text(alphabet="0123456789/-. :TZamp+,Mar", max_size=30))
def test_nothing_but_a_value_error_is_raised(text: str) -> None:
    for order in DateOrder:
        try:
            parse_in(order, text)
        except ValueError:
            continue
    infer_date_order([text] if "/" not in text and "-" not in text and "." not in text else [])


@given(
    days=st.lists(st.dates(date(1970, 1, 1), date(2060, 1, 1)), min_size=1),
    order=st.sampled_from(["dmy", "mdy"]),
    mark=st.sampled_from("/-."),
)
def test_a_column_is_read_back_or_refused(days: list[date], order: str, mark: str) -> None:
    form = mark.join(f"%{letter}" for letter in order[:2]) + f"{mark}%Y"
    values = [day.strftime(form) for day in days]
    try:
        found = infer_date_order(values)
    except AmbiguousDates as refused:
        assert order in refused.orders
        return

    assert [parse_in(found, text) for text in values] == days
