"""Fifty at one pool of leads: each lead is claimed by one, and the others read by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crmkit.core.crm import SYSTEM
from crmkit.core.fields import Item
from tests.acceptance.consistency import faults
from tests.acceptance.office import Office
from tests.acceptance.workers import claim_all, started

PROCESSES, LEADS = 50, 200
PATIENCE = 120
"""Seconds until the test gives up on a process."""


Told = tuple[list[int], list[str]]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Office]:
    """A workspace on a database of either kind, with fifty account managers and a full pool."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    with made.crm.session(SYSTEM).transaction() as unit:
        for n in range(PROCESSES):
            unit.add("user", name=f"user{n}", roles=(Item("account_manager"),))
        for n in range(LEADS):
            unit.add("lead", name=f"Lead {n}", email=f"lead{n}@example.com", owner=None)
    yield made
    made.close()


def race(office: Office) -> list[Told]:
    """Let all processes claim all leads at once; return what each was told."""
    office.close()
    with ExitStack() as stack:
        ends = [
            stack.enter_context(started(claim_all, office.path, f"user{n}", n))[1]
            for n in range(PROCESSES)
        ]
        for end in ends:
            assert end.poll(PATIENCE)
            assert end.recv() == "ready"
        for end in ends:
            end.send(list(range(1, LEADS + 1)))
        told = []
        for end in ends:
            assert end.poll(PATIENCE)
            told.append(end.recv())
        return told


def test_of_fifty_processes_one_gets_each_lead_and_the_others_read_who(office: Office) -> None:
    told = race(office)

    winners = {id: n for n, (had, _) in enumerate(told) for id in had}
    assert sum(len(had) for had, _ in told) == len(winners) == LEADS
    names = {n: f"user{n} claimed it until " for n in range(PROCESSES)}
    said = Counter(text.split(" until ")[0] for _, refused in told for text in refused)
    assert sum(said.values()) == PROCESSES * LEADS - LEADS
    assert len(Counter(winners.values())) > 1, "one process was through before the others began"
    assert set(said) == {names[n].removesuffix(" until ") for n in set(winners.values())}

    session = office.session()
    users = {user.title: user.id for user in session.find("user", limit=100)}
    for id, n in winners.items():
        history = [e for e in session.history("lead", id) if e.commit.label.startswith("Claim")]
        assert [e.commit.actor_name for e in history] == [f"user{n}"]
        assert session.get("lead", id).claimed_by == users[f"user{n}"]  # type: ignore[attr-defined]
    assert faults(office.path) == []
