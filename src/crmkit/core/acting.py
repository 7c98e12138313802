"""Who acts: a user as he is stored, now and as often as users were changed since."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crmkit.core.entity import Record
from crmkit.core.errors import Denied, NotFound
from crmkit.core.expr import Test
from crmkit.core.model import Model
from crmkit.core.policy import Actor
from crmkit.core.store import Reader, Select, Writer
from crmkit.core.users import User

if TYPE_CHECKING:
    from crmkit.core.journal import Change

CHANGED = "users_changed"
"""The note in the database that differs as often as users were changed."""
_MATES = 10_000


def named(reader: Reader, model: Model, name: str) -> Actor:
    """Return a user as an actor; NotFound for no such user, Denied for one that is off."""
    users = model.entity("user")
    where = Test(users.field("name"), "in", (name,))
    found = reader.find(Select(entity=users, where=where, limit=1))
    if not found:
        raise NotFound(f"there is no user {name}; an admin adds one: crmkit user add {name}")
    return _actor(reader, model, found[0])


def renewed(reader: Reader, model: Model, actor: Actor) -> Actor:
    """Return an actor as his user is now: the same one where no user was changed since.

    NotFound where the user was deleted, Denied where he was switched off.
    """
    if actor.as_of is None or (reader.meta(CHANGED) or "") == actor.as_of:
        return actor
    found = reader.get(model.entity("user"), actor.id)
    if found is None:
        raise NotFound(f"the user {actor.name} was deleted")
    return _actor(reader, model, found)


def note(writer: Writer, changes: Iterable[Change]) -> None:
    """Note it if users are among what was changed, so that whoever acts is looked at anew."""
    if any(change.entity == "user" for change in changes):
        writer.set_meta(CHANGED, secrets.token_hex(8))


def _actor(reader: Reader, model: Model, user: Record) -> Actor:
    assert isinstance(user, User)
    if not user.active:
        raise Denied(f"the user {user.name} is switched off", grant="user.active")
    roles = tuple(item.value for item in user.roles)
    _demand_known(model, user.name, roles)
    as_of = reader.meta(CHANGED) or ""
    return Actor(user.id, user.name, roles, _team(reader, model, user), as_of)


def _demand_known(model: Model, name: str, roles: Iterable[str]) -> None:
    """Policy fails closed: nobody comes in while it is not known what he is denied."""
    for role in roles:
        if plugin := model.closed.get(role):
            raise Denied(
                f"the role {role} of {name} denies what only plugin {plugin} knows, which is off: "
                f"mend it, or decide to do without: crmkit plugin disable {plugin}",
                grant="user.active",
            )


def _team(reader: Reader, model: Model, user: User) -> frozenset[int]:
    if not user.team:
        return frozenset({user.id})
    users = model.entity("user")
    where = Test(users.field("team"), "in", (user.team,))
    mates = reader.find(Select(entity=users, where=where, limit=_MATES, relations=False))
    return frozenset({user.id, *(mate.id for mate in mates)})
