"""Copies of a database that are made before its tables are changed; only the newest are kept."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from crmkit.sql.driver import library
from crmkit.sql.failures import telling

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore

KEPT = 5
"""How many of them stay; an older one goes once a new one is whole."""
_ENDING = ".bak.db"


def backup(store: SqlStore) -> str:
    """Copy the data as it is, for the owner's eyes only; return where to, in a sentence."""
    path = store.database.path
    if path is None:
        return "no backup was made; PostgreSQL's own tools do that (pg_dump)"
    copy = backup_file(path, datetime.now(UTC))
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with telling(str(copy)):
            _copy(path, copy)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    for old in made(path)[:-KEPT]:
        with suppress(OSError):  # one too many does no harm
            old.unlink()
    return f"the data as it was is in {copy}"


def _copy(path: Path, copy: Path) -> None:
    source, target = library.connect(path), library.connect(copy)
    try:
        # All pages at once: in steps it would start again with every write of another process.
        source.backup(target, pages=-1)
    finally:
        source.close()
        target.close()


def backup_file(path: Path, now: datetime) -> Path:
    """Return the name of a backup that is not there yet."""
    stem = f"{path.stem}-{now:%Y%m%d-%H%M%S}"
    found = path.with_name(f"{stem}{_ENDING}")
    n = 1
    while found.exists():
        n += 1
        found = path.with_name(f"{stem}-{n}{_ENDING}")
    return found


def made(path: Path) -> list[Path]:
    """Return the backups of a database that have a name as it is given here, the oldest first."""
    name = re.compile(rf"{re.escape(path.stem)}-(\d{{8}}-\d{{6}})(?:-(\d+))?{re.escape(_ENDING)}")
    found = [
        (match[1], int(match[2] or 1), file)
        for file in path.parent.iterdir()
        if (match := name.fullmatch(file.name)) and file.is_file() and not file.is_symlink()
    ]
    return [file for _, _, file in sorted(found)]
