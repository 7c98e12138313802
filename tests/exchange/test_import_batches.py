"""An import in batches: several commits, between which others save; the rest is as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.core import audit
from crmkit.core.crm import Crm
from crmkit.core.errors import Fault
from crmkit.core.kinds.numbers import Money
from crmkit.core.session import Session
from crmkit.exchange.landing import Landing
from tests.exchange.conftest import Import, Login

ROWS = 11
DEALS = "Name,Account,Stage,Value\n" + "".join(
    f"d{n},A{n % 3},{'Closed won' if n % 2 else 'Lead'},{n}\n" for n in range(ROWS)
)


@pytest.fixture(autouse=True)
def accounts(session: Session) -> None:
    """Two of the accounts are there already."""
    for name in ("A0", "A1"):
        session.add("account", name=name)


def test_each_batch_is_a_commit_and_the_figures_are_those_of_one(
    crm: Crm, session: Session, bring: Import
) -> None:
    report = bring("deal", DEALS, create_missing=["account"], batch=4)
    newest = session.log(limit=3)
    assert [c.id for c in newest] == report.commits[::-1]
    assert [c.size for c in newest] == [3, 4, 4 + 1]
    assert newest[0].label.endswith("in.csv, part 3")
    assert (report.imported, report.rejected, report.created) == (ROWS, 0, {"account": 1})
    assert session.count("account") == 3
    sums = {f"A{r}": sum(n for n in range(ROWS) if n % 2 and n % 3 == r) for r in range(3)}
    found = {a.name: a.total_revenue for a in session.find("account")}
    assert found == {name: Money(100 * total, "EUR") for name, total in sums.items()}
    assert audit.verify(crm.store).faults == []
    assert crm.store.verify() == []


def test_others_save_between_two_batches(session: Session, bring: Import, login: Login) -> None:
    ben = login("ben", "admin")
    seen = []

    def progress(doing: str, done: int, total: int) -> None:
        if doing == "Importing":
            ben.add("account", name=f"Ben's {done}")
            seen.append(ben.count("deal"))

    def rows(count: int) -> str:
        return "Name,Account\n" + "".join(f"d{n},A1\n" for n in range(count))

    bring("deal", rows(2002), batch=500, progress=progress)
    assert seen == [500, 1500, 2000]
    assert session.count("deal") == 2002


def test_a_failure_says_what_of_it_is_there(
    session: Session, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    land, batches = Landing._land, []

    def landing(self: Landing, batch: object) -> None:
        land(self, batch)
        batches.append(batch)
        if len(batches) == 3:
            raise Fault("the disk is full; nothing was saved")

    monkeypatch.setattr(Landing, "_land", landing)
    with pytest.raises(Fault, match=r"disk is full.*; 8 rows before that are imported, in the com"):
        bring("deal", DEALS, create_missing=["account"], batch=4)
    assert session.count("deal") == 8


def test_a_file_whose_rows_have_keys_can_be_brought_in_again(bring: Import) -> None:
    text = "Id,Name\n" + "".join(f"k{n},Firm {n}\n" for n in range(5))
    first = bring("account", text, key="Id", batch=2)
    again = bring("account", text, key="Id", batch=2)
    assert (first.imported, again.imported, again.rejected) == (5, 0, 5)
    assert again.commits == []


def test_a_dry_run_changes_nothing_and_tells_the_same(session: Session, bring: Import) -> None:
    dry = bring("deal", DEALS, create_missing=["account"], batch=4, dry_run=True)
    assert (session.count("deal"), session.count("account")) == (0, 2)
    assert (dry.imported, dry.created, dry.commits) == (ROWS, {"account": 1}, [])


def test_rejected_rows_of_all_batches_are_in_one_file(tmp_path: Path, bring: Import) -> None:
    rejects = tmp_path / "rejects.csv"
    text = "Name,Account\n" + "".join(f"L{n},{'nobody' if n % 2 else 'A1'}\n" for n in range(6))
    report = bring("deal", text, batch=2, rejects=rejects)
    assert (report.imported, report.rejected) == (3, 3)
    assert [line.split(",")[0] for line in rejects.read_text().splitlines()[1:]] == [
        "L1", "L3", "L5",
    ]  # fmt: skip
