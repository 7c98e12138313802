"""Kinds for quantities: numbers, money, percentages, yes and no."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, ClassVar

from attrs import frozen

from crmkit.core.kinds.base import Column, Kind, Locale
from crmkit.core.kinds.currencies import currency_digits, currency_named

_ORDERED = frozenset({":", "=", "!=", "<", "<=", ">", ">="})
_LARGEST = 2**63 - 1

_MONEY = re.compile(
    r"([A-Za-z]{3}|[$€£¥])?\s*([-+]?[\d,'’ \u00a0\u202f]*\.?\d*)\s*([A-Za-z]{3}|[$€£¥])?"
)


def plain_decimal(text: str) -> Decimal:
    """Return a decimal from digits with optional thousands separators; ValueError if it is none."""
    bare = re.sub(r"(?<=\d)[,'’ \u00a0\u202f_](?=\d{3}(?!\d))", "", text.strip())
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", bare, re.ASCII):
        raise ValueError(f"{text!r} is not a number; write it as 1234.50")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number; write it as 1234.50") from None


@frozen
class NumberKind(Kind):
    """A whole number, or one with a fixed count of decimals, stored as a scaled integer."""

    name: ClassVar[str] = "number"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.INTEGER),)
    operators: ClassVar[frozenset[str]] = _ORDERED
    right: ClassVar[bool] = True
    minimum: int | None = None
    maximum: int | None = None

    def parse(self, text: str, locale: Locale) -> int:
        value = plain_decimal(text)
        if value != int(value):
            raise ValueError(f"{text!r} is not a whole number")
        return self.validate(int(value))

    def validate(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"write a whole number, not {value!r}")
        low = -_LARGEST if self.minimum is None else self.minimum
        high = _LARGEST if self.maximum is None else self.maximum
        if not low <= value <= high:
            raise ValueError(f"{value} is outside {low} to {high}")
        return value

    def identity(self, value: Any) -> str:
        return str(value)


@frozen
class PercentKind(NumberKind):
    """A whole percentage from 0 to 100."""

    name: ClassVar[str] = "percent"
    minimum: int | None = 0
    maximum: int | None = 100

    def parse(self, text: str, locale: Locale) -> int:
        return super().parse(text.strip().removesuffix("%"), locale)


@frozen(order=True)
class Money:
    """An amount in integer minor units (cents) of an ISO 4217 currency."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in major units."""
        return Decimal(self.minor).scaleb(-currency_digits(self.currency))

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Return money from major units, rounded half up to the minor unit."""
        digits = currency_digits(currency)
        scaled = Decimal(amount).scaleb(digits).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return cls(int(scaled), currency)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"


@frozen
class MoneyKind(Kind):
    """An amount of money; without a currency in the text it is the firm's."""

    name: ClassVar[str] = "money"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (
        ("", Column.INTEGER),
        ("_currency", Column.TEXT),
    )
    operators: ClassVar[frozenset[str]] = _ORDERED
    right: ClassVar[bool] = True

    def parse(self, text: str, locale: Locale) -> Money:
        found = _MONEY.fullmatch(text.strip())
        if not found or not re.search(r"\d", found[2]) or (found[1] and found[3]):
            raise ValueError(f"{text!r} is not an amount; write it as 1234.50 or 1234.50 EUR")
        written = found[1] or found[3]
        currency = currency_named(written) if written else locale.currency
        amount = plain_decimal(found[2])
        if amount.scaleb(currency_digits(currency)) % 1:
            raise ValueError(f"{text!r} has more decimals than {currency} has")
        return self.validate(Money.of(amount, currency))

    def format(self, value: Any, locale: Locale) -> str:
        bare = f"{value.amount:,}"
        return bare if value.currency == locale.currency else f"{bare} {value.currency}"

    def validate(self, value: Any) -> Money:
        if not isinstance(value, Money):
            raise ValueError(f"write an amount, not {value!r}")
        if not re.fullmatch("[A-Z]{3}", value.currency):
            raise ValueError(f"{value.currency!r} is not a currency code such as EUR")
        if abs(value.minor) > _LARGEST:
            raise ValueError("the amount is too large")
        return value

    def store(self, value: Any) -> tuple[Any, ...]:
        return value.minor, value.currency

    def load(self, *stored: Any) -> Money | None:
        return None if stored[0] is None else Money(stored[0], stored[1])

    def dump(self, value: Any) -> Any:
        return {"amount": str(value.amount), "currency": value.currency}

    def undump(self, data: Any) -> Money:
        return Money.of(data["amount"], data["currency"])

    def words(self, value: Any) -> str:
        return str(value.amount)


@frozen
class FlagKind(Kind):
    """Yes or no."""

    name: ClassVar[str] = "flag"
    columns: ClassVar[tuple[tuple[str, Column], ...]] = (("", Column.FLAG),)
    widget: ClassVar[str] = "flag"

    def parse(self, text: str, locale: Locale) -> bool:
        word = text.strip().casefold()
        if word in {"yes", "y", "true", "1", "on", "x"}:
            return True
        if word in {"no", "n", "false", "0", "off"}:
            return False
        raise ValueError(f"write yes or no, not {text!r}")

    def format(self, value: Any, locale: Locale) -> str:
        return "yes" if value else "no"

    def validate(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"write yes or no, not {value!r}")
        return value

    def load(self, *stored: Any) -> bool | None:
        return None if stored[0] is None else bool(stored[0])

    def words(self, value: Any) -> str:
        return ""
