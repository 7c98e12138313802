"""The command `plugin purge`: dropping what a plugin kept, once it is written to a file."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crmkit.cli import output
from crmkit.cli.asking import confirm
from crmkit.cli.shell import Shell
from crmkit.core.errors import Denied, Fault, NotFound, Refused, Usage
from crmkit.core.purge import Holding, Holdings, Rows, counted, demand

if TYPE_CHECKING:
    from crmkit.core.crm import Crm
    from crmkit.core.policy import Actor

FOLDER = "purged"
_ABOUT = """\
What the plugin {plugin} kept, before it was purged: a CSV file for each of its tables, in UTF-8,
and all of it in words in manifest.json.

An entity's file is read back by `crmkit NAME import FILE`, once the plugin is on again. The file of
fields that were added to another entity names its records by their number (id): bring a value back
with `crmkit NAME set ID FIELD=VALUE`. Files named with ___ hold the values of repeating fields.
"""


@click.command()
@click.argument("name")
@click.option("--to", "path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Where to write the data first, a zip; else in the workspace.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask for the name.")
@click.pass_obj
def purge(shell: Shell, name: str, path: Path | None, yes: bool) -> None:
    """Drop what a plugin that is off keeps: its fields, entities and states, for good.

    It is written to a zip of CSV files first, and the database is backed up. The journal stays.
    """
    from crmkit.core.purge import purge as drop

    _demand_owner(shell)
    _demand_off(shell, name)
    with _opened(shell) as crm:
        if name in [p.name for p in crm.model.plugins]:
            raise Refused(f"{name} is a part of the program; it cannot be purged")
        found = crm.store.purging().holdings(name)
        if not found:
            raise NotFound(f"nothing is kept of a plugin {name}; see: crmkit plugin list")
        for line in _told(found):
            output.say(line)
        demand(found, crm.model)
        confirm("This drops it for good.", name, yes)
        place = path or _place(shell.place.path, name, crm.clock())
        session = crm.session(_actor(crm, shell), "cli")
        with _fresh(place) as made:
            output.say(crm.store.backup())
            _, commit = drop(session, name, lambda h, rows: _write(made, h, rows), f"see {place}")
        output.say(f"{counted(found)} of plugin {name} dropped (commit {commit.id})")
        output.say(f"the data is in {place}")


def _demand_owner(shell: Shell) -> None:
    try:
        shell.demand_owner()
    except Denied:
        raise Denied(
            f"only the owner of {shell.place.path} purges plugins", grant="plugin.purge"
        ) from None


def _demand_off(shell: Shell, name: str) -> None:
    """Raise Refused unless the plugin is switched off, or not there any more."""
    from crmkit.app import installed
    from crmkit.core.custom import NAME as CUSTOM
    from crmkit.core.custom import read_custom
    from crmkit.core.host import folder_sources
    from crmkit.plugins import BUILT_IN

    custom = read_custom(shell.place.custom)
    known = {**folder_sources(shell.place.plugins), **installed()}
    on = name in BUILT_IN or (name == CUSTOM and custom.declares)
    on = on or (name in known and name in (*shell.place.config.plugins, *custom.enabled))
    if on and name not in custom.disabled:
        raise Refused(f"plugin {name} is switched on; first: crmkit plugin disable {name}")


@contextmanager
def _opened(shell: Shell) -> Iterator[Crm]:
    """Open the workspace without any third party's plugin."""
    from crmkit.app import open_built_in

    crm = open_built_in(shell.place)
    try:
        yield crm
    finally:
        crm.store.close()


def _actor(crm: Crm, shell: Shell) -> Actor:
    from crmkit.app import whoami

    return whoami(crm, shell.place, shell.start.as_user)


def _told(found: Holdings) -> Iterator[str]:
    yield f"plugin {found.plugin} keeps {counted(found)}:"
    for table in found.tables:
        yield f"  {table.table}: {table.rows:,}"
    for s in found.strays:
        yield f"  {s.entity} in the state {s.state}: {s.count:,}, which go to {s.fallback}"


def _place(workspace: Path, name: str, now: datetime) -> Path:
    folder = workspace / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Fault(f"{folder} cannot be made: {error.strerror}") from None
    stem = f"{name}-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    numbered = (folder / f"{stem}{f'-{n}' if n > 1 else ''}.zip" for n in range(1, 10_000))
    return next(path for path in numbered if not path.exists())


@contextmanager
def _fresh(path: Path) -> Iterator[io.BufferedWriter]:
    """Open a new file for its owner's eyes only; it goes again where anything fails."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Usage(f"{path} is there already; choose another file") from None
    except OSError as error:
        raise Fault(f"{path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(file: io.BufferedWriter, found: Holdings, rows: Rows) -> None:
    """Write the data out, to the disk itself, before any of it is dropped."""
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            written = {table.table: _write_table(archive, table, rows) for table in found.tables}
            archive.writestr("manifest.json", _manifest(found, written))
            archive.writestr("README.txt", _ABOUT.format(plugin=found.plugin))
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise Fault(f"the data cannot be written: {error.strerror}; nothing is dropped") from None


def _write_table(archive: zipfile.ZipFile, table: Holding, rows: Rows) -> int:
    with archive.open(f"{table.table}.csv", "w", force_zip64=True) as raw:
        text = io.TextIOWrapper(raw, "utf-8", newline="")
        sheet = csv.writer(text, lineterminator="\n")
        sheet.writerow(table.columns)
        count = 0
        for row in rows(table):
            sheet.writerow([row[name] for name in table.columns])
            count += 1
        text.flush()
        text.detach()
    if count != table.rows:
        raise Fault(f"{table.table} has {table.rows} rows, {count} were written; try again")
    return count


def _manifest(found: Holdings, written: dict[str, int]) -> str:
    whole = {
        "plugin": found.plugin,
        "tables": [
            {"table": t.table, "entity": t.entity, "kind": t.kind, "columns": t.columns,
             "rows": written[t.table]}
            for t in found.tables
        ],
        "states": [
            {"entity": s.entity, "field": s.field, "state": s.state, "fallback": s.fallback,
             "records": s.count}
            for s in found.strays
        ],
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
