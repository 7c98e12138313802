"""Existing records that a lead may be merged into, ranked and with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crmkit.api import Context, Item, Match
from crmkit.plugins.conversion.names import name_parts

MOST = 8
"""How many records are proposed for each choice."""


def proposals(lead: Any, ctx: Context) -> Mapping[str, list[Match]]:
    """Return the clients, contacts and accounts that the lead may be, best first."""
    found = {
        "client": [
            *_client_named(lead),
            *_made_before(lead, ctx),
            *_found("client", lead.company or lead.name, lead, ctx),
        ],
        "contact": _found("contact", lead.name, lead, ctx),
    }
    if lead.company.strip():
        found["account"] = _found("account", lead.company, lead, ctx)
    return {entity: _best(matches) for entity, matches in found.items()}


def _client_named(lead: Any) -> Iterable[Match]:
    if lead.client is not None:
        yield Match("client", lead.client, 100, True, ("the lead names this client",))


def _made_before(lead: Any, ctx: Context) -> Iterable[Match]:
    for client in ctx.find("client", f"origin:lead:{lead.id}"):
        yield Match("client", client.id, 100, True, ("made from this lead before",))


def _found(entity: str, name: str, lead: Any, ctx: Context) -> list[Match]:
    """Return what duplicates are found by, or, where nothing finds them, the same names."""
    near = ctx.near(entity, _as(entity, name, lead, ctx))
    found = [match for match in near if match.entity == entity]
    for record in ctx.alike(entity, lead):
        found.append(Match(entity, record.id, 95, True, ("same e-mail or phone",)))
    for record in ctx.search(entity, [name], MOST):
        same = record.title.casefold() == name.strip().casefold()
        reason = "same name" if same else "the name is part of its words"
        found.append(Match(entity, record.id, 80 if same else 50, False, (reason,)))
    return found


def _as(entity: str, name: str, lead: Any, ctx: Context) -> dict[str, Any]:
    """Return the lead's values as a record of the other entity has them."""
    values: dict[str, Any] = {} if entity == "contact" else {"name": name}
    if entity == "contact":
        values |= name_parts(name)
    for f in ctx.fields(entity):
        value = getattr(lead, f.name, "") if f.key in ("email", "phone") else ""
        if value:
            values[f.key] = (Item(value),) if f.many else value
    return values


def _best(matches: Iterable[Match]) -> list[Match]:
    """Return each record once, with the best that was said of it, best first."""
    best: dict[int, Match] = {}
    for match in matches:
        known = best.get(match.id)
        if known is None or (match.certain, match.score) > (known.certain, known.score):
            best[match.id] = match
    ranked = sorted(best.values(), key=lambda m: (-m.certain, -m.score, m.id))
    return ranked[:MOST]
