"""An ethical wall: clients that a team of the firm must see nothing of, wherever it looks.

Compliance ticks 'Behind the wall' on a client, and names in `crmkit.toml` the teams that are shut
out. Whatever is about such a client (leads, deals, complaints, actions and so on) is marked in the
same transaction, and the role `walled_off` denies it: in lists, counts, boards, search and files.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from crmkit.api import (
    Automation,
    Change,
    Context,
    Deny,
    Derived,
    Do,
    Extension,
    Facet,
    Item,
    Job,
    Link,
    Plugin,
    Record,
    Role,
    Setting,
    Updated,
    facet,
    flag,
    hookimpl,
)

plugin = Plugin(
    "ethical_wall", version="1.0", summary="Clients that a team sees nothing of",
    requires=("actions", "clients", "complaints", "consultations", "deals", "leads",
              "satisfaction"),
)  # fmt: skip

PARTS = {
    "lead": "client", "deal": "client", "complaint": "complainant", "satisfaction": "client",
    "consultation": "who", "action": "about",
}  # fmt: skip
"""What may be about a client, and the field that says so; after a lead and a deal, since what is
about those is about their client too."""
BETWEEN = ("lead", "deal")
EVERYTHING = 1_000_000
ROLE = "walled_off"

TEAMS: Setting[list[str]] = Setting("teams", [], help="The teams that the wall shuts out.")


@facet("client")
class Wall(Facet):
    """Whether a client is behind the wall."""

    walled: bool = flag("Behind the wall", guarded=True, index=True, section="Compliance")


def _mark(entity: str) -> type[Facet]:
    @facet(entity)
    class Marked(Facet):
        """Whether what the record is about is behind the wall."""

        walled: bool = flag("Behind the wall", derived=True, index=True, section="Compliance")

    return Marked


MARKS = {entity: _mark(entity) for entity in PARTS}


def _about(record: Record) -> Link | None:
    """Return what a record is about."""
    found = getattr(record, PARTS[record.spec.name])
    return Link("client", found) if isinstance(found, int) else found


def _is_walled(link: Link | None, ctx: Context) -> bool:
    record = ctx.get(link.entity, link.id, deleted=True) if link else None
    if record is None:
        return False
    if record.spec.name == "client":
        return record[Wall].walled
    return record.spec.name in BETWEEN and _is_walled(_about(record), ctx)


def _pointing(entity: str, target: str, id: int, ctx: Context) -> list[Record]:
    """Return the records of an entity that are about another record."""
    field = next(f for f in ctx.fields(entity) if f.name == PARTS[entity])
    if target not in field.targets:
        return []
    which = str(id) if len(field.targets) == 1 else f"{target}:{id}"
    return ctx.find(entity, f"{field.key}:{which}", EVERYTHING)


def _touched(entity: str, change: Change, ctx: Context) -> Iterator[int]:
    """Yield the records of an entity whose mark a change may turn."""
    if change.entity == entity:
        yield change.record
        return
    yield from (r.id for r in _pointing(entity, change.entity, change.record, ctx))
    if change.entity == "client":
        for between in BETWEEN:
            for record in _pointing(between, "client", change.record, ctx):
                yield from (r.id for r in _pointing(entity, between, record.id, ctx))


def _marks(entity: str, ids: list[int], ctx: Context) -> Mapping[int, bool]:
    found = {id: ctx.get(entity, id, deleted=True) for id in ids}
    return {id: _is_walled(_about(r), ctx) for id, r in found.items() if r is not None}


def shut_out(before: Any, user: Any, ctx: Context) -> Mapping[str, Any] | None:
    """Give whoever joins a team that is shut out the role that denies."""
    if user.team not in ctx.setting(TEAMS) or ROLE in [item.value for item in user.roles]:
        return None
    return {"roles": (*user.roles, Item(ROLE))}


def shut_out_all(ctx: Context) -> str | None:
    """Do so for those who were in the teams before these were named."""
    late = 0
    for user in ctx.find("user", "active:yes", EVERYTHING):
        if more := shut_out(None, user, ctx):
            ctx.save(user.evolve(**more))
            late += 1
    return f"{late} users shut out by the ethical wall" if late else None


@hookimpl
def crm_settings():
    """The teams."""
    yield TEAMS


@hookimpl
def crm_extensions():
    """The tick on a client, the marks on what is about it, and the role of a team."""
    yield Extension("client", facet=Wall)
    yield Extension("user", fills=(shut_out,))
    for entity in PARTS:
        mark = Derived(
            "ethical_wall.walled", tuple(dict.fromkeys(("client", *BETWEEN, entity))),
            partial(_touched, entity), partial(_marks, entity),
        )  # fmt: skip
        yield Extension(entity, facet=MARKS[entity], derived=(mark,))


@hookimpl
def crm_jobs():
    """Those who were in a team before."""
    yield Job("shut_out", shut_out_all, label="Shut teams out by the ethical wall")


@hookimpl
def crm_automations():
    """What is to be done once a client is behind the wall."""
    yield Automation(
        "wall_built", "client", Updated("ethical_wall.walled"), where="ethical_wall.walled:yes",
        do=(Do("action", subject="Ask who has worked for {title} until now", due="+1d"),),
        label="Look back when the ethical wall is built",
    )  # fmt: skip


@hookimpl
def crm_policy():
    """Who builds the wall, and who is behind it."""
    behind = "ethical_wall.walled:yes"
    denied = tuple(Deny(f"{entity}.*", where=behind) for entity in ("client", *PARTS))
    yield Role(ROLE, denied, label="Sees nothing of clients behind the ethical wall")
    yield Role(
        "compliance", ("client.read", "client.update.walled", "client.update"),
        label="Puts clients behind the ethical wall",
    )  # fmt: skip
