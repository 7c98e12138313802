"""Putting it together: a workspace's plugins, its store, and the Crm made of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from crmkit.core.crm import Crm
from crmkit.core.errors import Fault
from crmkit.core.host import Host, Source, folder_sources, load, module_source
from crmkit.core.policy import Actor
from crmkit.core.workspace import (
    Workspace,
    demand_owner,
    login,
    make_workspace,
    open_workspace,
)
from crmkit.plugins import BUILT_IN


def _now() -> datetime:
    return datetime.now(UTC)


def sources(workspace: Workspace) -> tuple[list[Source], dict[str, str]]:
    """Return the plugins to load, and those that cannot be found with the reason."""
    found = [module_source(name, f"crmkit.plugins.{name}") for name in BUILT_IN]
    local = folder_sources(workspace.plugins)
    off = {}
    for name in workspace.config.plugins:
        if name in local:
            found.append(local[name])
        elif source := _installed(name):
            found.append(source)
        else:
            off[name] = f"it is neither in {workspace.plugins} nor installed"
    return found, off


def _installed(name: str) -> Source | None:
    from importlib.metadata import entry_points

    for point in entry_points(group="crmkit", name=name):
        return Source(name, point.load)
    return None


def open_crm(
    workspace: Workspace | Path, *, clock: Callable[[], datetime] = _now, upgrade: bool = False
) -> Crm:
    """Open a workspace. A plugin whose tables are not ready is off until `crmkit upgrade`."""
    from crmkit.sql.store import open_store

    place = open_workspace(workspace) if isinstance(workspace, Path) else workspace
    found, off = sources(place)
    host = load(found, off, place.config.sections)
    store = open_store(place.url, host.model)
    waiting = {} if upgrade else store.waiting()
    if waiting:
        built_in = {"users", *BUILT_IN}
        if late := sorted(waiting.keys() & built_in):
            raise Fault(f"the data is of an older version ({', '.join(late)}): run crmkit upgrade")
        store.close()
        host = _without(place, found, off, waiting)
        store = open_store(place.url, host.model)
    return Crm(host.model, store, place.config, clock, host.off)


def _without(
    place: Workspace, found: list[Source], off: Mapping[str, str], waiting: Mapping[str, list[str]]
) -> Host:
    late = dict.fromkeys(waiting, "its tables are not made yet: run crmkit upgrade")
    kept = [s for s in found if s.name not in late]
    return load(kept, {**off, **late}, place.config.sections)


def init(path: Path, *, clock: Callable[[], datetime] = _now, **settings: str) -> Crm:
    """Make a workspace and its database; whoever runs it becomes the first admin."""
    place = make_workspace(path, **settings)
    found, off = sources(place)
    host = load(found, off, place.config.sections)
    from crmkit.sql.store import open_store

    try:
        store = open_store(place.url, host.model)
        store.create()
        crm = Crm(host.model, store, place.config, clock, host.off)
        crm.add_first_user(login())
    except Exception:
        (place.path / "crmkit.toml").unlink(missing_ok=True)
        raise
    return crm


def whoami(crm: Crm, workspace: Workspace, as_user: str | None = None) -> Actor:
    """Return who acts: the user named as the operating system names him, or `--as` another."""
    name = as_user or login()
    demand_owner(workspace, name)
    return crm.actor(name)
