"""An entity's commands on duplicates: finding the pairs, and merging records into one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.options import FieldNames, Whole, Words, format_option, sort_out
from crmkit.cli.shell import Shell
from crmkit.core.blaming import Broken
from crmkit.core.errors import Usage
from crmkit.core.matching import Match, Pair
from crmkit.core.model import EntityModel
from crmkit.core.session import Session


def duplicating(entity: EntityModel) -> click.Command:
    """Return the command `duplicates`."""

    @click.command("duplicates", cls=Words)
    @click.argument("filter", nargs=-1, metavar="[FILTER]", type=FieldNames(entity, ":"))
    @click.option("--least", metavar="SCORE", type=Whole(0, 100), default=0,
                  help="Only pairs with at least this score, of 100.")  # fmt: skip
    @format_option()
    @click.pass_obj
    def run(shell: Shell, filter: tuple[str, ...], least: int, form: str) -> None:
        session = shell.session
        pairs = [p for p in session.pairs(entity.name, " ".join(filter)) if p.score >= least]
        if form == "json":
            output.write_json(_objects(session, entity, pairs))
        else:
            names = ("first", "first_title", "second", "second_title", "score", "reasons")
            output.write_rows(form, names, _objects(session, entity, pairs))
        if form == "table":
            output.say(f"{len(pairs):,} pairs; merge with: crmkit {entity.name} merge KEEP LOSE")

    run.help = f"Find {entity.plural.lower()} that may be the same, the likeliest pairs first."
    return run


def _objects(
    session: Session, entity: EntityModel, pairs: Iterable[Pair]
) -> Iterator[dict[str, Any]]:
    found = list(pairs)
    titles = session.titles((entity.name, id) for p in found for id in (p.first, p.second))
    for pair in found:
        yield {
            "first": pair.first, "second": pair.second, "score": pair.score,
            "certain": pair.certain, "reasons": list(pair.reasons),
            "first_title": titles[entity.name, pair.first],
            "second_title": titles[entity.name, pair.second],
        }  # fmt: skip


def merging(entity: EntityModel) -> click.Command:
    """Return the command `merge`."""

    @click.command("merge", cls=Words, epilog=f"""\b
        What the first record lacks is taken from the others; e-mails, phones, addresses and
        notes of all are kept. FIELD=VALUE settles a field. undo takes all of it back.
        Example:
          crmkit {entity.name} merge 7 12""")  # fmt: skip
    @click.argument("args", nargs=-1, required=True, metavar="KEEP LOSE... [FIELD=VALUE...]",
                    type=FieldNames(entity))  # fmt: skip
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...]) -> None:
        given = sort_out(entity, args)
        if given.words:
            raise Usage(f"{given.words[0]!r} is neither a number nor FIELD=VALUE")
        if len(given.ids) < 2:
            raise Usage("give the number of the record to keep, and of those to merge into it")
        session = shell.session
        values = session.parse(entity.name, given.values)
        keep, *lose = given.ids
        kept = session.merge(entity.name, keep, lose, values)
        lost = ", ".join(map(str, lose))
        output.say(f"{entity.label} {lost} merged into {kept.id} {kept.title}; undo takes it back")

    run.help = f"Merge {entity.plural.lower()} into the first one; everything else points at it."
    return run


def say_certain(
    session: Session, entity: EntityModel, values: Mapping[str, Any], id: int = 0,
    *, sure: bool = False,
) -> list[Match]:  # fmt: skip
    """Return the records with the same e-mail or phone as one to be saved, and name them.

    A plugin that cannot tell is named, and keeps nobody from saving who need not be `sure`.
    """
    if not entity.matchers:
        return []
    try:
        found = [m for m in session.duplicates(entity.name, values, id=id) if m.certain]
    except Broken as error:
        if sure:
            raise
        output.say(str(error))
        return []
    titles = session.titles((m.entity, m.id) for m in found)
    for m in found:
        output.say(f"{m.entity} {m.id} {titles[m.entity, m.id]}: {', '.join(m.reasons)}")
    return found
