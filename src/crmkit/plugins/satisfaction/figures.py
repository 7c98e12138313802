"""The report on satisfaction: NPS with its margin, CSAT, the index, and who answers at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from crmkit.api import Asked, Chart, Column, Record, Sheet, Told
from crmkit.plugins.satisfaction.nps import PASSIVE, PROMOTER, Nps, rounded, trend

ENTITY = "satisfaction"
PERIODS = ("month", "quarter", "year")
FIGURES = (
    Column("nps", "NPS", "number"), Column("margin", "± margin", "number"),
    Column("n", "Answers", "count"), Column("promoters", "Promoters", "count"),
    Column("passives", "Passives", "count"), Column("detractors", "Detractors", "count"),
    Column("csat", "CSAT", "number"), Column("index", "Index", "number"),
    Column("asked", "Asked", "count"), Column("response_rate", "Response", "percent"),
)  # fmt: skip
NOTES = (
    "NPS and margin (95 %) are worked out exactly and rounded once, to two decimals, halves up.",
)

Counts = Mapping[Any, int]


def satisfaction(asked: Asked) -> Sheet:
    """Return the figures of all scores that the filter finds, or of each group of them."""
    if not asked.by:
        row = _Figures.of(asked, asked.filter).row()
        return Sheet(columns=FIGURES, rows=(row,), single=True, notes=NOTES)
    if asked.by in PERIODS:
        return _by_period(asked)
    rows = sorted(_by_field(asked), key=lambda row: (-row["n"], str(row[asked.by])))
    named = asked.field(ENTITY, asked.by)
    return Sheet(
        columns=(Column(asked.by, named.label), *FIGURES), rows=tuple(rows), notes=NOTES,
        chart=Chart(asked.by, ("nps",)),
    )  # fmt: skip


@frozen(kw_only=True)
class _Figures:
    """The counts behind one row."""

    nps: Nps
    csat_sum: int = 0
    csat_n: int = 0
    index_sum: int = 0
    index_n: int = 0
    asked: int = 0
    answered: int = 0

    @classmethod
    def of(cls, asked: Asked, filter: str) -> _Figures:
        """Return the counts of all scores that a filter finds."""
        groups = _Groups(asked, filter, "status")
        return groups.total()

    def row(self) -> dict[str, Any]:
        """Return the row's figures."""
        return {
            "nps": rounded(self.nps.score), "margin": rounded(self.nps.margin), "n": self.nps.n,
            "promoters": self.nps.promoters, "passives": self.nps.passives,
            "detractors": self.nps.detractors,
            "csat": rounded(self.csat_sum / self.csat_n) if self.csat_n else None,
            "index": rounded(self.index_sum / self.index_n) if self.index_n else None,
            "asked": self.asked,
            "response_rate": rounded(100 * self.answered / self.asked) if self.asked else None,
        }  # fmt: skip


class _Groups:
    """Everything that is counted, by the value of one field."""

    def __init__(self, asked: Asked, filter: str, by: str) -> None:
        self._asked = asked
        self._filter = f"({filter}) " if filter.strip() else ""
        self._by = by
        self.promoters = self._count(f"nps>={PROMOTER}")
        self.passives = self._count(f"nps>={PASSIVE} nps<{PROMOTER}")
        self.detractors = self._count(f"nps<{PASSIVE}")
        self.csat_n = self._count("csat:any")
        self.csat_sum = self._sum("csat")
        self.index_n = self._count("index:any")
        self.index_sum = self._sum("index")
        self.asked = self._count("asked_on:any")
        self.answered = self._count("asked_on:any status:ANSWERED")

    def _count(self, filter: str) -> Counts:
        return self._asked.aggregate(ENTITY, self._filter + filter, self._by)

    def _sum(self, key: str) -> Counts:
        return self._asked.aggregate(ENTITY, f"{self._filter}{key}:any", self._by, "sum", key)

    def found(self) -> set[Any]:
        """Return the groups in which there is anything."""
        return {*self.promoters, *self.passives, *self.detractors, *self.csat_n, *self.index_n,
                *self.asked}  # fmt: skip

    def one(self, key: Any) -> _Figures:
        """Return the counts of one group."""
        return self._made(lambda counts: int(counts.get(key) or 0))

    def total(self) -> _Figures:
        """Return the counts of all groups together."""
        return self._made(lambda counts: int(sum(counts.values())))

    def _made(self, of: Any) -> _Figures:
        return _Figures(
            nps=Nps(of(self.promoters), of(self.passives), of(self.detractors)),
            csat_sum=of(self.csat_sum), csat_n=of(self.csat_n), index_sum=of(self.index_sum),
            index_n=of(self.index_n), asked=of(self.asked), answered=of(self.answered),
        )  # fmt: skip


def _by_field(asked: Asked) -> Iterator[dict[str, Any]]:
    groups = _Groups(asked, asked.filter, asked.by)
    found = groups.found()
    said = asked.labels(ENTITY, asked.by, found)
    for key in found:
        yield {asked.by: said[key] or "(none)"} | groups.one(key).row()


def _by_period(asked: Asked) -> Sheet:
    rows: list[dict[str, Any]] = []
    last: Nps | None = None
    for name, first, after in _periods(asked):
        within = f"answered_on>={first} answered_on<{after}"
        figures = _Figures.of(asked, f"({asked.filter}) {within}" if asked.filter else within)
        arrow = trend(last, figures.nps) if last else ""
        rows.append({asked.by: name, "trend": arrow} | figures.row())
        last = figures.nps if figures.nps.n else last
    columns = (Column(asked.by, asked.by.capitalize()), Column("trend", "Trend"), *FIGURES)
    notes = (*NOTES, "▲ ▼: the difference to the period before is more than its margin.")
    return Sheet(
        columns=columns, rows=tuple(rows), chart=Chart(asked.by, ("nps",), "line"), notes=notes
    )


def _periods(asked: Asked) -> Iterator[tuple[str, dt.date, dt.date]]:
    """Yield the name, the first day and the day after, of every period with an answer between."""
    answered = f"({asked.filter}) answered_on:any" if asked.filter else "answered_on:any"
    low = asked.aggregate(ENTITY, answered, "status", "min", "answered_on").values()
    high = asked.aggregate(ENTITY, answered, "status", "max", "answered_on").values()
    if not low:
        return
    months = {"month": 1, "quarter": 3, "year": 12}[asked.by]
    at = min(low)
    month = (at.month - 1) // months * months
    start = dt.date(at.year, month + 1, 1)
    while start <= max(high):
        ahead = start.year * 12 + start.month - 1 + months
        after = dt.date(ahead // 12, ahead % 12 + 1, 1)
        yield _named(start, asked.by), start, after
        start = after


def _named(start: dt.date, period: str) -> str:
    if period == "year":
        return str(start.year)
    if period == "quarter":
        return f"{start.year}-Q{(start.month + 2) // 3}"
    return f"{start.year}-{start.month:02}"


def of_client(client: Record, told: Told) -> Iterator[tuple[Any, ...]]:
    """Yield what a client answered last, and what all the answers come to."""
    answered = f"client:{client.id} status:ANSWERED"
    answers = told.find(ENTITY, answered, sort="-answered_on", limit=3)
    if not answers:
        return
    classes = told.aggregate(ENTITY, answered, "category")
    found = Nps(*(classes.get(c, 0) for c in ("PROMOTER", "PASSIVE", "DETRACTOR")))
    if found.n:
        yield "NPS", f"{rounded(found.score)} of {found.n} answers"
    for answer in answers:
        yield answer.answered_on, answer.title, answer
