"""`crmkit serve`: one warm parent, and a child for each who comes in."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import click

from crmkit.cli.failures import guarded, say_error
from crmkit.cli.root import OWN
from crmkit.cli.shell import Shell
from crmkit.core.errors import Fault, Usage
from crmkit.core.model import Model
from crmkit.core.workspace import Workspace
from crmkit.server import log
from crmkit.server.house import House, Rules
from crmkit.server.listening import listen
from crmkit.server.peers import believed
from crmkit.server.renewing import CHECK, Renewal
from crmkit.server.request import Request
from crmkit.server.session import Work
from crmkit.server.wire import HOUSE

_COLD = ("crmkit.testing", "crmkit.demo", "crmkit.__main__", "crmkit.server.attach")
"""What no session runs."""
_WARM = (
    "encodings.idna", "sqlite3", "textual.drivers.linux_driver", "textual.drivers.headless_driver",
    "textual.layouts.factory", "textual.layouts.grid", "textual.layouts.horizontal",
    "textual.layouts.stream", "textual.layouts.vertical", "textual.pilot", "textual.scrollbar",
    "zoneinfo",
)  # fmt: skip
"""What libraries import only once it is needed."""


@click.command()
@click.option("--socket", "path", metavar="PATH", help="Where to listen, instead of [server].")
@click.option(CHECK, "check", is_flag=True, help="Only see whether everything can be loaded.")
@click.pass_obj
def serve(shell: Shell, path: str | None, check: bool) -> int:
    """Serve those who come in from elsewhere, until told to end."""
    place = shell.place
    shell.demand_owner()
    from crmkit.app import stamp_of

    command = [sys.executable, *sys.orig_argv[1:]]
    for name in [n for n in os.environ if n.startswith("TEXTUAL_")]:
        del os.environ[name]
    renewal = Renewal(partial(stamp_of, place.path), command)
    model = load_all(place)
    if check:
        return 0
    server = place.config.server
    rules = Rules(believed(server.door), server.max_sessions, server.max_sessions_per_user)
    listener = listen(Path(path or server.socket or HOUSE), others=bool(server.door))
    warn(place)
    log.to(log.place(place.path, server.log))
    log.know(verbs(model))
    gc.collect()
    gc.freeze()
    return House(listener, work(place), rules, renewal).serve()


def work(place: Workspace) -> Work:
    """Return what the house does for those who come to a workspace."""
    return Work(partial(run, place), partial(wall, place), partial(answer, place), place.path)


def verbs(model: Model) -> set[str]:
    """Return the first words of all commands."""
    entities = model.entities.values()
    of_records = {word for e in entities for word in (e.name, e.plural.casefold())}
    return {*OWN, *(one.name for one in model.shell), *of_records}


def load_all(place: Workspace) -> Model:
    """Load the Model, and import everything that a session may need."""
    from crmkit.app import warm_up

    model = warm_up(place)
    import crmkit

    for module in walk_packages(crmkit.__path__, "crmkit."):
        if not module.name.startswith(_COLD):
            import_module(module.name)
    for name in _WARM:
        import_module(name)
    from rich.cells import cell_len

    cell_len("\u4e16")  # reads its table of widths
    return model


def run(place: Workspace, request: Request) -> int:
    """Run a session: the terminal UI, or the command that came with it."""
    from crmkit.cli.text import guarded_output

    with guarded_output():
        return guarded(lambda: _run(place, request))


def _run(place: Workspace, request: Request) -> int:
    if request.command is not None:
        if find_spec("crmkit.cli.remote") is None:
            raise Usage("no commands are served here; without one the terminal UI opens")
        remote = import_module("crmkit.cli.remote")
        return int(remote.run_remote(place.path, request.user, request.command))
    if not (os.isatty(0) and os.isatty(1)):
        raise Usage("the terminal UI needs a terminal: ssh -t")
    from crmkit.cli.opening import run_tui

    return run_tui(place.path, request.user)


def wall(place: Workspace) -> None:
    """Take a session's rights away."""
    strict = place.config.server.require_sandbox
    from crmkit.server.sandbox import confine

    confine(place.path, strict=strict)


def answer(place: Workspace, question: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer what is asked without a terminal: today only for keys."""
    if question.get("ask") == "keys" and find_spec("crmkit.server.keys") is not None:
        found: Mapping[str, Any] = import_module("crmkit.server.keys").answer(place, question)
        return found
    raise Fault("there is no answer to this")


def warn(place: Workspace) -> None:
    """Say which walls are lacking (Fault where the firm demands them), and what else is amiss."""
    from crmkit.app import cautions
    from crmkit.server.sandbox import lacks

    missing = lacks()
    if missing and place.config.server.require_sandbox:
        raise Fault(f"sessions cannot be walled in: {'; '.join(missing)}")
    for why in missing:
        say_error(why)
    for why in cautions(place):
        say_error(why)
    if os.geteuid() == 0:
        say_error("this serves as root, and so does every session: give it an account of its own")
