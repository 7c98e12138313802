"""What a database's errors mean to a user: one clear line each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc

from crmkit.core.errors import CrmError, Fault, Interrupted
from crmkit.sql.driver import library

_GIVEN_UP = ("40001", "40P01")
"""Serialization failure and deadlock: the server took the whole transaction back."""
_LOST = ("57P", "08", "25P03")
_NO_TEXT = "Could not decode to UTF-8"
BUSY = "the workspace is busy; try again"
_SQLITE = (
    ("database is locked", BUSY),
    ("database table is locked", BUSY),
    ("file is not a database", "{place} is not a crmkit database"),
    ("disk image is malformed", "{place} is damaged; restore a backup"),
    ("database or disk is full", "the disk is full; nothing was saved"),
    ("unable to open database file", "{place} cannot be opened; is it there, and may you read it?"),
    ("readonly database", "you may not write to {place}; ask its owner for permission"),
    ("disk I/O error", "the disk that holds {place} gives errors; nothing was saved"),
    ("no such table", "{place} holds no crmkit data, or older data: run crmkit upgrade"),
    ("no such column", "{place} holds older data: run crmkit upgrade"),
    ("is kept as it is", "{error}"),
)
# SQLSTATE codes of PostgreSQL, by their first characters.
_POSTGRESQL = (
    ("55P03", BUSY),
    ("40", BUSY),
    ("57014", BUSY),
    ("28", "the server of {place} refuses the login: {error}"),
    ("3D000", "there is no database {place}; create it first (createdb)"),
    ("42501", "you may not do that in {place}: {error}"),
    ("53100", "the server's disk is full; nothing was saved"),
    ("42P01", "{place} holds no crmkit data, or older data: run crmkit upgrade"),
    ("42703", "{place} holds older data: run crmkit upgrade"),
    ("57P", "the server of {place} was stopped; try again"),
    ("08", "the server of {place} cannot be reached"),
)


class Undecodable(Fault):
    """A text in the database is no text."""


class Lost(Interrupted):
    """The connection is gone; what was not committed before is not saved."""


def told(error: BaseException, place: str) -> BaseException:
    """Return the Fault that says what a database's error means; others as they are."""
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig is not None:
        return told(error.orig, place)
    if isinstance(error, CrmError):
        return error
    if isinstance(error, library.Error | sqlite3.Error):
        kind = Undecodable if _NO_TEXT in str(error) else Fault
        return kind(_line(str(error), place, _SQLITE, in_text=True))
    state = getattr(error, "sqlstate", "")
    if type(error).__module__.startswith("psycopg"):
        return _told_by_server(error, state or "", place)
    return error


def _told_by_server(error: BaseException, state: str, place: str) -> Fault:
    first = (str(error).splitlines() or [""])[0]
    if not state:
        kind = Lost if type(error).__name__ in ("OperationalError", "InterfaceError") else Fault
        return kind(f"the server of {place} cannot be reached: {first}")
    line = _line(first, place, _POSTGRESQL, state=state)
    if state in _GIVEN_UP:
        return Interrupted(line)
    return Lost(line) if state.startswith(_LOST) else Fault(line)


def _line(
    error: str, place: str, known: tuple[tuple[str, str], ...], *, state: str = "",
    in_text: bool = False,
) -> str:  # fmt: skip
    for sign, text in known:
        if (sign in error) if in_text else state.startswith(sign):
            return text.format(place=place, error=error)
    return f"the database refused: {error}"


@contextmanager
def telling(place: str) -> Iterator[None]:
    """Turn a database's errors into a Fault."""
    try:
        yield
    except Exception as error:
        said = told(error, place)
        if said is error:
            raise
        raise said from error
