"""Those whom one meets, prospects, contacts and clients: what leads and clients take from them."""

from __future__ import annotations

from typing import Any

from crmkit.api import Context, Item


def reach(party: Any, *, many: bool = False) -> dict[str, Any]:
    """Return a party's e-mail addresses and phones; only the first of each, unless `many`."""
    found: dict[str, Any] = {}
    for name in ("email", "phone"):
        value = getattr(party, name)
        if isinstance(value, str):
            value = (Item(value),) if value else ()
        found[name] = value if many else first(value)
    return found


def first(items: Any) -> str:
    """Return the value that comes first, of a field that repeats or not; '' for none."""
    if isinstance(items, str):
        return items
    return str(next((i.value for i in items if i.primary), items[0].value)) if items else ""


def as_lead(party: Any, ctx: Context) -> dict[str, Any]:
    """Return the name, the company and the client of a lead that is made of a party."""
    contact, account = _contact(party), _account(party)
    person = ctx.titles("contact", [contact]).get(contact, "") if contact else ""
    company = ctx.titles("account", [account]).get(account, "") if account else ""
    if party.spec.name != "contact" and _kind(party, account) == "COMPANY":
        company = company or party.title
    client = party.id if party.spec.name == "client" else None
    return {"name": person or party.title, "company": company, "client": client}


def as_client(party: Any, kind: str, ctx: Context) -> dict[str, Any]:
    """Return the name, kind, account and contact of a client that is made of a party.

    A company is named after its account; a person has none.
    """
    account = _account(party)
    kind = kind or _kind(party, account)
    company = ctx.titles("account", [account]).get(account, "") if account else ""
    private = kind == "PERSON"
    return {
        "name": party.title if private else company or party.title, "kind": kind,
        "account": None if private else account, "primary_contact": _contact(party),
    }  # fmt: skip


def client_of(party: Any, ctx: Context) -> Any:
    """Return the client that a contact is, or is the one to talk to for; None where there is none.

    Of several the first; of a prospect, that of its contact.
    """
    contact = _contact(party)
    found = ctx.find("client", f"primary_contact:{contact}", limit=1) if contact else []
    return found[0] if found else None


def _contact(party: Any) -> int | None:
    if party.spec.name == "contact":
        return int(party.id)
    found: int | None = getattr(party, "contact", None) or getattr(party, "primary_contact", None)
    return found


def _account(party: Any) -> int | None:
    """Return the account that a party belongs to, or the first of them."""
    account = party.account
    if isinstance(account, tuple):
        account = next((i.value for i in account if i.primary), None)
    found: int | None = account
    return found


def _kind(party: Any, account: int | None) -> str:
    """Return PERSON or COMPANY: what the party says, else whether it belongs to an account."""
    if party.spec.name == "contact":
        return "COMPANY" if account else "PERSON"
    return "PERSON" if party.kind == "PERSON" else "COMPANY"
