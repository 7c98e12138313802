"""The hooks: what a plugin may declare. Each runs once per load and yields values."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from crmkit.core.declare import Command, Extension, HomeSection, Role, Table
from crmkit.core.entity import Record

hookspec = pluggy.HookspecMarker("crmkit")


@hookspec
def crm_entities() -> Iterable[type[Record]]:
    """Yield the entities that the plugin brings.

    Example::

        @entity("matter", title="name", key="m")
        class Matter(Record):
            name: str = text("Name", search=True, shown=True)

        @hookimpl
        def crm_entities():
            yield Matter
    """
    raise AssertionError


@hookspec
def crm_extensions() -> Iterable[Extension]:
    """Yield additions to entities: facets, states, moves, guards, checks, derived values.

    Example::

        @facet("lead")
        class AcmeLead(Facet):
            vat_id: str = text("VAT id", default="")

        @hookimpl
        def crm_extensions():
            yield Extension("lead", facet=AcmeLead)
    """
    raise AssertionError


@hookspec
def crm_policy() -> Iterable[Role]:
    """Yield roles; rules for a role that another plugin made are added to it.

    Example::

        @hookimpl
        def crm_policy():
            yield Role("crm_worker", (Grant("matter.read"),))
    """
    raise AssertionError


@hookspec
def crm_commands() -> Iterable[Command]:
    """Yield verbs on records.

    Example::

        def greet(record, ctx, params):
            return f"Hello, {record.title}"

        @hookimpl
        def crm_commands():
            yield Command("greet", "lead", greet, label="Greet", grant="read")
    """
    raise AssertionError


@hookspec
def crm_views() -> Iterable[Table | HomeSection]:
    """Yield saved lists and the parts of 'my day'.

    Example::

        @hookimpl
        def crm_views():
            yield Table("lead", "Referrals", filter="source:Referral", sort="-created_at")
    """
    raise AssertionError
