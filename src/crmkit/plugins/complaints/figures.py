"""The report on complaints: open, breached, resolved, and how long that took."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crmkit.api import Asked, Chart, Column, Sheet

ENTITY = "complaint"
FIGURES = (
    Column("count", "Complaints", "count"), Column("open", "Open", "count"),
    Column("breached", "Breached", "count"), Column("resolved", "Resolved", "count"),
    Column("time_to_resolve", "Mean time", "span"),
)  # fmt: skip
DIVISIONS = (
    "category", "severity", "owner", "channel", "service", "root_cause", "remedy", "status",
    "timely", "disputed", "complainant",
)  # fmt: skip


def complaints(asked: Asked) -> Sheet:
    """Return how many complaints there are, how far they are, and how long resolving took.

    The mean time is from received to resolved, calendar time, of those that have both.
    """
    by = asked.by or "status"
    count = asked.aggregate(ENTITY, asked.filter, by)
    still = asked.aggregate(ENTITY, _and(asked.filter, "is:open"), by)
    missed = asked.aggregate(ENTITY, _and(asked.filter, "is:breached"), by)
    times = _times(asked, by)
    if not asked.by:
        whole, left, late = (sum(counts.values()) for counts in (count, still, missed))
        row = _row(whole, left, late, _all(times))
        return Sheet(columns=FIGURES, rows=(row,), single=True)
    names = asked.labels(ENTITY, by, count)
    rows = [
        {by: names[key] or "(none)"}
        | _row(count[key], still.get(key, 0), missed.get(key, 0), times.get(key, (timedelta(0), 0)))
        for key in sorted(count, key=lambda k: (-count[k], str(names[k])))
    ]
    head = Column(by, asked.field(ENTITY, by).label)
    return Sheet(columns=(head, *FIGURES), rows=tuple(rows), chart=Chart(by, ("count",)))


def _row(count: int, still: int, missed: int, times: tuple[timedelta, int]) -> dict[str, Any]:
    whole, known = times
    return {
        "count": count, "open": still, "breached": missed, "resolved": count - still,
        "time_to_resolve": whole / known if known else None,
    }  # fmt: skip


def _times(asked: Asked, by: str) -> Mapping[Any, tuple[timedelta, int]]:
    """Return how long resolving took in all, and of how many, by the values of a field."""
    f = asked.field(ENTITY, by)
    found: dict[Any, tuple[timedelta, int]] = {}
    resolved = _and(asked.filter, "is:won resolved_at:any received_at:any")
    for complaint in asked.records(ENTITY, resolved):
        took = complaint.resolved_at - complaint.received_at  # type: ignore[attr-defined]
        for key in f.values(complaint.get(f)) or [None]:
            whole, known = found.get(key, (timedelta(0), 0))
            found[key] = (whole + took, known + 1)
    return found


def _all(times: Mapping[Any, tuple[timedelta, int]]) -> tuple[timedelta, int]:
    whole = sum((took for took, _ in times.values()), timedelta(0))
    return whole, sum(known for _, known in times.values())


def _and(filter: str, more: str) -> str:
    return f"({filter}) {more}" if filter.strip() else more
