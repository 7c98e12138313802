"""Commands on the program's own state: doctor and info."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click
from attrs import frozen

from crmkit.cli import output
from crmkit.cli.opening import data_folder, find_workspace
from crmkit.cli.options import format_option
from crmkit.cli.settings_check import doubts, key_doubts
from crmkit.cli.shell import Shell
from crmkit.cli.text import one_line
from crmkit.core import following, jobs, strays
from crmkit.core.blaming import blaming, sentence
from crmkit.core.config import FILE as CONFIG
from crmkit.core.crm import Crm
from crmkit.core.custom.doubts import doubts as strange
from crmkit.core.errors import CrmError
from crmkit.core.model import Model
from crmkit.core.workspace import login
from crmkit.customizing import difference, plugins, twins

LIBRARIES = ("textual", "sqlalchemy", "alembic", "attrs", "click", "pluggy", "psycopg")
_PASSWORD = re.compile(r"(?<=//)([^:/@]*):[^@/]*@")


@frozen
class Finding:
    """One thing that was looked at: whether it is in order, and what there is to say."""

    check: str
    ok: bool
    detail: str


@click.command()
@format_option()
@click.pass_obj
def doctor(shell: Shell, form: str) -> int:
    """Check that everything is in order; the exit code is 1 where something is not."""
    found = list(_findings(shell))
    rows = ({"check": f.check, "ok": f.ok, "detail": f.detail} for f in found)
    output.write_rows(form, ("check", "ok", "detail"), rows)
    return 0 if all(f.ok for f in found) else 1


def _findings(shell: Shell) -> Iterator[Finding]:
    try:
        place = shell.place
        yield Finding("workspace", True, str(place.path))
        yield Finding("privacy", *_privacy(shell))
        yield Finding("writing", *_writing(shell))
        crm = shell.crm
    except CrmError as error:
        yield Finding("workspace", False, str(error))
        return
    faults = [*(f"{name}: {why}" for name, why in crm.off.items()), *twins(place)]
    yield Finding("plugins", not faults, "; ".join(faults) or "in order")
    known = [p.name for p in plugins(place)]
    unclear = doubts(place.path / CONFIG, place.config, crm.model, known)
    yield Finding("config", not unclear, _listed(unclear))
    yield _checked("custom", lambda: _customs(shell))
    yield _checked("states", lambda: list(strays.told(crm)))
    try:
        yield Finding("user", True, shell.session.actor.name)
    except CrmError as error:
        yield Finding("user", False, str(error))
    cautions = crm.store.cautions()
    yield Finding("library", True, f"it works, but {_listed(cautions)}" if cautions else "in order")
    yield _checked("automations", lambda: _suspended(crm))
    yield _checked("jobs", lambda: jobs.suspended(crm.model, crm.store))
    yield _checked("tables", crm.store.pending)
    yield _checked("database", crm.store.verify)
    yield _checked("journal", lambda: _journal_faults(shell))
    yield Finding("walls", *_walls(shell))
    yield from _plugins_checks(crm)


def _customs(shell: Shell) -> list[str]:
    from crmkit.core.crm import SYSTEM

    other = difference(shell.place, shell.crm.store)
    return [
        *([other] if other else []), *strange(shell.crm.session(SYSTEM, "doctor")),
        *key_doubts(shell.place.custom, shell.crm.model),
    ]  # fmt: skip


def _suspended(crm: Crm) -> list[str]:
    from crmkit.core.crm import SYSTEM

    session = crm.session(SYSTEM, "doctor")
    return [following.left_alone(name) for name in following.all_suspended(session)]


def _plugins_checks(crm: Crm) -> Iterator[Finding]:
    """Yield what plugins look at; one whose check fails is named."""
    from crmkit.core.crm import SYSTEM

    told = crm.session(SYSTEM, "doctor").told
    for check in crm.model.checks:
        try:
            with blaming(check.owner, f"check {check.name}", check.run, lets="none"):
                found = [sentence(one) for one in check.run(told)]
        except CrmError as error:
            found = [str(error)]
        yield Finding(check.name, not found, _listed(found))


def _privacy(shell: Shell) -> tuple[bool, str]:
    loose = shell.place.path.stat().st_mode & 0o077
    text = f"others may look into it; close it with: chmod 700 {shell.place.path}"
    return not loose, text if loose else "only its owner gets into the folder"


def _writing(shell: Shell) -> tuple[bool, str]:
    place = shell.place
    wanted = [place.path, *filter(None, [place.database_file])]
    shut = [str(path) for path in wanted if path.exists() and not os.access(path, os.W_OK)]
    return not shut, f"nothing can be written to {', '.join(shut)}" if shut else "in order"


def _walls(shell: Shell) -> tuple[bool, str]:
    """Return what this machine has to wall a served session in; missing is a fault if required."""
    from crmkit.server import sandbox

    missing = sandbox.lacks()
    required = shell.place.config.server.require_sandbox
    text = f"served sessions are held by: {sandbox.available()}"
    return not (missing and required), "; ".join([text, *missing])


def _checked(check: str, ask: Any) -> Finding:
    try:
        faults = ask()
    except CrmError as error:
        faults = [str(error)]
    return Finding(check, not faults, _listed(faults))


def _journal_faults(shell: Shell) -> list[str]:
    from crmkit.core.audit import verify

    return verify(shell.crm.store).faults


def _listed(faults: list[str]) -> str:
    more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
    return "; ".join(faults[:3]) + more if faults else "in order"


@click.command()
@format_option("table", "json")
@click.pass_obj
def info(shell: Shell, form: str) -> None:
    """Show versions, paths and plugins."""
    facts = dict(_facts(shell))
    if form == "json":
        output.write_object(facts)
        return
    rows = [(key, text) for key, value in facts.items() for text in _lines(value)]
    room = max(len(key) for key, _ in rows)
    for key, text in rows:
        output.write(f"{key.ljust(room)}  {one_line(text)}")


def _facts(shell: Shell) -> Iterator[tuple[str, Any]]:
    from crmkit import __version__

    yield "crmkit", __version__
    yield "python", platform.python_version()
    yield "sqlite", sqlite3.sqlite_version
    for name in LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"
    yield "login", login()
    yield "data_folder", str(data_folder())
    if find_workspace(shell.start.workspace) is None:
        yield "workspace", None
        return
    yield "workspace", str(shell.place.path)
    yield "database", _PASSWORD.sub(r"\1:***@", shell.place.url)
    model = _running(shell)
    yield "custom", _custom(shell)
    yield (
        "plugins",
        [
            {"name": p.name, "version": p.version, "on": True, "summary": p.summary}
            for p in model.plugins
        ]
        + [{"name": n, "version": "", "on": False, "summary": r} for n, r in model.off.items()],
    )


def _custom(shell: Shell) -> str:
    """Return where the firm's own is kept, or that the data was made with another file."""
    try:
        return difference(shell.place, shell.crm.store) or str(shell.place.custom)
    except CrmError:
        return str(shell.place.custom)


def _running(shell: Shell) -> Model:
    """Return what is on in this workspace, or else, where its data does not open, what is named."""
    try:
        return shell.crm.model
    except CrmError:
        return shell.model


def _lines(value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield "none yet; make one with crmkit init DIR" if value is None else str(value)
        return
    for plugin in value:
        state = plugin["version"] if plugin["on"] else "off"
        yield f"{plugin['name']} {state}  {plugin['summary']}"
