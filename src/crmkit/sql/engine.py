"""Opening databases: URLs, files, pragmas and session settings."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine
from sqlalchemy.pool import NullPool

from crmkit.core.errors import Fault
from crmkit.core.kinds.base import fold
from crmkit.sql import queueing
from crmkit.sql.driver import library
from crmkit.sql.failures import BUSY, telling
from crmkit.sql.lanes import Lane
from crmkit.sql.types import Dialect

BUSY_SECONDS = 10
CHANNEL = "crmkit"
"""Where PostgreSQL tells of commits; what it tells is the schema."""
_PRAGMAS = (
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
    # What is overwritten leaves nothing behind within its page; that costs no further writing.
    "PRAGMA secure_delete = FAST",
)


class Database:
    """A database that can be opened: how, and as what."""

    writers_begin = "BEGIN"
    writers_lock = "SELECT pg_advisory_xact_lock(hashtext('crmkit ' || current_schema()))"

    def __init__(self, url: str) -> None:
        self.url = _url(url)
        self.dialect = Dialect("sqlite" if self.url.drivername == "sqlite" else "postgresql")
        self.sqlite = self.dialect.sqlite
        self.path = Path(self.url.database or "") if self.sqlite else None
        self.place = str(self.path) if self.sqlite else str(self.url.database or "the server")
        self.engine = self._engine()

    def _engine(self) -> Engine:
        if self.sqlite:
            engine = sa.create_engine(
                "sqlite://", module=library, creator=self._connect_file, poolclass=NullPool
            )
            # SQLAlchemy is told to begin where it writes, that is, when tables are made.
            sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
            return engine
        try:
            engine = sa.create_engine(
                self.url,
                poolclass=NullPool,
                paramstyle="format",
                connect_args={"options": "-c timezone=UTC", "connect_timeout": BUSY_SECONDS},
            )
        except ImportError:
            raise Fault("PostgreSQL needs pip install 'crmkit[postgresql]'") from None
        return engine

    def _connect_file(self) -> Any:
        assert self.path is not None
        if not self.path.exists():
            raise Fault(f"there is no database {self.path}: put a copy of it back (*.bak.db)")
        # mode=rw: a database that is missing must not come into being empty.
        connection = library.connect(
            f"file:{quote(str(self.path))}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        connection.create_function("crm_fold", 1, _fold, deterministic=True)
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection

    def make_file(self) -> None:
        """Make the file of a new SQLite database, for its owner's eyes only."""
        if self.path is None:
            return
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise Fault(f"{self.path} cannot be made: {error.strerror}") from error
        connection = self._connect_file()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.close()

    def watching(self) -> Lane:
        """Return a connection for looking whether anything was committed."""
        return self._lane("BEGIN")

    def reading(self) -> Lane:
        """Return a connection for reading: each transaction of it is one consistent view."""
        begin = "BEGIN" if self.sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        return self._lane(begin)

    def writing(self) -> Lane:
        """Return a connection for writing: one writer at a time, the others wait.

        On PostgreSQL an advisory lock makes writers stand in line, as SQLite does: versions
        checked, ids given and the journal's chain stay right with plain READ COMMITTED, and
        only a cluster, or a connection that breaks, makes it necessary to try again.
        """
        if self.sqlite:
            lane = self._lane("BEGIN IMMEDIATE")
            # Loading much at once touches every index; kept in memory they need no reading.
            lane.sql("PRAGMA cache_size = -131072")
            lane.sql("PRAGMA busy_timeout = 0")
            return lane
        # All in one message to the server.
        patience = f"SET LOCAL lock_timeout = '{int(BUSY_SECONDS * 1000)}ms'"
        # Those who listen are told at the very moment at which they can see what is new.
        tell = f"SELECT pg_notify('{CHANNEL}', current_schema()); COMMIT"
        return self._lane(f"{self.writers_begin}; {patience}; {self.writers_lock}", tell)

    def begin(self, lane: Lane) -> None:
        """Open a write transaction, waiting for those who came before."""
        if self.path is None:
            lane.begin()
            return
        deadline = time.monotonic() + BUSY_SECONDS
        try:
            lane.turn = queueing.take(self.path, deadline)
            if lane.turn is not None:
                lane.turn.wait(deadline)
        except queueing.Late:
            raise Fault(BUSY) from None
        lane.begin_by(deadline)

    def overwrite(self, lane: Lane) -> None:
        """Let a connection overwrite what it frees; a log that held it is emptied in its turn."""
        if self.sqlite:
            lane.sql("PRAGMA secure_delete = ON")

    def _lane(self, begin: str, commit: str = "COMMIT") -> Lane:
        with telling(self.place):
            pooled: Any = self.engine.raw_connection()
            if not self.sqlite:
                pooled.driver_connection.autocommit = True
            return Lane(pooled, self.place, begin, commit)


def _url(text: str) -> URL:
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise Fault(
            f"{text!r} is no database; write sqlite:///path or postgresql://user@server/name"
        ) from None
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        return url
    raise Fault(f"{text!r} is no database; write sqlite:///path or postgresql://user@server/name")


def _fold(text: Any) -> Any:
    return fold(text) if isinstance(text, str) else text
