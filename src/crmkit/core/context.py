"""What checks, guards, derivations and commands are given: the transaction they run in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from crmkit.core.entity import Record
from crmkit.core.journal import Change
from crmkit.core.kinds.base import Locale


class Context(Protocol):
    """The running transaction, as plugins see it.

    Reads see everything (a rule must not depend on who asks); writes are the actor's own and
    checked by policy, but for `derive`-d values.
    """

    @property
    def now(self) -> datetime:
        """The time of the transaction, UTC."""

    @property
    def locale(self) -> Locale:
        """The firm's region, currency and clock."""

    @property
    def actor_id(self) -> int:
        """The id of the user who acts."""

    def get(self, entity: str, id: int, *, deleted: bool = False) -> Record | None:
        """Return a record, or None; deleted ones only when asked for."""

    def versions(self, change: Change) -> list[Record]:
        """Return the record of a change as it was before and as it is; a new one only as it is."""

    def find(self, entity: str, filter: str, limit: int = 100) -> list[Record]:
        """Return the records that a filter finds."""

    def count(self, entity: str, filter: str) -> int:
        """Return how many records a filter finds."""

    def aggregate(
        self,
        entity: str,
        filter: str,
        by: str,
        function: Literal["count", "sum", "max", "min"],
        value: str = "",
    ) -> dict[Any, Any]:
        """Return one figure for each value of the field `by`."""

    def add(self, entity: str, **values: Any) -> Record:
        """Add a record in this transaction."""

    def save(self, record: Record) -> Record:
        """Save a changed copy of a record in this transaction."""

    def move(self, entity: str, id: int, state: str, **values: Any) -> Record:
        """Move a record to a state in this transaction."""

    def titles(self, entity: str, ids: Sequence[int]) -> Mapping[int, str]:
        """Return the titles of records."""
