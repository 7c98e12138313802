"""The hooks: what a plugin may declare. Each runs once per load and yields values.

Those that are called as the program runs are in `callspecs`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from crmkit.core.automation import Automation, Effect, Switch
from crmkit.core.bringing import NewKind, ShellCommand
from crmkit.core.callspecs import (  # noqa: F401
    crm_authenticate,
    crm_notify,
    crm_started,
    crm_stopping,
)
from crmkit.core.declare import Check, Command, Extension, HomeSection, Listener, Role, Step, Table
from crmkit.core.entity import Record
from crmkit.core.matching import Matcher
from crmkit.core.reports import Report
from crmkit.core.settings import Setting
from crmkit.core.showing import Agenda, Badge, Condition, Export, Job, Panel, PluginScreen

hookspec = pluggy.HookspecMarker("crmkit")


@hookspec
def crm_entities() -> Iterable[type[Record]]:
    """Yield the entities that the plugin brings.

    Example::

        @entity("matter", title="name", key="m")
        class Matter(Record):
            name: str = text("Name", search=True, shown=True)
            client: int | None = ref("Client", "client", default=None, shown=True)

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

        def vat_id_known(lead, ctx):
            return None if lead[AcmeLead].vat_id else "Fill in the VAT id first."

        @hookimpl
        def crm_extensions():
            yield Extension(
                "lead", facet=AcmeLead,
                states=(State("CREDIT_CHECK", after="CONTACTED", fallback="CONTACTED"),),
                guards=(Guard(vat_id_known, target="QUALIFIED"),),
            )
    """
    raise AssertionError


@hookspec
def crm_field_kinds() -> Iterable[NewKind]:
    """Yield kinds of fields, which entities, facets, parameters and custom fields may be of.

    Example::

        class StarsKind(FieldKind):
            name = "stars"
            columns = (("", Stored.INTEGER),)
            operators = frozenset({":", "=", "!=", "<", "<=", ">", ">="})
            right = True
            example = "***"

            def parse(self, text, locale):
                return self.validate(text.count("*") or int(text))

            def format(self, value, locale):
                return "*" * value

            def validate(self, value):
                if value not in range(1, 6):
                    raise ValueError(f"write one to five stars, not {value!r}")
                return value

        def stars(label, *, default=None, **more):
            return of_kind(label, StarsKind(), default=default, **more)

        @hookimpl
        def crm_field_kinds():
            yield NewKind(StarsKind, stars)
    """
    raise AssertionError


@hookspec
def crm_policy() -> Iterable[Role]:
    """Yield roles; rules for a role that another plugin made are added to it.

    Example::

        @hookimpl
        def crm_policy():
            yield Role("crm_worker", ("lead.greet",))
            yield Role("intern", ("lead.read@own", Deny("client.read", where="status:PAST")))
    """
    raise AssertionError


@hookspec
def crm_commands() -> Iterable[Command]:
    """Yield verbs on records.

    Example::

        @params
        class Greeting:
            words: str = text("Words", default="Hello")

        def greet(lead, ctx, said):
            return f"{said.words}, {lead.title}"

        @hookimpl
        def crm_commands():
            yield Command("greet", "lead", greet, label="Greet", grant="read", params=Greeting)
    """
    raise AssertionError


@hookspec
def crm_cli() -> Iterable[ShellCommand]:
    """Yield commands of the shell that are not on records.

    Example::

        @params
        class Lately:
            source: str = text("Source", default="Website")
            days: int = number("Days", default=7, minimum=1)

        def lately(session, said):
            found = session.find("lead", f"source:{said.source} created_at>=-{said.days}d")
            return [{"id": lead.id, "name": lead.name, "status": lead.status} for lead in found]

        @hookimpl
        def crm_cli():
            yield ShellCommand(
                "lately", lately, params=Lately, arguments=("source",), help="Show new leads.",
            )
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

        def near(account, ctx):
            for other in ctx.search("account", [account.name]):
                if other.id != account.id and fold(other.name) == fold(account.name):
                    yield Match("account", other.id, 90, reasons=("the same name",))

        def pairs(accounts, ctx):
            first = {}
            for account in accounts:
                one = first.setdefault(fold(account.name), account.id)
                if one != account.id:
                    yield Pair(one, account.id, 90, reasons=("the same name",))

        @hookimpl
        def crm_matchers():
            yield Matcher("account", near=near, pairs=pairs)
    """
    raise AssertionError


@hookspec
def crm_reports() -> Iterable[Report]:
    """Yield reports.

    Example::

        def by_source(asked):
            found = asked.aggregate("lead", asked.filter, "source")
            return Sheet(
                columns=(Column("source", "Source"), Column("leads", "Leads", "count")),
                rows=tuple({"source": name, "leads": n} for name, n in found.items()),
                chart=Chart("source", ("leads",)),
            )

        @hookimpl
        def crm_reports():
            yield Report(name="sources", label="Leads by source", run=by_source, entity="lead")
    """
    raise AssertionError


@hookspec
def crm_exports() -> Iterable[Export]:
    """Yield file formats for an entity's records.

    Example::

        def as_text(contacts, ctx):
            return "".join(f"{contact.title}\\n" for contact in contacts).encode()

        @hookimpl
        def crm_exports():
            yield Export("contact", "txt", as_text)
    """
    raise AssertionError


@hookspec
def crm_jobs() -> Iterable[Job]:
    """Yield work that time brings.

    Example::

        def remind(ctx):
            late = ctx.count("action", "is:overdue")
            return f"{late} actions are overdue" if late else None

        @hookimpl
        def crm_jobs():
            yield Job("remind", remind, label="Tell what is overdue")
    """
    raise AssertionError


@hookspec
def crm_automations() -> Iterable[Automation | Switch]:
    """Yield what is to follow from what happens, and switch what others yield on or off.

    Example::

        @hookimpl
        def crm_automations():
            yield Automation(
                "ring_websites", "lead", Created(), where="source:Website",
                do=(Do("action", kind="call", subject="Ring {title}", due="+1d"),),
            )
            yield Automation(
                "forgotten", "lead", Older("CONTACTED", "14d"),
                do=(Do("notify", to="{owner}", text="{title} waits since two weeks"),),
            )
            yield Switch("no_show_call", on=False)
    """
    raise AssertionError


@hookspec
def crm_listeners() -> Iterable[Listener]:
    """Yield what is to be done behind a commit.

    Example::

        def tell(commit, told):
            for change in commit.changes:
                print(change.op, change.title)

        @hookimpl
        def crm_listeners():
            yield Listener("tell", tell, entity="lead")
    """
    raise AssertionError


@hookspec
def crm_checks() -> Iterable[Check]:
    """Yield what `crmkit doctor` is to look at.

    Example::

        def everybody_has_a_team(told):
            for user in told.session.find("user", "active:yes team:none"):
                yield f"{user.name} is in no team"

        @hookimpl
        def crm_checks():
            yield Check("teams", everybody_has_a_team)
    """
    raise AssertionError


@hookspec
def crm_steps() -> Iterable[Step]:
    """Yield what is to be done once, by `crmkit upgrade`, to data that is there already.

    Example::

        def tidy(ctx):
            found = ctx.find("account", "website:example.org")
            for account in found:
                ctx.set("account", account.id, {"website": ""})
            return f"{len(found)} websites were made up" if found else None

        @hookimpl
        def crm_steps():
            yield Step("no_made_up_websites", run=tidy)
    """
    raise AssertionError


@hookspec
def crm_effects() -> Iterable[Effect]:
    """Yield what automations can do.

    Example::

        def praise(record, ctx, said):
            ctx.set(record.spec.name, record.id, {"notes": f"{said['words']}, {record.title}!"})

        @hookimpl
        def crm_effects():
            yield Effect("praise", praise, keys=("words",), required=("words",))
    """
    raise AssertionError


@hookspec
def crm_views() -> Iterable[Table | HomeSection | Badge | Panel | PluginScreen | Agenda]:
    """Yield saved lists, parts of 'my day', marks on cards, sections of records, and calendars.

    Example::

        def mark(lead, told):
            return Tag("event", "good") if lead.source == "Event" else None

        def calls(client, told):
            for action in told.find("action", f"about:client:{client.id} kind:CALL", limit=3):
                yield action.subject, action.status, action

        @hookimpl
        def crm_views():
            yield Table("lead", "Referrals", filter="source:Referral", sort="-created_at")
            yield HomeSection("lead", "Met at events", "is:open source:Event", when="created_at")
            yield Badge("lead", mark)
            yield Panel("client", "Calls", calls)
            yield PluginScreen("wall", "Leads on the wall", ".wall:WallScreen")
    """
    raise AssertionError
