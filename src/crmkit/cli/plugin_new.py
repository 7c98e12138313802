"""The command `plugin new`: the first files of a plugin, which work as they are."""

from __future__ import annotations

from pathlib import Path

import click

from crmkit.cli import output
from crmkit.cli.shell import Shell


@click.command()
@click.argument("name")
@click.option("--for", "entity", metavar="ENTITY", required=True, help="What it adds to.")
@click.option("--package", is_flag=True, help="A package to install, in a new folder here.")
@click.pass_obj
def new(shell: Shell, name: str, entity: str, package: bool) -> None:
    """Write a new plugin: a file and its test in the workspace, or a package."""
    from crmkit.testing.scaffold import demand_name, new_file, new_package

    model = shell.model
    target = model.entity(entity)
    demand_name(name, _taken(shell, package))
    if package:
        written = new_package(Path.cwd(), name, target)
        then = f"cd {name} && pip install -e . && pytest"
    else:
        written = new_file(shell.place.plugins, name, target)
        then = f"pytest {written[-1]} && crmkit plugin enable {name}"
    for path in written:
        output.say(f"wrote {path}")
    output.say(f"next: {then}")


def _taken(shell: Shell, package: bool) -> dict[str, str]:
    from crmkit.app import installed
    from crmkit.core.host import folder_sources
    from crmkit.plugins import BUILT_IN

    found = dict.fromkeys((*BUILT_IN, "users", "custom"), "a plugin of the program")
    found |= dict.fromkeys(("crmkit", "tests"), "a name of the program's own")
    found |= dict.fromkeys(installed(), "an installed plugin")
    if not package:
        found |= dict.fromkeys(folder_sources(shell.place.plugins), "a plugin of the workspace")
    return found
