"""The report on consultations: how many, how far, how many did not come, what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from crmkit.api import Asked, Chart, Column, Sheet

ENTITY = "consultation"
FIGURES = (
    Column("count", "Consultations", "count"), Column("open", "Open", "count"),
    Column("held", "Held", "count"), Column("cancelled", "Cancelled", "count"),
    Column("no_show", "No-shows", "count"), Column("no_show_rate", "No-show rate", "percent"),
    Column("went_on", "Went on", "percent"), Column("conversion", "Conversion", "percent"),
)  # fmt: skip
DIVISIONS = ("outcome", "status", "owner", "type", "channel", "fee_status")
NOTES = (
    "No-shows count each time that nobody came, also where it was booked anew since; the rate is "
    "of these and of the consultations held.",
    "Went on: of the consultations held, those that went on as lead or client. Conversion: as "
    "client.",
)


def consultations(asked: Asked) -> Sheet:
    """Return how many consultations there were, by outcome or another field, and what came of them.

    Rates are rounded to two decimals, halves away from zero; None where there is nothing to
    divide by.
    """
    by = asked.by or "outcome"
    whole = asked.aggregate(ENTITY, asked.filter, by)
    missed = asked.aggregate(ENTITY, asked.filter, by, "sum", "no_shows")
    parts = {
        name: asked.aggregate(ENTITY, _and(asked.filter, filter), by)
        for name, filter in (
            ("open", "is:open"), ("held", "status:HELD"), ("cancelled", "status:CANCELLED"),
            ("went_on", "status:HELD outcome:LEAD,CLIENT"), ("client", "status:HELD outcome:CLIENT")
        )
    }  # fmt: skip
    names = asked.labels(ENTITY, by, whole)
    rows = [
        {by: names[key] or "(none)", "count": whole[key]}
        | _figures({name: n.get(key, 0) for name, n in parts.items()}, int(missed.get(key) or 0))
        for key in sorted(whole, key=lambda k: (-whole[k], str(names[k])))
    ]
    columns = (Column(by, asked.field(ENTITY, by).label), *FIGURES)
    return Sheet(columns=columns, rows=tuple(rows), chart=Chart(by, ("count",)), notes=NOTES)


def _figures(counts: Mapping[str, int], missed: int) -> dict[str, Any]:
    held = counts["held"]
    return {
        "open": counts["open"], "held": held, "cancelled": counts["cancelled"], "no_show": missed,
        "no_show_rate": _share(missed, held + missed), "went_on": _share(counts["went_on"], held),
        "conversion": _share(counts["client"], held),
    }  # fmt: skip


def _and(filter: str, more: str) -> str:
    return f"({filter}) {more}" if filter.strip() else more


def _share(part: int, whole: int) -> float | None:
    if not whole:
        return None
    return float((Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP))
