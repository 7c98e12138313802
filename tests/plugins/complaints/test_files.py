"""Complaints from files of others, counted as they are known to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import


def counts(session: Session, by: str) -> dict[str, int]:
    return {row[by]: row["count"] for row in session.report("complaints", by=by).rows}


def test_two_thousand_complaints_come_in_and_are_counted(admin: Session, shared: Path) -> None:
    """Duplicate rows are kept and reported; columns out of order are reported."""
    options = ImportOptions(
        map=(
            ("subject", "Issue"), ("issue", "Issue"), ("service", "Product"),
            ("received_at", "Date received"), ("responded_at", "Date sent to company"),
            ("channel", "Submitted via"), ("timely", "Timely response?"),
            ("disputed", "Consumer disputed?"), ("details", "Company"),
        ),
        set=(("status", "RESOLVED"),),
        values=(("channel", "Postal mail", "Post"),),
    )  # fmt: skip
    path = shared / "data" / "complaints" / "cfpb_rows_0001_2000.csv"
    report = run_import(admin, "complaint", path, options)
    assert (report.imported, report.rejected) == (2000, 0)
    doubts = {what: doubt.count for what, doubt in report.suspicions.items()}
    assert doubts["the same as an earlier row"] == 7
    assert doubts["First response: it is before received"] == 6
    services = counts(admin, "service")
    assert (services["Mortgage"], services["Credit reporting"], services["Prepaid card"]) == (
        603, 385, 13,
    )  # fmt: skip
    assert counts(admin, "channel") == {
        "Web": 1429, "Referral": 312, "Phone": 118, "Post": 110, "Fax": 31,
    }  # fmt: skip
    assert counts(admin, "timely") == {"yes": 1950, "no": 50}
    assert counts(admin, "disputed") == {"no": 1584, "yes": 386, "(none)": 30}
    admin.undo()
    assert admin.count("complaint") == 0


def test_complaints_resolved_before_they_came_are_flagged(admin: Session, shared: Path) -> None:
    """Two ways of writing dates in one column are both read."""
    options = ImportOptions(
        map=(
            ("subject", "Complaint Description"), ("received_at", "Date Received"),
            ("resolved_at", "Date Resolved"), ("timely", "Timely Response"),
        ),
        set=(("status", "RESOLVED"),),
    )  # fmt: skip
    path = shared / "data" / "complaints" / "prepdata_complaints.csv"
    report: Any = run_import(admin, "complaint", path, options)
    assert (report.imported, report.rejected) == (100, 0)
    assert report.suspicions["Resolved: it is before received"].count == 50
    assert counts(admin, "timely") == {"no": 52, "yes": 48}
    assert admin.count("complaint", "received_at:any resolved_at:any") == 100
