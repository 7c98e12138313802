"""Conversion: a lead that is won becomes a client, with its contact, its account and a deal.

Fields of the same name and kind carry over, a firm's own too; what has another name on the other
side is named in `making`. It is one commit, and undo takes it back whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crmkit.api import (
    Command,
    Context,
    Extension,
    Money,
    Move,
    Plugin,
    Record,
    Refused,
    Role,
    choice,
    flag,
    hookimpl,
    money,
    params,
    ref,
    text,
)
from crmkit.plugins.conversion.making import Making
from crmkit.plugins.conversion.proposing import proposals

plugin = Plugin(
    "conversion", version="1.0",
    requires=("roles", "leads", "clients", "contacts", "accounts", "deals"),
    summary="Leads that become clients",
)  # fmt: skip

KINDS = {"COMPANY": "Company", "PERSON": "Person"}


@params
class Conversion:
    """What a lead becomes; what is left empty is made anew."""

    kind: str = choice(
        "Kind of client", KINDS, default="",
        help="Left empty: a company where the lead names one, else a person.",
    )  # fmt: skip
    client: int | None = ref(
        "Client", "client", default=None,
        help="The client to merge into; left empty, the lead's own or a new one.",
    )  # fmt: skip
    contact: int | None = ref(
        "Contact", "contact", default=None,
        help="The contact to merge into; left empty, a new one.",
    )  # fmt: skip
    account: int | None = ref(
        "Account", "account", default=None,
        help="The account to merge into; left empty, a new one where the lead names a company.",
    )  # fmt: skip
    deal: bool = flag("Deal too", help="Make a deal with the client.")
    deal_name: str = text("Name of the deal", default="", help="Naming a deal makes one.")
    deal_value: Money | None = money(
        "Value of the deal", default=None, help="Giving a value makes a deal."
    )


def convert(lead: Any, ctx: Context, said: Conversion) -> Record:
    """Make the client, and move the lead to CONVERTED; Refused names the client it became."""
    done = lead.status == "CONVERTED"
    became: Any = ctx.get("client", lead.client) if done and lead.client else None
    if became is not None:
        raise Refused(
            f"Lead {lead.id} was converted already: it became client {became.id} {became.title} "
            f"(crmkit client show {became.id})."
        )
    making = Making(lead, ctx, said)
    client = making.run()
    values = {"client": client.id, "owner": making.keeper}
    with ctx.granted():
        if done:  # brought in from elsewhere as converted, without its client
            ctx.save(lead.evolve(**values))
        else:
            ctx.move("lead", lead.id, "CONVERTED", **values)
    return client


def prefill(lead: Any, ctx: Context) -> Mapping[str, Any]:
    """Return what the form proposes: the kind, and the client that the lead names."""
    return {"kind": "COMPANY" if lead.company.strip() else "PERSON", "client": lead.client}


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """CONVERTED is reached by the conversion alone."""
    move = Move(target="CONVERTED", requires=("client",), command="convert")
    yield Extension("lead", moves=(move,))


@hookimpl
def crm_commands() -> Iterable[Command]:
    """The conversion."""
    yield Command(
        "convert", "lead", convert, label="Convert to client", key="C", params=Conversion,
        form=True, prefill=prefill, proposals=proposals,
        help="Make the lead a client, with its contact and account, or merge it into these.",
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """Who works leads converts his own and those of the pool."""
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("lead.convert@own", "lead.convert@pool"))
