"""References in files are found by number, name or external id, or made where that is said."""

from __future__ import annotations

import pytest

from crmkit.core.errors import Denied, Invalid, Usage
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, run_import
from tests.exchange.conftest import Import, Login, Write

DEALS = "Name,Account\n"


@pytest.fixture
def acme(session: Session) -> int:
    return session.add("account", name="Acmé Ltd").id


def accounts(session: Session) -> list[int]:
    return [deal.account for deal in session.find("deal", sort="id")]


@pytest.mark.parametrize("text", ["Acmé Ltd", "acme ltd", "{id}", "account:{id}", " ACMÉ LTD "])
def test_a_record_is_found_by_name_or_number(
    session: Session, bring: Import, acme: int, text: str
) -> None:
    bring("deal", f"{DEALS}a,{text.format(id=acme)}\n")
    assert accounts(session) == [acme]


def test_a_name_that_nothing_has_rejects_the_row(bring: Import, acme: int) -> None:
    report = bring("deal", f"{DEALS}a,Acme Ltd\nb,Nobody\nc,account:99\n")
    assert [row.reason for row in report.rejected_rows] == [
        "account: no account is called 'Nobody'",
        "account: there is no account:99",
    ]


def test_a_name_that_several_have_rejects_the_row(
    session: Session, bring: Import, acme: int
) -> None:
    other = session.add("account", name="Acme Ltd").id
    report = bring("deal", f"{DEALS}a,Acme Ltd\n")
    assert f"({acme}, {other}); write the number" in report.rejected_rows[0].reason


def test_missing_records_are_made_once_in_the_same_commit(
    session: Session, bring: Import, acme: int
) -> None:
    rows = "a,Beta\nb,BETA\nc,Acme Ltd\nd,Gamma\n"
    report = bring("deal", DEALS + rows, create_missing=["account"])
    assert report.created == {"account": 2}
    assert [a.name for a in session.find("account", sort="id")] == ["Acmé Ltd", "Beta", "Gamma"]
    session.undo()
    assert (session.count("deal"), session.count("account")) == (0, 1)


def test_a_rejected_row_makes_no_missing_record(session: Session, bring: Import) -> None:
    report = bring("deal", "Name,Account,Value\na,Beta,many\n", create_missing=["account"])
    assert (report.rejected, report.created, session.count("account")) == (1, {}, 0)


def test_what_needs_more_than_a_name_is_not_made(bring: Import) -> None:
    with pytest.raises(Usage, match="from a name alone"):
        bring("deal", f"{DEALS}a,Acme\n", create_missing=["contact"])
    with pytest.raises(Invalid, match="missing lead cannot be created"):
        text = "Subject,About\nCall,lead:Ann\n"
        bring("action", text, create_missing=["lead"])


def test_the_external_id_ties_the_rows_of_two_files(session: Session, bring: Import) -> None:
    bring("account", "Id,Name\n7,Acme\n8,Beta\n", key="Id")
    bring("deal", f"{DEALS}a,8\nb,7\n", by=["account=external_id"])
    assert [session.titles({("account", i)})["account", i] for i in accounts(session)] == [
        "Beta", "Acme",
    ]  # fmt: skip


def test_an_external_id_is_not_taken_for_a_number(session: Session, bring: Import) -> None:
    bring("account", "Id,Name\n7,Acme\n", key="Id")
    report = bring("deal", f"{DEALS}a,1\n", by=["account=external_id"])
    assert [row.reason for row in report.rejected_rows] == ["account: no account is called '1'"]


def test_a_row_does_not_come_in_twice(session: Session, bring: Import) -> None:
    bring("account", "Id,Name\n7,Acme\n", key="Id")
    report = bring("account", "Id,Name\n7,Acme\n8,Beta\n8,Beta again\n", key="Id")
    assert [row.reason for row in report.rejected_rows] == [
        "Id 7 was imported before, as account 1",
        "Id 8 is already that of line 3",
    ]
    assert report.imported == 1


def test_a_missing_record_is_made_with_its_external_id(session: Session, bring: Import) -> None:
    bring("deal", f"{DEALS}a,X1\n", by=["account=external_id"], create_missing=["account"])
    bring("deal", f"{DEALS}b,X1\n", by=["account=external_id"], create_missing=["account"])
    assert (len(set(accounts(session))), session.count("account")) == (1, 1)


def test_people_are_found_by_their_login_name(session: Session, bring: Import, acme: int) -> None:
    report = bring("deal", f"Name,Account,Salesperson\na,{acme},Ada\nb,{acme},Eve\n")
    assert report.rejected_rows[0].reason == "salesperson: no user is called 'Eve'"
    assert session.find("deal").records[0].salesperson == session.actor.id


def test_names_of_people_may_stand_for_users(session: Session, bring: Import, acme: int) -> None:
    rows = f"a,{acme},Eve Smith\nb,{acme},Somebody\n"
    values = ["salesperson:Eve Smith=ada", "salesperson:*="]
    report = bring("deal", f"Name,Account,Salesperson\n{rows}", values=values)
    found = [d.salesperson for d in session.find("deal", sort="id")]
    assert (report.rejected, found) == (0, [session.actor.id, None])


def test_several_references_keep_their_labels(session: Session, bring: Import, acme: int) -> None:
    other = session.add("account", name="Beta (UK)").id
    bring("contact", 'Last name,Account\nByron,"Acme Ltd (director) | Beta (UK)"\n')
    found = session.find("contact").records[0].account
    assert [(i.value, i.label) for i in found] == [(acme, "director"), (other, "")]


def test_one_who_may_not_create_may_not_import(
    crm: object, login: Login, write: Write, session: Session
) -> None:
    reader = login("rae", "crm_worker")
    with pytest.raises(Denied, match=r"account\.create"):
        run_import(reader, "account", write("Name\nAcme\n"))


def test_making_missing_records_needs_the_grant_for_them(login: Login, write: Write) -> None:
    supervisor = login("sue", "crm_supervisor")
    options = ImportOptions(create_missing=("user",))
    with pytest.raises(Denied, match=r"user\.create"):
        run_import(supervisor, "deal", write(f"{DEALS}a,Acme\n"), options)


def test_a_field_that_one_may_not_set_may_not_be_imported(login: Login, write: Write) -> None:
    supervisor = login("sue", "crm_supervisor")
    path = write("Name,Phone,Owner\nAnn,+1 650 253 0000,ada\n")
    login("ada", "staff")
    with pytest.raises(Denied, match=r"lead\.create\.owner"):
        run_import(supervisor, "lead", path)
    assert supervisor.count("lead") == 0
