"""A file of many chunks is still one commit, with one journal and right figures."""

from __future__ import annotations

import pytest

from crmkit.core import audit
from crmkit.core.crm import Crm
from crmkit.core.kinds.numbers import Money
from crmkit.core.session import Session
from crmkit.exchange import landing
from tests.exchange.conftest import Import, Login, Write

DEALS = "Name,Account,Stage,Value\n" + "".join(
    f"d{n},A{n % 3},{'Closed won' if n % 2 else 'Lead'},{n}\n" for n in range(11)
)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "_CHUNK", 3)


def test_all_chunks_are_one_commit_whose_chain_holds(
    crm: Crm, session: Session, bring: Import
) -> None:
    report = bring("deal", DEALS, create_missing=["account"])
    newest = session.log(limit=1)[0]
    assert (newest.id, newest.size) == (report.commit, 11 + 3)
    session.add("account", name="later")
    assert audit.verify(crm.store).faults == []


def test_what_is_derived_is_right_after_the_last_chunk(session: Session, bring: Import) -> None:
    bring("deal", DEALS, create_missing=["account"])
    found = {a.name: a.total_revenue for a in session.find("account")}
    sums = {f"A{r}": sum(n for n in range(11) if n % 2 and n % 3 == r) for r in range(3)}
    assert found == {name: Money(100 * total, "EUR") for name, total in sums.items()}


def test_undo_takes_all_chunks_back(session: Session, bring: Import) -> None:
    bring("deal", DEALS, create_missing=["account"])
    session.undo()
    assert (session.count("deal"), session.count("account")) == (0, 0)


def test_a_fault_in_a_late_chunk_leaves_nothing(
    session: Session, bring: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def fail(doing: str, done: int, total: int) -> None:
        seen.append(done)
        if doing == "Importing":
            raise KeyboardInterrupt

    before = session.log(limit=1)[0].id
    with pytest.raises(KeyboardInterrupt):
        bring("deal", DEALS, create_missing=["account"], progress=fail)
    assert (session.count("deal"), session.count("account")) == (0, 0)
    assert session.log(limit=1)[0].id == before
    assert seen


def test_keys_are_known_across_chunks(bring: Import) -> None:
    rows = "".join(f"{n % 7},c{n}\n" for n in range(10))
    report = bring("account", f"Id,Name\n{rows}", key="Id")
    assert [row.reason for row in report.rejected_rows] == [
        f"Id {n} is already that of line {n + 2}" for n in range(3)
    ]


def test_a_supervisor_brings_leads_into_the_pool(login: Login, write: Write) -> None:
    from crmkit.exchange.importer import run_import

    supervisor = login("sue", "crm_supervisor")
    run_import(supervisor, "lead", write("Name,Phone\nAnn,+1 650 253 0000\n"))
    assert [lead.owner for lead in supervisor.find("lead", "is:unassigned")] == [None]
