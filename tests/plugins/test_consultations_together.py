"""Several processes that book the same person at once: no two of the bookings overlap."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from crmkit.app import open_crm
from crmkit.core.errors import Invalid
from tests.acceptance.office import Office
from tests.acceptance.workers import started

PROCESSES, HALF_HOURS = 6, 12
PATIENCE = 60
"""Seconds until the test gives up on a process."""
NINE = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Office]:
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    yield made
    made.close()


def book_all(there: Connection, place: Path, seed: int) -> None:
    """Try to book every half-hour for an hour, in an order of its own; tell what was refused."""
    session = open_crm(place).session("ada")
    there.send("ready")
    there.recv()
    times = [NINE + n * timedelta(minutes=30) for n in range(HALF_HOURS)]
    random.Random(seed // 2).shuffle(times)  # neighbours start at the same time
    booked, refused = 0, []
    for at in times:
        try:
            session.add("consultation", {"status": "BOOKED", "starts_at": at})
            booked += 1
        except Invalid as error:
            refused.append(str(error))
    there.send((booked, refused))


def test_no_two_bookings_of_one_person_overlap(office: Office) -> None:
    office.close()
    with ExitStack() as stack:
        ends = [stack.enter_context(started(book_all, office.path, n))[1] for n in range(PROCESSES)]
        told: list[Any] = []
        for end in ends:
            assert end.poll(PATIENCE)
            assert end.recv() == "ready"
        for end in ends:
            end.send("go")
        for end in ends:
            assert end.poll(PATIENCE)
            told.append(end.recv())
    session = office.session()
    found: list[Any] = session.find("consultation", sort="starts_at").records
    assert sum(booked for booked, _ in told) == len(found) >= HALF_HOURS // 3
    assert all(first.ends_at <= second.starts_at for first, second in pairwise(found))
    texts = [text for _, refused in told for text in refused]
    assert len(texts) == PROCESSES * HALF_HOURS - len(found)
    assert all("ada has consultation " in text for text in texts)
