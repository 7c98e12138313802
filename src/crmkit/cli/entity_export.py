"""An entity's command `export`: records as a file, in the formats that plugins bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.entity_reading import pages
from crmkit.cli.options import FieldNames, Words, raw_option
from crmkit.cli.shell import Shell
from crmkit.core.blaming import blaming
from crmkit.core.entity import Record
from crmkit.core.errors import Fault, Usage
from crmkit.core.model import EntityModel
from crmkit.core.serving import served
from crmkit.core.session import Session
from crmkit.core.showing import Export


def exporting(entity: EntityModel) -> click.Command:
    """Return the command `export`."""
    formats = {e.format: e for e in entity.exports}
    only: dict[str, Any] = {"required": True} if len(formats) > 1 else {"default": [*formats][0]}

    @click.command("export", cls=Words, epilog="csv, json and tsv: see list --format.")
    @click.argument("filter", nargs=-1, metavar="[FILTER]", type=FieldNames(entity, ":"))
    @click.option("--format", "form", type=click.Choice(list(formats)),
                  help="What kind of file.", **only)  # fmt: skip
    @click.option("--output", "-o", "path", type=click.Path(path_type=Path, dir_okay=False),
                  help="Where to write it; standard output otherwise.")  # fmt: skip
    @raw_option("Files of text")
    @click.pass_obj
    def run(shell: Shell, filter: tuple[str, ...], form: str, path: Path | None) -> None:
        session, model = shell.session, shell.entity(entity.name)
        records = list(pages(session, model, " ".join(filter), "", 0, export=True))
        data = _written(formats[form], records, session)
        if path is None:
            output.write_bytes(_seen(data))
            return
        try:
            path.write_bytes(data)
        except OSError as error:
            raise Fault(f"{path} cannot be written: {error.strerror}") from None
        output.say(f"{len(records):,} {entity.plural.lower()} written to {path}")

    run.help = f"Write {entity.plural.lower()} to a file for other programs."
    return run


def _seen(data: bytes) -> bytes:
    """Return a file as it may be sent to where standard output goes.

    Usage for one that is no text, where it may come to a terminal.
    """
    try:
        return output.seen(data.decode()).encode()
    except UnicodeDecodeError:
        if output.raw() or not (output.on_terminal() or served()):
            return data
        raise Usage("this file is no text: send it to a file, with --raw") from None


def _written(export: Export, records: list[Record], session: Session) -> bytes:
    what = f"export {export.format} of {export.entity}"
    with blaming(export.owner, what, export.write, lets="all"):
        data = export.write(records, session.told)
        if not isinstance(data, bytes):
            raise TypeError(f"it returned {type(data).__name__}, not bytes")
        return data
