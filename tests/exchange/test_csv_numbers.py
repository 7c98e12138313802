"""Amounts as people write them, and the decimal mark of a column."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.exchange.csvfile import read_table
from crmkit.exchange.numbers import (
    AmbiguousNumbers,
    currency_of,
    infer_decimal_mark,
    read_amount,
)


@pytest.mark.parametrize(
    ("path", "name", "total", "blanks"),
    [
        ("deals/salesforce_opportunity.csv", "Amount", "91396260", 2),
        ("deals/npsp_dev_opportunity.csv", "amount", "223028", 0),
        ("csv/csvkit/realdata/FY09_EDU_Recipients_by_State.csv", "TOTAL", "506914", 1),
    ],
)
def test_real_columns(shared: Path, path: str, name: str, total: str, blanks: int) -> None:
    found = read_table(shared / "data" / path)
    at = found.columns.index(name)
    values = [row.cells[at] for row in found.rows]
    amounts = [read_amount(text, infer_decimal_mark(values)) for text in values]

    assert amounts.count(None) == blanks
    assert sum(filter(None, amounts)) == Decimal(total)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234", "1234"), ("1,234.56", "1234.56"), ("1,234", "1234"), ("1.234", "1.234"),
        ("$1,200", "1200"), ("(45.00)", "-45.00"), ("($45.00)", "-45.00"), ("$(45.00)", "-45.00"),
        ("-$5", "-5"), ("$ -5", "-5"), ("5-", "-5"), ("+5", "5"), ("\u22125", "-5"),
        ("1 234.5", "1234.5"), ("1\u202f234\u00a0567", "1234567"), ("1'234.50", "1234.50"),
        ("12,34,567", "1234567"), ("EUR 12", "12"), ("12 EUR", "12"), ("12\u20ac", "12"),
        (".5", "0.5"), ("5.", "5"), ("1.5E+3", "1500"), (" 7 ", "7"),
    ],
)  # fmt: skip
def test_an_amount_with_a_decimal_point(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1.234,56", "1234.56"), ("1 234,50", "1234.50"), ("1,234", "1.234"), ("0,5 \u20ac", "0.5")],
)
def test_an_amount_with_a_decimal_comma(text: str, amount: str) -> None:
    assert read_amount(text, ",") == Decimal(amount)


def test_a_blank_is_no_amount_and_not_zero() -> None:
    assert read_amount("") is None
    assert read_amount(" \t") is None


@pytest.mark.parametrize(
    "text",
    ["x", "1,2,3", "1,23", "1.2.3", "1..2", "--5", "(-5)", "(5", "NaN", "Infinity", "1e999999",
     "\u0663", "$", "()", "$5 EUR", "1 23", "0,123", "9" * 61],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        read_amount(text)


@pytest.mark.parametrize(
    ("values", "mark"),
    [
        (["1,234", "5"], "."),
        (["1,234", "5.5"], "."),
        (["1,234", "5,5"], ","),
        (["1.234", "1.234.567"], ","),
        (["1,234,567", "", "n/a"], "."),
        (["1234,567"], ","),
        (["0,123"], ","),
        ([], "."),
    ],
)
def test_the_column_decides_the_decimal_mark(values: list[str], mark: str) -> None:
    assert infer_decimal_mark(values) == mark


def test_a_column_with_both_marks_is_refused() -> None:
    with pytest.raises(AmbiguousNumbers, match=r"'1\.5' and '2,50'"):
        infer_decimal_mark(["1,234", "1.5", "2,50"])


@pytest.mark.parametrize(
    ("text", "currency"), [("$5", "USD"), ("5 chf", "CHF"), ("\u20ac 5", "EUR"), ("5", "")]
)
def test_the_currency_is_told(text: str, currency: str) -> None:
    assert currency_of(text) == currency


@given(st.text() | st.text(alphabet="0123456789.,()-+$E ' ", max_size=20))
def test_nothing_but_a_value_error_is_raised(text: str) -> None:
    for mark in ".,":
        try:
            amount = read_amount(text, mark)
        except ValueError:
            continue
        assert amount is None or amount.is_finite()
    infer_decimal_mark([text])
    currency_of(text)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12
    )
)
def test_amounts_are_read_back(amount: Decimal) -> None:
    assert read_amount(f"{amount:,}") == amount
    assert read_amount(f"{amount:,}".translate(str.maketrans(",.", ".,")), ",") == amount
