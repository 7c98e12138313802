"""Opening a matter from its client."""

from crmkit.api import Context, Record, choice, params, text

from .matter import AREAS


@params
class Opening:
    """What a new matter needs."""

    name: str = text("Name", help="What it is about.")
    area: str = choice("Area", AREAS, default="Commercial")


def open_matter(client: Record, ctx: Context, said: Opening) -> Record:
    """Add the matter; its lawyer is whoever opens it."""
    return ctx.add("matter", name=said.name, area=said.area, client=client.id)
