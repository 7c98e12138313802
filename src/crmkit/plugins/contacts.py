"""Contacts: the people, each with the accounts that they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crmkit.api import (
    Item,
    Plugin,
    Record,
    Role,
    Table,
    address,
    choice,
    email,
    entity,
    hookimpl,
    moment,
    note,
    phone,
    refs,
    text,
    url,
)

plugin = Plugin("contacts", version="1.0", requires=("roles", "accounts"), summary="People")

CHANNELS = {"EMAIL": "E-mail", "PHONE": "Phone", "POST": "Post", "MESSAGE": "Message"}
CATEGORIES = {
    "PRIMARY": "Primary",
    "DECISION_MAKER": "Decision maker",
    "TECHNICAL": "Technical",
    "ADMINISTRATIVE": "Administrative",
    "EXTERNAL": "External",
}


def full_name(contact: Contact) -> str:
    """Return what a contact is called: the name, else the first e-mail address or phone."""
    names = [
        n for n in (contact.first_name.strip(" \t\r\n"), contact.last_name.strip(" \t\r\n")) if n
    ]
    if names:
        return " ".join(names)
    for items in (contact.email, contact.phone):
        if items:
            return str(next((i for i in items if i.primary), items[0]).value)
    return f"Contact {contact.id}" if contact.id else "Contact"


def can_be_told_apart(contact: Contact, ctx: Any) -> dict[str, str] | None:
    """Refuse a contact that nothing is known of."""
    typed = (contact.first_name + contact.last_name).strip(" \t\r\n")
    if typed or contact.email or contact.phone:
        return None
    return {"last_name": "fill in a name, an e-mail address or a phone number"}


@entity(
    "contact", title=full_name, subtitle="job_title", sort="last_name",
    key="c", glyph="●", place=40, checks=(can_be_told_apart,),
)  # fmt: skip
class Contact(Record):
    """A person, at home in any number of accounts with a role in each."""

    salutation: str = text("Salutation", default="", section="Details")
    first_name: str = text(
        "First name", default="", search=True, personal=True, shown=True, section="Details"
    )
    last_name: str = text(
        "Last name", default="", search=True, personal=True, index=True, shown=True,
        section="Details",
    )  # fmt: skip
    account: tuple[Item, ...] = refs(
        "Account", "account", shown=True, section="Details",
        labels=("employee", "director", "partner", "owner", "counsel", "assistant"),
        help="Where the person belongs, with the role there as the label.",
    )  # fmt: skip
    job_title: str = text("Job title", default="", search=True, shown=True, section="Details")
    department: str = text("Department", default="", search=True, section="Details")
    category: tuple[Item, ...] = choice(
        "Category", CATEGORIES, many=True, default=(), section="Details"
    )
    email: tuple[Item, ...] = email(
        "E-mail", many=True, search=True, identity=True, personal=True, shown=True,
        labels=("work", "home", "other"), section="Reach",
    )  # fmt: skip
    phone: tuple[Item, ...] = phone(
        "Phone", many=True, search=True, identity=True, personal=True, shown=True,
        labels=("work", "mobile", "home", "fax"), section="Reach",
    )  # fmt: skip
    preferred_channel: str = choice(
        "Preferred channel", CHANNELS, default="", section="Reach",
        help="How the person likes to be reached.",
    )  # fmt: skip
    address: tuple[Item, ...] = address(
        "Address", many=True, default=(), search=True, personal=True,
        labels=("work", "home", "other"), section="Reach",
    )  # fmt: skip
    social: tuple[Item, ...] = url(
        "Social profile", many=True, personal=True, section="Reach",
        labels=("linkedin", "x", "facebook", "instagram", "website"),
    )  # fmt: skip
    last_activity: datetime | None = moment(
        "Last activity", default=None, derived=True, index=True, section="Figures",
        help="When the last action about the contact was completed.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, personal=True, section="Notes")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The contact."""
    yield Contact


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with contacts."""
    yield Role("crm_worker", ("contact.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("contact.read", "contact.create", "contact.update"))
    yield Role("crm_manager", ("contact.*",))
    yield Role("manager", ("contact.*",))
    yield Role("contributor", ("contact.read@own",))


LIST = ("title", "account", "phone", "email", "job_title")


@hookimpl
def crm_views() -> Iterable[Table]:
    """The lists of contacts."""
    yield Table("contact", "All", sort="last_name", columns=LIST)
    yield Table("contact", "Added by me", filter="created_by:me", sort="-created_at", columns=LIST)
    yield Table(
        "contact", "Decision makers", filter="category:DECISION_MAKER", sort="last_name",
        columns=LIST,
    )  # fmt: skip
    yield Table(
        "contact", "Out of touch", sort="last_activity",
        columns=("title", "last_activity", "account", "phone", "email"),
    )  # fmt: skip
    yield Table("contact", "Without account", filter="account:none", sort="last_name", columns=LIST)
    yield Table("contact", "Newest", sort="-created_at", columns=(*LIST, "created_at"))
