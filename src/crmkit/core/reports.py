"""Reports: figures that a plugin works out of what the actor may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from attrs import frozen

from crmkit.core.entity import Record
from crmkit.core.errors import Invalid
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.numbers import Money
from crmkit.core.settings import Setting, T
from crmkit.core.workflow import State

if TYPE_CHECKING:
    from crmkit.core.session import Session

_BATCH = 1000
Shape = Literal["text", "count", "number", "percent", "money", "span"]


@frozen
class Column:
    """A column of a report: `shape` says how its values are shown.

    Values are text, int for `count`, int or float for `number` and `percent` (42.0 is 42 %),
    Money for `money` and timedelta for `span`; None is shown as nothing.
    """

    key: str
    label: str
    shape: Shape = "text"


@frozen
class Chart:
    """How a report's rows are drawn: the column of the labels, and those of the values."""

    label: str
    values: tuple[str, ...]
    kind: Literal["bar", "line"] = "bar"


@frozen(kw_only=True)
class Sheet:
    """What a report found; `single` where it is one row of figures, not a list of rows."""

    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Any], ...]
    single: bool = False
    chart: Chart | None = None
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class Report:
    """A report: `run(ctx)` returns a Sheet; the grant is `report.NAME`.

    `entity` is what the filter is about; `by` the fields and periods that it may be divided by
    first; with `*` among them any other field of the entity too.
    """

    name: str
    label: str
    run: Callable[[Asked], Sheet]
    entity: str = ""
    by: tuple[str, ...] = ()
    help: str = ""
    owner: str = ""


@frozen(kw_only=True)
class Asked:
    """What a report is given: the question, and the data as far as the actor may read it."""

    session: Session
    filter: str = ""
    by: str = ""

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return self.session.now

    @property
    def locale(self) -> Locale:
        """The firm's region, currency and clock."""
        return self.session.locale

    def setting(self, setting: Setting[T]) -> T:
        """Return what the firm decided."""
        return self.session.model.setting(setting)

    def field(self, entity: str, key: str) -> Field:
        """Return a field by key; Invalid names what is near."""
        return self.session.model.entity(entity).field(key)

    def records(self, entity: str, filter: str = "") -> Iterator[Record]:
        """Yield every record that a filter finds, in the order of their ids."""
        page = self.session.find(entity, filter, sort="id", limit=_BATCH)
        yield from page
        while page.next is not None:
            page = self.session.find(entity, filter, sort="id", limit=_BATCH, after=page.next)
            yield from page

    def count(self, entity: str, filter: str = "") -> int:
        """Return how many records a filter finds."""
        return self.session.count(entity, filter)

    def aggregate(
        self, entity: str, filter: str, by: str,
        function: Literal["count", "sum", "max", "min"] = "count", value: str = "",
    ) -> dict[Any, Any]:  # fmt: skip
        """Return one figure for each value of a field; money sums as {currency: minor units}."""
        return self.session.aggregate(entity, filter, by, function, value)

    def paths(self, entity: str, filter: str = "") -> dict[tuple[str, ...], int]:
        """Return the ways that records went through their workflow, and how many each."""
        return self.session.paths(entity, filter)

    def states(self, entity: str) -> tuple[State, ...]:
        """Return the states of an entity's workflow, in their order."""
        return self.session.model.workflow(entity).states

    def titles(self, wanted: Any) -> dict[tuple[str, int], str]:
        """Return what records are called, of (entity, id) pairs."""
        return self.session.titles(wanted)

    def labels(self, entity: str, key: str, values: Iterable[Any]) -> dict[Any, str]:
        """Return values of a field as people read them, with '' for None."""
        f = self.field(entity, key)
        found = [v for v in values if v is not None]
        if f.targets and f.targets[0]:
            pointed = {v: (f.targets[0], v) if isinstance(v, int) else (v.entity, v.id)
                       for v in found}  # fmt: skip
            titles = self.titles(pointed.values())
            said = {v: titles[at] for v, at in pointed.items()}
        else:
            said = {v: _said(f, v, self.locale) for v in found}
        return {None: "", **said}


def _said(f: Field, value: Any, locale: Locale) -> str:
    state = f.flow.state(value) if f.flow else None
    return state.label if state else f.kind.format(value, locale)


def shown(column: Column, value: Any, locale: Locale) -> str:
    """Return a report's value as people read it."""
    if value is None or value == "":
        return ""
    if column.shape == "count":
        return f"{value:,}"
    if column.shape in ("number", "percent"):
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
        return f"{text} %" if column.shape == "percent" else text
    if isinstance(value, Money):
        return f"{value.amount:,} {value.currency}"
    if isinstance(value, timedelta):
        return spoken(value)
    return str(value)


def spoken(span: timedelta) -> str:
    """Return a span of time in its two largest units: `3 d 4 h`, `25 min`."""
    sign = "-" if span < timedelta(0) else ""
    minutes = int(abs(span).total_seconds() // 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    said = [f"{n} {unit}" for n, unit in parts if n][:2]
    return sign + (" ".join(said) or "0 min")


def ask(session: Session, report: Report, filter: str, by: str) -> Sheet:
    """Run a report for an actor; Invalid where it cannot be divided so."""
    if filter and not report.entity:
        raise Invalid(f"report {report.name} takes no filter")
    if by and by not in report.by:
        if not report.by:
            raise Invalid(f"report {report.name} cannot be divided: leave {by!r} out")
        if "*" not in report.by:
            known = ", ".join(report.by)
            raise Invalid(f"report {report.name} can be divided by {known}, not by {by!r}")
        session.model.entity(report.entity).field(by)
    if filter:
        session.check_filter(report.entity, filter)
    sheet = report.run(Asked(session=session, filter=filter, by=by))
    if not isinstance(sheet, Sheet):
        raise TypeError(f"it returned {type(sheet).__name__}, not a Sheet")
    return sheet
