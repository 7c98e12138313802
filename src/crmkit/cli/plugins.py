"""The commands on plugins: list, show, enable, disable."""

from __future__ import annotations

from collections.abc import Iterable
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
from crmkit.core.model import Model
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
    facts = {
        "name": found.name, "version": found.version, "api": found.api,
        "requires": list(found.requires), "summary": found.summary, **_brought(model, name),
    }  # fmt: skip
    if form == "json":
        output.write_object(facts)
        return
    room = max(map(len, facts))
    for key, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if text:
            output.write(f"{key.ljust(room)}  {text}")


def _brought(model: Model, plugin: str) -> dict[str, list[str]]:
    """Return what a plugin brings, by the sort of it."""
    entities = list(model.entities.values())
    states = [
        f"{e.name} {s.code}" for e in entities for f in e.flows if f.flow for s in f.flow.states
        if s.owner == plugin and e.plugin != plugin
    ]  # fmt: skip
    fields = [
        f"{e.name}.{e.short(f)}" for e in entities for f in e.fields
        if f.owner == plugin and e.plugin != plugin
    ]  # fmt: skip
    named: dict[str, Iterable[Any]] = {
        "shell": model.shell, "reports": model.reports.values(), "screens": model.screens.values(),
        "automations": model.automations.values(), "effects": model.effects.values(),
        "jobs": model.jobs, "listeners": model.listeners, "checks": model.checks,
        "steps": model.steps, "hooks": model.hooked,
    }  # fmt: skip
    return {
        "entities": [e.name for e in entities if e.plugin == plugin],
        "fields": fields,
        "states": states,
        "guards": [f"{e.name} {g.source} to {g.target}" for e in entities for g in e.guards
                   if g.owner == plugin],
        "kinds": [name for name, kind in model.kinds.items() if kind.owner == plugin],
        "roles": [name for name, roles in model.roles.items()
                  if any(role.owner == plugin for role in roles)],
        "commands": [f"{c.entity} {c.name}" for e in entities for c in e.commands
                     if c.owner == plugin],
        **{sort: [one.name for one in all_ if one.owner == plugin]
           for sort, all_ in named.items()},
    }  # fmt: skip


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
