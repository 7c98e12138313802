"""Real files that others wrote come in whole, with the figures that are known of them."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crmkit.core.errors import Invalid
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, ImportReport, run_import
from crmkit.exchange.writer import write_table

SALESFORCE: dict[str, Any] = {
    "map": ["stage=StageName", "value=Amount", "expected_close=CloseDate", "account=AccountId"],
    "values": [
        "stage:Prospecting=LEAD", "stage:Qualification=QUALIFIED",
        "stage:Value Proposition=PROPOSAL", "stage:Negotiation/Review=NEGOTIATION",
    ],
    "key": "Id",
    "create_missing": ["account"],
}  # fmt: skip
BILLING = [
    "billing_address.street=BillingStreet", "billing_address.city=BillingCity",
    "billing_address.region=BillingState", "billing_address.postcode=BillingPostalCode",
    "billing_address.country=BillingCountry",
]  # fmt: skip
NPSP_STAGES = [
    "stage:Prospecting=LEAD", "stage:Qualification=QUALIFIED", "stage:Needs Analysis=QUALIFIED",
    "stage:Value Proposition=PROPOSAL", "stage:Proposal/Price Quote=PROPOSAL",
    "stage:Id. Decision Makers=NEGOTIATION", "stage:Pledged=NEGOTIATION",
]  # fmt: skip


def bring(session: Session, entity: str, path: Path, **options: Any) -> ImportReport:
    return run_import(session, entity, path, ImportOptions.from_texts(**options))


def every(session: Session, entity: str) -> list[Any]:
    return session.find(entity, sort="id", limit=5000).records


def board(session: Session) -> dict[str, tuple[int, int]]:
    columns = session.board("deal")
    return {c.state.code: (c.count, int(c.sum.amount) if c.sum else 0) for c in columns}


@pytest.fixture
def salesforce(shared: Path) -> Path:
    return shared / "data/deals/salesforce_opportunity.csv"


def test_salesforce_deals_add_up(session: Session, salesforce: Path) -> None:
    report = bring(session, "deal", salesforce, **SALESFORCE)
    assert (report.rows, report.imported, report.created) == (219, 219, {"account": 118})
    found = board(session)
    assert found["CLOSED_WON"] == (89, 35_847_080)
    assert found["CLOSED_LOST"] == (57, 25_677_800)
    assert found["NEGOTIATION"] == (25, 10_112_770)
    assert found["LEAD"] == (14, 6_105_830)
    assert found["QUALIFIED"] == (15, 6_545_030)
    assert found["PROPOSAL"] == (19, 7_107_750)


def test_salesforce_dates_are_day_first_and_blanks_stay_blank(
    session: Session, salesforce: Path
) -> None:
    bring(session, "deal", salesforce, **SALESFORCE)
    deals = every(session, "deal")
    assert [d.expected_close for d in deals[:3]] == [
        date(2022, 3, 24), date(2022, 5, 11), date(2022, 12, 6),
    ]  # fmt: skip
    assert sum(d.value is None for d in deals) == 2


def test_salesforce_columns_that_contradict_the_stage_are_reported(
    session: Session, salesforce: Path
) -> None:
    report = bring(session, "deal", salesforce, dry_run=True, **SALESFORCE)
    assert {s.what: s.count for s in report.suspicions.values()} == {
        "IsWon contradicts the stage": 86,
        "IsClosed contradicts the stage": 120,
    }
    assert session.count("deal") == 0


def test_salesforce_deals_do_not_come_in_twice_and_go_with_undo(
    session: Session, salesforce: Path
) -> None:
    bring(session, "deal", salesforce, **SALESFORCE)
    again = bring(session, "deal", salesforce, **SALESFORCE)
    assert (again.imported, again.rejected, again.commit) == (0, 219, None)
    session.undo()
    assert (session.count("deal"), session.count("account")) == (0, 0)


def npsp_dev(session: Session, folder: Path, **options: Any) -> ImportReport:
    bring(session, "account", folder / "npsp_dev_account.csv", map=BILLING, key="id")
    people = ["account=AccountId", "job_title=Title"]
    bring(session, "contact", folder / "npsp_dev_contact.csv", map=people, key="id",
          by=["account=external_id"])  # fmt: skip
    wanted = ["value=amount", "stage=stage_name", "expected_close=close_date",
              "account=AccountId", "stakeholder=Primary_Contact__c"]  # fmt: skip
    return bring(session, "deal", folder / "npsp_dev_opportunity.csv", map=wanted, key="id",
                 by=["account=external_id", "stakeholder=external_id"], **options)  # fmt: skip


def test_npsp_deals_add_up_and_keep_their_people(session: Session, shared: Path) -> None:
    report = npsp_dev(session, shared / "data/deals", values=NPSP_STAGES)
    assert (report.imported, report.rejected) == (342, 0)
    found = board(session)
    assert sum(total for _, total in found.values()) == 223_028
    assert (found["CLOSED_WON"], found["CLOSED_LOST"]) == ((294, 217_520), (6, 935))
    deals = every(session, "deal")
    assert sum(bool(d.stakeholder) for d in deals) == 322
    assert all(d.account for d in deals)


def test_npsp_stages_that_nobody_mapped_are_listed_with_counts(
    session: Session, shared: Path
) -> None:
    with pytest.raises(Invalid) as refused:
        npsp_dev(session, shared / "data/deals")
    said = refused.value.problems["stage"]
    assert "7 unknown values: 'Pledged' (34), 'Needs Analysis' (3)" in said
    assert session.count("deal") == 0


def test_every_npsp_contact_is_tied_to_its_account(session: Session, shared: Path) -> None:
    folder = shared / "data/contacts_csv"
    report = bring(session, "account", folder / "npsp_1k_account.csv", map=BILLING, key="id")
    assert (report.imported, report.rejected) == (1223, 0)
    report = bring(session, "contact", folder / "npsp_1k_contact.csv", key="id",
                   map=["account=account_id", "job_title=Title"],
                   by=["account=external_id"])  # fmt: skip
    assert (report.imported, report.rejected) == (1024, 0)
    assert report.suspicions["the same name and e-mail as an earlier row"].count == 13
    accounts = {a.id: a.name for a in every(session, "account")}
    with (folder / "npsp_1k_account.csv").open(encoding="utf-8", newline="") as file:
        source = {row["id"]: row["Name"] for row in csv.DictReader(file)}
    assert Counter(accounts.values()) == Counter(source.values())
    contacts = every(session, "contact")
    with (folder / "npsp_1k_contact.csv").open(encoding="utf-8", newline="") as file:
        wanted = [(r["FirstName"], r["LastName"], source[r["account_id"]])
                  for r in csv.DictReader(file)]  # fmt: skip
    found = [(c.first_name, c.last_name, accounts[c.account[0].value]) for c in contacts]
    assert found == wanted
    assert sum(bool(c.email) for c in contacts) == 470
    assert sum(bool(c.phone) for c in contacts) == 510


OUTLOOK = [
    "last_name=Name", "email=E-mail Address", "email=E-mail 2 Address", "email=E-mail 3 Address",
    "phone:mobile=Mobile Phone", "phone:pager=Pager", "phone:home=Home Phone",
    "phone:home=Home Phone 2", "phone:fax=Home Fax", "phone:work=Business Phone",
    "phone:work=Business Phone 2", "phone:fax=Business Fax", "phone:other=Other Phone",
    "address:home=Home Address", "address:work=Business Address", "account=Company",
]  # fmt: skip


def test_outlook_contacts_come_in_though_rows_are_short(session: Session, shared: Path) -> None:
    path = shared / "data/contacts_csv/outlook_style_actions.csv"
    report = bring(session, "contact", path, map=OUTLOOK, create_missing=["account"])
    assert (report.imported, report.rejected) == (3, 0)
    people = every(session, "contact")
    assert [c.title for c in people] == ["Adam Glacius", "Daniel Ireland", "Duncan Amey"]
    assert [len(c.email) for c in people] == [3, 1, 1]
    assert people[0].address[0].value.street == "999 Super Way, Super"


@pytest.mark.parametrize(
    ("name", "rows", "phones"), [("takbok_sample1", 16, 48), ("takbok_sample2", 100, 298)]
)
def test_wide_address_books_come_in(
    session: Session, shared: Path, name: str, rows: int, phones: int
) -> None:
    path = shared / f"data/contacts_csv/{name}.csv"
    report = bring(session, "contact", path, map=OUTLOOK, create_missing=["account"])
    assert (report.imported, report.rejected) == (rows, 0)
    people = every(session, "contact")
    assert all(len(c.email) == 1 for c in people)
    with path.open(encoding="utf-8", newline="") as file:
        columns = [w.partition("=")[2] for w in OUTLOOK if w.startswith("phone")]
        cells = [[row[c] for c in columns if row[c]] for row in csv.DictReader(file)]
    assert sum(map(len, cells)) == phones
    assert [len(c.phone) for c in people] == [len(set(row)) for row in cells]


def test_naughty_strings_come_back_unchanged(
    session: Session, shared: Path, tmp_path: Path
) -> None:
    strings = json.loads((shared / "data/text/blns.json").read_text(encoding="utf-8"))
    texts = [text for text in strings if text.strip(" \t\r\n")]
    assert len(texts) > 400
    sent = tmp_path / "naughty.csv"
    with sent.open("w", encoding="utf-8", newline="") as file:
        write_table(file, ["First name", "Last name", "Notes"], [["N", t, t] for t in texts])
    report = bring(session, "contact", sent)
    assert (report.imported, report.rejected) == (len(texts), 0)
    stored = every(session, "contact")
    assert [(c.last_name, c.notes) for c in stored] == [(t, t) for t in texts]

    model = session.model.entity("contact")
    fields = [model.field(name) for name in ("first_name", "last_name", "notes")]
    back = tmp_path / "back.csv"
    with back.open("w", encoding="utf-8", newline="") as file:
        write_table(
            file, ["first_name", "last_name", "notes"], session.display_many(stored, fields)
        )
    assert bring(session, "contact", back).imported == len(texts)
    again = every(session, "contact")[len(texts) :]
    assert [(c.last_name, c.notes) for c in again] == [(t, t) for t in texts]
