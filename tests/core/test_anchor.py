"""Anchors: written, read back, and compared with a journal that went on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from crmkit.core.anchor import Anchor, heads, read_anchors
from crmkit.core.audit import compare_records, verify
from crmkit.core.crm import Crm
from crmkit.core.errors import Usage
from crmkit.core.journal import GENESIS
from crmkit.core.session import Session

NOTED = Anchor("main", 7, "ab" * 32, datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


def test_an_anchor_is_read_back_as_it_was_written() -> None:
    assert read_anchors(f"{NOTED.line()}\n\n{NOTED.line()}\n") == [NOTED, NOTED]


@pytest.mark.parametrize(
    "line",
    [
        "ab" * 32, "{}", "[]", '"main"',
        NOTED.line().replace("7", '"x"', 1),
        NOTED.line().replace('": 7', '": 0'),
        NOTED.line().replace("abab", "ab"),
        NOTED.line().replace("Z", ""),
        NOTED.line().replace('": 7', '": 1e999'),
        NOTED.line().replace("2026-11-23T09:00:00Z", "0001-01-01T00:00:00+14:00"),
        "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_anchor_is_named_by_its_line(line: str) -> None:
    with pytest.raises(Usage, match="line 2 is no anchor"):
        read_anchors(f"{NOTED.line()}\n{line}\n")


def test_a_journal_that_went_on_holds_against_every_anchor_noted_on_the_way(
    crm: Crm, admin: Session
) -> None:
    noted = heads(crm.store)
    for name in ("ACME", "Bow & Sons"):
        admin.add("account", {"name": name})
        noted += heads(crm.store)
    admin.undo()
    found = verify(crm.store, anchors=noted)
    assert (found.faults, found.held) == ([], 3)
    assert heads(crm.store)[0].hash == found.head


def test_what_does_not_hold_is_said_with_the_day_it_was_noted(crm: Crm, admin: Session) -> None:
    admin.add("account", {"name": "ACME"})
    (head,) = heads(crm.store)
    late = evolve(head, number=head.number + 5, at=head.at + timedelta(days=1))
    other = evolve(head, hash=GENESIS)
    elsewhere = evolve(head, chain="branch")
    faults = verify(crm.store, anchors=[late, other, elsewhere]).faults
    assert [word for word in ("written anew", "not there", "ends at") for f in faults if word in f]
    assert len(faults) == 3
    assert any("2026-11-24" in fault for fault in faults)


def test_a_new_database_has_no_head_but_its_first_commits(crm: Crm) -> None:
    assert heads(crm.store) == []
    assert verify(crm.store, anchors=[NOTED]).faults


def test_records_agree_with_the_journal_after_all_kinds_of_work(crm: Crm, admin: Session) -> None:
    first, second = (admin.add("account", {"name": name}).id for name in ("ACME", "ACME Ltd"))
    lead = admin.add("lead", {"name": "Ann Other", "email": "a@example.com"}).id
    admin.set("lead", lead, {"company": "Bow & Sons", "phone": "+44 20 7946 0000", "email": None})
    admin.delete("account", second)
    admin.restore("account", second)
    admin.delete("account", first)
    admin.undo()
    admin.delete("lead", lead)
    assert compare_records(crm.store, crm.model) == []
