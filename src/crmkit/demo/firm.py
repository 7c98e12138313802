"""A made-up law firm of any size: the same records for the same number, seed and day.

Records come in batches in the order of their references, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from crmkit.demo import meetings, parties, service, work
from crmkit.demo.team import users
from crmkit.demo.world import ORDER, World

REGION, CURRENCY, TIMEZONE = "GB", work.CURRENCY, "Europe/London"
"""What the firm's workspace is set to."""
BATCH = 2_000
_YEARS = timedelta(days=729)

_MAKERS: Mapping[str, Callable[[World, int], dict[str, Any]]] = {
    "account": parties.account,
    "contact": parties.contact,
    "prospect": parties.prospect,
    "client": parties.client,
    "lead": work.lead,
    "deal": work.deal,
    "action": work.action,
    "consultation": meetings.consultation,
    "complaint": service.complaint,
    "satisfaction": service.satisfaction,
}


class DemoFirm:
    """A firm of so many records and eight users, as its books look on a day.

    Values are plain: money is (minor units, currency), a repeating field is a list of
    (value, label, primary), an address a dict of its parts, `about` is (entity, number).
    References are numbers from 1 in the order of the other entity,
    whose batch came before. Nothing but open work lies
    after the midnight (UTC) at which `today` begins. ValueError for a negative number of records.
    """

    def __init__(self, records: int, seed: int, today: date) -> None:
        self._world = World(records, seed, today)

    @property
    def counts(self) -> dict[str, int]:
        """How many records of each entity there are, users apart."""
        return dict(self._world.counts)

    def batches(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Yield entities with up to 2,000 of their records, users first."""
        yield "user", users(self._world.midnight - _YEARS)
        for entity in ORDER:
            make, last = _MAKERS[entity], self._world.counts[entity]
            for numbers in self._ranges(entity, last):
                yield entity, [make(self._world, number) for number in numbers]

    def _ranges(self, entity: str, last: int) -> Iterator[range]:
        """Yield the numbers of each batch; parents' come apart from those that point at them."""
        first = 1
        while first <= last:
            end = min(first + BATCH, last + 1)
            if entity == "account" and first <= self._world.groups:
                end = min(end, self._world.groups + 1)
            yield range(first, end)
            first = end
