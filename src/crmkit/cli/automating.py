"""The command `automation`: what follows by itself, tried, switched on and looked after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.customizing_step import take
from crmkit.cli.options import Branch, Words, format_option
from crmkit.cli.shell import Shell
from crmkit.core import following, runs
from crmkit.core.automation import Automation, span
from crmkit.core.custom import steps, switching
from crmkit.core.custom.automations import spelt, written
from crmkit.core.errors import Usage
from crmkit.core.rehearsal import Occasion, rehearse

COLUMNS = ("name", "on", "entity", "trigger", "where", "plugin")


@click.group(cls=Branch, no_args_is_help=False)
def automation() -> None:
    """What follows by itself from what happens; each run is in the journal under its name."""


@automation.command("list")
@format_option()
@click.pass_obj
def list_automations(shell: Shell, form: str) -> None:
    """List the automations, of plugins and the firm's own."""
    found, left = shell.crm.model.automations.values(), _left_alone(shell)
    rows = [
        {"name": one.name, "on": _state(one, left), "entity": one.entity,
         "trigger": written(one.trigger), "where": one.where, "plugin": one.owner}
        for one in found
    ]  # fmt: skip
    output.write_rows(form, COLUMNS, rows)


def _left_alone(shell: Shell) -> list[str]:
    return following.all_suspended(shell.crm.session(_system()))


def _state(one: Automation, left: list[str]) -> str:
    return "off" if not one.on else "suspended" if one.name in left else "on"


def _system() -> Any:
    from crmkit.core.crm import SYSTEM

    return SYSTEM


@automation.command("show")
@click.argument("name")
@click.pass_obj
def show(shell: Shell, name: str) -> None:
    """Show what an automation does, and what came of its last runs."""
    one = shell.crm.model.automation(name)
    for label, text in (
        ("name", one.name), ("label", one.label), ("state", _state(one, _left_alone(shell))),
        ("plugin", one.owner), ("entity", one.entity), ("when", written(one.trigger)),
        ("where", one.where), *(("does", spelt(do)) for do in one.do),
    ):  # fmt: skip
        if text:
            output.write(f"{label:<8}{text}")
    found = shell.crm.session(_system()).find(
        "automation_run", f"automation={name}", sort="-id", limit=10
    )
    told: list[Any] = list(found.records)
    seen = _seen(shell, [(kept.target, kept.record) for kept in told if kept.target])
    for kept in told:
        if kept.target in shell.crm.model.entities and (kept.target, kept.record) not in seen:
            continue
        at = shell.session.locale.local(kept.created_at)
        about = f"{kept.target} {kept.record}" if kept.target else ""
        line = f"{at:%Y-%m-%d %H:%M}  {kept.outcome:<8} {about}  {kept.told}"
        output.write(line.rstrip())


@automation.command("try", epilog="""\b
    Examples:
      crmkit automation try ring_new_leads --since 30d""")  # fmt: skip
@click.argument("name")
@click.option("--since", default="30d", show_default=True, metavar="SPAN", help="How far back.")
@format_option()
@click.pass_obj
def try_automation(shell: Shell, name: str, since: str, form: str) -> None:
    """Show what an automation would have done, from the journal; nothing is changed."""
    steps.demand(shell.session)
    session = shell.crm.session(_system(), "try")
    found = rehearse(session, name, session.now - _length(since))
    seen = _seen(shell, [(one.record.spec.name, one.record.id) for one in found])
    found = [one for one in found if (one.record.spec.name, one.record.id) in seen]
    output.write_rows(form, ("at", "entity", "id", "title", "does"), _told(shell, found, form))
    output.say(f"{name} would have run {len(found)} times in the last {since}; nothing was changed")


