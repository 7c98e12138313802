"""The commands on plugins: list, show, enable, disable."""

from __future__ import annotations

from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.asking import confirm
from crmkit.cli.options import Branch, format_option
from crmkit.cli.plugin_check import check
from crmkit.cli.plugin_new import new
from crmkit.cli.plugin_purge import purge
from crmkit.cli.shell import Shell
from crmkit.core.custom import change_custom
from crmkit.core.errors import NotFound, unknown
from crmkit.customizing import apply, plugins, switch
from crmkit.dependants import dependants


@click.group(cls=Branch, no_args_is_help=False)
def plugin() -> None:
    """What the program is made of: its own plugins, and the firm's."""


plugin.add_command(new)
plugin.add_command(check)
plugin.add_command(purge)


@plugin.command("list")
@format_option()
@click.pass_obj
def list_plugins(shell: Shell, form: str) -> None:
    """List every plugin there is, on or off; none of the firm's is imported for it."""
    rows = (
        {"name": p.name, "from": p.origin, "state": p.state, "why": p.why}
        for p in plugins(shell.place)
    )
    output.write_rows(form, ("name", "from", "state", "why"), rows)


@plugin.command()
@click.argument("name")
@format_option("table", "json")
@click.pass_obj
def show(shell: Shell, name: str, form: str) -> None:
    """Show what a plugin that is on brings."""
    model = shell.crm.model
    found = next((p for p in model.plugins if p.name == name), None)
    if found is None:
        why = shell.crm.off.get(name) or unknown("plugin", name, [p.name for p in model.plugins])
        raise NotFound(why)
    facts: dict[str, Any] = {
        "name": found.name, "version": found.version, "api": found.api,
        "requires": list(found.requires), "summary": found.summary,
        "entities": [e.name for e in model.entities.values() if e.plugin == name],
        "fields": [
            f"{e.name}.{e.short(f)}" for e in model.entities.values() for f in e.fields
            if f.owner == name and e.plugin != name
        ],
        "commands": [f"{c.entity} {c.name}" for e in model.entities.values() for c in e.commands
                     if c.owner == name],
        "reports": [r.name for r in model.reports.values() if r.owner == name],
    }  # fmt: skip
    if form == "json":
        output.write_object(facts)
        return
    for key, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        output.write(f"{key.ljust(8)}  {text}".rstrip())


@plugin.command()
@click.argument("name")
@click.pass_obj
def enable(shell: Shell, name: str) -> None:
    """Switch a plugin on, and make its tables; what it adds is shown."""
    step = switch(shell.place, name, on=True)
    shell.close()
    for line in apply(shell.place, step):
        output.say(line)
    output.say(step.said)


@plugin.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask where others go off with it.")
@click.pass_obj
def disable(shell: Shell, name: str, yes: bool) -> None:
    """Switch a plugin off: what it adds is hidden, and all of its data is kept."""
    step = switch(shell.place, name, on=False)
    if others := dependants(shell.place, name):
        confirm(f"These need {name}, and go off with it: {', '.join(others)}.", name, yes)
    # Not applied: that would load the Model, and so import what is to be switched off.
    change_custom(shell.place.custom, step.change)
    output.say(f"{step.said}; crmkit plugin enable {name} undoes it")
