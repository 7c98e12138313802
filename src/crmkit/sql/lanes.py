"""Connections: one of each thread's own for reading, one for writing, straight to the driver."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from crmkit.sql.driver import library
from crmkit.sql.failures import told
from crmkit.sql.queueing import Turn
from crmkit.sql.statements import Prepared


class Lane:
    """A connection with its transaction, that turns the driver's errors into Faults."""

    def __init__(
        self, pooled: Any, place: str, begin: str = "", commit: str = "COMMIT", *,
        owned: bool = True,
    ) -> None:  # fmt: skip
        self.turn: Turn | None = None
        """The place in the line of writers that the transaction holds."""
        self._pooled = pooled if owned else None
        self.driver: Any = pooled.driver_connection
        self.place = place
        self._begin, self._commit = begin, commit
        self.cursor: Any = self.driver.cursor()
        self._execute = self.cursor.execute

    @property
    def alive(self) -> bool:
        """Whether the connection still stands; a server may have gone away."""
        return not getattr(self.driver, "closed", False)

    def begin(self) -> None:
        """Open the transaction."""
        self.sql(self._begin)

    def begin_by(self, deadline: float) -> None:
        """Open the transaction as soon as no other program writes; Fault after the deadline.

        SQLite's own waiting sleeps longer and longer, so that who has waited most comes last.
        """
        while True:
            try:
                self._execute(self._begin)
                return
            except library.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise told(error, self.place) from error
            time.sleep(random.uniform(0.001, 0.004))

    def end(self, *, commit: bool) -> None:
        """Close the transaction."""
        self.sql(self._commit if commit else "ROLLBACK")
        self._leave()

    def abandon(self) -> None:
        """Roll back; if even that fails, the connection is of no more use and says so itself."""
        with suppress(Exception):
            self._execute("ROLLBACK")
        self._leave()

    def _leave(self) -> None:
        if self.turn is not None:
            turn, self.turn = self.turn, None
            turn.leave()

    def rows(self, statement: Prepared, values: Sequence[Any]) -> list[Any]:
        """Run a query with its parameters in order; return all rows."""
        try:
            self._execute(statement.sql, values)
            return self.cursor.fetchall()  # type: ignore[no-any-return]
        except Exception as error:
            raise told(error, self.place) from error

    def one(self, statement: Prepared, values: Sequence[Any]) -> Any:
        """Return the first row of a query, or None."""
        try:
            self._execute(statement.sql, values)
            return self.cursor.fetchone()
        except Exception as error:
            raise told(error, self.place) from error

    def change(self, statement: Prepared, values: Sequence[Any]) -> int:
        """Run a statement that writes; return how many rows it changed."""
        try:
            self._execute(statement.sql, values)
            return self.cursor.rowcount  # type: ignore[no-any-return]
        except Exception as error:
            raise told(error, self.place) from error

    def change_many(self, statement: Prepared, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement that writes once for each row of parameters."""
        try:
            self.cursor.executemany(statement.sql, rows)
        except Exception as error:
            raise told(error, self.place) from error

    def sql(self, text: str, values: Sequence[Any] | None = None) -> list[Any]:
        """Run plain SQL; return its rows, if it has any."""
        try:
            if values is None:
                self._execute(text)
            else:
                self._execute(text, values)
            return self.cursor.fetchall() if self.cursor.description else []
        except Exception as error:
            raise told(error, self.place) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._leave()
        if self._pooled is not None:
            pooled, self._pooled = self._pooled, None
            pooled.invalidate()

    def __del__(self) -> None:
        self.close()
