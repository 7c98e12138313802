"""The command `custom`: fields, stages, roles, lists and keys of the firm's own, without code."""

from __future__ import annotations

from typing import Any

import click

from crmkit.cli import output
from crmkit.cli.customizing_fields import field, stage
from crmkit.cli.customizing_step import listed, take
from crmkit.cli.options import Branch, Words, format_option
from crmkit.cli.shell import Shell
from crmkit.core.custom import lists, read_custom
from crmkit.core.custom import steps as by


@click.group(cls=Branch, no_args_is_help=False)
def custom() -> None:
    """Fields, stages, roles, lists and keys of the firm's own, kept in custom.toml."""


custom.add_command(field)
custom.add_command(stage)


@custom.command("list")
@format_option()
@click.pass_obj
def list_custom(shell: Shell, form: str) -> None:
    """List everything that the firm added without code."""
    found = read_custom(shell.place.custom)
    rows = [
        *({"what": "field", "entity": f.entity, "name": f.name, "label": f.shown_as,
           "detail": f.kind, "retired": f.retired} for f in found.fields),
        *({"what": "stage", "entity": s.entity, "name": s.code, "label": s.declared().label,
           "detail": f"after {s.after}" if s.after else "last", "retired": s.retired}
          for s in found.stages),
        *({"what": "role", "entity": "", "name": r.name, "label": r.label,
           "detail": ", ".join([*r.grants, *(f"not {d}" for d in r.denies)]), "retired": False}
          for r in found.roles),
        *({"what": "view", "entity": v.entity, "name": v.label,
           "label": f"{v.label} (of {v.user})" if v.user else v.label,
           "detail": v.filter, "retired": False} for v in found.views),
        *({"what": "columns", "entity": c.entity, "name": "", "label": "",
           "detail": ", ".join(c.columns), "retired": False} for c in found.columns),
        *({"what": "key", "entity": "", "name": k.action, "label": "",
           "detail": " ".join(k.keys), "retired": False} for k in found.keys),
    ]  # fmt: skip
    output.write_rows(form, ("what", "entity", "name", "label", "detail", "retired"), rows)


# Roles and lists -----------------------------------------------------------------------------


@custom.command("role", cls=Words)
@click.argument("name")
@click.argument("grants", nargs=-1, metavar="GRANT...")
@click.option("--deny", multiple=True, metavar="GRANT", help="What the role forbids.")
@click.option("--label", default="", help="What the role is for.")
@click.pass_obj
def role(
    shell: Shell, name: str, grants: tuple[str, ...], deny: tuple[str, ...], label: str
) -> None:
    """Make a role of grants such as lead.read@own, or give it others; without any it goes."""
    take(shell, lambda session: by.set_role(session, name, grants, deny, label))


@custom.command("view", cls=Words)
@click.argument("entity")
@click.argument("label")
@click.option("--filter", default="", help="What the list finds.")
@click.option("--sort", default="", metavar="FIELD", help="Its order; -FIELD descending.")
@click.option("--columns", default="", metavar="FIELD,...", help="Its columns.")
@click.option("--board", is_flag=True, help="It is shown as a board.")
@click.option("--own", is_flag=True, help="For you alone, not for everybody.")
@click.option("--replace", is_flag=True, help="In place of the one that has this name.")
@click.option("--remove", is_flag=True, help="Take the list away.")
@click.pass_obj
def view(
    shell: Shell, /, entity: str, label: str, own: bool, remove: bool, columns: str, **said: Any
) -> None:
    """Save a list under a name; in the terminal it is one of the views of its entity."""
    if remove:
        take(shell, lambda session: lists.remove_view(session, entity, label, own=own), own=own)
        return
    take(shell, lambda session: lists.set_view(
        session, entity, label, columns=listed(columns), own=own, **said
    ), own=own)  # fmt: skip


@custom.command("columns", cls=Words)
@click.argument("entity")
@click.argument("columns", metavar="FIELD,...", default="")
@click.pass_obj
def columns(shell: Shell, entity: str, columns: str) -> None:
    """Say which columns an entity's lists have; without any, as they come out of the box."""
    take(shell, lambda session: lists.set_columns(session, entity, listed(columns)))


# Keys ----------------------------------------------------------------------------------------


@custom.group(cls=Branch, no_args_is_help=False)
def key() -> None:
    """Keys of the terminal, for everybody."""


@key.command("list")
@click.argument("words", nargs=-1)
@format_option()
@click.pass_obj
def list_keys(shell: Shell, words: tuple[str, ...], form: str) -> None:
    """List the actions that keys may be given to, and the keys that they have."""
    from crmkit.tui.customkeys import actions

    rows = [
        {"action": name, "keys": " ".join(keys), "what": label}
        for name, keys, label in actions(shell.crm.model, shell.place)
        if all(w.casefold() in f"{name} {label}".casefold() for w in words)
    ]
    output.write_rows(form, ("action", "keys", "what"), rows)


@key.command("set")
@click.argument("action")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.pass_obj
def set_key(shell: Shell, action: str, keys: tuple[str, ...]) -> None:
    """Give keys to an action, such as lead.claim; a sequence is written gl, others ctrl+d."""
    from crmkit.tui import customkeys

    take(shell, lambda session: customkeys.set_keys(session.model, shell.place, action, keys),
         customkeys.demand)  # fmt: skip


@key.command("reset")
@click.argument("action")
@click.pass_obj
def reset_key(shell: Shell, action: str) -> None:
    """Give an action the keys back that it has out of the box."""
    from crmkit.tui import customkeys

    take(shell, lambda session: customkeys.set_keys(session.model, shell.place, action, ()),
         customkeys.demand)  # fmt: skip
