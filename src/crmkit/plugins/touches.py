"""Touches: a completed action sets the last activity of its target, and of its account.

The values are computed anew from what is stored, never counted up, so that reopening an action,
deleting it or undoing anything takes its touch back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from crmkit.api import Change, Derived, Extension, Link, NotFound, Plugin, Record, Step, hookimpl

plugin = Plugin(
    "touches", version="1.0", requires=("actions",), summary="Last activity, from actions done"
)

TARGETS = ("contact", "prospect", "lead", "client", "deal")
"""Entities with a last activity of their own, besides accounts, which add theirs up."""
MEMBERS = ("contact", "prospect", "client", "deal")
"""Entities whose records belong to an account."""
THROUGH_CLIENT = {"deal": "account:none ", "lead": ""}
"""Entities that belong to their client's account, where the filter holds."""
TOUCHING = {"status", "done_at", "about"}

Moments = Mapping[int, datetime | None]


def _links(change: Change, ctx: Any) -> Iterator[Link]:
    """Yield what an action is about, before a change and after it, if it may be a touch."""
    if change.op in ("update", "move") and not TOUCHING & change.fields:
        return
    if change.op == "create" and "done_at" not in change.after:
        return
    for action in ctx.versions(change):
        yield action.about


def _last_done(entity: str, ids: Iterable[int], ctx: Any) -> dict[int, datetime]:
    """Return when the last action about each record was completed."""
    about = ",".join(f"{entity}:{id}" for id in ids)
    found = ctx.aggregate("action", f"is:won about:{about}", "about", "max", "done_at")
    return {link.id: at for link, at in found.items() if at is not None}


def _own_touches(entity: str) -> Derived:
    """Return the last activity of an entity that only its own actions touch."""

    def touched(change: Change, ctx: Any) -> Iterator[int]:
        return (link.id for link in _links(change, ctx) if link.entity == entity)

    def latest(ids: list[int], ctx: Any) -> Moments:
        done = _last_done(entity, ids, ctx)
        return {id: done.get(id) for id in ids}

    return Derived("last_activity", ("action",), touched, latest)


def _accounts_of(record: Record | None, ctx: Any) -> Iterator[int]:
    """Yield the accounts that a record belongs to, through its client where it names no other."""
    account = getattr(record, "account", None)
    if isinstance(account, tuple):
        yield from (item.value for item in account)
    elif account is not None:
        yield account
    elif (client := getattr(record, "client", None)) is not None:
        yield from _accounts_of(ctx.get("client", client), ctx)


def _accounts_touched(change: Change, ctx: Any) -> Iterator[int]:
    """Yield the accounts of what an action is about, or of a record that changed accounts."""
    if change.entity == "action":
        for link in _links(change, ctx):
            if link.entity == "account":
                yield link.id
            else:
                with suppress(NotFound):  # the plugin of what it is about may be off
                    yield from _accounts_of(ctx.get(link.entity, link.id), ctx)
    elif change.op in ("delete", "restore") or (
        change.op != "create" and {"account", "client"} & change.fields
    ):
        for record in ctx.versions(change):
            yield from _accounts_of(record, ctx)


def _account_touches(ids: list[int], ctx: Any) -> Moments:
    """Return each account's last activity: its own actions', its members', its clients' deals'."""
    accounts = ",".join(map(str, ids))
    found = _last_done("account", ids, ctx)
    for entity in MEMBERS:
        _keep_later(found, _latest_by(entity, "account", f"account:{accounts}", ctx).items())
    clients = ctx.aggregate("client", f"account:{accounts}", "id", "max", "account")
    if clients:
        through = f"client:{','.join(map(str, clients))}"
        for entity, filter in THROUGH_CLIENT.items():
            touched = _latest_by(entity, "client", filter + through, ctx)
            _keep_later(found, ((clients[client], at) for client, at in touched.items()))
    return {id: found.get(id) for id in ids}


def _latest_by(entity: str, by: str, filter: str, ctx: Any) -> dict[int, datetime]:
    touched = f"{filter} last_activity:any"
    found: dict[int, datetime] = ctx.aggregate(entity, touched, by, "max", "last_activity")
    return found


def _keep_later(found: dict[int, datetime], others: Iterable[tuple[int, datetime]]) -> None:
    for id, at in others:
        found[id] = max(at, found.get(id, at))


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """The last activity of everything that actions may be about; accounts' from all the others."""
    for entity in TARGETS:
        yield Extension(entity, derived=(_own_touches(entity),))
    watched = ("action", *MEMBERS, "lead")
    added = Derived("last_activity", watched, _accounts_touched, _account_touches)
    yield Extension("account", derived=(added,))


@hookimpl
def crm_steps() -> Iterable[Step]:
    """Records from before this plugin was there have a last activity too."""
    fields = tuple((entity, "last_activity") for entity in (*TARGETS, "account"))
    yield Step("last_activity", derives=fields)
