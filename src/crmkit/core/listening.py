"""Behind a commit: the listeners of plugins, which can stop nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from crmkit.core.blaming import blaming
from crmkit.core.errors import CrmError
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
                what = f"listener {listener.name}"
                with blaming(listener.owner, what, listener.run, lets="none"):
                    listener.run(commit, session.told)
            except CrmError as error:
                _failures[name] = _failures.get(name, 0) + 1
                left = "; it is left alone now" if _failures[name] == PATIENCE else ""
                _log.warning("%s%s", error, left)
            else:
                _failures.pop(name, None)


def forget() -> None:
    """Give listeners that were left alone another chance."""
    _failures.clear()
