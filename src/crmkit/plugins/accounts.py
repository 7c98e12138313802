"""Accounts: the organisations that contacts work for and deals are made with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from crmkit.api import (
    Address,
    Money,
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
    money,
    note,
    number,
    phone,
    ref,
    text,
    url,
)

plugin = Plugin("accounts", version="1.0", requires=("roles",), summary="Organisations")

STATUSES = {"ACTIVE": "Active", "INACTIVE": "Inactive"}


def parents_form_no_circle(account: Account, ctx: Any) -> dict[str, str] | None:
    """Refuse a parent that is the account itself or one of those below it."""
    seen: set[int] = set()
    parent = account.parent
    while parent is not None and parent not in seen:
        if parent == account.id:
            return {"parent": "choose an account that is not this one nor below it"}
        seen.add(parent)
        above = ctx.get("account", parent)
        parent = above.parent if above else None
    return None


@entity(
    "account", title="name", subtitle="industry", owner="account_manager", sort="title",
    key="o", glyph="■", place=50, checks=(parents_form_no_circle,),
)  # fmt: skip
class Account(Record):
    """An organisation: one record, however many of its people one deals with."""

    name: str = text("Name", search=True, shown=True, section="Details")
    status: str = choice(
        "Status", STATUSES, default="ACTIVE", index=True, shown=True, section="Details"
    )
    industry: str = text("Industry", default="", search=True, shown=True, section="Details")
    account_manager: int | None = ref(
        "Account manager", "user", default=None, shown=True, section="Details",
        help="Who answers for the relationship.",
    )  # fmt: skip
    parent: int | None = ref(
        "Parent account", "account", default=None, section="Details",
        help="The organisation that this one belongs to.",
    )  # fmt: skip
    employees: int | None = number("Employees", default=None, minimum=0, section="Details")
    tax_id: str = text("Tax id", default="", search=True, section="Details")
    phone: str = phone("Phone", default="", search=True, identity=True, shown=True, section="Reach")
    email: str = email("E-mail", default="", search=True, identity=True, section="Reach")
    website: str = url("Website", default="", search=True, section="Reach")
    billing_address: Address | None = address("Billing address", search=True, section="Addresses")
    shipping_address: Address | None = address(
        "Shipping address", section="Addresses", help="Where it is not the billing address."
    )
    last_activity: datetime | None = moment(
        "Last activity", default=None, derived=True, index=True, shown=True, section="Figures",
        help="The last completed action about the account, its people, clients or deals.",
    )  # fmt: skip
    total_revenue: Money | None = money(
        "Total revenue", default=None, derived=True, index=True, section="Figures",
        help="The sum of the deals won with the account.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, section="Notes")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The account."""
    yield Account


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with accounts."""
    yield Role("crm_worker", ("account.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("account.read", "account.create", "account.update"))
    yield Role("crm_manager", ("account.*",))
    yield Role("manager", ("account.read",))
    yield Role("contributor", ("account.read@own",))


@hookimpl
def crm_views() -> Iterable[Table]:
    """The lists of accounts."""
    yield Table("account", "Active", filter="status:ACTIVE")
    yield Table("account", "Mine", filter="account_manager:me")
    yield Table(
        "account", "By revenue", filter="total_revenue:any", sort="-total_revenue",
        columns=("name", "total_revenue", "account_manager", "last_activity", "industry"),
    )  # fmt: skip
    yield Table(
        "account", "Out of touch", filter="status:ACTIVE", sort="last_activity",
        columns=("name", "last_activity", "account_manager", "phone", "industry"),
    )  # fmt: skip
    yield Table("account", "Inactive", filter="status:INACTIVE")
    yield Table("account", "All")
