"""The chain of the journal: it verifies, and tampering is found."""

from __future__ import annotations

import sqlite3

import pytest

from crmkit.core.audit import verify
from crmkit.core.crm import Crm
from crmkit.core.session import Session


@pytest.fixture
def busy(crm: Crm, admin: Session) -> Crm:
    id = admin.add("account", {"name": "ACME", "industry": "Law"}).id
    admin.set("account", id, {"industry": "Retail"})
    admin.delete("account", id)
    admin.undo()
    return crm


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
    path = busy.store.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        assert db.execute(tampering).rowcount > 0
    assert verify(busy.store).faults
