"""The report on complaints: open, breached, resolved, and how long that took."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field

from crmkit.api import Asked, Chart, Column, Record, Sheet, Told

ENTITY = "complaint"
FIGURES = (
    Column("count", "Complaints", "count"), Column("open", "Open", "count"),
    Column("breached", "Breached", "count"), Column("resolved", "Resolved", "count"),
    Column("time_to_respond", "Mean response", "span"),
    Column("time_to_resolve", "Mean resolution", "span"),
)  # fmt: skip
PERIODS = {"month": 1, "quarter": 3, "year": 12}
"""The periods in which complaints are received, in months."""
DIVISIONS = (
    "category", "severity", "owner", "channel", "service", "root_cause", "outcome", "remedy",
    "status", "timely", "disputed", "complainant", *PERIODS,
)  # fmt: skip
TIMES = {"time_to_respond": "responded_at", "time_to_resolve": "resolved_at"}
"""The spans that the means are of: all from `received_at`."""


def complaints(asked: Asked) -> Sheet:
    """Return how many complaints there are, how far they are, and how long they took.

    The means are of calendar time from received to first response and to resolved, of those that
    have both; where the dates are out of order they are left out.
    """
    if asked.by in PERIODS:
        return _by_period(asked)
    figures = _Figures(asked, asked.filter, asked.by or "status")
    if not asked.by:
        return Sheet(columns=FIGURES, rows=(figures.total(),), single=True, notes=figures.notes())
    names = asked.labels(ENTITY, asked.by, figures.count)
    order = sorted(figures.count, key=lambda key: (-figures.count[key], str(names[key])))
    rows = tuple({asked.by: names[key] or "(none)"} | figures.row(key) for key in order)
    head = Column(asked.by, asked.field(ENTITY, asked.by).label)
    return Sheet(
        columns=(head, *FIGURES), rows=rows, chart=Chart(asked.by, ("count",)),
        notes=figures.notes(),
    )  # fmt: skip


def _by_period(asked: Asked) -> Sheet:
    rows, odd = [], 0
    for name, first, after in _periods(asked):
        within = _and(asked.filter, f"received_at>={first} received_at<{after}")
        figures = _Figures(asked, within, "status")
        rows.append({asked.by: name} | figures.total())
        odd += figures.odd
    head = Column(asked.by, asked.by.capitalize())
    chart = Chart(asked.by, ("count", "breached"), "line")
    return Sheet(columns=(head, *FIGURES), rows=tuple(rows), chart=chart, notes=_notes(odd))


@define
class _Figures:
    """What is counted of the complaints that a filter finds, by the values of one field."""

    asked: Asked
    filter: str
    by: str
    odd: int = field(default=0, init=False)
    """How many times end before they begin."""
    count: Mapping[Any, int] = field(init=False)
    still: Mapping[Any, int] = field(init=False)
    missed: Mapping[Any, int] = field(init=False)
    times: Mapping[str, dict[Any, list[dt.timedelta]]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.count = self.asked.aggregate(ENTITY, self.filter, self.by)
        self.still = self.asked.aggregate(ENTITY, _and(self.filter, "is:open"), self.by)
        self.missed = self.asked.aggregate(ENTITY, _and(self.filter, "is:breached"), self.by)
        self.times = self._times()

    def _times(self) -> Mapping[str, dict[Any, list[dt.timedelta]]]:
        found: dict[str, dict[Any, list[dt.timedelta]]] = {name: {} for name in TIMES}
        by = self.asked.field(ENTITY, self.by)
        timed = _and(self.filter, "received_at:any (responded_at:any or resolved_at:any)")
        for complaint in self.asked.records(ENTITY, timed):
            keys = by.values(complaint.get(by)) or [None]
            for name, end in TIMES.items():
                took = _took(complaint, end)
                if took is not None and took < dt.timedelta(0):
                    self.odd += 1
                elif took is not None:
                    for key in keys:
                        found[name].setdefault(key, []).append(took)
        return found

    def row(self, key: Any) -> dict[str, Any]:
        """Return the figures of one value."""
        return self._made({key})

    def total(self) -> dict[str, Any]:
        """Return the figures of all values together; only for a field that holds one."""
        return self._made({*self.count})

    def _made(self, keys: set[Any]) -> dict[str, Any]:
        count, still, missed = (
            sum(counts.get(key, 0) for key in keys)
            for counts in (self.count, self.still, self.missed)
        )
        means = {
            name: _mean([span for key in keys for span in spans.get(key, ())])
            for name, spans in self.times.items()
        }
        return {
            "count": count, "open": still, "breached": missed, "resolved": count - still, **means,
        }  # fmt: skip

    def notes(self) -> tuple[str, ...]:
        """Return what is to be said about the figures."""
        return _notes(self.odd)


def _took(complaint: Any, end: str) -> dt.timedelta | None:
    ended: dt.datetime | None = getattr(complaint, end)
    return None if ended is None else ended - complaint.received_at


def _mean(spans: list[dt.timedelta]) -> dt.timedelta | None:
    return sum(spans, dt.timedelta(0)) / len(spans) if spans else None


def _notes(odd: int) -> tuple[str, ...]:
    if not odd:
        return ()
    return (f"Left out of the means: {odd} that end before the complaint was received.",)


def _periods(asked: Asked) -> Iterator[tuple[str, dt.date, dt.date]]:
    """Yield the name, the first day and the day after, from the first complaint to the last."""
    days = [
        asked.locale.local(at).date()
        for least in ("min", "max")
        for at in asked.aggregate(
            ENTITY, _and(asked.filter, "received_at:any"), "status", least, "received_at"
        ).values()
    ]  # fmt: skip
    if not days:
        return
    months = PERIODS[asked.by]
    first, last = (day.year * 12 + day.month - 1 for day in (min(days), max(days)))
    for start in range(first // months * months, last + 1, months):
        yield _named(start, asked.by), _first_day(start), _first_day(start + months)


def _first_day(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)


def _named(month: int, period: str) -> str:
    year, at = divmod(month, 12)
    if period == "year":
        return str(year)
    return f"{year}-Q{at // 3 + 1}" if period == "quarter" else f"{year}-{at + 1:02}"


def _and(filter: str, more: str) -> str:
    return f"({filter}) {more}" if filter.strip() else more


def of_client(client: Record, told: Told) -> Iterator[tuple[Any, ...]]:
    """Yield how many complaints a client made, and those that are open, by their deadline."""
    theirs = f"complainant:client:{client.id}"
    count = told.count(ENTITY, theirs)
    if not count:
        return
    still = told.find(ENTITY, f"{theirs} is:open", sort="due_at", limit=3)
    states = told.entity(ENTITY).flow.flow
    yield "Open", f"{told.count(ENTITY, f'{theirs} is:open')} of {count}"
    for complaint in still:
        state = states.state(complaint.status)
        yield state.label if state else complaint.status, complaint.title, complaint
