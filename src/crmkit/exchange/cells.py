"""From a row's cells to a record's values: one small reader for each field."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from attrs import define, field, frozen

from crmkit.core.errors import Invalid
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.address import Address
from crmkit.core.kinds.base import Locale, fold
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.kinds.currencies import currency_digits
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.words import TextKind
from crmkit.core.parsing import Parser
from crmkit.exchange.dates import DateOrder, parse_in
from crmkit.exchange.mapping import Mapping, Target
from crmkit.exchange.numbers import currency_of, read_amount
from crmkit.exchange.refs import References
from crmkit.exchange.survey import ANY_TEXT, Settled, split_words

Cells = Sequence[str]
ReadText = Callable[[str], Any]
ReadCells = Callable[[Cells], Any]
NOTHING: Any = object()
"""What a reader returns for blank cells: the field keeps its default."""

_REMEMBERED = 50_000
_DIVIDERS = ("|", ";", "\n", ", ")


@define
class Reading:
    """What reading the cells of one file needs to know; `cuts` collects what was cut in a row."""

    locale: Locale
    settled: Settled = field(factory=Settled)
    swaps: dict[Field, dict[str, str]] = field(factory=dict)
    currency: str = ""
    cuts: list[str] = field(factory=list)

    def cell(self, f: Field, at: int) -> ReadText:
        """Return the reader of one column's text, for one value of the field."""
        swap = self.swaps.get(f, {})
        if isinstance(f.kind, ChoiceKind):
            codes = self.settled.codes.get(at, {})
            return {text: code or NOTHING for text, code in codes.items()}.__getitem__
        read = self._kind(f, at)
        if not swap:
            return read

        def swapped(text: str) -> Any:
            meant = swap.get(fold(text).strip())
            if meant is not None:
                return read(meant) if meant else NOTHING
            try:
                return read(text)
            except ValueError:
                if ANY_TEXT not in swap:
                    raise
                return read(swap[ANY_TEXT]) if swap[ANY_TEXT] else NOTHING

        return swapped

    def _kind(self, f: Field, at: int) -> ReadText:
        kind = f.kind
        order = self.settled.orders.get(at, DateOrder.YMD)
        mark = self.settled.marks.get(at, ".")
        if kind.name == "date":
            return _remembered(lambda text: kind.validate(_day(text, order)))
        if kind.name == "moment":
            return _remembered(lambda text: kind.validate(self._moment(text, order)))
        if kind.name in ("number", "percent"):
            return lambda text: kind.validate(self._whole(f, text, mark))
        if kind.name == "flag":
            return _remembered(lambda text: kind.parse(text, self.locale))
        if isinstance(kind, TextKind):
            return self._text(f, kind)
        if kind.name == "email":
            # Hardly two rows have the same, so that remembering them would not pay.
            return lambda text: kind.parse(text, self.locale)
        return _remembered(lambda text: kind.parse(text, self.locale))

    def _text(self, f: Field, kind: TextKind) -> ReadText:
        longest = kind.max_length

        def read(text: str) -> str:
            if longest is not None and len(text) > longest:
                self.cuts.append(f"{f.label.lower()} cut to {longest} characters")
                text = text[:longest]
            return kind.validate(text)

        return read

    def _whole(self, f: Field, text: str, mark: str) -> int:
        value = _amount(text.strip().removesuffix("%"), mark)
        if value != int(value):
            self.cuts.append(f"{f.label.lower()} rounded to a whole number")
        return round(value)

    def _moment(self, text: str, order: DateOrder) -> datetime:
        found = parse_in(order, text)
        if not isinstance(found, datetime):
            found = datetime.combine(found, time())
        if found.utcoffset() is None:
            found = found.replace(tzinfo=self.locale.zone)
        return found.astimezone(UTC)

    def money(self, f: Field, text: str, unit: str, mark: str) -> Money:
        """Return an amount in its own currency, its row's, that of all, or else the firm's."""
        amount = _amount(text, mark)
        currency = unit or currency_of(text) or self.currency or self.locale.currency
        if amount.scaleb(currency_digits(currency)) % 1:
            self.cuts.append(f"{f.label.lower()} rounded to the currency's smallest unit")
        found = f.kind.validate(Money.of(amount, currency))
        assert isinstance(found, Money)
        return found


