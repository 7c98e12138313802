"""Imports: what a record was called in the file or program that it came from.

The identifier lets a later file refer to the record, and keeps the same row from coming in twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from crmkit.api import Extension, Facet, Plugin, facet, hookimpl, text

plugin = Plugin(
    "imports", version="1.0",
    requires=("accounts", "contacts", "prospects", "leads", "deals", "clients"),
    summary="The identifiers that imported records had where they came from",
)  # fmt: skip

IMPORTED = ("contact", "account", "lead", "deal", "client", "prospect")


def source_of(entity: str) -> type[Facet]:
    """Return the facet that keeps an entity's identifiers."""

    @facet(entity)
    class Source(Facet):
        """Where a record came from."""

        external_id: str = text(
            "External id", default="", index=True, section="Origin",
            help="What the record was called in the file or program that it came from.",
        )  # fmt: skip

    return Source


@hookimpl
def crm_extensions() -> Iterable[Extension]:
    """An identifier for everything that files bring in."""
    for entity in IMPORTED:
        yield Extension(entity, facet=source_of(entity))
