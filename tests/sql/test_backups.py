"""Backups before an upgrade: the newest few are kept, and no file but the program's own goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from crmkit.app import init
from crmkit.core.errors import Fault
from crmkit.sql import backups


def test_the_newest_five_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    """Names as people give them stay, a folder and a link too."""
    crm = init(tmp_path / "firm")
    place = tmp_path / "firm"
    theirs = ["crmkit-before-easter.bak.db", "crmkit-20200101-000000.bak.db.old",
              "other-20200101-000000.bak.db", "crmkit-20200101.bak.db"]  # fmt: skip
    for name in theirs:
        (place / name).write_text("x")
    (place / "crmkit-20200101-000001.bak.db").symlink_to(place / theirs[0])
    (place / "crmkit-20200101-000002.bak.db").mkdir()
    old = [f"crmkit-20210101-00000{n}.bak.db" for n in range(3)]
    for name in old:
        (place / name).write_text("x")
    said = [crm.store.backup() for _ in range(4)]
    crm.store.close()
    left = {path.name for path in place.glob("*.bak.db*")} | {theirs[1]}
    assert set(theirs) <= left
    assert {"crmkit-20200101-000001.bak.db", "crmkit-20200101-000002.bak.db"} <= left
    assert [name for name in old if name in left] == old[2:]
    assert all(Path(text.rpartition(" ")[2]).is_file() for text in said)


def test_those_of_one_second_stand_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "crmkit.db"
    for _ in range(11):
        backups.backup_file(path, datetime(2026, 11, 23, 9, tzinfo=UTC)).touch()
    names = [file.name for file in backups.made(path)]
    assert names[0] == "crmkit-20261123-090000.bak.db"
    assert names[-2:] == ["crmkit-20261123-090000-10.bak.db", "crmkit-20261123-090000-11.bak.db"]


def test_one_that_is_not_whole_is_none_and_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = init(tmp_path / "firm")
    for _ in range(backups.KEPT):
        crm.store.backup()
    before = backups.made(tmp_path / "firm" / "crmkit.db")

    def full(*_: object) -> None:
        raise Fault("the disk is full")

    monkeypatch.setattr(backups, "_copy", full)
    with pytest.raises(Fault, match="disk is full"):
        crm.store.backup()
    crm.store.close()
    assert backups.made(tmp_path / "firm" / "crmkit.db") == before
