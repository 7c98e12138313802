"""The command `custom`: fields, stages, roles and lists of the firm's own, without code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from attrs import evolve

from crmkit.cli import output
from crmkit.cli.options import Branch, Words, format_option
from crmkit.cli.shell import Shell
from crmkit.core.custom import (
    KINDS,
    NAME,
    Custom,
    CustomField,
    CustomRole,
    CustomStage,
    CustomView,
    change_custom,
    read_custom,
)
from crmkit.core.errors import Denied, Invalid, NotFound, Refused, Usage
from crmkit.core.model import EntityModel

PartT = TypeVar("PartT")


@click.group(cls=Branch, no_args_is_help=False)
def custom() -> None:
    """Fields, stages, roles and lists of the firm's own, kept in custom.toml."""


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
        *({"what": "view", "entity": v.entity, "name": v.label, "label": v.label,
           "detail": v.filter, "retired": False} for v in found.views),
    ]  # fmt: skip
    output.write_rows(form, ("what", "entity", "name", "label", "detail", "retired"), rows)


# Fields --------------------------------------------------------------------------------------


@custom.group(cls=Branch, no_args_is_help=False)
def field() -> None:
    """Fields of the firm's own."""


@field.command("add")
@click.argument("entity")
@click.argument("name")
@click.option("--kind", type=click.Choice(KINDS), default="text", show_default=True)
@click.option("--label", default="", help="What people call it.")
@click.option("--choices", default="", metavar="A,B,...", help="What may be chosen.")
@click.option("--to", "target", default="", metavar="ENTITY", help="What a reference points at.")
@click.option("--search", is_flag=True, help="Full-text search finds it.")
@click.option("--shown", is_flag=True, help="It is a column of plain lists.")
@click.option("--help-text", "help", default="", help="What forms say of it.")
@click.pass_obj
def add_field(
    shell: Shell, entity: str, name: str, kind: str, label: str, choices: str, target: str,
    search: bool, shown: bool, help: str,
) -> None:  # fmt: skip
    """Add a field to an entity."""
    model = shell.crm.model.entity(entity)
    options = tuple(c.strip() for c in choices.split(",") if c.strip())
    made = _made(lambda: CustomField(
        entity=model.name, name=name, kind=kind, label=label, options=options, search=search,
        targets=(shell.crm.model.entity(target).name,) if target else (), shown=shown, help=help,
    ))  # fmt: skip
    if name in model.by_key:
        raise Refused(f"{model.name} has a field {name} already")
    _apply(shell, lambda found: evolve(found, fields=_more(found.fields, made)))
    output.say(f"{model.label} has the field {name}")


@field.command("change")
@click.argument("entity")
@click.argument("name")
@click.option("--label", help="What people call it.")
@click.option("--choices", metavar="A,B,...", help="What may be chosen.")
@click.option("--help-text", "help", help="What forms say of it.")
@click.option("--search/--no-search", default=None, help="Whether full-text search finds it.")
@click.option("--shown/--hidden", default=None, help="Whether it is a column of plain lists.")
@click.pass_obj
def change_field(shell: Shell, /, entity: str, name: str, choices: str | None, **said: Any) -> None:
    """Change what a field is called, what may be chosen, or where it is shown."""
    model = shell.crm.model.entity(entity)
    changes = {key: value for key, value in said.items() if value is not None}
    if choices is not None:
        options = tuple(c.strip() for c in choices.split(",") if c.strip())
        _demand_unused(shell, model, name, options)
        changes["options"] = options
    if not changes:
        raise Usage("say what to change: --label, --choices, --help-text, --search or --shown")
    _apply(shell, lambda found: evolve(
        found, fields=_changed(found.fields, _is_field(model.name, name), changes)
    ))  # fmt: skip
    output.say(f"{model.label}: {name} is changed")


def _demand_unused(shell: Shell, model: EntityModel, name: str, options: tuple[str, ...]) -> None:
    """Refuse to take away a choice that records hold."""
    known = model.field(f"{NAME}.{name}").kind.describe().get("options", {})
    for code in sorted(set(known) - set(options)):
        text = code.replace('"', "")
        if count := shell.session.count(model.name, f'{NAME}.{name}:"{text}"'):
            raise Refused(f"{count} {model.plural.lower()} are {code!r}; change those first")


