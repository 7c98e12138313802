"""Making a change to what the firm adds: tried on the whole Model, then stored and written."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from attrs import frozen

from crmkit.app import open_crm
from crmkit.core import state
from crmkit.core.crm import Crm
from crmkit.core.custom import NAME, Custom, change_custom, read_custom
from crmkit.core.custom.steps import Step
from crmkit.core.errors import CrmError, Refused
from crmkit.core.store import Store
from crmkit.core.workspace import Workspace

MARK = "custom"
"""The note in the database that says which declarations it was last brought up to."""

Demand = Callable[[Crm, Custom], None]
"""Looks at the Model that a change would lead to, and raises what it has against it."""


@frozen
class _Draft(Workspace):
    """The workspace as it would be with another file of what the firm adds."""

    written: Path

    @property
    def custom(self) -> Path:
        """The file that is to take the place of `custom.toml`."""
        return self.written


def apply(place: Workspace, step: Step, demand: Demand | None = None) -> list[str]:
    """Make a change: the tables first, after a backup, then the file; return what was done.

    The Model that comes of it is loaded before anything is written: what does not fit leaves
    all as it was (Refused). Others who change something at the same time wait for it.
    """
    done: list[str] = []

    def accept(new: Custom, written: Path) -> None:
        failed = state.failures(place.state)
        crm = open_crm(_Draft(place.path, place.config, written), upgrade=True)
        with closing(crm.store):
            for name in (NAME, step.plugin):
                if why := crm.off.get(name):
                    state.write(place.state, state.FAILURES, failed)
                    told = why.replace(str(written), str(place.custom))
                    stays = f"plugin {name} stays off" if name == step.plugin else "that cannot be"
                    raise Refused(f"{stays}: {told}")
            if demand is not None:
                demand(crm, new)
            done.extend(crm.store.upgrade())
            mark(place, crm.store, new)

    change_custom(place.custom, step.change, accept)
    return done


# Two hosts on one database --------------------------------------------------------------------


def mark(place: Workspace, store: Store, custom: Custom | None = None) -> None:
    """Note in the database which declarations it fits, and where they were made."""
    new = (read_custom(place.custom) if custom is None else custom).fingerprint()
    with store.reader() as reader:
        if _noted(reader.meta(MARK)).get("print", "") == new:
            return
    noted = {"print": new, "host": platform.node(), "path": str(place.custom)}
    with store.writer() as writer:
        writer.set_meta(MARK, json.dumps(noted))


def difference(place: Workspace, store: Store) -> str:
    """Return one line where the database fits other declarations than this host's; else ''."""
    try:
        here = read_custom(place.custom).fingerprint()
        with store.reader() as reader:
            noted = _noted(reader.meta(MARK))
    except CrmError:
        return ""
    if "print" not in noted or noted["print"] == here:
        return ""
    where = f"{noted.get('host', '')}:{noted.get('path', '')}"
    own = f"{platform.node()}:{place.custom}"
    if where == own:
        return f"{place.custom} was changed by hand since: crmkit upgrade brings the database to it"
    return (
        f"{place.custom} is not the one that this database was last changed with, which is "
        f"{where}; copy that one here, or let crmkit upgrade take this one"
    )


def _noted(text: str | None) -> dict[str, str]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
