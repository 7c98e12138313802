"""Amounts of money as people write them."""

from __future__ import annotations

import pytest

from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.numbers import Money, MoneyKind


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.50", Money(123450, "EUR")),
        ("10 gbp", Money(1000, "GBP")),
        ("$5", Money(500, "USD")),
        ("JPY 1200", Money(1200, "JPY")),
        ("99.90 DEM", Money(9990, "DEM")),
    ],
)
def test_a_currency_is_a_code_or_a_sign_and_else_the_firms(text: str, amount: Money) -> None:
    assert MoneyKind().parse(text, Locale(currency="EUR")) == amount


@pytest.mark.parametrize("text", ["10 GPB", "10XYZ", "XAU 3"])
def test_what_is_no_currency_is_refused_before_it_stands_on_a_board(text: str) -> None:
    with pytest.raises(ValueError, match="there is no currency"):
        MoneyKind().parse(text, Locale(currency="EUR"))
