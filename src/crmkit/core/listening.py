"""Behind a commit: the listeners of plugins, which can stop nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crmkit.core.journal import Commit

if TYPE_CHECKING:
    from crmkit.core.session import Session

PATIENCE = 3
"""After how many failures in a row a listener is left alone, as long as the program runs."""
_log = logging.getLogger("crmkit.listeners")
_failures: dict[tuple[str, str], int] = {}


def hear(session: Session, commits: Iterable[Commit]) -> None:
    """Tell listeners of commits; what goes wrong in one is logged."""
    for commit in commits:
        for listener in session.model.listeners:
            name = (listener.owner, listener.name)
            touched = not listener.entity or any(
                change.entity == listener.entity for change in commit.changes
            )
            if not touched or _failures.get(name, 0) >= PATIENCE:
                continue
            try:
                listener.run(commit, session.told)
            except Exception as error:
                _failures[name] = _failures.get(name, 0) + 1
                left = " and is left alone now" if _failures[name] == PATIENCE else ""
                _log.warning(
                    "listener %s of plugin %s failed%s: %s: %s",
                    listener.name, listener.owner, left, type(error).__name__, error,
                )  # fmt: skip
            else:
                _failures.pop(name, None)


def forget() -> None:
    """Give listeners that were left alone another chance."""
    _failures.clear()
