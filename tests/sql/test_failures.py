"""What goes wrong with a database is told in one clear line."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy.exc

from crmkit.core.errors import Fault, NotFound
from crmkit.core.model import EntityModel
from crmkit.sql.failures import told
from crmkit.sql.store import SqlStore, open_store
from tests.sql import world


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("database is locked", "the workspace is busy; try again"),
        ("file is not a database", "X is not a crmkit database"),
        ("database disk image is malformed", "X is damaged; restore a backup"),
        ("database or disk is full", "the disk is full; nothing was saved"),
        ("attempt to write a readonly database", "you may not write to X"),
        ("unable to open database file", "X cannot be opened"),
        ("something new", "the database refused: something new"),
    ],
)
def test_errors_of_sqlite(error: str, line: str) -> None:
    found = told(sqlite3.OperationalError(error), "X")
    assert isinstance(found, Fault)
    assert str(found).startswith(line)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("LockNotAvailable", "the workspace is busy; try again"),
        ("SerializationFailure", "the workspace is busy; try again"),
        ("DeadlockDetected", "the workspace is busy; try again"),
        ("InvalidPassword", "the server of X refuses the login: no"),
        ("InvalidCatalogName", "there is no database X"),
        ("InsufficientPrivilege", "you may not do that in X: no"),
        ("DiskFull", "the server's disk is full"),
        ("AdminShutdown", "the server of X was stopped"),
        ("OperationalError", "the server of X cannot be reached: no"),
        ("RaiseException", "the database refused: no"),
    ],
)
def test_errors_of_postgresql(name: str, line: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    kind = getattr(psycopg.errors, name, None) or getattr(psycopg, name)
    assert str(told(kind("no\nmore"), "X")).startswith(line)


def test_an_error_wrapped_by_sqlalchemy_is_told_alike() -> None:
    wrapped = sqlalchemy.exc.OperationalError("x", {}, sqlite3.OperationalError("disk is full"))
    assert isinstance(told(wrapped, "X"), Fault)


def test_other_errors_stay_as_they_are() -> None:
    for error in (KeyError("x"), NotFound("no lead 1")):
        assert told(error, "X") is error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_may_only_be_read_says_so(
    store: SqlStore, person: EntityModel, tmp_path
) -> None:  # type: ignore[no-untyped-def]
    with store.writer() as writer:
        writer.lane.sql("PRAGMA query_only = ON")
        with pytest.raises(Fault, match="you may not write to"):
            writer.insert(person, [world.new(person, name="Ann")])
        writer.lane.sql("PRAGMA query_only = OFF")


def test_a_damaged_database_says_so(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "x.db"
    store = open_store(f"sqlite:///{path}", world.plain())
    store.create()
    firm = store.model.entity("firm")
    with store.writer() as writer:
        writer.insert(firm, [world.new(firm, name=f"F{n}") for n in range(2000)])
    store.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(Fault, match="is damaged; restore a backup"):
        open_store(f"sqlite:///{path}", world.plain()).pending()
