"""What whole columns say: the words of choices, the order of dates; asked or refused at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from attrs import define, field, frozen

from crmkit.core.errors import Invalid, unknown
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Locale, fold
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.model import EntityModel
from crmkit.exchange.csvfile import SourceRow
from crmkit.exchange.dates import AmbiguousDates, DateOrder, infer_date_order
from crmkit.exchange.mapping import Mapping as Columns
from crmkit.exchange.numbers import AmbiguousNumbers, infer_decimal_mark

ANY_TEXT = "*"
_WORDS = re.compile(r"\s*[|;,\n]\s*")
_LISTED = 20
_SHAPE = str.maketrans("23456789", "11111111")


@frozen
class Question:
    """A value that a choice or workflow does not know; the answer is a code, a label or None."""

    field: str
    label: str
    text: str
    count: int
    choices: Mapping[str, str]


Ask = Callable[[Question], str | None]


@frozen
class Replacements:
    """What `--value` says: for each field, texts (folded) with the text that stands for them."""

    by_field: dict[Field, dict[str, str]] = field(factory=dict)

    def of(self, f: Field) -> dict[str, str]:
        """Return the replacements for one field; '*' stands for every other text."""
        return self.by_field.get(f, {})


@define
class Survey:
    """What the first reading of a file found.

    `rows` is None where nothing had to be read; `words` are those of choices, counted; `dates`
    the different days; `numbers` an example of each shape of number, by column.
    """

    rows: int | None = None
    words: dict[int, Counter[str]] = field(factory=dict)
    dates: dict[int, set[str]] = field(factory=dict)
    numbers: dict[int, dict[str, str]] = field(factory=dict)

    @classmethod
    def of(cls, rows: Iterable[SourceRow], columns: Columns) -> Survey:
        """Read all rows, if there is a column that must be known as a whole."""
        found = cls()
        for at, target in columns.targets:
            if isinstance(target.field.kind, ChoiceKind):
                found.words[at] = Counter()
            elif target.field.kind.name in ("date", "moment"):
                found.dates[at] = set()
            elif target.field.kind.name in ("number", "percent", "money") and not target.part:
                found.numbers[at] = {}
        if not (found.words or found.dates or found.numbers):
            return found
        many = {at for at in found.words if many_words(columns, at)}
        found.rows = 0
        for row in rows:
            found.rows += 1
            if not row.problem:
                found.note(row.cells, many)
        return found

    def note(self, cells: Sequence[str], many: Container[int]) -> None:
        """Take note of one row; `many` are the columns whose cells hold several words."""
        for at, counter in self.words.items():
            counter.update(split_words(cells[at]) if at in many else (cells[at],))
        for at, days in self.dates.items():
            text = cells[at]
            days.add(text.partition(" ")[0].partition("T")[0] if ":" in text else text)
        for at, shapes in self.numbers.items():
            text = cells[at]
            if not text.isdigit():
                shapes.setdefault(text.translate(_SHAPE), text)


def many_words(columns: Columns, at: int) -> bool:
    """Whether a column's cells hold several words of a choice."""
    return any(target.field.many for i, target in columns.targets if i == at)


def split_words(text: str) -> list[str]:
    """Return the words of a cell that holds several."""
    return [word for word in _WORDS.split(text.strip()) if word]


@define
class Settled:
    """What the columns' texts mean: codes by text, date orders, decimal marks; notes on them."""

    codes: dict[int, dict[str, str]] = field(factory=dict)
    orders: dict[int, DateOrder] = field(factory=dict)
    marks: dict[int, str] = field(factory=dict)
    notes: list[str] = field(factory=list)


