"""The hooks: what a plugin may declare. Each runs once per load and yields values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from crmkit.core.declare import Command, Extension, HomeSection, Role, Table
from crmkit.core.entity import Record
from crmkit.core.matching import Matcher
from crmkit.core.reports import Report
from crmkit.core.settings import Setting
from crmkit.core.showing import Agenda, Badge, Condition, Export, Job

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
def crm_settings() -> Iterable[Setting[Any]]:
    """Yield what the firm may decide in `crmkit.toml`, in the section named as the plugin.

    Example::

        DAYS = Setting("days", 14, help="How long an offer stands.")

        @hookimpl
        def crm_settings():
            yield DAYS
    """
    raise AssertionError


@hookspec
def crm_conditions() -> Iterable[Condition]:
    """Yield words for filters, as in `is:hot`.

    Example::

        @hookimpl
        def crm_conditions():
            yield Condition("lead", "hot", "status:QUALIFIED next_call<=today")
    """
    raise AssertionError


@hookspec
def crm_matchers() -> Iterable[Matcher]:
    """Yield how duplicates of an entity are found.

    Example::

        @hookimpl
        def crm_matchers():
            yield Matcher("matter", near=alike, pairs=all_alike)
    """
    raise AssertionError


@hookspec
def crm_reports() -> Iterable[Report]:
    """Yield reports.

    Example::

        def by_source(asked):
            found = asked.aggregate("lead", asked.filter, "source")
            rows = [{"source": name, "leads": n} for name, n in found.items()]
            return Sheet(columns=(Column("source", "Source"), Column("leads", "Leads", "count")),
                         rows=tuple(rows))

        @hookimpl
        def crm_reports():
            yield Report(name="sources", label="Leads by source", run=by_source, entity="lead")
    """
    raise AssertionError


@hookspec
def crm_exports() -> Iterable[Export]:
    """Yield file formats for an entity's records.

    Example::

        @hookimpl
        def crm_exports():
            yield Export("contact", "txt", lambda records, ctx: b"...")
    """
    raise AssertionError


@hookspec
def crm_jobs() -> Iterable[Job]:
    """Yield work that time brings.

    Example::

        @hookimpl
        def crm_jobs():
            yield Job("reminders", remind)
    """
    raise AssertionError


@hookspec
def crm_views() -> Iterable[Table | HomeSection | Badge | Agenda]:
    """Yield saved lists, the parts of 'my day', marks on cards and rows, and calendars.

    Example::

        @hookimpl
        def crm_views():
            yield Table("lead", "Referrals", filter="source:Referral", sort="-created_at")
    """
    raise AssertionError
