"""The report on complaints: open, breached, resolved, and how long it took."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crmkit.core.session import Session
from tests.core.conftest import Clock
from tests.plugins.complaints.test_deadlines import at


@pytest.fixture
def three(admin: Session, clock: Clock) -> None:
    """One resolved late, one open, and one open of the summer before, near a month's end."""
    clock.now = at("2026-11-30 23:00")
    slow = admin.add(
        "complaint", subject="Slow", severity="CRITICAL", category="Delay",
        received_at=at("2026-10-31 23:30"),
    )  # fmt: skip
    admin.move("complaint", slow.id, "RESOLVED")
    admin.add("complaint", subject="Dear", category="Costs")
    clock.now = at("2025-06-01 09:00")
    admin.add("complaint", subject="Old", category="Costs", received_at=at("2025-05-31 23:30"))
    clock.now = at("2026-11-30 23:00")


def by(admin: Session, name: str, filter: str = "") -> dict[str, Any]:
    found = admin.report("complaints", filter, by=name)
    return {row[name]: (row["count"], row["open"], row["breached"]) for row in found.rows}


def test_complaints_are_counted(admin: Session, three: None) -> None:
    """How many there are, how far they are, and how long they took."""
    sheet = admin.report("complaints")
    took = timedelta(days=29, hours=23, minutes=30)
    assert sheet.single
    assert sheet.rows == ({
        "count": 3, "open": 2, "breached": 1, "resolved": 1,
        "time_to_respond": took, "time_to_resolve": took,
    },)  # fmt: skip


def test_complaints_are_divided_by_fields_and_periods(admin: Session, three: None) -> None:
    """Periods are those in which complaints came in, by the firm's clock: none is left out."""
    assert by(admin, "category") == {"Costs": (2, 2, 0), "Delay": (1, 0, 1)}
    assert by(admin, "severity") == {"Medium": (2, 2, 0), "Critical": (1, 0, 1)}
    assert by(admin, "owner") == {"ada": (3, 2, 1)}
    assert by(admin, "year") == {"2025": (1, 1, 0), "2026": (2, 1, 1)}
    assert list(by(admin, "month"))[0] == "2025-06"
    assert list(by(admin, "month").items())[-2:] == [("2026-10", (1, 0, 1)), ("2026-11", (1, 1, 0))]
    assert by(admin, "quarter", "category:Costs")["2025-Q2"] == (1, 1, 0)
    assert by(admin, "quarter", "category:Conduct") == {}


def test_dates_out_of_order_are_left_out_and_said(admin: Session, three: None) -> None:
    """History may be so; a mean of it would mean nothing."""
    with admin.transaction("Bring in") as unit:
        unit.lenient = True
        unit.add(
            "complaint", subject="Odd", received_at=at("2026-11-02 09:00"),
            resolved_at=at("2026-11-01 09:00"), status="RESOLVED",
        )  # fmt: skip
    sheet = admin.report("complaints")
    assert sheet.rows[0]["time_to_resolve"] == timedelta(days=29, hours=23, minutes=30)
    said = ("Left out of the means: 1 that end before the complaint was received.",)
    assert sheet.notes == said
    assert admin.report("complaints", by="year").notes == said
