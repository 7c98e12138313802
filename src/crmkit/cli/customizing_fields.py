"""The commands on the firm's own fields and stages."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from crmkit.cli.customizing_step import listed, take
from crmkit.cli.options import Branch
from crmkit.cli.shell import Shell
from crmkit.core.custom import KINDS, CustomField, CustomStage
from crmkit.core.custom import steps as by
from crmkit.core.custom.editing import part
from crmkit.core.custom.file import read_custom
from crmkit.core.errors import Usage, unknown

_places = click.option("--by", "places", type=int, default=1, show_default=True, metavar="PLACES",
                       help="How many places later; negative: earlier.")  # fmt: skip


class KindName(click.types.StringParamType):
    """A kind of field: the core's, or a plugin's by its whole name or its own."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name that custom.toml has; Usage names what is near."""
        if value in KINDS or ctx is None:
            return str(value)
        shell = ctx.find_object(Shell)
        brought = shell.model.kinds if shell else {}
        for name, kind in brought.items():
            if value in (name, kind.name):
                return name
        known = [*KINDS, *(kind.name for kind in brought.values())]
        raise Usage(f"{unknown('kind of field', str(value), known)}; there are {', '.join(known)}")

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the kinds that start so."""
        shell = ctx.find_object(Shell)
        names = [*KINDS, *(shell.model.kinds if shell else ())]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


@click.group(cls=Branch, no_args_is_help=False)
def field() -> None:
    """Fields of the firm's own."""


@field.command("add")
@click.argument("entity")
@click.argument("name")
@click.option("--kind", type=KindName(), default="text", show_default=True, metavar="KIND",
              help=f"{', '.join(KINDS)}, or one that a plugin brings.")  # fmt: skip
@click.option("--label", default="", help="What people call it.")
@click.option("--choices", default="", metavar="A,B,...", help="What may be chosen.")
@click.option("--to", "target", default="", metavar="ENTITY", help="What a reference points at.")
@click.option("--search", is_flag=True, help="Full-text search finds it.")
@click.option("--shown", is_flag=True, help="It is a column of plain lists.")
@click.option("--personal", is_flag=True, help="It tells of a person: erased with him.")
@click.option("--help-text", "help", default="", help="What forms say of it.")
@click.pass_obj
def add_field(
    shell: Shell, /, entity: str, name: str, choices: str, target: str, **said: Any
) -> None:
    """Add a field to an entity."""
    targets = (target,) if target else ()
    take(shell, lambda session: by.add_field(
        session, entity, name, options=listed(choices), targets=targets, **said
    ))  # fmt: skip


@field.command("change")
@click.argument("entity")
@click.argument("name")
@click.option("--label", help="What people call it.")
@click.option("--choices", metavar="A,B,...", help="What may be chosen.")
@click.option("--help-text", "help", help="What forms say of it.")
@click.option("--search/--no-search", default=None, help="Whether full-text search finds it.")
@click.option("--shown/--hidden", default=None, help="Whether it is a column of plain lists.")
@click.option("--personal/--not-personal", default=None, help="Whether it tells of a person.")
@click.option(
    "--kind", type=KindName(), metavar="KIND", help="Another kind; values are brought over."
)
@click.option("--to", "target", default="", metavar="ENTITY", help="What a reference points at.")
@click.pass_obj
def change_field(
    shell: Shell, /, entity: str, name: str, choices: str | None, kind: str | None, target: str,
    **said: Any,
) -> None:  # fmt: skip
    """Change what a field is called, its kind, what may be chosen, or where it is shown."""
    if kind is not None:
        _change_kind(shell, entity, name, kind, choices or "", target, said)
        return
    changes = {key: value for key, value in said.items() if value is not None}
    if choices is not None:
        changes["options"] = listed(choices)
    take(shell, lambda session: by.change_field(session, entity, name, **changes))


