"""Notices: what people are told, by automations above all, on their day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crmkit.api import (
    Command,
    Commit,
    Context,
    Effect,
    HomeSection,
    Invalid,
    Link,
    Listener,
    Notification,
    Plugin,
    Record,
    Role,
    Table,
    Told,
    entity,
    hookimpl,
    moment,
    ref,
    text,
)

plugin = Plugin(
    "notices", version="1.0", requires=("roles", "actions"), summary="What people are told"
)

ABOUT = ("contact", "account", "prospect", "lead", "deal", "client", "action")
READERS = (
    "staff", "crm_worker", "crm_supervisor", "account_manager", "manager", "contributor",
    "create_leads", "manage_leads", "view_all_leads",
)  # fmt: skip


@entity(
    "notice", title="text", subtitle="about", owner="to", sort="-created_at", within="about",
    key="N", glyph="!", place=880,
)  # fmt: skip
class Notice(Record):
    """Something that somebody is told, by an automation or a colleague."""

    text: str = text("Text", search=True, personal=True, shown=True)
    to: int = ref("To", "user", shown=True)
    about: Link | None = ref("About", *ABOUT, default=None, subject=True, shown=True)
    seen_at: datetime | None = moment("Seen", default=None, managed=True, shown=True, index=True)


def see(notice: Notice, ctx: Context, said: None) -> str:
    """Note that a notice was seen."""
    with ctx.granted():
        ctx.set("notice", notice.id, {"seen_at": ctx.now})
    return f"Seen: {notice.text}"


def notify(record: Record, ctx: Context, said: Mapping[str, str]) -> None:
    """Tell users something about a record: by name, several with commas, or `role:NAME`."""
    name = record.spec.name
    about = Link(name, record.id) if name in ABOUT else None
    told = [to for part in said["to"].split(",") for to in _users(part.strip(), ctx)]
    for to in dict.fromkeys(told):
        ctx.add("notice", text=said["text"], to=to, about=about)


def _tellable(spec: Any, ctx: Context, said: Mapping[str, str]) -> None:
    for part in said.get("to", "").split(","):
        _users(part.strip(), ctx)


def _users(who: str, ctx: Context) -> list[int]:
    """Return the users of a role, or the one of a name; nobody for nobody's record."""
    if who.startswith("role:"):
        role = who.removeprefix("role:")
        if role not in ctx.roles:
            raise Invalid({"to": f"there is no role {role}"})
        return [user.id for user in ctx.find("user", f'roles:"{role}" active:yes', limit=1000)]
    if not who or who == "none":
        return []
    found = ctx.parse("notice", {"to": who})["to"]
    if found is None:
        raise Invalid({"to": f"there is no user {who}"})
    return [found]


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """The notice."""
    yield Notice


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Seen, and gone from one's day."""
    yield Command(
        "seen", "notice", see, label="Seen", key="x", when=lambda notice: notice.seen_at is None,
        help="It is no longer on your day.",
    )  # fmt: skip


def carry(commit: Commit, told: Told) -> None:
    """Hand new notices to those who carry them on, by mail for example."""
    for change in commit.changes:
        if change.entity != "notice" or change.op != "create":
            continue
        whom = ("user", change.after["to"])
        about = told.entity("notice").field("about").undump(change.after.get("about"))
        told.notify(Notification(
            change.after["text"], to=told.titles([whom])[whom], source=commit.actor_name,
            about=about,
        ))  # fmt: skip


@hookimpl
def crm_listeners() -> Iterable[Listener]:
    """Behind every notice that was kept."""
    yield Listener("carry", carry, entity="notice")


@hookimpl
def crm_effects() -> Iterable[Effect]:
    """Telling somebody."""
    yield Effect(
        "notify", notify, keys=("to", "text"), required=("to", "text"), check=_tellable,
        help="Tell users (names, or role:NAME) something about it.",
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """Everybody reads what he is told."""
    for name in READERS:
        yield Role(name, ("notice.read@own", "notice.seen@own"))
    yield Role("crm_manager", ("notice.*",))


@hookimpl
def crm_views() -> Iterable[Table | HomeSection]:
    """What is new, first of all."""
    yield Table("notice", "New", filter="seen_at:none is:mine")
    yield Table("notice", "Mine", filter="is:mine")
    yield HomeSection(
        "notice", "Notices", "seen_at:none is:mine", sort="-created_at", when="created_at", order=5
    )
