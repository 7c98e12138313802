"""Commands across entities that read: search and access."""

from __future__ import annotations

import click

from crmkit.cli import output
from crmkit.cli.options import Whole, Words, format_option
from crmkit.cli.shell import Shell
from crmkit.core.showing import FORMATS


@click.command(cls=Words, epilog="""\b
    Examples:
      crmkit search miller
      crmkit search "due dilig" --entity deal --format json""")  # fmt: skip
@click.argument("text", nargs=-1, required=True)
@click.option("--entity", "entities", multiple=True, metavar="ENTITY", help="Only these.")
@click.option("--limit", metavar="N", type=Whole(min=1), default=50, show_default=True,
              help="Show at most N.")  # fmt: skip
@format_option(*FORMATS)
@click.pass_obj
def search(
    shell: Shell, text: tuple[str, ...], entities: tuple[str, ...], limit: int, form: str
) -> None:
    """Find records, of whatever entity, by how their words begin; the best come first."""
    hits = shell.session.search(" ".join(text), entities=entities, limit=limit)
    if form == "ids":
        for hit in hits:
            output.write(f"{hit.entity}:{hit.id}")
        return
    rows = ({"entity": hit.entity, "id": hit.id, "title": hit.title} for hit in hits)
    output.write_rows(form, ("entity", "id", "title"), rows)


@click.command()
@click.argument("user")
@click.argument("entity")
@click.argument("id", required=False, type=Whole(min=1))
@format_option()
@click.pass_obj
def access(shell: Shell, user: str, entity: str, id: int | None, form: str) -> None:
    """Explain what a user may do with an entity, or with one record, and because of what."""
    session = shell.session
    name = session.model.entity(entity).name
    verdicts = session.explain(shell.crm.actor(user), name, id)
    rows = ({"verb": v.verb, "allowed": v.allowed, "because": v.because} for v in verdicts)
    output.write_rows(form, ("verb", "allowed", "because"), rows)
