"""How the portable column types are stored on SQLite and on PostgreSQL, and the way back.

Statements are compiled once and run on the driver itself, so values are converted here and not
by SQLAlchemy. On SQLite a moment is an integer, microseconds since 1970 in UTC: half the size of
text, and it sorts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from crmkit.core.kinds.base import Column

Convert = Callable[[Any], Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT = 2**32 * 1_000_000
"""Up to here (2106) a float of seconds is exact to the microsecond, and four times faster."""

_SQLITE: dict[Column, TypeEngine[Any]] = {
    Column.TEXT: sa.Text(),
    Column.INTEGER: sa.Integer(),
    Column.REAL: sa.Float(),
    Column.FLAG: sa.Boolean(),
    Column.DATE: sa.Date(),
    Column.MOMENT: sa.BigInteger(),
    Column.JSON: sa.Text(),
}
# Text collates by code point, as SQLite's does: sorting is then the same on both.
_POSTGRESQL: dict[Column, TypeEngine[Any]] = {
    Column.TEXT: sa.Text(collation="C"),
    Column.INTEGER: sa.BigInteger(),
    Column.REAL: sa.Double(),
    Column.FLAG: sa.Boolean(),
    Column.DATE: sa.Date(),
    Column.MOMENT: sa.DateTime(timezone=True),
    Column.JSON: sa.Text(collation="C"),
}


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970, UTC."""
    span = moment - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


@lru_cache(maxsize=4096)
def from_micros(micros: int) -> datetime:
    """Return the moment, UTC. Records share many: when they were imported, say."""
    if abs(micros) < _EXACT:
        return datetime.fromtimestamp(micros / 1_000_000, UTC)
    return _EPOCH + timedelta(0, 0, micros)


def to_json(data: Any) -> str:
    """Return JSON text that is the same for the same data."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Dialect:
    """What differs between the databases in storing one value."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sqlite = name == "sqlite"
        self.types = _SQLITE if self.sqlite else _POSTGRESQL
        self.encoders: dict[Column, Convert] = {Column.JSON: to_json}
        self.decoders: dict[Column, Convert] = {Column.JSON: json.loads}
        if self.sqlite:
            self.encoders |= {Column.MOMENT: to_micros, Column.DATE: date.isoformat}
            self.decoders |= {
                Column.MOMENT: from_micros,
                Column.DATE: date.fromisoformat,
                Column.FLAG: bool,
            }
        else:
            self.decoders[Column.MOMENT] = _as_utc

    def encode(self, column: Column, value: Any) -> Any:
        """Return what the driver takes for a value of a portable type."""
        convert = self.encoders.get(column)
        return value if value is None or convert is None else convert(value)

    def decode(self, column: Column, value: Any) -> Any:
        """Return the value that the driver gave for a portable type."""
        convert = self.decoders.get(column)
        return value if value is None or convert is None else convert(value)


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
