"""Users: who may log in, with which roles; the one entity that the core itself needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crmkit.core import fields as f
from crmkit.core.declare import Extension, Grant, Plugin, Role, Table, hookimpl
from crmkit.core.entity import Record, entity
from crmkit.core.errors import Refused
from crmkit.core.expr import Test
from crmkit.core.kinds.base import fold
from crmkit.core.model import EntityModel
from crmkit.core.store import Reader, Select

plugin = Plugin("users", version="1.0", summary="People who log in, and their roles")

_USERS = 5000


def _name_is_plain(user: User, ctx: object) -> dict[str, str] | None:
    if any(c.isspace() or c in '",:()' or not c.isprintable() for c in user.name):
        return {"name": "write a login name without spaces, quotes, commas, colons or controls"}
    return None


def _name_is_free(user: User, ctx: Any) -> dict[str, str] | None:
    twins = ctx.find("user", f'name="{user.name}"', limit=2)
    if any(twin.id != user.id for twin in twins):
        return {"name": f"there is a user {user.name} already"}
    return None


def _roles_exist(user: User, ctx: Any) -> dict[str, str] | None:
    known = sorted(ctx.model.roles)
    wrong = [
        ctx.model.absent.unknown("role", i.value, known) for i in user.roles if i.value not in known
    ]
    return {"roles": "; ".join(wrong)} if wrong else None


def _login_stays(user: User, ctx: Any) -> dict[str, str] | None:
    """A login is who somebody is: only those who may add users rename one."""
    stored = ctx.get("user", user.id) if user.id else None
    if stored is None or stored.name == user.name:
        return None
    if ctx.rights.allows(ctx.model.entity("user"), "create"):
        return None
    return {"name": "only an admin renames a login; the grant user.create is missing"}


def _is_admin(user: User | None) -> bool:
    return user is not None and user.active and not user.deleted_at and any(
        item.value == "admin" for item in user.roles
    )  # fmt: skip


def _an_admin_stays(before: User | None, after: User, ctx: Any) -> None:
    """Refuse to switch off, demote or delete the last admin: nobody could mend it."""
    if _is_admin(before) and not _is_admin(after) and not ctx.find(
        "user", "roles:admin active:yes", limit=1
    ):  # fmt: skip
        raise Refused(f"{after.name} is the only admin left; make another one first")


def called(reader: Reader, users: EntityModel, text: str) -> list[int]:
    """Return the ids of users by login, or else by full name in any case."""
    if ids := reader.named(users, text):
        return ids
    name, where = fold(text), Test(users.by_key["full_name"], "contains", (text,))
    found = reader.find(Select(entity=users, where=where, limit=_USERS, relations=False))
    return [user.id for user in found if isinstance(user, User) and fold(user.full_name) == name]


@entity("user", title="name", subtitle="full_name", key="u", glyph="@", place=900, sort="name",
        checks=(_name_is_plain, _name_is_free, _roles_exist, _login_stays))  # fmt: skip
class User(Record):
    """Somebody who logs in, named as the operating system names him."""

    name: str = f.text("Name", search=True, identity=True, index=True, shown=True, max_length=64)
    full_name: str = f.text("Full name", default="", search=True, personal=True, shown=True)
    email: str = f.email("E-mail", default="", personal=True, shown=True)
    roles: tuple[f.Item, ...] = f.tags("Roles", shown=True, guarded=True)
    team: str = f.text("Team", default="", index=True, shown=True, guarded=True)
    active: bool = f.flag("Active", default=True, shown=True, guarded=True)


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The user."""
    yield User


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """There is always an admin."""
    yield Extension("user", reactions=(_an_admin_stays,))


@hookimpl
def crm_policy() -> Iterable[Role]:
    """Those who run the place, and those who only log in; everybody may read names."""
    yield Role("admin", (Grant("*.*"),), label="Everything, users and configuration too")
    yield Role(
        "staff",
        (Grant("user.read@own"), Grant("user.update@own"), Grant("user.read.roles")),
        label="Log in and keep one's own profile",
    )


@hookimpl
def crm_views() -> Iterable[Table]:
    """Who is here."""
    yield Table("user", "Active", filter="active:yes", sort="name")
    yield Table("user", "All", sort="name")
