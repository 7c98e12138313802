"""The SQLite library that is used: Python's own, or a mended one where that is installed.

All of the program takes it from here: two libraries with the same file open in one process would
take each other's locks away.
"""

from __future__ import annotations

import re
import sqlite3
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_RACY = (3, 7, 0), (3, 51, 3)
_MENDED = ((3, 44, 6), (3, 50, 7))
"""Older lines that the repair was brought to."""


def wal_race(version: str) -> bool:
    """Return whether a SQLite version has the WAL-reset race, which can damage a database.

    Two connections that write, or copy the log back, at the same instant may lose what one of
    them wrote. It is in 3.7.0 to 3.51.2, but for 3.44.6 and 3.50.7 (sqlite.org/wal.html).
    """
    found = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    return _RACY[0] <= found < _RACY[1] and found not in _MENDED


def chosen(own: Any, other: str = "sqlcipher3.dbapi2") -> Any:
    """Return Python's own library, or the other one where only that has not got the race."""
    if not wal_race(own.sqlite_version) or find_spec(other.partition(".")[0]) is None:
        return own
    try:
        found = import_module(other)
    except ImportError:
        return own
    return own if wal_race(found.sqlite_version) else found


library: Any = chosen(sqlite3)
"""A module as PEP 249 describes it."""


def cautions(*, sqlite: bool) -> list[str]:
    """Return what is known to be wrong with the library of a database, if it is SQLite's."""
    return [said] if sqlite and (said := caution()) else []


def caution(version: str = "") -> str:
    """Return what is to be said of the library's version, or nothing."""
    version = version or str(library.sqlite_version)
    if not wal_race(version):
        return ""
    return (
        f"SQLite {version} has a race that can damage data where many write at once; "
        "use 3.51.3 or later, as with: pip install 'crmkit[sqlcipher]'"
    )
