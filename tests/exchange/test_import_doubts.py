"""Rows that look wrong come in, and are reported with their lines."""

from __future__ import annotations

import pytest

from crmkit.core.session import Session
from tests.exchange.conftest import Import

HEAD = "Name,Account,Stage,IsWon\n"
CREATE = {"create_missing": ["account"]}


def doubts(report: object) -> dict[str, list[int]]:
    return {s.what: s.lines for s in report.suspicions.values()}  # type: ignore[attr-defined]


def test_a_column_that_contradicts_the_state_is_reported(session: Session, bring: Import) -> None:
    rows = "a,X,Closed won,TRUE\nb,X,Closed won,FALSE\nc,X,Lead,false\nd,X,Lead,1\ne,X,Lead,\n"
    report = bring("deal", HEAD + rows, **CREATE)
    assert doubts(report) == {"IsWon contradicts the stage": [3, 5]}
    assert report.imported == 5


@pytest.mark.parametrize(
    ("column", "stage", "said"),
    [("is_closed", "CLOSED_LOST", "no"), ("Open", "LEAD", "no"), ("Lost", "CLOSED_WON", "yes")],
)
def test_columns_on_the_outcome_are_known_by_their_names(
    bring: Import, column: str, stage: str, said: str
) -> None:
    report = bring("deal", f"Name,Account,Stage,{column}\na,X,{stage},{said}\n", **CREATE)
    assert doubts(report) == {f"{column} contradicts the stage": [2]}


def test_equal_rows_are_kept_and_reported(session: Session, bring: Import) -> None:
    report = bring("account", "Name,Notes\nAcme,x\nBeta,x\nAcme,x\n")
    assert (doubts(report), session.count("account")) == (
        {"the same as an earlier row": [4]}, 3,
    )  # fmt: skip


def test_who_seems_to_be_there_already_is_reported(bring: Import) -> None:
    rows = "Ann Lee,ann@example.com,x\nANN LEE,Ann@Example.com,y\nAnn Lee,lee@example.com,z\n"
    report = bring("contact", f"Last name,E-mail,Notes\n{rows}")
    assert doubts(report) == {"the same name and e-mail as an earlier row": [3]}


def test_the_report_reads_as_sentences(bring: Import) -> None:
    rows = "a,X,Lead,TRUE\n,X,Lead,\nb,X,Lead,,\n"
    report = bring("deal", f"Name,Account,Stage,IsWon,Colour\n{rows}", **CREATE)
    assert list(report.lines()) == [
        "3 rows: 2 imported, 1 rejected",
        "1 missing account created",
        "IsWon contradicts the stage: 1 row (line 2)",
        "columns not imported: IsWon, Colour",
        "rejected: name: fill it in: 1 row (line 3)",
        "write the rejected rows to a file with --rejects FILE",
    ]
