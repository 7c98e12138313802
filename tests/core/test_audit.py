"""The chain of the journal: it verifies, and tampering is found."""

from __future__ import annotations

import sqlite3

import pytest

from crmkit.core.audit import compare_records, verify
from crmkit.core.crm import Crm
from crmkit.core.session import Session


@pytest.fixture
def busy(crm: Crm, admin: Session) -> Crm:
    id = admin.add("account", {"name": "ACME", "industry": "Law"}).id
    admin.set("account", id, {"industry": "Retail"})
    admin.delete("account", id)
    admin.undo()
    return crm


def tamper(crm: Crm, sql: str) -> None:
    """Change the database itself, and leave its triggers as they were."""
    with sqlite3.connect(crm.store.url.removeprefix("sqlite:///")) as db:
        known = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        guards = db.execute(known).fetchall()
        for name, _ in guards:
            db.execute(f'DROP TRIGGER "{name}"')
        assert db.execute(sql).rowcount > 0
        for _, ddl in guards:
            db.execute(ddl)


def test_an_untouched_chain_verifies(busy: Crm) -> None:
    audit = verify(busy.store)
    assert audit.faults == []
    assert (audit.commits, audit.changes) == (5, 5)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE crm_change SET after = replace(after, 'Retail', 'Bakery')",
        "UPDATE crm_commit SET actor_name = 'somebody' WHERE id = 3",
        "UPDATE crm_commit SET label = 'nothing' WHERE id = 2",
        "DELETE FROM crm_commit WHERE id = 3",
        "DELETE FROM crm_change WHERE id = 3",
    ],
)
def test_what_was_changed_behind_the_programs_back_is_found(busy: Crm, tampering: str) -> None:
    tamper(busy, tampering)
    assert verify(busy.store).faults


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE crm_change SET after = '{' WHERE \"commit\" = 3",
        "UPDATE crm_change SET after = '[1]' WHERE \"commit\" = 3",
        "UPDATE crm_change SET after = x'ff' WHERE \"commit\" = 3",
        "UPDATE crm_change SET after = replace(hex(zeroblob(50000)), '00', '[') "
        'WHERE "commit" = 3',
        "UPDATE crm_change SET title = CAST(x'ff' AS TEXT) WHERE \"commit\" = 3",
        "UPDATE crm_commit SET label = CAST(x'ff' AS TEXT) WHERE id = 3",
        "UPDATE crm_commit SET at = 'noon' WHERE id = 3",
        "UPDATE crm_commit SET at = 9e300 WHERE id = 3",
        "UPDATE crm_commit SET seq = 'x' WHERE id = 3",
        "UPDATE crm_commit SET size = 'x' WHERE id = 3",
        "UPDATE crm_commit SET size = 9223372036854775807 WHERE id = 3",
        "UPDATE crm_commit SET first = 'x' WHERE id = 3",
    ],
)
def test_a_commit_that_cannot_be_read_is_one_fault_and_the_walk_goes_on(
    busy: Crm, broken: str
) -> None:
    tamper(busy, broken)
    tamper(busy, "UPDATE crm_commit SET label = 'other' WHERE id = 5")
    audit = verify(busy.store)
    first, second = audit.faults
    assert "commit 3" in first
    assert "commit 5 ('other') was altered" in second
    assert audit.commits == 5
    compare_records(busy.store, busy.model)
    busy.store.verify()
