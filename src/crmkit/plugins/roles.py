"""The roles of a firm; each plugin adds what they may do with its own entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crmkit.api import Check, Origin, Plugin, Role, Told, hookimpl

plugin = Plugin("roles", version="1.0", summary="The roles that a firm gives its people")

LABELS = {
    "crm_worker": "Read the whole CRM; leads: one's own and the unassigned",
    "crm_supervisor": "Read, create and update",
    "account_manager": "Read, create and update, as the one whom clients deal with",
    "crm_manager": "Everything in the CRM, deleting and exporting included",
    "manager": "Clients and contacts in full; accounts and deals to read",
    "contributor": "Read one's own records",
    "guest": "Nothing",
    "create_leads": "Create leads",
    "manage_leads": "Assign leads, change their owner, work leads in the pool for others",
    "view_all_leads": "See the leads of everybody",
}


@hookimpl
def crm_policy() -> Iterable[Role]:
    """The roles' names and what they are for."""
    for name, label in LABELS.items():
        yield Role(name, ("custom.update",) if name == "crm_manager" else (), label=label)


def everybody_has_a_role(told: Told) -> Iterator[str]:
    """Yield the active users without any role: they can log in and do nothing."""
    for user in told.session.find("user", "active:yes roles:none", sort="name"):
        yield f"{user.name} has no role; give one: crmkit user set {user.name} --role crm_worker"


@hookimpl
def crm_checks() -> Iterable[Check]:
    """Users who can do nothing."""
    yield Check("roles", everybody_has_a_role)


@hookimpl
def crm_authenticate(origin: Origin) -> str | None:
    """Users are named as the operating system names them."""
    return origin.login
