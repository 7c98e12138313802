"""A firm as the core's tests have it, and a context that stands in for a transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, field

from crmkit.api import Record
from tests.core.conftest import admin, clock, crm, login, model

__all__ = ["FakeContext", "admin", "clock", "crm", "ctx", "login", "model"]

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@define
class FakeContext:
    """Records by entity and id, and a note of every move that was asked for."""

    records: dict[tuple[str, int], Record] = field(factory=dict)
    moves: list[tuple[str, int, str, dict[str, Any]]] = field(factory=list)
    now: datetime = NOW

    def hold(self, *records: Record) -> None:
        """Keep records, to be found by `get`."""
        for record in records:
            self.records[record.spec.name, record.id] = record

    def get(self, entity: str, id: int, *, deleted: bool = False) -> Record | None:
        """Return a record, or None."""
        return self.records.get((entity, id))

    def move(self, entity: str, id: int, state: str, **values: Any) -> Record:
        """Note the move and return the record as it was."""
        self.moves.append((entity, id, state, values))
        return self.records[entity, id]


@pytest.fixture
def ctx() -> FakeContext:
    """An empty context at a fixed time."""
    return FakeContext()
