"""What automations can do to any record: set fields, assign it, make others, give commands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crmkit.api import Context, Effect, Invalid, Plugin, Record, hookimpl

plugin = Plugin("automations", version="1.0", summary="What automations can do")


def set_fields(record: Record, ctx: Context, said: Mapping[str, str]) -> None:
    """Set fields of the record; a state is set by a move."""
    entity = record.spec.name
    values = ctx.parse(entity, said)
    flows = {f.key for f in ctx.fields(entity) if f.flow}
    with ctx.granted():
        for key in flows & values.keys():
            ctx.move(entity, record.id, values[key])
        rest = {key: value for key, value in values.items() if key not in flows}
        if rest:
            ctx.set(entity, record.id, rest)


def assign(record: Record, ctx: Context, said: Mapping[str, str]) -> None:
    """Give the record an owner; Invalid for an entity that has none."""
    owner = record.spec.owner_field
    if not owner:
        raise Invalid(f"{record.spec.label.lower()} {record.id} can have no owner")
    ctx.set(record.spec.name, record.id, ctx.parse(record.spec.name, {owner: said["to"]}))


def create(record: Record, ctx: Context, said: Mapping[str, str]) -> None:
    """Add a record of the named entity, with the other texts as values of its fields."""
    values = {key: text for key, text in said.items() if key != "record"}
    ctx.add(said["record"], **ctx.parse(said["record"], values))


def command(record: Record, ctx: Context, said: Mapping[str, str]) -> None:
    """Give a command on the record, with the other texts as its parameters."""
    name = f"{record.spec.name}.{said['name']}"
    params: dict[str, Any] = {key: text for key, text in said.items() if key != "name"}
    ctx.run(name, record.id, ctx.parse_params(name, params))


def _assignable(spec: Any, ctx: Context, said: Mapping[str, str]) -> None:
    if not spec.owner_field:
        raise Invalid(f"a {spec.label.lower()} can have no owner")
    if "to" in said:
        ctx.parse(spec.name, {spec.owner_field: said["to"]})


def _creatable(spec: Any, ctx: Context, said: Mapping[str, str]) -> None:
    if "record" in said:
        values = {key: text for key, text in said.items() if key != "record"}
        ctx.parse(said["record"], values)


def _commandable(spec: Any, ctx: Context, said: Mapping[str, str]) -> None:
    if "name" in said:
        params = {key: text for key, text in said.items() if key != "name"}
        ctx.parse_params(f"{spec.name}.{said['name']}", params)


def _assigning(spec: Any, said: Mapping[str, str]) -> Iterable[str]:
    """To give a record away takes what changing its owner takes."""
    yield f"{spec.name}.update"
    if spec.owner_field:
        yield f"{spec.name}.update.{spec.owner_field}"


def _creating(spec: Any, said: Mapping[str, str]) -> Iterable[str]:
    """A name that is only known when it runs may be any entity's."""
    entity = said.get("record", "")
    if "{" in entity:
        yield "*.create"
        return
    yield f"{entity}.create"
    yield from (f"{entity}.create.{key}" for key in said if key != "record")


def _commanding(spec: Any, said: Mapping[str, str]) -> Iterable[str]:
    name = said.get("name", "")
    yield f"{spec.name}.{'*' if '{' in name else name}"


@hookimpl
def crm_effects() -> Iterable[Effect]:
    """What there is to do on every record."""
    yield Effect("set", set_fields, fields=True, help="Set fields, or the state.")
    yield Effect(
        "assign", assign, keys=("to",), required=("to",), needs=_assigning,
        check=_assignable, help="Give it an owner.",
    )  # fmt: skip
    yield Effect(
        "create", create, keys=("record",), required=("record",), more=True, needs=_creating,
        check=_creatable, help="Add a record of any entity.",
    )  # fmt: skip
    yield Effect(
        "command", command, keys=("name",), required=("name",), more=True, needs=_commanding,
        check=_commandable, help="Give a command on it.",
    )  # fmt: skip
