"""Conversion: a lead becomes a client, with its contact, its account and perhaps a deal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crmkit.api import Extension, Facet, Guard, Item, Link, Money, facet, flag, text
from crmkit.core.crm import Crm
from crmkit.core.errors import Denied, Detour, Invalid, Refused
from crmkit.core.session import Session
from crmkit.plugins.conversion.names import name_parts
from tests.core.conftest import Clock
from tests.core.plugin_maker import firm_crm

Login = Callable[..., Session]
PHONE, EMAIL = "+442079460000", "ann@bow.example"


def lead(session: Session, name: str = "Dr. Ann Other", **more: Any) -> int:
    values = {"name": name, "phone": PHONE, "email": EMAIL, "notes": "Met at the fair", **more}
    return session.add("lead", values).id


def convert(session: Session, id: int, **said: Any) -> Any:
    return session.run("lead.convert", id, said)


def only(session: Session, entity: str, filter: str = "") -> Any:
    found = session.find(entity, filter).records
    assert len(found) == 1
    return found[0]


def values(items: tuple[Item, ...]) -> list[Any]:
    return [item.value for item in items]


def export(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every value of every record that is there, but those by which the journal counts."""
    return {
        entity.name: [
            {f.key: f.dump(record.get(f)) for f in entity.fields}
            for record in session.find(entity.name, sort="id", limit=1000)
        ]
        for entity in session.model.entities.values()
    }


def test_a_company_becomes_a_client_an_account_and_a_contact(admin: Session) -> None:
    id = lead(admin, company="Bow & Sons", source="Referral")
    convert(admin, id)

    client, account, contact = (only(admin, e) for e in ("client", "account", "contact"))
    assert (client.name, client.kind, client.status) == ("Bow & Sons", "COMPANY", "ACTIVE")
    assert (client.account, client.primary_contact) == (account.id, contact.id)
    assert (client.origin, str(client.client_since)) == (Link("lead", id), "2026-11-23")
    assert client.account_manager == account.account_manager == admin.actor.id
    assert (values(client.phone), values(client.email)) == ([PHONE], [EMAIL])
    assert (client.notes, contact.notes) == ("Met at the fair", "")
    assert (contact.salutation, contact.first_name, contact.last_name) == ("Dr.", "Ann", "Other")
    assert (values(contact.account), values(contact.email)) == ([account.id], [EMAIL])
    assert (account.name, account.phone, account.email) == ("Bow & Sons", PHONE, EMAIL)
    converted: Any = admin.get("lead", id)
    assert (converted.status, converted.client) == ("CONVERTED", client.id)
    assert [m.name for m, f in admin.related("client") if f.key == "client"].count("lead") == 1
    assert admin.count("deal") == 0


def test_a_person_becomes_a_client_and_a_contact(admin: Session) -> None:
    client = convert(admin, lead(admin, "Ann Other"))

    assert (client.name, client.kind, client.account) == ("Ann Other", "PERSON", None)
    assert admin.count("account") == 0


def test_a_person_at_a_company_is_no_part_of_its_revenue(admin: Session) -> None:
    client = convert(admin, lead(admin, company="Bow & Sons"), kind="PERSON")

    assert (client.name, client.kind, client.account) == ("Dr. Ann Other", "PERSON", None)
    assert values(only(admin, "contact").account) == [only(admin, "account").id]


@pytest.mark.parametrize(
    "said", [{"deal": True}, {"deal_name": "Bow & Sons"}, {"deal_value": Money(500_00, "GBP")}]
)
def test_a_deal_comes_with_it_where_one_is_wanted(admin: Session, said: dict[str, Any]) -> None:
    client = convert(admin, lead(admin, company="Bow & Sons", source="Event"), **said)

    deal = only(admin, "deal")
    assert (deal.name, deal.client, deal.account) == ("Bow & Sons", client.id, client.account)
    assert (deal.source, deal.value) == ("Event", said.get("deal_value"))
    assert values(deal.stakeholder) == [only(admin, "contact").id]


