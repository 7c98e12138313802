"""What a client's screen shows of his matters."""

from collections.abc import Iterator
from typing import Any

from crmkit.api import Record, Told

NEWEST = 5


def of_client(client: Record, told: Told) -> Iterator[tuple[Any, ...]]:
    """Yield how many there are and what they are worth, then the newest, which open."""
    theirs = f"client:{client.id}"
    count = told.count("matter", theirs)
    if not count:
        return
    yield "Open", f"{told.count('matter', f'{theirs} is:open')} of {count}"
    states = told.entity("matter").flow.flow
    for matter in told.find("matter", theirs, sort="-number", limit=NEWEST):
        state = states.state(matter.status)
        said = [matter.name, state.label if state else matter.status]
        yield matter.number, ", ".join([*said, *([str(matter.fee)] if matter.fee else [])]), matter