def _seen(shell: Shell, places: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Return those of some records that whoever asks may read."""
    known = shell.crm.model.entities
    return {
        (entity, id)
        for entity in {entity for entity, _ in places} & known.keys()
        for id in shell.session.readable(
            entity, {id for of, id in places if of == entity}, deleted=True
        )
    }


def _length(since: str) -> timedelta:
    try:
        length = span(since)
    except ValueError as error:
        raise Usage(f"--since: {error}") from None
    if length <= timedelta():
        raise Usage("--since: write a span that lies behind, such as 30d")
    return length


def _told(shell: Shell, found: list[Occasion], form: str) -> Iterator[dict[str, Any]]:
    for one in found:
        at = shell.session.locale.local(one.at)
        does = [*one.does, *([f"fails: {one.failed}"] if one.failed else [])]
        yield {
            "at": f"{at:%Y-%m-%d %H:%M}", "entity": one.record.spec.name, "id": one.record.id,
            "title": one.record.title, "does": does if form == "json" else "; ".join(does),
        }  # fmt: skip


@automation.command("on")
@click.argument("name")
@click.pass_obj
def switch_on(shell: Shell, name: str) -> None:
    """Switch an automation on."""
    take(shell, lambda session: switching.switch(session, name, True))


@automation.command("off")
@click.argument("name")
@click.pass_obj
def switch_off(shell: Shell, name: str) -> None:
    """Switch an automation off; it stays where it is."""
    take(shell, lambda session: switching.switch(session, name, False))


@automation.command("resume")
@click.argument("name")
@click.pass_obj
def resume(shell: Shell, name: str) -> None:
    """Take up an automation that was suspended because it kept failing."""
    steps.demand(shell.session)
    one = shell.crm.model.automation(name)
    session = shell.crm.session(_system(), "cli")
    with session.transaction(f"Resume automation {name}") as unit:
        following.note(unit, one, None, runs.RESUMED)
    output.say(f"the automation {name} is taken up again")


@automation.command("add", cls=Words, epilog="""\b
    Examples:
      crmkit automation add ring_websites lead --on created --where source:Website \\
        --do 'action kind=call subject="Ring {title}" due=+1d'
      crmkit automation add chase deal --on "in PROPOSAL for 14d" \\
        --do 'notify to={salesperson} text="{title} waits"'""")  # fmt: skip
@click.argument("name")
@click.argument("entity")
@click.option("--on", "trigger", required=True, metavar="TRIGGER",
              help="created; updated FIELD,...; moved to STATE; in STATE for 7d; at FIELD; "
              "2d before FIELD.")  # fmt: skip
@click.option("--do", "effects", multiple=True, required=True, metavar="EFFECT",
              help="What it does: set status=CONTACTED. May be given several times.")  # fmt: skip
@click.option("--where", default="", metavar="FILTER", help="Only for records that this finds.")
@click.option("--label", default="", help="What people call it.")
@click.option("--replace", is_flag=True, help="Write anew what is there under this name.")
@click.pass_obj
def add(
    shell: Shell, name: str, entity: str, trigger: str, effects: tuple[str, ...], where: str,
    label: str, replace: bool,
) -> None:  # fmt: skip
    """Write an automation of the firm's own; it is off until it is switched on."""
    take(
        shell,
        lambda session: switching.add_automation(
            session, name, entity, trigger, effects, where, label, replace=replace
        ),
    )


@automation.command("drop")
@click.argument("name")
@click.pass_obj
def drop(shell: Shell, name: str) -> None:
    """Take an automation of the firm's own away."""
    take(shell, lambda session: switching.drop_automation(session, name))


@automation.command("effects")
@format_option()
@click.pass_obj
def effects(shell: Shell, form: str) -> None:
    """List what automations can do."""
    rows = [
        {"name": e.name, "keys": "the record's fields" if e.fields else
         ", ".join(e.keys) + (", ..." if e.more else ""), "help": e.help, "plugin": e.owner}
        for e in shell.model.effects.values()
    ]  # fmt: skip
    output.write_rows(form, ("name", "keys", "help", "plugin"), rows)