def test_merging_fills_what_is_empty_and_adds_what_is_new(admin: Session) -> None:
    account = admin.add("account", name="Bow Ltd", phone="+442079460999").id
    contact = admin.add("contact", last_name="Other", email=(Item("ANN@bow.example", "work"),)).id
    client = admin.add(
        "client", name="Bow", status="PROSPECT", notes="Old friends", phone=(Item("+442079460999"),)
    ).id
    id = lead(admin, "Ann Smith", company="Bow & Sons")
    convert(admin, id, client=client, contact=contact, account=account)

    kept, person, firm = (only(admin, e) for e in ("client", "contact", "account"))
    assert (kept.name, kept.notes, kept.status) == ("Bow", "Old friends", "ACTIVE")
    assert (values(kept.phone), kept.primary_contact) == (["+442079460999", PHONE], contact)
    assert (person.first_name, person.last_name) == ("Ann", "Other")
    assert (values(person.email), values(person.phone)) == (["ANN@bow.example"], [PHONE])
    assert (firm.name, firm.phone, firm.email) == ("Bow Ltd", "+442079460999", EMAIL)
    assert kept.account == account


def test_further_work_for_a_client_stays_with_the_client(admin: Session) -> None:
    account = admin.add("account", name="Bow Ltd").id
    client = admin.add("client", name="Bow", account=account).id
    id = lead(admin, company="Bow & Sons", client=client)

    assert admin.propose("lead.convert", id)[0] == {"kind": "COMPANY", "client": client}
    assert convert(admin, id).id == client
    assert admin.count("client") == admin.count("account") == 1
    assert values(only(admin, "contact").account) == [account]


def test_a_second_conversion_is_refused_and_names_the_client(admin: Session) -> None:
    id = lead(admin, company="Bow & Sons")
    client = convert(admin, id)

    with pytest.raises(Refused, match=rf"it became client {client.id} Bow & Sons"):
        convert(admin, id)
    assert admin.count("client") == 1


def test_no_other_way_leads_to_converted(admin: Session) -> None:
    id = lead(admin)
    with pytest.raises(Detour, match=rf"crmkit lead convert {id}") as asked:
        admin.move("lead", id, "CONVERTED")
    assert asked.value.command == "lead.convert"
    with pytest.raises(Invalid, match="CONVERTED"):
        lead(admin, status="CONVERTED")


def test_a_converted_lead_is_called_no_more_and_no_longer_claimed(
    login: Login, admin: Session
) -> None:
    kim = login("kim", "account_manager")
    id = lead(admin, owner=None, next_call=admin.now)
    kim.run("lead.claim", id)
    client = convert(kim, id)

    after: Any = admin.get("lead", id)
    assert (after.next_call, after.claimed_by, after.owner) == (None, None, kim.actor.id)
    assert client.account_manager == kim.actor.id


def test_a_lead_brought_in_as_converted_can_be_given_its_client(admin: Session) -> None:
    with admin.transaction() as unit:
        unit.lenient = True
        id = unit.add("lead", name="Ann Other", email=EMAIL, status="CONVERTED").id
    client = convert(admin, id)

    assert admin.get("lead", id).client == client.id  # type: ignore[attr-defined]


@pytest.mark.parametrize("entity", ["client", "contact", "account"])
def test_what_is_not_there_is_named(admin: Session, entity: str) -> None:
    id = lead(admin, company="Bow & Sons")
    with pytest.raises(Invalid, match=f"there is no {entity} 99"):
        convert(admin, id, **{entity: 99})
    assert admin.count("contact") == admin.count("account") == 0


def test_conversion_needs_the_grants_of_what_it_makes(login: Login, admin: Session) -> None:
    id = lead(admin, owner=None)
    with pytest.raises(Denied, match=r"lead\.convert is missing"):
        convert(login("rae", "crm_worker"), id)
    other = lead(admin)
    kim = login("kim", "crm_supervisor")
    with pytest.raises(Denied, match=r"lead\.convert is missing"):
        convert(login("zoe", "manage_leads", "view_all_leads"), other)
    convert(kim, id)


def test_a_guard_of_the_move_still_holds(tmp_path: Any, clock: Clock) -> None:
    def signed(lead: Any, ctx: Any) -> str | None:
        return None if "signed" in lead.notes else "Have it signed first."

    guard = Extension("lead", guards=(Guard(signed, target="CONVERTED"),))
    crm = firm_crm(f"sqlite:///{tmp_path / 'a.db'}", clock, crm_extensions=[guard])
    ada = crm.session("ada")
    id = lead(ada)
    with pytest.raises(Refused, match="Have it signed first"):
        convert(ada, id)
    assert ada.count("client") == ada.count("contact") == 0
    crm.store.close()


@facet("lead")
class OnLead(Facet):
    """What a firm asks of leads."""

    vat_id: str = text("VAT id", default="")
    urgent: bool = flag("Urgent")
    only_here: str = text("Only here", default="")


@facet("client")
class OnClient(Facet):
    """What it asks of clients."""

    vat_id: str = text("VAT id", default="")
    urgent: str = text("Urgent", default="", help="The same name, another kind.")


