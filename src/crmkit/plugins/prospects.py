"""Prospects: potential clients that the firm has an eye on, before there is a lead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crmkit.api import (
    Plugin,
    Record,
    Role,
    Table,
    choice,
    email,
    entity,
    hookimpl,
    moment,
    note,
    phone,
    ref,
    text,
)

plugin = Plugin(
    "prospects", version="1.0", requires=("roles", "accounts", "contacts"),
    summary="Potential clients",
)  # fmt: skip

KINDS = {"PERSON": "Person", "ORGANISATION": "Organisation"}
SOURCES = ("Website", "Referral", "LinkedIn", "Cold Call", "Email", "Event", "Other")


@entity(
    "prospect", title="name", subtitle="interest", owner="owner", sort="title",
    key="p", glyph="☆", place=70,
)  # fmt: skip
class Prospect(Record):
    """A person or organisation that may become a client."""

    name: str = text("Name", search=True, personal=True, shown=True, section="Details")
    kind: str = choice("Kind", KINDS, default="ORGANISATION", shown=True, section="Details")
    interest: str = text(
        "Interest", default="", search=True, shown=True, section="Details",
        help="What the prospect may need from the firm.",
    )  # fmt: skip
    source: str = choice(
        "Source", SOURCES, default="", shown=True, section="Details",
        help="Where the firm learned of the prospect.",
    )  # fmt: skip
    owner: int | None = ref("Owner", "user", default=None, shown=True, section="Details")
    contact: int | None = ref("Contact", "contact", default=None, subject=True, section="Reach")
    account: int | None = ref("Account", "account", default=None, section="Reach")
    email: str = email(
        "E-mail", default="", search=True, identity=True, personal=True, section="Reach"
    )
    phone: str = phone(
        "Phone", default="", search=True, identity=True, personal=True, shown=True,
        section="Reach",
    )  # fmt: skip
    last_activity: datetime | None = moment(
        "Last activity", default=None, derived=True, index=True, section="Figures",
        help="When the last action about the prospect was completed.",
    )  # fmt: skip
    notes: str = note("Notes", search=True, personal=True, section="Notes")


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The prospect."""
    yield Prospect


@hookimpl
def crm_policy() -> Iterable[Role]:
    """What each role may do with prospects."""
    yield Role("crm_worker", ("prospect.read",))
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("prospect.read", "prospect.create", "prospect.update"))
    yield Role("crm_manager", ("prospect.*",))
    yield Role("contributor", ("prospect.read@own",))


@hookimpl
def crm_views() -> Iterable[Table]:
    """The lists of prospects."""
    yield Table("prospect", "All")
    yield Table("prospect", "Mine", filter="owner:me")
    yield Table("prospect", "Unassigned", filter="is:unassigned", sort="-created_at")
    yield Table(
        "prospect", "Out of touch", sort="last_activity",
        columns=("name", "last_activity", "owner", "phone", "interest"),
    )  # fmt: skip
    yield Table("prospect", "Newest", sort="-created_at")
