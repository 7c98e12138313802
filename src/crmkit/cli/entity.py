"""The commands of an entity, made from the Model."""

from __future__ import annotations

import click

from crmkit.cli.entity_commands import declared
from crmkit.cli.entity_duplicates import duplicating, merging
from crmkit.cli.entity_erasure import disclosing, erasing
from crmkit.cli.entity_export import exporting
from crmkit.cli.entity_import import importing
from crmkit.cli.entity_reading import boarding, listing, showing
from crmkit.cli.entity_writing import adding, deleting, moving, restoring, setting
from crmkit.cli.history import telling
from crmkit.cli.keys import key
from crmkit.cli.opening import Start
from crmkit.cli.options import Branch
from crmkit.cli.people import PEOPLE, adding_user, setting_user
from crmkit.cli.shell import Shell
from crmkit.core.fields import Field
from crmkit.core.model import EntityModel

_CHOICES_SHOWN = 12


class EntityGroup(Branch):
    """An entity's commands; its help lists the fields."""

    entity: EntityModel

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names, those for everyday first."""
        return list(self.commands)

    def missing(self, ctx: click.Context, name: str) -> str:
        """Return that there is no such command, and whose it is or what is near."""
        shell = ctx.find_object(Shell) or Shell(Start())
        return shell.unknown("command", name, self.list_commands(ctx), self.entity.name)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the fields: name, kind, whether required, choices and help."""
        rows = [(self.entity.short(f), described(f)) for f in self.entity.fields]
        with formatter.section("Fields"):
            formatter.write_dl(rows)
        formatter.write_paragraph()
        formatter.write_text("See crmkit help values, crmkit help filters.")


def described(f: Field) -> str:
    """Return what a person must know of a field to fill it in."""
    parts = [" or ".join(f.targets) or f.kind.name]
    if f.many:
        parts.append("repeating")
    if f.required and f.typed:
        parts.append("required")
    if not f.typed:
        parts.append("filled in by the program")
    if options := list(f.kind.describe().get("options", {})):
        more = [*options[:_CHOICES_SHOWN], *(["..."] if len(options) > _CHOICES_SHOWN else [])]
        parts.append(f"one of {', '.join(more)}")
    if f.labels:
        parts.append(f"labels such as {', '.join(f.labels)}")
    return f"{'; '.join(parts)}. {f.help}".strip()


def entity_group(entity: EntityModel) -> click.Group:
    """Return the group of an entity's commands."""
    group = EntityGroup(entity.name, help=entity.spec.doc, no_args_is_help=False)
    group.entity = entity
    people = entity.name == PEOPLE
    commands = [
        listing(entity), showing(entity),
        adding_user(entity) if people else adding(entity),
        setting_user(entity) if people else setting(entity),
        deleting(entity), restoring(entity), telling(entity), importing(entity),
    ]  # fmt: skip
    if entity.flow:
        commands += [moving(entity), boarding(entity)]
    if entity.matchers:
        commands += [duplicating(entity), merging(entity)]
    if entity.exports:
        commands.append(exporting(entity))
    if any(f.personal for f in entity.fields):
        commands += [disclosing(entity), erasing(entity)]
    if people:
        commands.append(key)
    taken = {c.name for c in commands}
    commands += [declared(entity, c) for c in entity.commands if c.name not in taken]
    for command in commands:
        group.add_command(command)
    return group