def settle(
    model: EntityModel,
    columns: Columns,
    survey: Survey,
    replacements: Replacements,
    locale: Locale,
    *,
    dates: str = "",
    decimal: str = "",
    ask: Ask | None = None,
) -> Settled:
    """Return what the columns mean; Invalid lists all that is unknown or ambiguous.

    `dates` and `decimal` settle the order of dates and the decimal mark of all columns; `ask` is
    asked for the meaning of unknown words.
    """
    found = Settled()
    problems: dict[str, str] = {}
    for at, target in columns.targets:
        f, column = target.field, columns.columns[at]
        try:
            if at in survey.words:
                swaps = replacements.of(f)
                found.codes[at], strange = _codes(f, survey.words[at], swaps, locale)
                strange = _asked(model, f, strange, found.codes[at], ask, locale)
                if strange:
                    raise ValueError(_strange(model, f, column, strange))
            elif at in survey.dates:
                found.orders[at] = _order(column, survey.dates[at], dates)
                if found.orders[at] is not DateOrder.YMD:
                    found.notes.append(f"dates of {column} are read as {found.orders[at]}")
            elif at in survey.numbers:
                found.marks[at] = _mark(column, survey.numbers[at].values(), decimal)
                if found.marks[at] == ",":
                    found.notes.append(f"the decimal mark of {column} is read as a comma")
        except ValueError as error:
            problems[model.short(f)] = str(error)
    if problems:
        raise Invalid(problems)
    return found


def _order(column: str, texts: Iterable[str], said: str) -> DateOrder:
    if said:
        return DateOrder(said)
    try:
        return infer_date_order(texts)
    except AmbiguousDates as error:
        how = "mix several orders" if error.mixed else f"may be {' or '.join(error.orders)}"
        raise ValueError(
            f"the dates of column {column} {how} (such as {error.example!r}); "
            f"say which with --dates {'|'.join(error.orders)}"
        ) from None


def _mark(column: str, texts: Iterable[str], said: str) -> str:
    if said:
        return said
    try:
        return infer_decimal_mark(texts)
    except AmbiguousNumbers as error:
        raise ValueError(f"in column {column} {error}; say which with --decimal") from None


def _codes(
    f: Field, words: Counter[str], swaps: Mapping[str, str], locale: Locale
) -> tuple[dict[str, str], Counter[str]]:
    codes: dict[str, str] = {}
    strange: Counter[str] = Counter()
    for text, count in words.items():
        if not text.strip():
            continue
        meant = swaps.get(fold(text).strip(), text)
        code = _code(f, meant, locale)
        if code is None and ANY_TEXT in swaps:
            code = _code(f, swaps[ANY_TEXT], locale)
        if code is None:
            strange[text] = count
        else:
            codes[text] = code
    return codes, strange


def _code(f: Field, text: str, locale: Locale) -> str | None:
    if not text.strip():
        return ""
    try:
        return str(f.kind.parse(text, locale))
    except ValueError:
        return None


def _asked(
    model: EntityModel, f: Field, strange: Counter[str], codes: dict[str, str], ask: Ask | None,
    locale: Locale,
) -> Counter[str]:  # fmt: skip
    if ask is None:
        return strange
    assert isinstance(f.kind, ChoiceKind)
    left: Counter[str] = Counter()
    for text, count in strange.most_common():
        answer = ask(Question(model.short(f), f.label, text, count, f.kind.options))
        code = None if answer is None else _code(f, answer, locale)
        if code is None:
            left[text] = count
        else:
            codes[text] = code
    return left


def _strange(model: EntityModel, f: Field, column: str, words: Counter[str]) -> str:
    assert isinstance(f.kind, ChoiceKind)
    listed = [f"{text!r} ({count})" for text, count in words.most_common(_LISTED)]
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    first = words.most_common(1)[0][0]
    known = list(f.kind.options)
    return (
        f"column {column} holds {len(words)} unknown value{'' if len(words) == 1 else 's'}: "
        f"{', '.join(listed)}{more}; map each with --value {model.short(f)}:{first!r}=CODE "
        f"(one of {', '.join(known)})"
    )


def read_replacements(
    model: EntityModel, named: Iterable[tuple[Field, str, str]], locale: Locale
) -> Replacements:
    """Return what `--value` says; Invalid where a replacement is itself unknown."""
    found: dict[Field, dict[str, str]] = {}
    for f, text, meant in named:
        if isinstance(f.kind, ChoiceKind) and _code(f, meant, locale) is None:
            raise Invalid({model.short(f): unknown("value", meant, list(f.kind.options))})
        found.setdefault(f, {})[fold(text).strip()] = meant
    return Replacements(found)
