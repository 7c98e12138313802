"""Complaints from files of others, by the commands of the guide, counted as they are known."""

from __future__ import annotations

import csv
import re
import shlex
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import
from crmkit.exchange.report import ImportReport
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm

DOCS = Path(__file__).resolve().parents[3] / "docs/complaints.md"
COMMAND = re.compile(r"^    crmkit complaint import ((?:.*\\\n)*.*)$", re.MULTILINE)
CFPB, PREPDATA = "cfpb_rows_0001_2000.csv", "prepdata_complaints.csv"
RESPONSES = [
    "Closed with explanation", "Closed with non-monetary relief", "Closed with monetary relief",
    "Closed", "Untimely response", "In progress",
]  # fmt: skip


def documented(name: str) -> ImportOptions:
    """Return the options of the guide's command for a file."""
    texts = (found.replace("\\\n", " ") for found in COMMAND.findall(DOCS.read_text("utf-8")))
    (words,) = [words for text in texts if (words := shlex.split(text))[0].endswith(name)]
    given: dict[str, list[str]] = {}
    for option, value in zip(words[1::2], words[2::2], strict=True):
        given.setdefault(option.removeprefix("--"), []).append(value)
    values = [(f, *said.split("=", 1)) for f, _, said in
              (v.partition(":") for v in given.get("value", ()))]  # fmt: skip
    return ImportOptions(
        map=_pairs(given["map"]), set=_pairs(given["set"]),
        values=tuple((f, text, meant) for f, text, meant in values),
    )  # fmt: skip


def _pairs(texts: list[str]) -> tuple[tuple[str, str], ...]:
    return tuple((a, b) for a, _, b in (text.partition("=") for text in texts))


def brought_in(session: Session, shared: Path, name: str) -> ImportReport:
    path = shared / "data" / "complaints" / name
    return run_import(session, "complaint", path, documented(name))


def _day(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y")


def counts(session: Session, by: str) -> dict[str, int]:
    return {row[by]: row["count"] for row in session.report("complaints", by=by).rows}


def test_two_thousand_complaints_come_in_and_are_counted(admin: Session, shared: Path) -> None:
    """Duplicate rows are kept and reported; columns out of order are reported."""
    report = brought_in(admin, shared, CFPB)
    assert (report.imported, report.rejected) == (2000, 0)
    doubts = {what: doubt.count for what, doubt in report.suspicions.items()}
    assert doubts == {"the same as an earlier row": 7, "First response: it is before received": 6}
    assert counts(admin, "service") == {
        "Mortgage": 603, "Credit reporting": 385, "Debt collection": 375, "Credit card": 238,
        "Bank account or service": 231, "Consumer Loan": 98, "Student loan": 25,
        "Payday loan": 16, "Prepaid card": 13, "Money transfers": 13,
        "Other financial service": 3,
    }  # fmt: skip
    assert counts(admin, "channel") == {
        "Web": 1429, "Referral": 312, "Phone": 118, "Post": 110, "Fax": 31,
    }  # fmt: skip
    assert counts(admin, "timely") == {"yes": 1950, "no": 50}
    assert counts(admin, "disputed") == {"no": 1584, "yes": 386, "(none)": 30}
    with (shared / "data" / "complaints" / CFPB).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert admin.count("complaint", "breached:RESPOND") > 0
    assert admin.count("complaint", "breached:ACKNOWLEDGE,RESOLVE") == 0
    years = {year: count for year, count in counts(admin, "year").items() if count}
    assert years == Counter(row["Date received"][-4:] for row in rows)
    both = Counter((row["Timely response?"], row["Consumer disputed?"]) for row in rows)
    assert admin.count("complaint", "timely:no disputed:yes") == both["No", "Yes"] > 0
    sent = [_day(row["Date sent to company"]) - _day(row["Date received"]) for row in rows]
    took = [days for days in sent if days >= timedelta(0)]
    mean = admin.report("complaints").rows[0]["time_to_respond"]
    assert abs(mean - sum(took, timedelta(0)) / len(took)) < timedelta(hours=1)
    admin.undo()
    assert admin.count("complaint") == 0


def test_responses_are_kept_as_they_are_where_the_firm_lists_them(
    database_url: str, clock: Clock, shared: Path
) -> None:
    """The outcomes of the file, one by one."""
    crm = firm_crm(database_url, clock, {"complaints": {"outcomes": RESPONSES}})
    options = documented(CFPB)
    more = (*options.map, ("outcome", "Company response to consumer"))
    path = shared / "data" / "complaints" / CFPB
    ada = crm.session("ada", "test")
    run_import(ada, "complaint", path, ImportOptions(map=more, set=options.set,
                                                     values=options.values))  # fmt: skip
    assert counts(ada, "outcome") == dict(zip(RESPONSES, (1560, 228, 155, 43, 12, 2), strict=True))
    crm.store.close()


def test_complaints_resolved_before_they_came_are_flagged(admin: Session, shared: Path) -> None:
    """Two ways of writing dates in one column are both read."""
    report = brought_in(admin, shared, PREPDATA)
    assert (report.imported, report.rejected) == (100, 0)
    doubts = {what: doubt.count for what, doubt in report.suspicions.items()}
    assert doubts == {"Resolved: it is before received": 50}
    assert counts(admin, "timely") == {"no": 52, "yes": 48}
    assert admin.count("complaint", "received_at:any resolved_at:any") == 100
    sheet = admin.report("complaints")
    mean = sheet.rows[0]["time_to_resolve"]
    assert abs(mean - timedelta(days=130.56)) < timedelta(hours=1)
    assert sheet.notes == ("Left out of the means: 50 that end before the complaint was received.",)
