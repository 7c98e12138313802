"""Matters: the work of a law firm for its clients, under numbers of its own."""

from crmkit.api import (
    Command,
    Extension,
    Panel,
    Plugin,
    Record,
    Report,
    Role,
    Setting,
    Table,
    hookimpl,
)

from . import figures, numbering, opening, overview
from .matter import Matter

plugin = Plugin(
    "matters", version="1.0", requires=("actions", "clients", "roles"),
    summary="Matters, their numbers and their board",
)  # fmt: skip


@hookimpl
def crm_entities() -> list[type[Record]]:
    """The matter, and the last number of each year."""
    return [Matter, numbering.LastNumber]


@hookimpl
def crm_settings() -> list[Setting[str]]:
    """How numbers begin."""
    return [numbering.PREFIX]


@hookimpl
def crm_extensions() -> list[Extension]:
    """The number of a new matter; actions can be about matters."""
    return [
        Extension("matter", fills=(numbering.number,), checks=(numbering.is_free,)),
        Extension("action", targets={"about": ("matter",)}),
    ]


@hookimpl
def crm_commands() -> list[Command]:
    """From the client's screen to a matter of his."""
    return [
        Command(
            "open_matter", "client", opening.open_matter, label="Open a matter", key="M",
            params=opening.Opening, arguments=("name",), help="Take on work for the client.",
        )
    ]  # fmt: skip


@hookimpl
def crm_views() -> list[Table | Panel]:
    """The lists of matters, and those of a client on his screen."""
    return [
        Table("matter", "Open", filter="is:open", sort="-number"),
        Table("matter", "Mine", filter="is:open lawyer:me", sort="-number"),
        Table("matter", "Closed", filter="is:won", sort="-closed_on"),
        Table("matter", "All", sort="-number"),
        Panel("client", "Matters", overview.of_client),
    ]


@hookimpl
def crm_reports() -> list[Report]:
    """What the firm works on."""
    return [
        Report(
            name="matters", label="Matters", run=figures.matters, entity="matter",
            by=("area", "lawyer", "client", "status"), help="How many, and what they are worth.",
        )
    ]  # fmt: skip


@hookimpl
def crm_policy() -> list[Role]:
    """What each role may do with matters."""
    return [
        Role("crm_worker", ("matter.read",)),
        *(
            Role(name, ("matter.read", "matter.create", "matter.update", "matter.move",
                        "client.open_matter", "report.matters"))
            for name in ("crm_supervisor", "account_manager")
        ),
        Role("crm_manager", ("matter.*", "client.open_matter")),
        Role("contributor", ("matter.read@own",)),
    ]  # fmt: skip
