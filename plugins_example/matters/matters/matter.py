"""The matter and the states of its work."""

import datetime as dt

from crmkit.api import (
    Money,
    Move,
    Record,
    State,
    Workflow,
    choice,
    date,
    entity,
    flow,
    money,
    note,
    ref,
    text,
)

AREAS = ("Family", "Property", "Probate", "Employment", "Commercial")

work = Workflow(
    "work",
    states=(
        State("OPENED", glyph="○"),
        State("ENGAGED", glyph="◑"),
        State("ON_HOLD", glyph="◌"),
        State("CLOSED", glyph="✓", outcome="won"),
        State("DECLINED", glyph="✗", outcome="lost"),
    ),
    moves=(
        Move(target="ENGAGED", requires=("fee",)),
        Move(target="CLOSED", stamps=("closed_on",)),
        Move(source="CLOSED", target="ENGAGED", clears=("closed_on",)),
        Move(source="OPENED"),
        Move(source="ENGAGED"),
        Move(source="ON_HOLD"),
        Move(source="DECLINED", target="OPENED"),
    ),
)


@entity(
    "matter", title=("number", "name"), subtitle="area", owner="lawyer", sort="-number", key="m",
    glyph="§", place=70, within="client",
)  # fmt: skip
class Matter(Record):
    """A piece of work for a client; who may not read the client may not read of it."""

    name: str = text("Name", search=True, shown=True, section="Details")
    number: str = text(
        "Number", default="", search=True, index=True, shown=True, section="Details",
        help="Left empty, it is the next of the year.",
    )  # fmt: skip
    client: int = ref("Client", "client", shown=True, section="Details")
    status: str = flow(work, default="OPENED", shown=True, section="Details")
    area: str = choice("Area", AREAS, default="Commercial", shown=True, section="Details")
    lawyer: int | None = ref("Lawyer", "user", default=None, shown=True, section="Details")
    fee: Money | None = money("Fee", default=None, shown=True, section="Details")
    closed_on: dt.date | None = date("Closed on", default=None, section="Details")
    notes: str = note("Notes", search=True, section="Notes")
