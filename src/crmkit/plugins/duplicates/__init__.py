"""Duplicates: records that may be one, found by what their fields say, ranked and explained."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from crmkit.api import Context, Match, Matcher, Pair, Plugin, Record, hookimpl

plugin = Plugin(
    "duplicates", version="1.0",
    requires=("contacts", "leads", "accounts", "clients", "prospects"),
    summary="Records that may be one",
)  # fmt: skip

ENTITIES = ("contact", "lead", "account", "client", "prospect")


def alike(entity: str, record: Record, ctx: Context) -> Iterable[Match]:
    """Return the records of an entity that a record may be the same as, best first."""
    from crmkit.plugins.duplicates.nearby import near
    from crmkit.plugins.duplicates.profile import Reader

    return near(
        record,
        Reader.of(ctx.fields(record.spec.name)),
        alike=partial(ctx.alike, entity),
        search=partial(ctx.search, entity),
        theirs=Reader.of(ctx.fields(entity)),
    )


def all_alike(entity: str, records: Iterable[Record], ctx: Context) -> Iterable[Pair]:
    """Return the pairs among records of an entity that may be one, best first."""
    from crmkit.plugins.duplicates.profile import Reader
    from crmkit.plugins.duplicates.scan import pairs

    reader = Reader.of(ctx.fields(entity))
    return pairs(reader.profile(record) for record in records)


@hookimpl
def crm_matchers() -> Iterable[Matcher]:
    """A matcher for everyone and every organisation that the firm deals with."""
    for entity in ENTITIES:
        yield Matcher(entity, near=partial(alike, entity), pairs=partial(all_alike, entity))
