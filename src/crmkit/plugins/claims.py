"""Claims: a lead of the pool held for a time, by one of several who want it.

A claim is two values of the lead, who and until when. It ends by itself, because all that asks
whose a lead is compares that moment with the clock; nothing runs in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from crmkit.api import (
    Badge,
    Command,
    Condition,
    Context,
    Extension,
    HomeSection,
    Invalid,
    Plugin,
    Record,
    Refused,
    Role,
    Setting,
    Table,
    Tag,
    Told,
    hookimpl,
    params,
    ref,
)

plugin = Plugin(
    "claims", version="1.0", requires=("roles", "leads"),
    summary="Leads of the pool, held for a time",
)  # fmt: skip

LAST_HOURS = timedelta(hours=4)
"""A claim that ends within this is marked."""


def _hours(given: Any) -> int:
    if type(given) is not int or not 1 <= given <= 24 * 365:
        raise ValueError(f"write a number of hours from 1 to 8760, not {given!r}")
    return given


HOURS = Setting("claim_hours", 24, read=_hours, help="How many hours a claim of a lead lasts.")


def running(lead: Any, now: datetime) -> bool:
    """Whether a claim on the lead runs: nobody owns it, and its time is not over."""
    return bool(lead.owner is None and lead.claimed_by and lead.claimed_until > now)


@params
class Whom:
    """Who gets the lead."""

    to: int = ref("To", "user", help="The user's name.")


def claim(lead: Any, ctx: Context, said: None) -> Record:
    """Hold a lead of the pool for the firm's hours; Refused says who was quicker."""
    _refuse_unless_free(lead, ctx)
    return _claimed(lead, ctx, ctx.actor_id)


def claim_for(lead: Any, ctx: Context, said: Whom) -> Record:
    """Hold a lead of the pool for somebody else."""
    _refuse_unless_free(lead, ctx)
    return _claimed(lead, ctx, _user(said.to, ctx))


def release(lead: Any, ctx: Context, said: None) -> Record:
    """Put a lead that somebody owns or claimed back into the pool."""
    if lead.owner is None and not running(lead, ctx.now):
        raise Refused(f"Lead {lead.id} is in the pool; there is nothing to release.")
    return _granted(lead, ctx, owner=None, claimed_by=None, claimed_until=None)


def own(lead: Any, ctx: Context, said: None) -> Record:
    """Take a lead for good: one that the actor claimed, or one of the pool."""
    mine = running(lead, ctx.now) and lead.claimed_by == ctx.actor_id
    if not mine:
        _refuse_unless_free(lead, ctx)
    return _granted(lead, ctx, owner=ctx.actor_id)


def assign(lead: Any, ctx: Context, said: Whom) -> Record:
    """Give a lead to somebody for good, whoever owns or claimed it."""
    if lead.owner == said.to:
        raise Refused(f"Lead {lead.id} is {_name(said.to, ctx)}'s already.")
    return _granted(lead, ctx, owner=_user(said.to, ctx))


def ended_by_owner(before: Any, after: Any, ctx: Context) -> Mapping[str, Any] | None:
    """Return the end of a claim on a lead that somebody owns, however he came to."""
    if after.owner is None or after.claimed_by is None:
        return None
    return {"claimed_by": None, "claimed_until": None}


def _refuse_unless_free(lead: Any, ctx: Context) -> None:
    """Refuse what is not in the pool; who claims it is told, who owns it is not for everybody."""
    if lead.owner == ctx.actor_id:
        raise Refused(f"Lead {lead.id} is yours already.")
    if lead.owner is not None:
        raise Refused(f"Lead {lead.id} is not in the pool any more: somebody owns it.")
    if not running(lead, ctx.now):
        return
    until = _clock(lead.claimed_until, ctx)
    if lead.claimed_by == ctx.actor_id:
        raise Refused(f"You claimed lead {lead.id} until {until} already; own it to keep it.")
    raise Refused(f"{_name(lead.claimed_by, ctx)} claimed it until {until}.")


