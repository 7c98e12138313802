"""Made-up parties: accounts, contacts, prospects and clients."""

from __future__ import annotations

from random import Random
from typing import Any

from crmkit.demo import matters, places
from crmkit.demo.companies import Company
from crmkit.demo.names import Person
from crmkit.demo.team import MANAGERS, any_of
from crmkit.demo.world import World

Items = list[tuple[Any, str, bool]]
"""The values of a repeating field: each with its label, and whether it comes first."""
_CATEGORIES = ("DECISION_MAKER", "TECHNICAL", "ADMINISTRATIVE", "EXTERNAL")
_PLACES_AT_WORK = ("employee", "employee", "employee", "director", "partner", "counsel")
_STATES_OF_CLIENTS = ("ACTIVE",) * 13 + ("PAST",) * 4 + ("PARTNER", "VENDOR", "PROSPECT")


def account(world: World, number: int) -> dict[str, Any]:
    """Return an organisation."""
    dice = world.dice("account", number)
    company = world.company("account", number)
    return {
        "name": company.name,
        "status": "INACTIVE" if dice.random() < 0.08 else "ACTIVE",
        "industry": company.industry,
        "account_manager": any_of(MANAGERS, dice),
        "parent": _parent(dice, world, number),
        "employees": int(dice.lognormvariate(4, 1.4)) + 1,
        "tax_id": f"{company.city.country}-DEMO-{number:06d}" if dice.random() < 0.3 else "",
        "phone": switchboard(company),
        "email": f"office@{company.host}",
        "website": f"https://{company.host}",
        "billing_address": office(world, number),
        "shipping_address": _second_site(dice, company),
        "notes": matters.remark(dice),
        "created_at": world.created("account", number),
    }


def _parent(dice: Random, world: World, number: int) -> int | None:
    groups = world.groups
    return dice.randrange(1, groups + 1) if number > groups > 0 and dice.random() < 0.1 else None


def _second_site(dice: Random, company: Company) -> dict[str, str] | None:
    return places.address(dice, company.city) if dice.random() < 0.05 else None


def switchboard(company: Company) -> str:
    """Return the phone number of an organisation, '' for none."""
    return places.phone(company.city.phone, company.serial)


def office(world: World, number: int) -> dict[str, str]:
    """Return the address of an account."""
    return places.address(world.dice("office", number), world.company("account", number).city)


def contact(world: World, number: int) -> dict[str, Any]:
    """Return a person, of an account or of none."""
    dice = world.dice("contact", number)
    person = world.person("contact", number)
    employer = world.account_of(number)
    company = world.company("account", employer) if employer else None
    title = dice.choice(matters.JOB_TITLES) if company else ""
    return {
        "salutation": "Dr" if dice.random() < 0.06 else "",
        "first_name": person.first,
        "last_name": person.last,
        "account": _belonging(dice, employer, number),
        "job_title": title,
        "department": matters.practice(dice, False).department if company else "",
        "category": _category(dice, world, number),
        "email": contact_emails(person, number, company, dice),
        "phone": _phones(dice, number, company),
        "preferred_channel": dice.choice(("EMAIL", "EMAIL", "PHONE", "PHONE", "POST", "", "", "")),
        "address": _addresses(dice, company),
        "social": _social(dice, person, number),
        "notes": matters.remark(dice),
        "created_at": world.created("contact", number),
    }


def _belonging(dice: Random, employer: int, number: int) -> Items:
    """Return the account that one works for, and sometimes an older one that one advises."""
    if not employer:
        return []
    found: Items = [(employer, dice.choice(_PLACES_AT_WORK), True)]
    if employer > 1 and dice.random() < 0.05:
        found.append((dice.randrange(1, employer), "counsel", False))
    return found


def _category(dice: Random, world: World, number: int) -> Items:
    if world.is_first(number):
        return [("PRIMARY", "", True), ("DECISION_MAKER", "", False)]
    return [(dice.choice(_CATEGORIES), "", True)] if dice.random() < 0.4 else []


