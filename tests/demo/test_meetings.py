"""The made-up firm's consultations: some today, none at once, and outcomes that fit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from crmkit.demo.firm import DemoFirm
from crmkit.demo.meetings import consultation
from crmkit.demo.work import lead_state
from crmkit.demo.world import World

MONDAY, SATURDAY = date(2026, 3, 2), date(2026, 3, 7)


def meetings(records: int, today: date = MONDAY) -> list[dict[str, Any]]:
    world = World(records, 7, today)
    return [consultation(world, n + 1) for n in range(world.counts["consultation"])]


@pytest.mark.parametrize("today", [MONDAY, SATURDAY])
@pytest.mark.parametrize("records", [50, 2_000, 60_000])
def test_nobody_holds_two_at_once(records: int, today: date) -> None:
    booked: dict[int, list[tuple[datetime, datetime]]] = {}
    for row in meetings(records, today):
        if row["status"] in ("BOOKED", "CONFIRMED"):
            end = row["starts_at"] + timedelta(minutes=row["minutes"])
            booked.setdefault(row["owner"], []).append((row["starts_at"], end))
    assert booked
    for slots in booked.values():
        assert all(first[1] <= second[0] for first, second in pairwise(sorted(slots)))


def test_whoever_looks_around_has_one_today_even_in_a_small_firm() -> None:
    (first,) = [row for row in meetings(99) if row["status"] in ("BOOKED", "CONFIRMED")]
    assert (first["owner"], first["starts_at"]) == (1, datetime(2026, 3, 2, 9, tzinfo=UTC))


def test_every_state_and_outcome_occurs_and_fits() -> None:
    rows, world = meetings(10_000), World(10_000, 7, MONDAY)
    assert len({row["status"] for row in rows}) == 6
    assert len({row["outcome"] for row in rows}) == 5
    for row in rows:
        assert bool(row["outcome"]) == bool(row["result"]) == (row["status"] == "HELD")
        assert bool(row["reason"]) == (row["status"] == "CANCELLED")
        assert (row["fee"] is None) == (row["fee_status"] == "WAIVED")
        entity, number = row["who"]
        if row["outcome"] == "LEAD":
            assert lead_state(world, number) != "LOST"
        assert row["outcome"] != "CLIENT" or entity == "client"


def test_what_was_held_or_missed_is_over_and_was_asked_for_before() -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    for row in meetings(10_000):
        if row["status"] in ("HELD", "NO_SHOW"):
            assert row["created_at"] < row["starts_at"] < row["moved_at"] < midnight
        assert row["created_at"] <= row["moved_at"] < midnight


def test_the_firm_has_them() -> None:
    rows = [r for entity, rows in DemoFirm(500, 7, MONDAY).batches() for r in rows
            if entity == "consultation"]  # fmt: skip
    assert rows == meetings(500)
