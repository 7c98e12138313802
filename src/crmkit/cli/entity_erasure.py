"""An entity's commands for the rights of a person: `personal` tells what is kept, `erase` ends it.

What they cover, and what they cannot reach, is in docs/personal-data.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.asking import confirm
from crmkit.cli.options import Whole, format_option
from crmkit.cli.shell import Shell
from crmkit.core.erasure import Kept, counted
from crmkit.core.journal import text_of
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.words import a


def disclosing(entity: EntityModel) -> click.Command:
    """Return the command `personal`."""

    @click.command("personal", epilog="See crmkit help personal-data.")
    @click.argument("id", type=Whole(min=1))
    @format_option()
    @click.pass_obj
    def run(shell: Shell, id: int, form: str) -> None:
        found = shell.session.personal_data(entity.name, id)
        if form == "json":
            output.write_json(_object(one) for one in found.records)
        else:
            columns = ("entity", "id", "title", "field", "value", "former")
            output.write_rows(form, columns, (row for one in found.records for row in _rows(one)))
        if found.left:
            output.say(f"{found.left} more records are about it, which you may not export")
        _say_linked(shell.session, found.linked, "personal")

    run.help = f"Show the personal data that is kept of {a(entity.label.lower())}, and was."
    return run


def _say_linked(session: Session, linked: Sequence[tuple[str, int]], verb: str) -> None:
    """Name the records that may be of the same person, and are not covered."""
    titles = session.titles(linked)
    for entity, id in linked:
        output.say(
            f"not covered: {entity} {id} {titles[entity, id]}, which it points at; where that is "
            f"the same person: crmkit {entity} {verb} {id}"
        )


def _object(one: Kept) -> dict[str, Any]:
    return {
        "entity": one.entity, "id": one.record, "title": one.title, "values": dict(one.values),
        "former": dict(one.former),
    }  # fmt: skip


def _rows(one: Kept) -> Iterator[Mapping[str, Any]]:
    for key in dict.fromkeys([*one.values, *one.former]):
        former = " | ".join(text_of(value) for value in one.former.get(key, []))
        yield {
            "entity": one.entity, "id": one.record, "title": one.title, "field": key,
            "value": text_of(one.values.get(key)), "former": former,
        }  # fmt: skip


def erasing(entity: EntityModel) -> click.Command:
    """Return the command `erase`."""

    @click.command("erase", epilog="See crmkit help personal-data.")
    @click.argument("id", type=Whole(min=1))
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.pass_obj
    def run(shell: Shell, id: int, yes: bool) -> None:
        session = shell.session
        found = session.erasable(entity.name, id)
        name = f"{entity.label.lower()} {id}"
        confirm(
            f"This erases, for good, the personal data of {name}, in "
            f"{counted(session.model, found.records)} and in the journal.",
            "erase", yes,
        )  # fmt: skip
        done = session.erase(entity.name, id)
        output.say(
            f"{name}: erased in {counted(session.model, done.records)} and in "
            f"{done.commits} older commits (commit {done.commit.id}); backups keep it"
        )
        _say_linked(session, found.linked, "erase")

    run.help = (
        f"Erase the personal data of {a(entity.label.lower())} for good, in the journal too; "
        "the record stays, without them."
    )
    return run
