"""Rows become records in one commit; what cannot is rejected and accounted for."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crmkit.core.crm import Crm
from crmkit.core.errors import Invalid, NotFound, Usage
from crmkit.core.fields import Item
from crmkit.core.kinds.numbers import Money
from crmkit.core.model import Model
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import
from tests.databases import Databases
from tests.exchange.conftest import Import, Write

LEADS = "Name,Phone,Status\nAnn,+1 650 253 0000,Contacted\n,+1 650 253 0001,\nCy,+1 650 253 0002,\n"


def names(session: Session, entity: str) -> list[str]:
    return [record.title for record in session.find(entity, sort="id")]


def test_good_rows_land_and_bad_ones_are_rejected(session: Session, bring: Import) -> None:
    report = bring("lead", LEADS)
    assert (report.rows, report.imported, report.rejected) == (3, 2, 1)
    assert names(session, "lead") == ["Ann", "Cy"]
    assert [(row.line, row.reason) for row in report.rejected_rows] == [(3, "name: fill it in")]


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_is_said_of_an_encoding_that_was_guessed(
    session: Session, write: Write, tmp_path: Path, dry_run: bool
) -> None:
    options = ImportOptions.from_texts(dry_run=dry_run)
    windows = write("last_name\nM\u00fcller\nO\u2019Brien\n", encoding="cp1252")
    said = list(run_import(session, "contact", windows, options).lines())
    assert "read as cp1252, since it is not UTF-8; --encoding names another" in said
    mixed = tmp_path / "mixed.csv"
    mixed.write_bytes("last_name\nM\u00fcller\n".encode() + b"O\x92Brien\n")
    said = list(run_import(session, "contact", mixed, options).lines())
    assert "bytes that are not UTF-8, read as cp1252: 1 row (line 3)" in said
    plain = list(run_import(session, "contact", write("last_name\nM\u00fcller\n"), options).lines())
    assert not [line for line in plain if "read as" in line]
    twice = 0 if dry_run else 2
    assert [names(session, "contact").count(n) for n in ("M\u00fcller", "O\u2019Brien")] == [
        3 if twice else 0, twice]  # fmt: skip


def test_an_import_is_one_commit_that_undo_takes_back_whole(
    session: Session, bring: Import
) -> None:
    report = bring("lead", LEADS)
    newest = session.log(limit=1)[0]
    assert (newest.id, newest.label, newest.size) == (report.commit, "Import leads from in.csv", 2)
    session.undo()
    assert session.count("lead") == 0


def test_rejected_rows_go_to_a_file_with_line_and_reason(bring: Import, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    report = bring("lead", LEADS, rejects=rejects)
    with rejects.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["Name", "Phone", "Status", "line", "reason"],
        ["", "+1 650 253 0001", "", "3", "name: fill it in"],
    ]
    assert report.rejects_file == str(rejects)


def test_without_bad_rows_there_is_no_rejects_file(bring: Import, tmp_path: Path) -> None:
    report = bring("lead", "Name,Phone\nAnn,+1 650 253 0000\n", rejects=tmp_path / "r.csv")
    assert (report.rejects_file, (tmp_path / "r.csv").exists()) == ("", False)


def test_a_dry_run_tells_the_same_and_writes_nothing(session: Session, bring: Import) -> None:
    planned = bring("lead", LEADS, dry_run=True)
    assert (session.count("lead"), planned.commit) == (0, None)
    done = bring("lead", LEADS)
    assert (done.imported, done.rejected_rows) == (planned.imported, planned.rejected_rows)


def test_where_no_row_is_good_there_is_no_commit(session: Session, bring: Import) -> None:
    before = session.log(limit=1)[0].id
    assert bring("lead", "Name,Phone\n,1\n").commit is None
    assert session.log(limit=1)[0].id == before


def test_a_row_of_too_many_cells_is_rejected_as_it_stands(bring: Import, tmp_path: Path) -> None:
    rejects = tmp_path / "rejects.csv"
    report = bring("account", "Name,Notes\nAcme,one\nBeta,two,three\n", rejects=rejects)
    assert (report.imported, report.rejected) == (1, 1)
    assert rejects.read_text(encoding="utf-8").splitlines()[1].startswith("Beta,two,3,")


def test_a_short_row_is_imported_with_blanks(session: Session, bring: Import) -> None:
    assert bring("account", "Name,Notes,Phone\nAcme\n").imported == 1
    assert session.find("account").records[0].notes == ""


def test_all_that_is_wrong_with_a_row_is_said_at_once(bring: Import) -> None:
    report = bring("account", "Name,E-mail,Employees\nAcme,nobody,many\n")
    assert [row.reason.count(": ") for row in report.rejected_rows] == [3]


def test_constants_fill_every_record_but_where_the_row_has_its_own(
    session: Session, bring: Import
) -> None:
    text = "Name,Branch\nAcme,Law\nBeta,\n"
    bring("account", text, map=["industry=Branch"], set=["industry=Retail", "status=inactive"])
    found = {a.name: (a.industry, a.status) for a in session.find("account")}
    assert found == {"Acme": ("Law", "INACTIVE"), "Beta": ("Retail", "INACTIVE")}


def test_names_of_two_columns_are_joined(session: Session, bring: Import) -> None:
    text = "First,Last,Phone\nAda,Byron,+1 650 253 0000\nCher,,+1 650 253 0001\n"
    bring("lead", text, map=["name=First", "name=Last"])
    assert names(session, "lead") == ["Ada Byron", "Cher"]


def test_a_repeating_field_takes_several_columns_with_labels(
    session: Session, bring: Import
) -> None:
    text = "Last name,A,B\nByron,a@example.com,b@example.com; c@example.com\n"
    bring("contact", text, map=["email=A", "email:work=B"])
    assert session.find("contact").records[0].email == (
        Item("a@example.com", "", True), Item("b@example.com", "work"),
        Item("c@example.com", "work"),
    )  # fmt: skip


def test_an_address_is_put_together_from_its_columns(session: Session, bring: Import) -> None:
    text = "Name,S,C,Z\nAcme,1 High St,York,YO1\nBeta,,,\n"
    wanted = ["billing_address.street=S", "billing_address.city=C", "billing_address.zip=Z"]
    bring("account", text, map=wanted)
    found = [str(a.billing_address or "") for a in session.find("account", sort="id")]
    assert found == ["1 High St, York, YO1", ""]


DEALS = "Name,Value,Close,Account\n"


def test_dates_are_read_in_the_order_of_the_whole_column(session: Session, bring: Import) -> None:
    text = f"{DEALS}a,1,03/04/2026,Acme\nb,2,14/03/2026,Acme\n"
    report = bring("deal", text, map=["expected_close=Close"], create_missing=["account"])
    found = [d.expected_close for d in session.find("deal", sort="id")]
    assert found == [date(2026, 4, 3), date(2026, 3, 14)]
    assert "dates of Close are read as dmy" in report.read_as


def test_ambiguous_dates_are_refused_until_they_are_settled(
    session: Session, bring: Import
) -> None:
    text = f"{DEALS}a,1,03/04/2026,Acme\n"
    options = {"map": ["expected_close=Close"], "create_missing": ["account"]}
    with pytest.raises(Invalid, match="03/04/2026.*--dates") as refused:
        bring("deal", text, **options)
    assert refused.value.exit_code == 6
    assert (session.count("deal"), session.count("account")) == (0, 0)
    bring("deal", text, dates="mdy", **options)
    assert session.find("deal").records[0].expected_close == date(2026, 3, 4)


def test_a_moment_without_a_zone_is_the_firms_time(session: Session, bring: Import) -> None:
    bring("lead", "Name,Phone,Next call\nAnn,+1 650 253 0000,2026-03-14 15:00\n")
    assert session.find("lead").records[0].next_call == datetime(2026, 3, 14, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "minor", "currency"),
    [("1.234,50", 123450, "EUR"), ("$99.95", 9995, "USD"), ("(45.00)", -4500, "EUR")],
)
def test_amounts_are_read_as_they_are_written(
    session: Session, bring: Import, amount: str, minor: int, currency: str
) -> None:
    bring("deal", f'{DEALS}a,"{amount}",,Acme\n', create_missing=["account"])
    assert session.find("deal").records[0].value == Money(minor, currency)


def test_the_currency_may_have_a_column_or_be_said_once(session: Session, bring: Import) -> None:
    text = "Name,Account,Value,Unit\na,Acme,5,GBP\nb,Acme,6,\n"
    bring("deal", text, map=["value.currency=Unit"], set=["value.currency=CHF"],
          create_missing=["account"])  # fmt: skip
    found = [d.value for d in session.find("deal", sort="id")]
    assert found == [Money(500, "GBP"), Money(600, "CHF")]


def test_a_blank_amount_stays_blank(session: Session, bring: Import) -> None:
    bring("deal", f"{DEALS}a,,,Acme\n", create_missing=["account"])
    assert session.find("deal").records[0].value is None


def test_what_is_rounded_is_reported_with_its_line(session: Session, bring: Import) -> None:
    report = bring("deal", f"{DEALS}a,1.005,,Acme\nb,1.5,,Acme\n", create_missing=["account"])
    told = [(s.what, s.lines) for s in report.suspicions.values()]
    assert told == [("value rounded to the currency's smallest unit", [2])]


def test_an_imported_record_that_names_no_owner_has_none(session: Session, bring: Import) -> None:
    bring("lead", "Name,Phone\nAnn,+1 650 253 0000\n")
    assert session.find("lead").records[0].owner is None


def test_history_may_come_in_without_what_a_move_would_ask_for(
    session: Session, bring: Import
) -> None:
    report = bring("lead", "Name,Phone,Status\nAnn,+1 650 253 0000,Lost\n")
    assert (report.imported, session.find("lead").records[0].status) == (1, "LOST")


def test_columns_that_go_nowhere_are_listed(bring: Import) -> None:
    assert bring("account", "Name,Shoe size\nAcme,42\n").unmapped == ["Shoe size"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_files_in_other_encodings_come_in_as_they_were(
    session: Session, write: Write, encoding: str
) -> None:
    bom = "\ufeff" if encoding == "utf-16-le" else ""
    path = write(f"{bom}Name;Notes\nCafé Müller;größer\nÅngström & Søn;\n", encoding=encoding)
    run_import(session, "account", path)
    assert names(session, "account") == ["Café Müller", "Ångström & Søn"]


def test_a_missing_file_is_not_found(session: Session, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        run_import(session, "account", tmp_path / "none.csv")


def test_the_rejects_do_not_overwrite_the_file(session: Session, write: Write) -> None:
    path = write(LEADS)
    with pytest.raises(Usage, match="overwrite"):
        run_import(session, "lead", path, ImportOptions(rejects=path))


def test_a_file_without_a_known_column_is_refused(bring: Import) -> None:
    with pytest.raises(Usage, match="--map"):
        bring("account", "x,y\n1,2\n")


def test_progress_ends_with_all_rows(session: Session, write: Write) -> None:
    seen: list[tuple[str, int, int]] = []
    options = ImportOptions(progress=lambda *told: seen.append(told))
    run_import(session, "lead", write(LEADS), options)
    assert seen == [("Reading", 3, 3), ("Importing", 3, 3)]


def test_the_same_import_into_postgresql(
    model: Model, postgres_database: str, write: Write, databases: Databases
) -> None:
    from crmkit.core.crm import SYSTEM
    from tests.exchange.conftest import firm

    crm: Crm
    for crm in firm(model, postgres_database, databases):
        crm.session(SYSTEM).add("user", name="ada", roles=(Item("admin"),))
        session = crm.session("ada")
        report = run_import(session, "lead", write(LEADS))
        assert (report.imported, names(session, "lead")) == (2, ["Ann", "Cy"])