def _amount(text: str, mark: str) -> Decimal:
    found = read_amount(text, mark)
    if found is None:
        raise ValueError("write a number")
    return found


def _day(text: str, order: DateOrder) -> date:
    found = parse_in(order, text)
    return found.date() if isinstance(found, datetime) else found


def _remembered(read: ReadText) -> ReadText:
    """Return a reader that reads equal text once."""
    known: dict[str, Any] = {}

    def remembering(text: str) -> Any:
        found = known.get(text, NOTHING)
        if found is NOTHING:
            found = read(text)
            if len(known) < _REMEMBERED:
                known[text] = found
        return found

    return remembering


def value_reader(f: Field, columns: Sequence[tuple[int, Target]], reading: Reading) -> ReadCells:
    """Return the reader of a field that is no reference, out of its columns."""
    if f.kind.name == "address":
        return _addresses(f, columns, reading)
    if f.many:
        return _many(f, columns, reading)
    if f.kind.name == "money":
        return _money(f, columns, reading)
    if len(columns) > 1:
        return _joined(f, columns, reading)
    return _single(columns[0][0], reading.cell(f, columns[0][0]), isinstance(f.kind, TextKind))


def _single(at: int, read: ReadText, exact: bool) -> ReadCells:
    def single(cells: Cells) -> Any:
        text = cells[at]
        return read(text) if text and (exact or not text.isspace()) else NOTHING

    return single


def _joined(f: Field, columns: Sequence[tuple[int, Target]], reading: Reading) -> ReadCells:
    between = "\n" if f.kind.name == "note" else " "
    places = [at for at, _ in columns]
    read = reading.cell(f, places[0])

    def joined(cells: Cells) -> Any:
        text = between.join(cells[at] for at in places if cells[at].strip())
        return read(text) if text else NOTHING

    return joined


def _money(f: Field, columns: Sequence[tuple[int, Target]], reading: Reading) -> ReadCells:
    amount = next((at for at, target in columns if target.part != "currency"), None)
    unit = next((at for at, target in columns if target.part == "currency"), None)
    mark = reading.settled.marks.get(amount, ".") if amount is not None else "."

    def money(cells: Cells) -> Any:
        if amount is None or not cells[amount].strip():
            return NOTHING
        currency = cells[unit].strip().upper() if unit is not None else ""
        return reading.money(f, cells[amount], currency, mark)

    return money


def _many(f: Field, columns: Sequence[tuple[int, Target]], reading: Reading) -> ReadCells:
    readers = [(at, target.label, reading.cell(f, at)) for at, target in columns]
    parser = Parser(reading.locale, 0, lambda targets, text: [])
    is_choice = isinstance(f.kind, ChoiceKind)

    def items(text: str, label: str, read: ReadText) -> list[Item]:
        if is_choice:
            return [Item(read(word), label) for word in split_words(text)]
        if not text.endswith(")") and not any(divider in text for divider in _DIVIDERS):
            return [Item(read(text), label)]
        found = parser.field(f, text.replace(":::", "|"))
        return [Item(item.value, item.label or label) for item in found]

    def many(cells: Cells) -> Any:
        found: list[Item] = []
        for at, label, read in readers:
            text = cells[at]
            if text and not text.isspace():
                found += items(text, label, read)
        if len(found) > 1:
            kept: dict[Any, Item] = {}
            for item in found:
                kept.setdefault(item.value, item)
            found = list(kept.values())
        return _first_primary([i for i in found if i.value is not NOTHING]) or NOTHING

    return many


def _first_primary(items: Collection[Item]) -> tuple[Item, ...]:
    """Return values of which the first is the primary one."""
    return tuple(Item(item.value, item.label, at == 0) for at, item in enumerate(items))


def _addresses(f: Field, columns: Sequence[tuple[int, Target]], reading: Reading) -> ReadCells:
    labels = list(dict.fromkeys(target.label for _, target in columns))
    groups = [(label, [(at, t.part) for at, t in columns if t.label == label]) for label in labels]

    def address(cells: Cells, group: list[tuple[int, str]]) -> Address | None:
        found_in: dict[str, list[str]] = {}
        for at, part in group:
            if cells[at].strip():
                found_in.setdefault(part, []).append(cells[at].strip())
        # A street often comes in pieces: the number, the street, the building.
        parts = {part: " ".join(texts) for part, texts in found_in.items()}
        if not parts:
            return None
        if "" in parts:
            found = f.kind.parse(parts.pop(""), reading.locale)
            assert isinstance(found, Address)
            parts = {**{k: v for k, v in f.kind.dump(found).items() if v}, **parts}
        value = f.kind.validate(Address(**parts))
        assert isinstance(value, Address)
        return value

    def addresses(cells: Cells) -> Any:
        found = [(label, address(cells, group)) for label, group in groups]
        items = [Item(value, label) for label, value in found if value is not None]
        if not items:
            return NOTHING
        return _first_primary(items) if f.many else items[0].value

    return addresses


