"""What became of a commit whose answer was lost on the way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crmkit.core.errors import Fault
from crmkit.core.journal import Commit
from crmkit.sql.failures import Lost

if TYPE_CHECKING:
    from crmkit.sql.store import SqlStore

_PAUSES = (0, 0.1, 0.4, 1, 2)
"""Seconds before each look; a server that starts again needs some."""


def arrived(store: SqlStore, commit: Commit | None) -> bool:
    """Return whether a commit is in the journal, now that its transaction has ended.

    The writers' lock is given only once the transaction that held it is over, so what is not in
    the journal by then never will be. Raises Fault where the server can't be asked, or where
    there is no commit to look for.
    """
    if commit is None:
        raise Fault(_unsure(store))
    for pause in _PAUSES:
        time.sleep(pause)
        try:
            with store.writer() as writer:
                there = writer.commit(commit.id)
        except Lost:
            continue
        return there is not None and there.hash == commit.hash
    raise Fault(_unsure(store))


def _unsure(store: SqlStore) -> str:
    return (
        f"the connection to {store.database.place} broke while saving: look whether it was saved "
        "before you do it again"
    )