def _claimed(lead: Any, ctx: Context, by: int) -> Record:
    until = ctx.now + timedelta(hours=ctx.setting(HOURS))
    return _granted(lead, ctx, claimed_by=by, claimed_until=until)


def _granted(lead: Any, ctx: Context, **values: Any) -> Record:
    """Save what the command decided; its own grant stands for that of the owner's field."""
    with ctx.granted():
        return ctx.save(lead.evolve(**values))


def _user(id: int, ctx: Context) -> int:
    user: Any = ctx.get("user", id)
    if user is None or not user.active:
        raise Invalid({"to": "choose somebody who can log in"})
    return id


def _name(user: int, ctx: Any) -> str:
    return str(ctx.titles("user", [user]).get(user) or f"user {user}")


def _clock(moment: datetime, ctx: Context) -> str:
    """Return a moment as one says it: `Tue 12:00`, and the day too where it is far away."""
    far = abs(moment - ctx.now) > timedelta(days=6)
    local: datetime = ctx.locale.local(moment)
    return f"{local:%a %d %b %H:%M}" if far else f"{local:%a %H:%M}"


def _to_be_had(lead: Any) -> bool:
    return lead.owner is None


@hookimpl
def crm_settings() -> Iterable[Setting[Any]]:
    """The length of a claim."""
    yield HOURS


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """The end of a claim where a lead gets an owner."""
    yield Extension("lead", fills=(ended_by_owner,))


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Claiming, and what follows from it."""
    yield Command(
        "claim", "lead", claim, label="Claim", key="c", when=_to_be_had, unseen=True,
        help="Hold a lead of the pool for yourself, for a time.",
    )  # fmt: skip
    yield Command(
        "own", "lead", own, label="Take ownership", key="o", when=_to_be_had, unseen=True,
        help="Keep the lead for good, claimed or from the pool.",
    )  # fmt: skip
    yield Command(
        "release", "lead", release, label="Release", key="r",
        help="Put a lead that you own or claimed back into the pool.",
    )  # fmt: skip
    yield Command(
        "assign", "lead", assign, label="Assign", key="a", params=Whom, arguments=("to",),
        help="Make somebody the lead's owner.",
    )  # fmt: skip
    yield Command(
        "claim_for", "lead", claim_for, label="Claim for somebody", params=Whom,
        arguments=("to",), when=_to_be_had, help="Hold a lead of the pool for somebody else.",
    )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """Who claims for himself, and who decides for others."""
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, ("lead.claim", "lead.own", "lead.release@own"))
    every = ("claim", "own", "release", "assign", "claim_for")
    yield Role("manage_leads", tuple(f"lead.{verb}" for verb in every))


@hookimpl
def crm_conditions() -> Iterable[Condition]:
    """Leads on which a claim runs."""
    yield Condition(
        "lead", "claimed", lambda told: f"owner:none claimed_until>{told.now:%Y-%m-%dT%H:%M:%S}Z",
        help="Somebody holds it for a time, and nobody owns it.",
    )  # fmt: skip


def time_left(lead: Any, told: Told) -> Tag | None:
    """Return who holds the lead and for how much longer; a warning in the last hours."""
    if not running(lead, told.now):
        return None
    by = ("user", lead.claimed_by)
    left: timedelta = lead.claimed_until - told.now
    text = f"claimed by {told.titles([by])[by]}, {_span(left)} left"
    return Tag(text, "warn" if left <= LAST_HOURS else "quiet")


def _span(left: timedelta) -> str:
    minutes = int(left.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 1)} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


@hookimpl
def crm_views() -> Iterable[Table | HomeSection | Badge]:
    """What is claimed, and what of it ends soon."""
    yield Table(
        "lead", "Claimed", filter="is:open is:claimed", sort="claimed_until",
        columns=("name", "company", "status", "claimed_by", "claimed_until", "next_call", "phone"),
    )  # fmt: skip
    yield HomeSection(
        "lead", "Claims about to end", "is:open is:claimed claimed_by:me claimed_until<=+8h",
        sort="claimed_until", when="claimed_until", order=25,
    )  # fmt: skip
    yield Badge("lead", time_left)
