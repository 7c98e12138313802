"""The commands on plugins: list, show, enable, disable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from attrs import evolve

from crmkit.cli import output
from crmkit.cli.options import Branch, format_option
from crmkit.cli.plugin_check import check
from crmkit.cli.plugin_new import new
from crmkit.cli.plugin_purge import purge
from crmkit.cli.shell import Shell
from crmkit.core.custom import NAME as CUSTOM
from crmkit.core.custom import Custom, change_custom, read_custom
from crmkit.core.errors import Denied, NotFound, Refused, unknown
from crmkit.core.host import Source


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
    output.write_rows(form, ("name", "from", "state", "why"), _rows(shell))


def _rows(shell: Shell) -> Iterator[dict[str, Any]]:
    from crmkit.app import sources
    from crmkit.core import state
    from crmkit.plugins import BUILT_IN

    place = shell.place
    on, off = sources(place)
    named = {source.name for source in on}
    failed = state.failures(place.state)
    for name in (*BUILT_IN, *sorted({*_found(shell), *off} - {*BUILT_IN, "custom"}), "custom"):
        why = off.get(name) or (failed.get(name, "") if name in named else "")
        if name == "custom" and name not in named and not why:
            continue
        yield {
            "name": name,
            "from": "crmkit" if name in BUILT_IN else _origin(shell, name),
            "state": "off" if why else "on" if name in named else "disabled",
            "why": why,
        }


def _origin(shell: Shell, name: str) -> str:
    from crmkit.app import installed
    from crmkit.core.host import folder_sources

    if name == "custom":
        return str(shell.place.custom)
    local = folder_sources(shell.place.plugins)
    if name in local:
        return local[name].path
    return f"package {installed()[name].path}" if name in installed() else "nowhere"


def _found(shell: Shell) -> dict[str, Source]:
    from crmkit.app import installed
    from crmkit.core.host import folder_sources

    return {**installed(), **folder_sources(shell.place.plugins)}


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
    from crmkit.app import open_crm
    from crmkit.plugins import BUILT_IN

    _demand_admin(shell)
    own = (*BUILT_IN, CUSTOM)
    if name not in own and name not in _found(shell):
        known = [*own, *_found(shell)]
        raise NotFound(f"{unknown('plugin', name, known)}; put it into {shell.place.plugins}")
    shell.close()
    before = read_custom(shell.place.custom)
    change_custom(shell.place.custom, lambda custom: _enabled(custom, name, name in own))
    crm = open_crm(shell.place, upgrade=True)
    try:
        if name in crm.off:
            change_custom(shell.place.custom, lambda custom: _restored(custom, before))
            raise Refused(f"plugin {name} stays off: {crm.off[name]}")
        for line in crm.store.upgrade():
            output.say(line)
    finally:
        crm.store.close()
    output.say(f"plugin {name} is on")


@plugin.command()
@click.argument("name")
@click.pass_obj
def disable(shell: Shell, name: str) -> None:
    """Switch a plugin off: what it adds is hidden, and all of its data is kept."""
    from crmkit.app import sources
    from crmkit.plugins import BUILT_IN

    _demand_admin(shell)
    known = [*BUILT_IN, *_found(shell), *(s.name for s in sources(shell.place)[0])]
    if name not in known and name not in shell.place.config.plugins:
        raise NotFound(unknown("plugin", name, known))
    change_custom(shell.place.custom, lambda custom: _disabled(custom, name))
    output.say(f"plugin {name} is off, its data is kept; crmkit plugin enable {name} undoes it")


def _demand_admin(shell: Shell) -> None:
    """Only who may write the workspace's files decides what runs in it."""
    try:
        shell.demand_owner()
    except Denied:
        raise Denied(
            f"only the owner of {shell.place.path} switches plugins", grant="plugin.enable"
        ) from None


def _enabled(custom: Custom, name: str, built_in: bool) -> Custom:
    kept = tuple(n for n in custom.enabled if n != name)
    disabled = tuple(n for n in custom.disabled if n != name)
    return evolve(custom, enabled=kept if built_in else (*kept, name), disabled=disabled)


def _disabled(custom: Custom, name: str) -> Custom:
    enabled = tuple(n for n in custom.enabled if n != name)
    return evolve(custom, enabled=enabled, disabled=tuple(dict.fromkeys((*custom.disabled, name))))


def _restored(custom: Custom, before: Custom) -> Custom:
    return evolve(custom, enabled=before.enabled, disabled=before.disabled)
