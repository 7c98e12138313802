"""Noticing that something was committed: here, in another thread, in another process."""

from __future__ import annotations

import threading

from crmkit.sql.engine import CHANNEL, Database
from crmkit.sql.failures import Lost, telling
from crmkit.sql.lanes import Lane


class Watch:
    """Counts the times at which something new was found; a connection is opened when asked.

    SQLite keeps a number that a connection sees change when others commit. PostgreSQL tells of
    each commit who listens.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lane: Lane | None = None
        self._schema = ""
        self._version = 0
        self._number = 0
        self._lock = threading.Lock()

    def number(self) -> int:
        """Return a number that grows where something was committed since the last call."""
        with self._lock:
            try:
                found = self._look()
            except Lost:
                # What was committed meanwhile was not heard of.
                self._drop()
                found = self._look()
            self._number += found
            return self._number

    def close(self) -> None:
        """Let go of the connection; the next call opens one again."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def _look(self) -> bool:
        if self._lane is None or not self._lane.alive:
            self._drop()
            self._lane = self._opened()
            return True
        if self._database.sqlite:
            before, self._version = self._version, _version(self._lane)
            return before != self._version
        return self._told(self._lane)

    def _opened(self) -> Lane:
        lane = self._database.watching()
        if self._database.sqlite:
            self._version = _version(lane)
        else:
            lane.sql(f"LISTEN {CHANNEL}")
            self._schema = str(lane.sql("SELECT current_schema()")[0][0])
        return lane

    def _told(self, lane: Lane) -> bool:
        with telling(lane.place):
            # All of them are taken, so that none is left to tell of the next time.
            heard = [note.payload for note in lane.driver.notifies(timeout=0)]
        return self._schema in heard


def _version(lane: Lane) -> int:
    return int(lane.sql("PRAGMA data_version")[0][0])
