"""The report on satisfaction, on small figures and on the survey files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmkit.core.errors import Denied, Invalid
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import
from tests.core.conftest import Login

QUESTION = "How likely are you to recommend this airline?"


def row(session: Session, filter: str = "", **more: str) -> Any:
    return session.report("satisfaction", filter, **more).rows[0]


def test_nothing_gives_no_score(admin: Session) -> None:
    """Without answers there are no figures, and no division."""
    found = row(admin)
    assert (found["n"], found["nps"], found["margin"], found["csat"]) == (0, None, None, None)


def test_all_figures_of_a_handful_of_answers(admin: Session) -> None:
    """NPS, CSAT, index and response rate are of the answers that have each."""
    one = admin.add("client", name="Ash plc")
    other = admin.add("client", name="Beech plc")
    for nps, csat in ((10, 5), (9, 4), (7, 3), (2, None)):
        admin.add("satisfaction", client=one.id, nps=nps, csat=csat, outcome=5)
    admin.run("client.ask", other.id)
    found = row(admin)
    assert (found["promoters"], found["passives"], found["detractors"]) == (2, 1, 1)
    assert (found["nps"], found["csat"], found["index"]) == (25.0, 4.0, 100.0)
    assert (found["asked"], found["response_rate"]) == (1, 0.0)
    rows = admin.report("satisfaction", by="client").rows
    assert [(r["client"], r["n"]) for r in rows] == [("Ash plc", 4), ("Beech plc", 0)]
    assert row(admin, 'client:"Beech plc"')["n"] == 0


def test_periods_follow_one_another_with_a_trend(admin: Session) -> None:
    """Months without answers are there; an arrow stands beyond the margin only."""
    client = admin.add("client", name="Ash plc")
    for day, nps in (("2026-01-05", 2), ("2026-03-07", 10)):
        for _ in range(20):
            values = admin.parse("satisfaction", {"answered_on": day})
            admin.add("satisfaction", values, client=client.id, nps=nps, matter=day)
    found = admin.report("satisfaction", by="month").rows
    assert [(r["month"], r["n"], r["trend"]) for r in found] == [
        ("2026-01", 20, ""), ("2026-02", 0, ""), ("2026-03", 20, "▲"),
    ]  # fmt: skip
    assert [r["quarter"] for r in admin.report("satisfaction", by="quarter").rows] == ["2026-Q1"]
    assert [r["year"] for r in admin.report("satisfaction", by="year").rows] == ["2026"]


def test_the_report_needs_its_grant_and_a_known_division(admin: Session, login: Login) -> None:
    """A worker may not run it; it is divided by known fields only."""
    with pytest.raises(Denied, match=r"report\.satisfaction"):
        login("kim", "crm_worker").report("satisfaction")
    with pytest.raises(Invalid, match="did you mean comment"):
        admin.report("satisfaction", by="commment")


def survey(session: Session, shared: Path, name: str) -> None:
    options = ImportOptions(
        map=(("client", "Airline"), ("respondent", "CustomerID"), ("nps", QUESTION)),
        create_missing=("client",),
    )
    report = run_import(session, "satisfaction", shared / "data" / "nps" / name, options)
    assert report.rejected == 0


def test_a_survey_of_one_airline_has_its_known_score(admin: Session, shared: Path) -> None:
    """74 promoters, 75 passives and 35 detractors are 21.20."""
    survey(admin, shared, "prep_air.csv")
    found = row(admin)
    assert (found["n"], found["nps"], found["margin"]) == (184, 21.2, 10.69)


def test_a_survey_of_many_airlines_has_the_known_scores_of_each(
    admin: Session, shared: Path
) -> None:
    """The best and the worst of those with fifty answers are known."""
    survey(admin, shared, "other_airlines.csv")
    assert row(admin)["nps"] == 8.93
    rows = admin.report("satisfaction", by="client").rows
    scores = {r["client"]: r["nps"] for r in rows if r["n"] >= 50}
    assert (len(rows), len(scores)) == (98, 58)
    assert (max(scores, key=scores.get), max(scores.values())) == ("Maggio Group", 38.6)  # type: ignore[arg-type]
    assert (min(scores, key=scores.get), min(scores.values())) == ("Reinger Group", -9.09)  # type: ignore[arg-type]
