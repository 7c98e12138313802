"""Who may do what, as it was promised: one table, and a firm on which shells are held to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from crmkit.app import init
from crmkit.core.crm import Crm
from crmkit.core.fields import Item
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.policy import Actor

TABLE = """
role             entity    create  read      update    move      delete  export
---------------  --------  ------  --------  --------  --------  ------  ------
admin            *         all     all       all       all       all     all
crm_manager      *         all     all       all       all       all     all
crm_supervisor   *         all     all       all       all       none    none
crm_supervisor   lead      all     own+pool  own+pool  own+pool  none    none
account_manager  *         all     all       all       all       none    none
account_manager  lead      all     own+pool  own+pool  own+pool  none    none
crm_worker       *         none    all       none      none      none    none
crm_worker       lead      none    own+pool  none      none      none    none
manager          *         none    none      none      none      none    none
manager          contact   all     all       all       all       all     all
manager          client    all     all       all       all       all     all
manager          account   none    all       none      none      none    none
manager          deal      none    all       none      none      none    none
contributor      *         none    own       none      none      none    none
staff            *         none    none      none      none      none    none
guest            *         none    none      none      none      none    none
create_leads     *         none    none      none      none      none    none
create_leads     lead      all     own+pool  none      none      none    none
manage_leads     *         none    none      none      none      none    none
manage_leads     lead      none    own+pool  all       all       none    none
view_all_leads   *         none    none      none      none      none    none
view_all_leads   lead      none    all       none      none      none    none
"""
"""A role's grants add up; nobody reaches what he may not read, whatever he may do with it.

Own is what one owns; a contact has no owner, its own is who made it. The pool is what nobody
owns. An action about what one may not read is read by its owner only.
"""

COMMANDS = """
role             action.complete  action.reopen  lead.assign  lead.claim_for
---------------  ---------------  -------------  -----------  --------------
admin            all              all            all          all
crm_manager      all              all            all          all
crm_supervisor   all              all            none         none
account_manager  all              all            none         none
crm_worker       none             none           none         none
manager          none             none           none         none
contributor      none             none           none         none
staff            none             none           none         none
guest            none             none           none         none
create_leads     none             none           none         none
manage_leads     none             none           all          all
view_all_leads   none             none           none         none
"""

SEES_ASSIGNEE = ("admin", "crm_manager", "manage_leads")
"""The roles for which a lead's owner is visible and writable."""

ENTITIES = ("contact", "account", "prospect", "lead", "deal", "client", "action")
VERBS = ("create", "read", "update", "move", "delete", "export")
FLOWS = {"lead": ("CONTACTED", "NOT_CONTACTED"), "deal": ("QUALIFIED", "LEAD"),
         "action": ("DONE", "OPEN")}  # fmt: skip
"""The entities that move: where to, and where from."""
OWNER = {"account": "account_manager", "client": "account_manager", "prospect": "owner",
         "lead": "owner", "deal": "salesperson", "action": "owner"}  # fmt: skip

BEHIND = "Zaction behind"
"""The action, of a stranger's, that is about a lead of his."""

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "admin": ("admin",),
    "crm_manager": ("crm_manager",),
    "crm_supervisor": ("crm_supervisor",),
    "account_manager": ("account_manager",),
    "crm_worker": ("crm_worker",),
    "manager": ("manager",),
    "contributor": ("contributor",),
    "staff": ("staff",),
    "guest": ("guest",),
    "lead_maker": ("crm_worker", "create_leads"),
    "dispatcher": ("crm_worker", "manage_leads"),
    "onlooker": ("crm_worker", "view_all_leads"),
    "lead_manager": ("crm_worker", "create_leads", "manage_leads", "view_all_leads"),
    "overseer": ("crm_supervisor", "view_all_leads"),
}
"""The users of the firm, each with a role of its own or with some that add up."""


@cache
def _cells() -> dict[tuple[str, str, str], str]:
    found = {}
    for line in TABLE.strip().splitlines()[2:]:
        role, entity, *cells = line.split()
        for name in ENTITIES if entity == "*" else (entity,):
            found |= {(role, name, v): c for v, c in zip(VERBS, cells, strict=True)}
    head, _, *lines = COMMANDS.strip().splitlines()
    for line in lines:
        role, *cells = line.split()
        for command, cell in zip(head.split()[1:], cells, strict=True):
            entity, _, verb = command.partition(".")
            found[role, entity, verb] = cell
    return found