@pytest.fixture
def acme(database_url: str, clock: Clock) -> Any:
    extensions = [Extension("lead", facet=OnLead), Extension("client", facet=OnClient)]
    crm: Crm = firm_crm(database_url, clock, crm_extensions=extensions)
    yield crm.session("ada")
    crm.store.close()


def test_a_firms_own_fields_carry_over_and_identifiers_of_files_do_not(acme: Session) -> None:
    more = {"acme.vat_id": "GB1", "acme.urgent": True, "imports.external_id": "row 7"}
    client = convert(acme, lead(acme, **more))

    assert (client[OnClient].vat_id, client[OnClient].urgent) == ("GB1", "")
    assert client.get(acme.model.entity("client").field("external_id")) == ""


def test_undo_takes_all_of_it_back(acme: Session) -> None:
    account = acme.add("account", name="Bow Ltd").id
    acme.add("action", subject="Call", about=Link("account", account))
    id = lead(acme, company="Bow & Sons", next_call=acme.now, **{"acme.vat_id": "GB1"})
    before = export(acme)
    convert(acme, id, account=account, deal=True)
    assert export(acme) != before

    undone = acme.undo()
    assert undone.left == []
    assert export(acme) == before
    assert convert(acme, id).name == "Bow & Sons"


def test_undo_says_what_has_moved_on_and_leaves_that(admin: Session) -> None:
    id = lead(admin, company="Bow & Sons")
    client = convert(admin, id, deal=True)
    commit = admin.log(limit=1)[0].id
    admin.set("client", client.id, {"tax_id": "GB 1"})

    undone = admin.undo(commit)
    assert undone.left == [
        "Client Bow & Sons stays: Tax id changed since",
        "account Bow & Sons stays: client Bow & Sons needs it",
        "contact Ann Other stays: client Bow & Sons needs it",
    ]
    back: Any = admin.get("lead", id)
    assert (back.status, back.client, admin.count("deal")) == ("NOT_CONTACTED", None, 0)
    proposed = admin.propose("lead.convert", id)[1]["client"][0]
    assert (proposed.id, proposed.reasons) == (client.id, ("made from this lead before",))


def test_undo_keeps_what_something_new_needs(admin: Session) -> None:
    client = convert(admin, lead(admin, company="Bow & Sons"))
    commit = admin.log(limit=1)[0].id
    admin.add("action", subject="Send the letter", about=Link("client", client.id))

    left = admin.undo(commit).left
    assert "client Bow & Sons stays: action Send the letter needs it" in left
    assert "contact Ann Other stays: client Bow & Sons needs it" in left
    assert (admin.count("client"), admin.count("contact"), admin.count("account")) == (1, 1, 1)


def test_existing_records_are_proposed_with_the_reason(admin: Session) -> None:
    alike = admin.add("contact", first_name="A.", last_name="Otter", phone=(Item(PHONE),)).id
    named = admin.add("account", name="Bow & Sons").id
    admin.add("account", name="Unrelated Ltd")
    client = admin.add("client", name="Bow & Sons").id
    proposed = admin.propose("lead.convert", lead(admin, company="Bow & Sons"))[1]

    first = {entity: (found[0].id, found[0].certain) for entity, found in proposed.items()}
    assert first == {"contact": (alike, True), "account": (named, False), "client": (client, False)}
    assert all(match.reasons for found in proposed.values() for match in found)
    assert [len(found) for found in proposed.values()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Ann Other", ("", "Ann", "Other")),
        ("Dr. Ann Other", ("Dr.", "Ann", "Other")),
        ("Prof. Dr. Ludwig van Beethoven", ("Prof. Dr.", "Ludwig", "van Beethoven")),
        ("Mary Jane Smith", ("", "Mary Jane", "Smith")),
        ("Smith, Mary Jane", ("", "Mary Jane", "Smith")),
        ("van Dyke, Dr Dick", ("Dr", "Dick", "van Dyke")),
        ("Levy", ("", "", "Levy")),
        ("Mr Levy", ("Mr", "", "Levy")),
        ("Mr", ("", "", "Mr")),
        ("de la Cruz", ("", "de", "la Cruz")),
        ("Levy,", ("", "", "Levy")),
    ],
)
def test_names_are_taken_apart(line: str, parts: tuple[str, str, str]) -> None:
    keys = ("salutation", "first_name", "last_name")
    assert name_parts(line) == {k: v for k, v in zip(keys, parts, strict=True) if v}