def contact_emails(person: Person, number: int, company: Company | None, dice: Random) -> Items:
    """Return a contact's addresses, at work and at home."""
    at_work = f"{person.login}@{company.host}" if company else ""
    at_home = f"{person.login}.{number}@example.org"
    if not at_work:
        return [(at_home, "home", True)]
    found: Items = [(at_work, "work", True)]
    if dice.random() < 0.1:
        found.append((at_home, "home", False))
    return found


def _phones(dice: Random, number: int, company: Company | None) -> Items:
    """Return a contact's numbers: an extension of the office's, and a mobile while any is free."""
    found = []
    main = switchboard(company) if company else ""
    if main and dice.random() < 0.85:
        found.append((_extension(main, number), "work"))
    pattern = places.MOBILES.get(company.city.country if company else "GB", "")
    if number < places.range_size(pattern) and dice.random() < 0.4:
        found.append((places.phone(pattern, number), "mobile"))
    return [(phone, label, at == 0) for at, (phone, label) in enumerate(found) if phone]


def _extension(main: str, number: int) -> str:
    return f"{main}{'' if ';' in main else ';ext='}{100 + number % 900}"


def _addresses(dice: Random, company: Company | None) -> Items:
    if company and dice.random() < 0.1:
        return [(places.address(dice, company.city), "work", True)]
    if not company and dice.random() < 0.6:
        return [(places.address(dice, dice.choice(places.CITIES)), "home", True)]
    return []


def _social(dice: Random, person: Person, number: int) -> Items:
    if dice.random() >= 0.08:
        return []
    return [(f"https://example.net/in/{person.login.replace('.', '-')}-{number}", "linkedin", True)]


def prospect(world: World, number: int) -> dict[str, Any]:
    """Return a person or organisation that the firm has an eye on."""
    dice = world.dice("prospect", number)
    company = world.company("prospect", number)
    private = dice.random() < 0.35
    person = world.person("prospect", number)
    practice = matters.practice(dice, private)
    reach = f"{person.login}.{number}@example.net" if private else f"info@{company.host}"
    return {
        "name": person.full if private else company.name,
        "kind": "PERSON" if private else "ORGANISATION",
        "interest": practice.name,
        "source": dice.choice(matters.SOURCES),
        "owner": any_of(MANAGERS, dice) if dice.random() < 0.8 else None,
        "contact": _introduced_by(dice, world, number),
        "account": None,
        "email": reach,
        "phone": switchboard(company),
        "notes": matters.enquiry(dice, dice.choice(practice.matters)),
        "created_at": world.created("prospect", number),
    }


def _introduced_by(dice: Random, world: World, number: int) -> int | None:
    known = world.until("contact", world.day("prospect", number))
    return dice.randrange(1, known + 1) if known and dice.random() < 0.25 else None


def client(world: World, number: int) -> dict[str, Any]:
    """Return a client: an account, or a person among the contacts."""
    dice = world.dice("client", number)
    private = world.client_is_person(number)
    account = world.client_account(number)
    contact = world.client_contact(number)
    company = world.company("account", account)
    person = world.person("contact", contact)
    main = switchboard(company)
    created = world.created("client", number)
    return {
        "name": world.client_name(number),
        "status": dice.choice(_STATES_OF_CLIENTS),
        "kind": "PERSON" if private else "COMPANY",
        "account_manager": any_of(MANAGERS, dice),
        "primary_contact": contact,
        "account": None if private else account,
        "client_since": created.date(),
        "tax_id": "",
        "phone": [(main, "work", True)] if main and not private else [],
        "email": _client_emails(person, number, company, private),
        "website": "" if private else f"https://{company.host}",
        "address": _client_address(dice, world, account, private),
        "notes": matters.remark(dice),
        "created_at": created,
    }


def _client_emails(person: Person, number: int, company: Company, private: bool) -> Items:
    if private:
        return [(f"{person.login}.c{number}@example.org", "home", True)]
    return [(f"{person.login}@{company.host}", "work", True),
            (f"accounts@{company.host}", "billing", False)]  # fmt: skip


def _client_address(dice: Random, world: World, account: int, private: bool) -> Items:
    if private:
        return [(places.address(dice, world.company("account", account).city), "home", True)]
    return [(office(world, account), "office", True)]
