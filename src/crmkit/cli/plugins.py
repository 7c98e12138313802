"""The commands on plugins: list, show, enable, disable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

import click

from crmkit.app import open_built_in
from crmkit.cli import output
from crmkit.cli.asking import confirm
from crmkit.cli.options import Branch, format_option
from crmkit.cli.plugin_check import check
from crmkit.cli.plugin_new import new
from crmkit.cli.plugin_purge import purge
from crmkit.cli.plugin_shown import shown
from crmkit.cli.shell import Shell
from crmkit.core.custom import change_custom
from crmkit.core.errors import CrmError
from crmkit.customizing import apply, missing, plugins, switch
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
        raise missing(shell.place, name)
    facts = {
        "name": found.name, "version": found.version, "api": found.api,
        "requires": list(found.requires), "summary": found.summary, **shown(model, name),
    }  # fmt: skip
    if form == "json":
        output.write_object(facts)
        return
    room = max(map(len, facts))
    for key, value in facts.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if text:
            output.write(f"{key.ljust(room)}  {text}")


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
@click.option("--yes", is_flag=True, help="Do not ask, whatever else comes of it.")
@click.pass_obj
def disable(shell: Shell, name: str, yes: bool) -> None:
    """Switch a plugin off: what it adds is hidden, and all of its data is kept."""
    step = switch(shell.place, name, on=False)
    if told := list(_consequences(shell, name)):
        confirm(" ".join(told), name, yes)
    # Not applied: that would load the Model, and so import what is to be switched off.
    change_custom(shell.place.custom, step.change)
    output.say(f"{step.said}; crmkit plugin enable {name} undoes it")


def _consequences(shell: Shell, name: str) -> Iterator[str]:
    """Yield what else comes of switching a plugin off, a sentence each."""
    others = dependants(shell.place, name)
    if others:
        yield f"These need {name}, and go off with it: {', '.join(others)}."
    for plugin, roles in _denying(shell, (name, *others)).items():
        yield (
            f"What plugin {plugin} forbids is no longer forbidden, and may be seen and done by "
            f"whoever has other grants for it: {', '.join(roles)}."
        )


def _denying(shell: Shell, plugins: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the roles that plugins forbid something, as the database has noted it.

    Where it cannot be opened nothing is known: switching off may be what mends it.
    """
    try:
        with closing(open_built_in(shell.place).store) as store, store.reader() as reader:
            notes = reader.notes()
    except CrmError:
        return {}
    return {p: notes[p].denies for p in plugins if p in notes and notes[p].denies}