def _change_kind(
    shell: Shell, entity: str, name: str, kind: str, choices: str, target: str,
    said: dict[str, Any],
) -> None:  # fmt: skip
    from crmkit.core.custom.converting import change_kind

    if any(value is not None for value in said.values()):
        raise Usage("change the kind by itself; the rest with another command")
    targets = (target,) if target else ()
    take(shell, lambda session: change_kind(
        session, entity, name, kind, options=listed(choices), targets=targets
    ))  # fmt: skip


@field.command("rename")
@click.argument("entity")
@click.argument("name")
@click.option("--label", required=True, help="What people call it from now on.")
@click.pass_obj
def rename_field(shell: Shell, entity: str, name: str, label: str) -> None:
    """Call a field otherwise; its name in filters and files stays."""
    take(shell, lambda session: by.change_field(session, entity, name, label=label))


@field.command("move")
@click.argument("entity")
@click.argument("name")
@_places
@click.pass_obj
def move_field(shell: Shell, entity: str, name: str, places: int) -> None:
    """Put a field later, or earlier, among those of the firm's own."""
    wanted = (shell.crm.model.entity(entity).name, name)
    one = part(read_custom(shell.place.custom), CustomField, wanted)
    take(shell, lambda session: by.shift(session, one, places))


@field.command("retire")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def retire_field(shell: Shell, entity: str, name: str) -> None:
    """Hide a field everywhere; its values are kept."""
    take(shell, lambda session: by.retire_field(session, entity, name))


@field.command("revive")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def revive_field(shell: Shell, entity: str, name: str) -> None:
    """Show a field again that was retired."""
    take(shell, lambda session: by.retire_field(session, entity, name, retired=False))


# Stages --------------------------------------------------------------------------------------


@click.group(cls=Branch, no_args_is_help=False)
def stage() -> None:
    """Stages of the firm's own in a workflow."""


@stage.command("add")
@click.argument("entity")
@click.argument("label")
@click.option("--after", default="", metavar="STAGE",
              help="The stage before it; else the last of its outcome.")  # fmt: skip
@click.option("--outcome", type=click.Choice(["open", "won", "lost"]), default="open")
@click.option("--code", default="", help="What filters call it.")
@click.pass_obj
def add_stage(shell: Shell, /, entity: str, label: str, **said: Any) -> None:
    """Add a stage; each is a column of the board."""
    take(shell, lambda session: by.add_stage(session, entity, label, **said))


@stage.command("change")
@click.argument("entity")
@click.argument("name")
@click.option("--label", default="", help="What people call it.")
@click.option("--after", default="", metavar="STAGE", help="The stage before it.")
@click.pass_obj
def change_stage(shell: Shell, entity: str, name: str, label: str, after: str) -> None:
    """Rename a stage, or put it behind another one."""
    take(shell, lambda session: by.change_stage(session, entity, name, label=label, after=after))


@stage.command("rename")
@click.argument("entity")
@click.argument("name")
@click.option("--label", required=True, help="What people call it from now on.")
@click.pass_obj
def rename_stage(shell: Shell, entity: str, name: str, label: str) -> None:
    """Call a stage otherwise; its code in filters and files stays."""
    take(shell, lambda session: by.change_stage(session, entity, name, label=label))


@stage.command("move")
@click.argument("entity")
@click.argument("name")
@_places
@click.pass_obj
def move_stage(shell: Shell, entity: str, name: str, places: int) -> None:
    """Put a stage later, or earlier, in the workflow."""
    model = shell.crm.model.entity(entity)
    wanted = (model.name, by.stage_named(model, name))
    one = part(read_custom(shell.place.custom), CustomStage, wanted)
    take(shell, lambda session: by.shift(session, one, places))


@stage.command("retire")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def retire_stage(shell: Shell, entity: str, name: str) -> None:
    """Take a stage off the board; records in it are to be moved first."""
    take(shell, lambda session: by.retire_stage(session, entity, name))


@stage.command("revive")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def revive_stage(shell: Shell, entity: str, name: str) -> None:
    """Bring a stage back that was retired."""
    named = shell.crm.model.entity(entity).name
    one = by.stage_kept(read_custom(shell.place.custom), named, name)
    take(shell, lambda session: by.revive_stage(session, entity, one.code))