@field.command("retire")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def retire_field(shell: Shell, entity: str, name: str) -> None:
    """Hide a field everywhere; its values are kept."""
    _retire(shell, entity, "fields", name, True)


@field.command("revive")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def revive_field(shell: Shell, entity: str, name: str) -> None:
    """Show a field again that was retired."""
    _retire(shell, entity, "fields", name, False)


# Stages --------------------------------------------------------------------------------------


@custom.group(cls=Branch, no_args_is_help=False)
def stage() -> None:
    """Stages of the firm's own in a workflow."""


@stage.command("add")
@click.argument("entity")
@click.argument("label")
@click.option("--after", default="", metavar="STAGE", help="The stage before it.")
@click.option("--outcome", type=click.Choice(["open", "won", "lost"]), default="open")
@click.option("--code", default="", help="What filters call it.")
@click.pass_obj
def add_stage(shell: Shell, entity: str, label: str, after: str, outcome: str, code: str) -> None:
    """Add a stage; each is a column of the board."""
    model = shell.crm.model.entity(entity)
    by = model.flow_field()
    states = by.flow.states if by.flow else ()
    before = _stage_named(model, after) if after else states[-1].code
    fallback = before if before in {s.code for s in states if not s.owner} else states[0].code
    made = _made(lambda: CustomStage(
        entity=model.name, code=code or _code(label), label=label, after=before,
        fallback=fallback, outcome=outcome, glyph="◇",
    ))  # fmt: skip
    _apply(shell, lambda found: evolve(found, stages=_more(found.stages, made)))
    output.say(f"{model.label}: {made.code} comes after {before}")


@stage.command("change")
@click.argument("entity")
@click.argument("name")
@click.option("--label", help="What people call it.")
@click.option("--after", metavar="STAGE", help="The stage before it.")
@click.pass_obj
def change_stage(
    shell: Shell, entity: str, name: str, label: str | None, after: str | None
) -> None:
    """Rename a stage, or move it to another place."""
    model = shell.crm.model.entity(entity)
    code = _stage_named(model, name)
    changes = {"label": label} if label else {}
    if after:
        changes["after"] = _stage_named(model, after)
    if not changes or changes.get("after") == code:
        raise Usage("say what to change: --label or --after another stage")
    _apply(shell, lambda found: evolve(
        found, stages=_changed(found.stages, lambda s: (s.entity, s.code) == (model.name, code),
                               changes)
    ))  # fmt: skip
    output.say(f"{model.label}: {code} is changed")


@stage.command("retire")
@click.argument("entity")
@click.argument("name")
@click.pass_obj
def retire_stage(shell: Shell, entity: str, name: str) -> None:
    """Take a stage off the board; records in it are to be moved first."""
    model = shell.crm.model.entity(entity)
    code = _stage_named(model, name)
    by = model.flow_field()
    if count := shell.session.count(model.name, f"{by.key}:{code}"):
        raise Refused(f"{count} {model.plural.lower()} are in {code}; move those first")
    _retire(shell, entity, "stages", code, True)


@stage.command("revive")
@click.argument("entity")
@click.argument("code")
@click.pass_obj
def revive_stage(shell: Shell, entity: str, code: str) -> None:
    """Bring a stage back that was retired."""
    _retire(shell, entity, "stages", code, False)


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
    from crmkit.core.declare import Deny, Grant
    from crmkit.core.policy import Rule

    rules: list[Grant | Deny] = [*map(Grant, grants), *map(Deny, deny)]
    for rule in rules:
        Rule.read(rule, name)
    made = CustomRole(name=name, label=label, grants=grants, denies=deny)

    def change(found: Custom) -> Custom:
        others = tuple(r for r in found.roles if r.name != name)
        return evolve(found, roles=(*others, made) if grants or deny else others)

    _apply(shell, change)
    output.say(f"role {name}: {len(grants)} grants, {len(deny)} denials")