@frozen
class RefReader:
    """The reader of a reference field; its texts are resolved before its values are asked for."""

    ref: Field
    columns: Sequence[tuple[int, Target]]
    found: References
    swaps: dict[str, str] = field(factory=dict)

    def prepare(self, texts: Iterable[str]) -> None:
        """Look up the texts of many rows."""
        other = self.swaps.get(ANY_TEXT)
        self.found.prepare([*texts, other] if other else texts)

    def texts(self, cells: Cells) -> list[tuple[str, str]]:
        """Return the texts of a row that name records, each with its label."""
        named = []
        for at, target in self.columns:
            text = cells[at].strip()
            if not text:
                continue
            parts = [p.strip() for p in text.split("|")] if self.ref.many else [text]
            named += [self._labelled(part, target.label) for part in parts if part]
        swapped = ((self.swaps.get(fold(text), text), label) for text, label in named)
        return [(text, label) for text, label in swapped if text]

    def _labelled(self, text: str, label: str) -> tuple[str, str]:
        head, _, tail = text.removesuffix(")").rpartition(" (")
        if text.endswith(")") and head and fold(tail) in map(fold, self.ref.labels):
            return head, tail
        return text, label

    def value(self, texts: Sequence[tuple[str, str]]) -> Any:
        """Return the field's value; ValueError says which text names nothing."""
        found: dict[Any, Item] = {}
        for text, label in texts:
            value = self._one(text)
            if value is not NOTHING:
                found.setdefault(value, Item(value, label))
        if not found:
            return NOTHING
        return _first_primary(found.values()) if self.ref.many else next(iter(found))

    def _one(self, text: str) -> Any:
        try:
            return self.found.value(text)
        except ValueError:
            if ANY_TEXT not in self.swaps:
                raise
            other = self.swaps[ANY_TEXT]
            return self.found.value(other) if other else NOTHING


@frozen
class RowReader:
    """Reads the values of one row: first what stands in it, then what it refers to."""

    values: tuple[tuple[Field, ReadCells], ...]
    refs: tuple[RefReader, ...]

    def read(self, cells: Cells) -> dict[Field, Any]:
        """Return the values that are no references; Invalid lists what is wrong."""
        found: dict[Field, Any] = {}
        problems: dict[str, str] = {}
        for f, read in self.values:
            try:
                value = read(cells)
            except (ValueError, KeyError, Invalid) as error:
                problems[f.key] = _said(error)
                continue
            if value is not NOTHING:
                found[f] = value
        if problems:
            raise Invalid(problems)
        return found

    def refer(self, texts: Sequence[Sequence[tuple[str, str]]]) -> dict[Field, Any]:
        """Return the references of a row; Invalid lists those that name nothing."""
        found: dict[Field, Any] = {}
        problems: dict[str, str] = {}
        for ref, named in zip(self.refs, texts, strict=True):
            try:
                value = ref.value(named)
            except ValueError as error:
                problems[ref.ref.key] = str(error)
                continue
            if value is not NOTHING:
                found[ref.ref] = value
        if problems:
            raise Invalid(problems)
        return found


def _said(error: Exception) -> str:
    if isinstance(error, Invalid):
        return "; ".join(error.problems.values())
    if isinstance(error, KeyError):
        return f"{error} was not there when the file was looked through"
    return str(error)


def row_reader(
    columns: Mapping, reading: Reading, references: dict[Field, References]
) -> RowReader:
    """Return the reader of a file's rows."""
    plain = [f for f in columns.fields() if not f.targets]
    return RowReader(
        tuple((f, value_reader(f, columns.of(f), reading)) for f in plain),
        tuple(
            RefReader(f, columns.of(f), references[f], reading.swaps.get(f, {}))
            for f in columns.fields()
            if f.targets
        ),
    )
