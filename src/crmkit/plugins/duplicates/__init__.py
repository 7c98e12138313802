"""Duplicates: records that may be one, found by what their fields say, ranked and explained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from crmkit.api import (
    Command,
    Context,
    Match,
    Matcher,
    Pair,
    Plugin,
    Record,
    Role,
    hookimpl,
)
from crmkit.plugins.duplicates.remembered import (
    ENTITIES,
    Distinction,
    keep_apart,
    not_kept_apart,
    others_of,
    still_open,
)

plugin = Plugin(
    "duplicates", version="1.0",
    requires=("roles", "contacts", "leads", "accounts", "clients", "prospects"),
    summary="Records that may be one",
)  # fmt: skip

PEOPLE = ("contact", "lead", "client", "prospect")
"""Entities that may hold the same person: an e-mail or phone is looked up in all of them."""


def alike(entity: str, record: Record, ctx: Context) -> Iterable[Match]:
    """Return the records that a record may be the same as, best first: those of its entity, and
    those of others with the same e-mail or phone."""
    from crmkit.plugins.duplicates.nearby import near
    from crmkit.plugins.duplicates.profile import Reader

    own = near(
        record,
        Reader.of(ctx.fields(record.spec.name)),
        alike=partial(ctx.alike, entity),
        search=partial(ctx.search, entity),
        theirs=Reader.of(ctx.fields(entity)),
    )
    elsewhere = _elsewhere(record, ctx) if entity in PEOPLE else ()
    return not_kept_apart([*own, *elsewhere], record, ctx)


def _elsewhere(record: Record, ctx: Context) -> Iterator[Match]:
    from crmkit.plugins.duplicates.evidence import Scale
    from crmkit.plugins.duplicates.profile import Reader

    mine = Reader.of(ctx.fields(record.spec.name)).profile(record)
    for entity in PEOPLE:
        if entity == record.spec.name:
            continue
        reader = Reader.of(ctx.fields(entity))
        for other in ctx.alike(entity, record):
            score, reasons = Scale().score(mine, reader.profile(other))
            yield Match(entity, other.id, score, True, reasons)


def all_alike(entity: str, records: Iterable[Record], ctx: Context) -> Iterable[Pair]:
    """Return the pairs among records of an entity that may be one, best first."""
    from crmkit.plugins.duplicates.profile import Reader
    from crmkit.plugins.duplicates.scan import pairs

    reader = Reader.of(ctx.fields(entity))
    return still_open(pairs(reader.profile(record) for record in records), entity, ctx)


@hookimpl
def crm_entities() -> Iterable[type[Record]]:
    """What was kept apart."""
    yield Distinction


@hookimpl
def crm_matchers() -> Iterable[Matcher]:
    """A matcher for everyone and every organisation that the firm deals with."""
    for entity in ENTITIES:
        yield Matcher(entity, near=partial(alike, entity), pairs=partial(all_alike, entity))


@hookimpl
def crm_commands() -> Iterable[Command]:
    """Keeping records apart that look alike."""
    for entity in ENTITIES:
        yield Command(
            "distinct", entity, keep_apart, label="Not a duplicate of", grant="merge",
            params=others_of(entity), arguments=("others",),
            help="Remember that it is not the same as another, so that nobody is asked again.",
        )  # fmt: skip


@hookimpl
def crm_policy() -> Iterable[Role]:
    """Who may change records may merge them."""
    for name in ("crm_supervisor", "account_manager"):
        yield Role(name, tuple(
            f"{entity}.merge{scope}"
            for entity in ENTITIES
            for scope in (("@own", "@pool") if entity == "lead" else ("",))
        ))  # fmt: skip
    yield Role("manager", ("contact.merge", "client.merge"))
