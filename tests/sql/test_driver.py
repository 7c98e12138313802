"""Which SQLite library is used, and what is said of one that can lose data."""

from __future__ import annotations

from types import ModuleType

import pytest

from crmkit.sql import driver
from crmkit.sql.driver import caution, chosen, wal_race
from crmkit.sql.store import SqlStore


@pytest.mark.parametrize(
    ("version", "racy"),
    [
        ("3.6.23", False), ("3.7.0", True), ("3.40.1", True), ("3.44.5", True), ("3.44.6", False),
        ("3.45.0", True), ("3.50.6", True), ("3.50.7", False), ("3.51.0", True), ("3.51.2", True),
        ("3.51.3", False), ("3.52.0", False), ("4.0.0", False),
    ],
)  # fmt: skip
def test_the_versions_with_the_race_are_known(version: str, racy: bool) -> None:
    assert wal_race(version) is racy
    assert bool(caution(version)) is racy


def library(version: str) -> ModuleType:
    made = ModuleType("lib")
    made.sqlite_version = version  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("own", "other", "taken"),
    [
        ("3.40.1", "3.53.4", "3.53.4"),
        ("3.40.1", "3.51.2", "3.40.1"),
        ("3.40.1", "", "3.40.1"),
        ("3.51.3", "3.53.4", "3.51.3"),
    ],
)
def test_a_mended_library_is_taken_only_where_pythons_own_is_not(
    own: str, other: str, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "find_spec", lambda name: other or None)
    monkeypatch.setattr(driver, "import_module", lambda name: library(other))
    assert chosen(library(own)).sqlite_version == taken


def test_a_library_that_does_not_load_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    own = library("3.40.1")
    monkeypatch.setattr(driver, "find_spec", lambda name: name)
    assert chosen(own, "no_such_library.dbapi2") is own


@pytest.mark.parametrize("version", ["3.40.1", "3.51.3"])
def test_a_store_warns_of_its_own_library(
    store: SqlStore, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver.library, "sqlite_version", version)
    said = store.cautions()
    assert bool(said) is (version == "3.40.1" and store.dialect.sqlite)
    assert all("use 3.51.3 or later" in line for line in said)
