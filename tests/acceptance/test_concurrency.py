"""Several at one record: the second is told, and nothing that was acknowledged is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crmkit.core.errors import Conflict
from tests.acceptance.consistency import faults
from tests.acceptance.office import Office
from tests.acceptance.workers import count_up, started

PROCESSES, SAVES = 8, 25
PATIENCE = 60
"""Seconds until a test gives up on a process."""


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Office]:
    """Ada's workspace on a database of either kind, with an account that nobody works for."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    made.session().add("account", name="Bow & Sons", employees=0)
    yield made
    made.close()


def test_the_second_process_to_save_gets_a_conflict_and_nothing_is_lost(crmkit, firm) -> None:
    version = crmkit("lead", "show", "1", "--format", "tsv").stdout
    assert version
    crmkit("lead", "set", "1", "company=First", "--version", "1")
    late = crmkit("lead", "set", "1", "company=Second", "source=Event", "--version", "1", code=4)
    assert late.stdout == ""
    assert "changed by somebody else (version 2, yours is 1)" in late.stderr
    assert "mine: Second  theirs: First  base: Bow & Sons" in " ".join(late.stderr.split("   "))
    shown = crmkit("lead", "list", "name:ann", "--format", "csv", "--columns", "company,source")
    assert shown.stdout == "company,source\nFirst,Other\n"
    crmkit("lead", "set", "1", "source=Event", "--version", "2")
    for command in ("move 1 CONTACTED --version 2", "delete 1 --version 2"):
        crmkit("lead", *command.split(), code=4)
    assert "Event" in crmkit("lead", "show", "1").stdout


def test_a_conflict_carries_mine_theirs_and_base(office: Office) -> None:
    one, two = office.session(), office.session()
    record = one.get("account", 1)
    two.save(two.get("account", 1).evolve(industry="Law", employees=5))
    with pytest.raises(Conflict) as told:
        one.save(record.evolve(industry="Retail", phone="+1 202 555 0143"))
    assert told.value.mine == {"industry": "Retail", "employees": 0, "phone": "+12025550143"}
    assert told.value.theirs == {"industry": "Law", "employees": 5, "phone": ""}
    assert told.value.base == {"industry": "", "employees": 0, "phone": ""}


def race(office: Office, checked: bool) -> tuple[list[tuple[int, int]], int]:
    """Let all processes count one account up; return what each save was told, and conflicts."""
    office.close()
    told: list[tuple[int, int]] = []
    conflicts = 0
    with ExitStack() as stack:
        ends = [
            stack.enter_context(started(count_up, office.path, 1, SAVES, checked))[1]
            for _ in range(PROCESSES)
        ]
        for end in ends:
            assert end.poll(PATIENCE)
            assert end.recv() == "read"
        for end in ends:
            end.send("go")
        for end in ends:
            for _ in range(SAVES):
                assert end.poll(PATIENCE)
                told.append(end.recv())
            assert end.poll(PATIENCE)
            conflicts += end.recv()[1]
    return told, conflicts


def written(office: Office) -> list[tuple[int, int]]:
    """Return what the journal says the number was before and after, the oldest first."""
    found = office.session().history("account", 1, limit=10_000)
    changes = [entry.change for entry in reversed(found) if entry.change.op == "update"]
    return [(c.before["employees"], c.after["employees"]) for c in changes]


def test_of_many_processes_with_version_checks_no_save_is_lost(office: Office) -> None:
    told, conflicts = race(office, checked=True)
    total = PROCESSES * SAVES
    assert conflicts >= PROCESSES - 1
    assert sorted(told) == [(n + 1, n) for n in range(1, total + 1)]
    account = office.session().get("account", 1)
    assert (account.employees, account.version) == (total, total + 1)
    assert written(office) == [(n, n + 1) for n in range(total)]
    assert faults(office.path) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_version_checks_the_same_race_does_lose_saves(office: Office) -> None:
    """The control: it shows that the test above could see a loss."""
    told, _ = race(office, checked=False)
    assert len(told) == PROCESSES * SAVES
    assert office.session().get("account", 1).employees < PROCESSES * SAVES
    assert faults(office.path) == []
