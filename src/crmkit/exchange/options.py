"""How a file is to be imported: what the options of the shell's `import` say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from crmkit.core.errors import Usage
from crmkit.exchange.survey import Ask

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how many rows are done, and how many there are (0: unknown)."""

DATE_ORDERS = ("dmy", "mdy", "ymd")
DECIMAL_MARKS = (".", ",")


@frozen(kw_only=True)
class ImportOptions:
    """How a file is read.

    `map` are pairs of a field and a column, `set` of a field and a text, `by` of a reference
    field and the field of its target that cells are compared with; `values` are a field, a text
    in the file and what it stands for. `key` is the column that identifies the rows; `dates` the
    order of day, month and year, `decimal` the decimal mark, where the columns don't tell. With
    `batch`, so many rows at a time are a commit of their own, and others save in between. `called`
    is what the file is called where its path says nothing to people.
    """

    map: tuple[tuple[str, str], ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str, str], ...] = ()
    by: tuple[tuple[str, str], ...] = ()
    create_missing: tuple[str, ...] = ()
    key: str = ""
    ignore: tuple[str, ...] = ()
    dates: str = ""
    decimal: str = ""
    delimiter: str | None = None
    encoding: str | None = None
    rejects: Path | None = None
    dry_run: bool = False
    batch: int = 0
    called: str = ""
    ask: Ask | None = None
    progress: Progress = lambda doing, done, total: None

    @classmethod
    def from_texts(
        cls,
        *,
        map: Iterable[str] = (),
        set: Iterable[str] = (),
        values: Iterable[str] = (),
        by: Iterable[str] = (),
        **others: Any,
    ) -> ImportOptions:
        """Return the options from `FIELD=COLUMN`, `FIELD=TEXT`, `FIELD:TEXT=VALUE` and so on."""
        return cls(
            map=tuple(_pair(text, "--map FIELD=COLUMN") for text in map),
            set=tuple(_pair(text, "--set FIELD=TEXT") for text in set),
            values=tuple(_value(text) for text in values),
            by=tuple(_pair(text, "--by FIELD=FIELD") for text in by),
            **others,
        )


def _pair(text: str, form: str) -> tuple[str, str]:
    head, sign, tail = text.partition("=")
    if not sign or not head.strip():
        raise Usage(f"{text!r} is not understood; write it as {form}")
    return head.strip(), tail


def _value(text: str) -> tuple[str, str, str]:
    name, colon, rest = text.partition(":")
    words, sign, meant = rest.rpartition("=")
    if not colon or not sign or not name.strip() or not words.strip():
        raise Usage(f"{text!r} is not understood; write it as --value FIELD:TEXT=VALUE")
    return name.strip(), words.strip().strip("\"'"), meant.strip()