def scopes(user: str, entity: str, verb: str) -> set[str]:
    """Return what the user's roles together give him: all, own, pool, or nothing at all."""
    cells = [_cells()[role, entity, verb] for role in PEOPLE[user]]
    return {scope for cell in cells for scope in cell.split("+")} - {"none"}


@frozen
class Known:
    """A record of the firm: whose it is ('' nobody's), its amount, what it is about."""

    entity: str
    id: int
    title: str
    owner: str
    amount: int = 0
    behind: Known | None = None


@frozen
class Firm:
    """A firm with a record of every entity for everybody, for a stranger, and for nobody."""

    path: Path
    records: tuple[Known, ...]

    def reached(self, user: str, entity: str, verb: str = "read") -> list[Known]:
        """Return the records that a user is to reach with a verb."""
        return [r for r in self.records if r.entity == entity and reaches(user, r, verb)]

    def one(self, entity: str, owner: str) -> Known:
        """Return the record of an entity that is somebody's, and about no other's lead."""
        return next(
            r
            for r in self.records
            if (r.entity, r.owner, r.behind) == (entity, owner, None)
        )  # fmt: skip


def reaches(user: str, record: Known, verb: str = "read") -> bool:
    """Whether a user is to reach a record with a verb."""
    if verb != "read" and not reaches(user, record, "read"):
        return False
    held = scopes(user, record.entity, verb)
    mine = record.owner == user and "own" in held
    pooled = not record.owner and "pool" in held
    seen = record.behind is None or record.owner == user or reaches(user, record.behind)
    return ("all" in held or mine or pooled) and seen


STRANGER = "stranger"


def make_firm(path: Path) -> Firm:
    """Make the firm in a new folder; whoever runs the tests is its first admin."""
    crm = init(path, currency="EUR", region="DE")
    made = crm.session(Actor(1, "maker", ("admin",)))
    for name, roles in {**PEOPLE, STRANGER: ("guest",)}.items():
        made.add("user", name=name, roles=tuple(Item(role) for role in roles))
    records = tuple(_records(crm))
    crm.store.close()
    return Firm(path, records)


def _records(crm: Crm) -> Iterable[Known]:
    ids = {name: crm.actor(name).id for name in (*PEOPLE, STRANGER)}
    base = Known("", 0, "", "")
    for n, owner in enumerate((STRANGER, "", *PEOPLE)):
        with crm.session(Actor(1, "maker", ("admin",))).transaction("Fill the firm") as unit:
            account = base
            for entity in ("account", "prospect", "lead", "client", "deal", "action"):
                record = unit.add(entity, **_values(entity, owner, ids.get(owner), account.id, n))
                amount = 2**n if entity == "deal" else 0
                known = Known(entity, record.id, record.title, owner, amount)
                account = known if entity == "account" else account
                yield known
                if (entity, owner) == ("lead", STRANGER):
                    values = _values("action", owner, ids[owner], 0, n)
                    values |= {"subject": BEHIND, "about": Link("lead", known.id)}
                    behind = unit.add("action", **values)
                    yield Known("action", behind.id, behind.title, owner, 0, known)
        if owner:
            contact = crm.session(Actor(ids[owner], owner, ("admin",))).add(
                "contact", last_name=f"Zcontact {owner}"
            )
            yield Known("contact", contact.id, contact.title, owner)


def _values(entity: str, owner: str, id: int | None, account: int, n: int) -> dict[str, Any]:
    title = "subject" if entity == "action" else "name"
    values: dict[str, Any] = {title: f"Z{entity} {owner or 'nobody'}", OWNER[entity]: id}
    if entity == "lead":
        values["email"] = f"lead{n}@example.com"
    elif entity == "deal":
        values |= {"account": account, "value": Money(2**n * 100, "EUR")}
    elif entity == "action":
        values["about"] = Link("account", account)
    return values