@custom.command("view", cls=Words)
@click.argument("entity")
@click.argument("label")
@click.option("--filter", default="", help="What the list finds.")
@click.option("--sort", default="", metavar="FIELD", help="Its order; -FIELD descending.")
@click.option("--columns", default="", metavar="FIELD,...", help="Its columns.")
@click.option("--remove", is_flag=True, help="Take the list away.")
@click.pass_obj
def view(
    shell: Shell, entity: str, label: str, filter: str, sort: str, columns: str, remove: bool
) -> None:
    """Save a list under a name; in the terminal it is one of the views of its entity."""
    model = shell.crm.model.entity(entity)
    shell.session.check_filter(model.name, filter)
    shell.session.sorting(model, sort)
    names = tuple(model.short(model.field(c.strip())) for c in columns.split(",") if c.strip())
    made = CustomView(entity=model.name, label=label, filter=filter, sort=sort, columns=names)

    def change(found: Custom) -> Custom:
        others = tuple(v for v in found.views if (v.entity, v.label) != (model.name, label))
        if remove and len(others) == len(found.views):
            raise NotFound(f"{model.plural} have no list {label!r} of the firm's own")
        return evolve(found, views=others if remove else (*others, made))

    _apply(shell, change)
    output.say(f"{model.plural}: {label} is {'gone' if remove else 'saved'}")


# What all of them do -------------------------------------------------------------------------


def _made(make: Callable[[], PartT]) -> PartT:
    try:
        return make()
    except ValueError as error:
        raise Invalid(str(error)) from None


def _more(parts: tuple[PartT, ...], made: Any) -> tuple[PartT, ...]:
    key = _key(made)
    if any(_key(part) == key for part in parts):
        raise Refused(f"{made.entity} has {key[1]} already; it may be retired")
    return (*parts, made)


def _key(part: Any) -> tuple[str, str]:
    return part.entity, getattr(part, "name", "") or getattr(part, "code", "")


def _is_field(entity: str, name: str) -> Callable[[Any], bool]:
    return lambda part: _key(part) == (entity, name)


def _changed(
    parts: tuple[PartT, ...], wanted: Callable[[Any], bool], changes: dict[str, Any]
) -> tuple[PartT, ...]:
    if not any(wanted(part) for part in parts):
        raise NotFound("the firm has added no such thing; see: crmkit custom list")
    return tuple(
        _made(lambda part=part: evolve(part, **changes)) if wanted(part) else part  # type: ignore[misc]
        for part in parts
    )


def _retire(shell: Shell, entity: str, section: str, name: str, retired: bool) -> None:
    model = shell.crm.model.entity(entity)
    wanted = _is_field(model.name, name)
    _apply(shell, lambda found: evolve(
        found, **{section: _changed(getattr(found, section), wanted, {"retired": retired})}
    ))  # fmt: skip
    output.say(f"{model.label}: {name} is {'retired; its values are kept' if retired else 'back'}")


def _code(label: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", label.upper()).strip("_")


def _stage_named(model: EntityModel, text: str) -> str:
    from crmkit.core.rules import state_named

    return state_named(model.flow_field(), text)


def _apply(shell: Shell, change: Callable[[Custom], Custom]) -> None:
    """Change the file, and the tables with it; what does not fit the Model is taken back."""
    from crmkit.app import open_crm

    rights = shell.session.rights
    if not any(not r.deny and r.covers("custom", "update") for r in rights.rules):
        raise Denied(
            f"{shell.session.actor.name} may not change what the firm adds: the grant "
            "custom.update is missing", grant="custom.update",
        )  # fmt: skip
    before = read_custom(shell.place.custom)
    shell.close()
    change_custom(shell.place.custom, change)
    crm = open_crm(shell.place, upgrade=True)
    try:
        if NAME in crm.off:
            change_custom(shell.place.custom, lambda _: before)
            raise Refused(f"that cannot be: {crm.off[NAME]}")
        for line in crm.store.upgrade():
            output.say(line)
    finally:
        crm.store.close()
