"""An entity's commands that write: add, set, move, delete and restore."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import click

from crmkit.cli import output
from crmkit.cli.entity_duplicates import say_certain
from crmkit.cli.failures import say_conflict
from crmkit.cli.options import (
    Decorated,
    FieldNames,
    Given,
    Whole,
    Words,
    demand_ids,
    demand_one_version,
    flow_option,
    refuse_words,
    sort_out,
)
from crmkit.cli.shell import Shell
from crmkit.core.entity import Record
from crmkit.core.errors import Conflict, Usage
from crmkit.core.model import EntityModel
from crmkit.core.rules import state_named
from crmkit.core.words import UNCHANGED, a

version_option = click.option(
    "--version", metavar="N", type=Whole(min=1),
    help="Refuse, with both sides, where the record is not at version N any more.",
)  # fmt: skip


def adding(entity: EntityModel) -> click.Command:
    """Return the command `add`."""

    @click.command("add", cls=Words, epilog=f"See crmkit {entity.name} --help for the fields.")
    @click.argument("args", nargs=-1, required=True, metavar="FIELD=VALUE...",
                    type=FieldNames(entity))  # fmt: skip
    @unique_option(entity)
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...], unique: bool = False) -> None:
        given = sort_out(entity, args)
        if given.ids:
            raise Usage(f"{given.ids[0]} is not FIELD=VALUE")
        refuse_words(given, numbers=False)
        add_record(shell, entity, given.values, unique)

    run.help = f"Add {a(entity.label.lower())}; its number is printed."
    return run


def unique_option(entity: EntityModel) -> Callable[[Decorated], Decorated]:
    """Return the option `--unique`, for an entity whose duplicates are found."""
    if not entity.matchers:
        return lambda command: command
    return click.option(
        "--unique", is_flag=True, help="Add nothing where the e-mail or phone is known already."
    )


def add_record(
    shell: Shell, entity: EntityModel, texts: Mapping[str, str], unique: bool = False
) -> None:
    """Add a record from text, and print its id; those with the same e-mail or phone are named."""
    session = shell.session
    values = session.parse(entity.name, texts)
    same = say_certain(session, entity, values, sure=unique)
    if same and unique:
        raise Conflict(f"nothing was added: {same[0].entity} {same[0].id} is the same")
    added = session.add(entity.name, values)
    output.write(str(added.id))
    if twins := [m.id for m in same if m.entity == entity.name]:
        output.say(f"merge them with: crmkit {entity.name} merge {twins[0]} {added.id}")


def setting(entity: EntityModel) -> click.Command:
    """Return the command `set`."""

    @click.command("set", cls=Words, epilog=f"""\b
        FIELD= clears a field. Several records are changed together, or none of them.
        Example:
          crmkit {entity.name} set 42 43 owner=me
        See crmkit {entity.name} --help for the fields.""")  # fmt: skip
    @click.argument("args", nargs=-1, required=True, metavar="ID... FIELD=VALUE...",
                    type=FieldNames(entity))  # fmt: skip
    @version_option
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...], version: int | None) -> None:
        given = sort_out(entity, args)
        refuse_words(given)
        set_records(shell, entity, demand_ids(entity, given), given, version)

    run.help = f"Change fields of {entity.plural.lower()}."
    return run


def set_records(
    shell: Shell, entity: EntityModel, ids: Sequence[int], given: Given, version: int | None
) -> None:
    """Change records in one commit."""
    if not given.values:
        raise Usage("say what to change, as FIELD=VALUE")
    demand_one_version(ids, version)
    session = shell.session
    values = session.parse(entity.name, given.values)
    with say_conflict(session, entity), session.transaction() as unit:
        done = [unit.set(entity.name, id, values, version=version) for id in ids]
    say_done(entity, done, "saved" if unit.commit else UNCHANGED)


def say_done(entity: EntityModel, records: Sequence[Record], what: str) -> None:
    """Say what became of records, on standard error."""
    if len(records) == 1:
        record = records[0]
        output.say(f"{entity.label} {record.id} {record.title}: {what}, version {record.version}")
    else:
        output.say(f"{len(records)} {entity.plural.lower()}: {what}")


def moving(entity: EntityModel) -> click.Command:
    """Return the command `move`."""
    assert entity.flow is not None
    assert entity.flow.flow is not None
    states = ", ".join(entity.flow.flow.codes())

    @click.command("move", cls=Words, epilog=f"""\b
        States: {states}
        Example:
          crmkit {entity.name} move 42 {entity.flow.flow.states[-1].code}""")  # fmt: skip
    @click.argument("args", nargs=-1, required=True, metavar="ID... STATE [FIELD=VALUE...]",
                    type=FieldNames(entity))  # fmt: skip
    @flow_option()
    @version_option
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...], flow: str, version: int | None) -> None:
        given = sort_out(entity, args)
        ids = demand_ids(entity, given)
        demand_one_version(ids, version)
        if len(given.words) != 1:
            raise Usage(f"say one state to move to: {states}")
        session = shell.session
        model = shell.entity(entity.name)
        by = model.flow_field(flow)
        state = state_named(model, by, given.words[0])
        values = session.parse(entity.name, given.values)
        with say_conflict(session, entity), session.transaction() as unit:
            done = [
                unit.move(entity.name, id, state, flow=by.key, version=version, **values)
                for id in ids
            ]
        say_done(entity, done, f"moved to {state}" if unit.commit else UNCHANGED)

    run.help = f"Move {entity.plural.lower()} to a state of their workflow."
    return run


def deleting(entity: EntityModel) -> click.Command:
    """Return the command `delete`."""

    @click.command("delete", cls=Words)
    @click.argument("args", nargs=-1, required=True, metavar="ID...")
    @version_option
    @click.option("--reason", metavar="TEXT", default="", help="Why; the journal keeps it.")
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...], version: int | None, reason: str) -> None:
        ids = only_ids(entity, args)
        demand_one_version(ids, version)
        session = shell.session
        with say_conflict(session, entity), session.transaction() as unit:
            done = [unit.delete(entity.name, id, version=version, reason=reason) for id in ids]
        say_done(entity, done, "deleted")

    run.help = f"Delete {entity.plural.lower()}; restore or undo brings them back."
    return run


def restoring(entity: EntityModel) -> click.Command:
    """Return the command `restore`."""

    @click.command("restore", cls=Words)
    @click.argument("args", nargs=-1, required=True, metavar="ID...")
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...]) -> None:
        with shell.session.transaction() as unit:
            done = [unit.restore(entity.name, id) for id in only_ids(entity, args)]
        say_done(entity, done, "restored")

    run.help = f"Bring deleted {entity.plural.lower()} back."
    return run


def only_ids(entity: EntityModel, args: Sequence[str]) -> tuple[int, ...]:
    """Return the ids in arguments that hold nothing else; Usage otherwise."""
    given = sort_out(entity, args)
    if given.values:
        raise Usage(f"{next(iter(given.values))}= does not belong here; give numbers only")
    if given.words:
        raise Usage(f"{given.words[0]!r} is not a number")
    return demand_ids(entity, given)
