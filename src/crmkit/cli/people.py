"""`crmkit user`: records like all others, but called by name, with roles that must exist."""

from __future__ import annotations

from collections.abc import Sequence

import click
from attrs import evolve

from crmkit.cli.entity_writing import add_record, set_records, version_option
from crmkit.cli.options import FieldNames, Given, Words, refuse_words, sort_out
from crmkit.cli.shell import Shell
from crmkit.core.errors import Invalid, NotFound, Usage
from crmkit.core.model import EntityModel, Model
from crmkit.core.session import Session

PEOPLE = "user"

role_option = click.option(
    "--role", "roles", multiple=True, metavar="ROLE",
    help="A role; give it again for several. crmkit help roles lists them.",
)  # fmt: skip


def adding_user(entity: EntityModel) -> click.Command:
    """Return the command `user add`."""

    @click.command("add", cls=Words, epilog="""\b
        Example:
          crmkit user add anna --role crm_supervisor --team munich""")  # fmt: skip
    @click.argument("name")
    @click.argument("args", nargs=-1, metavar="[FIELD=VALUE...]", type=FieldNames(entity))
    @role_option
    @click.option("--team", metavar="TEAM", help="The team whose records scope @team reaches.")
    @click.option("--full-name", metavar="NAME", help="What people call him or her.")
    @click.option("--email", metavar="ADDRESS", help="The e-mail address.")
    @click.pass_obj
    def run(shell: Shell, /, name: str, args: tuple[str, ...], roles: tuple[str, ...],
            **more: str | None) -> None:  # fmt: skip
        given = sort_out(entity, [f"name={name}", *args])
        refuse_words(given, numbers=False)
        filled = {key: text for key, text in more.items() if text is not None}
        texts = {**given.values, **filled, **_roles(shell.crm.model, roles)}
        add_record(shell, entity, texts)

    run.help = "Add a user, named as the operating system names him; the number is printed."
    return run


def setting_user(entity: EntityModel) -> click.Command:
    """Return the command `user set`."""

    @click.command("set", cls=Words, epilog="""\b
        Examples:
          crmkit user set anna --role crm_manager
          crmkit user set anna active=no""")  # fmt: skip
    @click.argument("args", nargs=-1, required=True, metavar="USER... [FIELD=VALUE...]",
                    type=FieldNames(entity))  # fmt: skip
    @role_option
    @version_option
    @click.pass_obj
    def run(shell: Shell, args: tuple[str, ...], roles: tuple[str, ...],
            version: int | None) -> None:  # fmt: skip
        given = sort_out(entity, args)
        ids = _numbers(shell, given)
        values = {**given.values, **_roles(shell.crm.model, roles)}
        set_records(shell, entity, ids, evolve(given, values=values), version)

    run.help = "Change users; roles that are given replace the ones before."
    return run


def _numbers(shell: Shell, given: Given) -> Sequence[int]:
    named = [user_number(shell.session, word) for word in given.words]
    found = tuple(dict.fromkeys([*given.ids, *named]))
    if not found:
        raise Usage("say which user, by name or number; find them with: crmkit user list")
    return found


def user_number(session: Session, name: str) -> int:
    """Return the number of a user who is named by login, number or `me`; NotFound for none."""
    try:
        return int(session.parse_field(PEOPLE, "created_by", name))
    except Invalid as error:
        raise NotFound(error.problems.get("created_by", str(error))) from None


def _roles(model: Model, roles: Sequence[str]) -> dict[str, str]:
    for role in roles:
        if role not in model.roles:
            raise Invalid({"role": model.absent.unknown("role", role, sorted(model.roles))})
    return {"roles": " | ".join(roles)} if roles else {}
