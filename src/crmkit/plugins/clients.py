"""Clients: those whom the firm works for, has worked for, or works with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from crmkit.api import (
    Item,
    Link,
    Plugin,
    Record,
    Role,
    Table,
    address,
    choice,
    date,
    email,
    entity,
    hookimpl,
    moment,
    note,
    phone,
    ref,
    text,
    url,
)

plugin = Plugin(
    "clients", version="1.0", requires=("roles", "accounts", "contacts"),
    summary="Engaged clients, and those who were or may be",
)  # fmt: skip

KINDS = {"COMPANY": "Company", "PERSON": "Person"}
STATUSES = {
    "ACTIVE": "Active",
    "PROSPECT": "Prospect",
    "PAST": "Past",
    "PARTNER": "Partner",
    "VENDOR": "Vendor",
}


@entity(
    "client", title="name", subtitle="kind", owner="account_manager", sort="title",
    key="k", glyph="★", place=60,
)  # fmt: skip
class Client(Record):
    """A company or person with whom the firm has a business relationship."""

    name: str = text("Name", search=True, personal=True, shown=True, section="Details")
    status: str = choice(
        "Status", STATUSES, default="ACTIVE", index=True, shown=True, section="Details"
    )
    kind: str = choice("Kind", KINDS, default="COMPANY", shown=True, section="Details")
    account_manager: int | None = ref(
        "Account manager", "user", default=None, shown=True, section="Details",
        help="Who answers for the relationship.",
    )  # fmt: skip
    primary_contact: int | None = ref(
        "Primary contact", "contact", default=None, shown=True, section="Details"
    )
    account: int | None = ref("Account", "account", default=None, section="Details")
    client_since: dt.date | None = date("Client since", default=None, section="Details")
    origin: Link | None = ref(
        "Origin", "lead", "deal", default=None, section="Details",
        help="The lead or deal that the client came from.",
    )  # fmt: skip
    tax_id: str = text("Tax id", default="", search=True, personal=True, section="Details")
    phone: tuple[Item, ...] = phone(
        "Phone", many=True, search=True, identity=True, personal=True, shown=True,
        labels=("work", "mobile", "home", "fax"), section="Reach",
    )  # fmt: skip
    email: tuple[Item, ...] = email(
        "E-mail", many=True, search=True, identity=True, personal=True,
        labels=("work", "billing", "home"), section="Reach",
    )  # fmt: skip
    website: str = url("Website", default="", search=True, section="Reach")
    address: tuple[Item, ...] = address(
        "Address", many=True, default=(), search=True, personal=True,
        labels=("office", "billing", "home"), section="Reach",
    )  # fmt: skip
    last_activity: dt.datetime | None = moment(
        "Last activity", default=None, derived=True, index=True, section="Figures",
        help="When the last action about the client was completed.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, personal=True, section="Notes")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The client."""
    yield Client


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with clients."""
    yield Role("crm_worker", ("client.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("client.read", "client.create", "client.update"))
    yield Role("crm_manager", ("client.*",))
    yield Role("manager", ("client.*",))
    yield Role("contributor", ("client.read@own",))


@hookimpl
def crm_views() -> Iterable[Table]:
    """The lists of clients."""
    yield Table("client", "Active", filter="status:ACTIVE")
    yield Table("client", "Mine", filter="account_manager:me")
    yield Table("client", "Prospective", filter="status:PROSPECT")
    yield Table("client", "Past", filter="status:PAST")
    yield Table("client", "Partners and vendors", filter="status:PARTNER,VENDOR")
    yield Table(
        "client", "Out of touch", filter="status:ACTIVE", sort="last_activity",
        columns=("name", "last_activity", "account_manager", "phone", "primary_contact"),
    )  # fmt: skip
    yield Table("client", "All")
