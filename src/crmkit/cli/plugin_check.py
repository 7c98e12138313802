"""The command `plugin check`: whether a plugin keeps what every plugin promises."""

from __future__ import annotations

from pathlib import Path

import click

from crmkit.cli import output
from crmkit.cli.shell import Shell
from crmkit.core.errors import Refused


@click.command()
@click.argument("name")
@click.pass_obj
def check(shell: Shell, name: str) -> None:
    """Hold a plugin to what every plugin promises, on a made-up firm."""
    from crmkit.testing.checking import check as checked

    promises = checked(_plugin(shell, name))
    for promise in promises:
        mark = "ok    " if promise.kept else "BROKEN"
        output.write(f"{mark}  {promise.name}" + (f": {promise.why}" if promise.why else ""))
    broken = sum(not promise.kept for promise in promises)
    if broken:
        raise Refused(f"plugin {name} breaks {broken} of {len(promises)} promises")
    output.say(f"plugin {name} keeps all {len(promises)} promises")


def _plugin(shell: Shell, name: str) -> Path | str:
    from crmkit.app import installed
    from crmkit.core.custom import NAME as CUSTOM
    from crmkit.core.host import CORE, folder_sources
    from crmkit.customizing import missing
    from crmkit.plugins import BUILT_IN

    local = folder_sources(shell.place.plugins)
    if name in local:
        path = Path(local[name].path)
        return path.parent if path.name == "__init__.py" else path
    if name in installed():
        return name
    if name in (*BUILT_IN, *CORE, CUSTOM):
        raise Refused(f"{name} is a part of crmkit; what is checked is a plugin of the firm's")
    raise missing(shell.place, name)
