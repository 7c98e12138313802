"""Putting it together: a workspace's plugins, its store, and the Crm made of both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from attrs import evolve, frozen

import crmkit
from crmkit.core import state
from crmkit.core.config import FILE as CONFIG
from crmkit.core.contribution import Contribution
from crmkit.core.crm import SYSTEM, Crm
from crmkit.core.custom import FILE as CUSTOM_FILE
from crmkit.core.custom import NAME as CUSTOM
from crmkit.core.custom import Custom, custom_module, read_custom, read_switches
from crmkit.core.errors import Fault
from crmkit.core.hooked import Origin, authenticated
from crmkit.core.host import (
    CORE,
    Host,
    Source,
    file_stamp,
    folder_sources,
    load,
    module_file,
    module_source,
    source_stamp,
)
from crmkit.core.keys import demand_key
from crmkit.core.model import Model
from crmkit.core.policy import Actor
from crmkit.core.serving import served, visit
from crmkit.core.trust import doubt, parts
from crmkit.core.workspace import (
    PLUGINS,
    Workspace,
    demand_owner,
    login,
    make_workspace,
    open_workspace,
)
from crmkit.plugins import BUILT_IN

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from crmkit.sql.store import SqlStore


def _now() -> datetime:
    return datetime.now(UTC)


SAFE = "CRMKIT_SAFE"
"""The environment variable (and `crmkit --safe`) under which no third party's plugin runs."""
DISABLE = "CRMKIT_DISABLE"
"""The environment variable with the names of plugins to leave out, divided by commas."""


def sources(workspace: Workspace) -> tuple[list[Source], dict[str, str]]:
    """Return the plugins to load, and those that cannot be, with the reason.

    Those left out on purpose have no reason. Nothing is imported yet. A firm's plugin runs once it
    is enabled, in `crmkit.toml` or by `crmkit plugin enable`.
    """
    off: dict[str, str] = {}
    try:
        custom = read_custom(workspace.custom)
    except Fault as error:
        custom, off[CUSTOM] = read_switches(workspace.custom), str(error)
    left_out = {*custom.disabled, *_named_in_environment()}
    off |= dict.fromkeys(left_out, "")
    built_in = [name for name in BUILT_IN if name not in left_out]
    found = [module_source(name, f"crmkit.plugins.{name}") for name in built_in]
    own, owner = (workspace.path, workspace.custom), workspace.owner
    if not os.environ.get(SAFE):
        loose = doubt((*own, workspace.path / CONFIG, workspace.plugins), owner)
        for name in dict.fromkeys((*workspace.config.plugins, *custom.enabled)):
            if name not in left_out and loose:
                off[name] = loose
            elif name not in left_out:
                _add(workspace, name, found, off)
        off |= {file: why for file, why in _shadowed(workspace) if file not in left_out}
    if custom.declares and CUSTOM not in left_out:
        if loose := doubt(own, owner):
            off[CUSTOM] = loose
        else:
            found.append(_custom_source(workspace, custom, bool(left_out)))
    return found, off


def _named_in_environment() -> list[str]:
    return os.environ.get(DISABLE, "").replace(",", " ").split()


def _shadowed(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Yield the files of `plugins/` that are called as a plugin of crmkit itself, and why not."""
    for name, source in folder_sources(workspace.plugins).items():
        if name in (*BUILT_IN, CUSTOM, *CORE):
            path = Path(source.path)
            file = path.parent if path.name == "__init__.py" else path
            yield file.name, f"crmkit has a plugin {name} of its own: give {file} another name"


def _custom_source(place: Workspace, custom: Custom, lacking: bool) -> Source:
    def behind(others: Sequence[Contribution]) -> ModuleType:
        on = [c.plugin.name for c in others if c.plugin.name in BUILT_IN]
        return custom_module(custom, on, others, lacking)

    return Source(CUSTOM, lambda: custom_module(custom, ()), path=str(place.custom), behind=behind)


def _add(workspace: Workspace, name: str, found: list[Source], off: dict[str, str]) -> None:
    source = folder_sources(workspace.plugins).get(name)
    if source is not None:
        if why := doubt(parts(Path(source.path)), workspace.owner):
            off[name] = why
        else:
            found.append(source)
    elif source := installed().get(name):
        found.append(source)
    else:
        off[name] = f"it is neither in {workspace.plugins} nor installed"


def installed() -> dict[str, Source]:
    """Return the plugins that packages bring (entry points of the group `crmkit`), by name."""
    from importlib.metadata import entry_points

    found: dict[str, Source] = {}
    for point in entry_points(group="crmkit"):
        twin = found.get(point.name)
        found[point.name] = _package(point, (*twin.twins, twin.entry) if twin else ())
    return found


def available(workspace: Workspace) -> dict[str, Source]:
    """Return the plugins that there are besides crmkit's own, by name; a file before a package."""
    found = installed()
    for name, source in folder_sources(workspace.plugins).items():
        twin = found.get(name)
        more = (*twin.twins, twin.entry) if twin else ()
        found[name] = evolve(source, twins=(*source.twins, *more))
    return found


def _package(point: EntryPoint, twins: tuple[str, ...]) -> Source:
    file = module_file(point.value)
    return Source(
        point.name, _loader(point), path=file, entry=point.value, twins=twins,
        stamp=partial(source_stamp, Path(file)) if file else lambda: point.value,
    )  # fmt: skip


def _loader(point: EntryPoint) -> Callable[[], ModuleType]:
    def load() -> ModuleType:
        found = point.load()
        return found if isinstance(found, ModuleType) else import_module(point.module)

    return load


def open_crm(
    workspace: Workspace | Path, *, clock: Callable[[], datetime] = _now, upgrade: bool = False
) -> Crm:
    """Open a workspace. A plugin whose tables are not ready is off until `crmkit upgrade`."""
    from crmkit.sql.store import open_store

    place = open_workspace(workspace) if isinstance(workspace, Path) else workspace
    found, off = sources(place)
    host, store = _kept(place) or (load(found, off, place.config.sections), None)
    store = store or open_store(place.url, host.model)
    waiting = {} if upgrade else store.waiting()
    if waiting:
        built_in = {*CORE, *BUILT_IN}
        if late := sorted(waiting.keys() & built_in):
            raise Fault(f"the data is of an older version ({', '.join(late)}): run crmkit upgrade")
        store.close()
        host = _without(place, found, off, waiting)
        store = open_store(place.url, host.model)
    if state.failures(place.state) != dict(host.off):
        state.write(place.state, state.FAILURES, host.off)
    model = evolve(host.model, closed=_closed(place, host, store))
    return Crm(model, store, place.config, clock, host.off, host.resting)


def _closed(place: Workspace, host: Host, store: SqlStore) -> dict[str, str]:
    """Return the roles to which a plugin denies something that is off without anybody's decision.

    Such a plugin failed, or stands on one that is off, or was left out for this run only.
    """
    lost = {*host.off, *host.resting, *_named_in_environment()}
    safe = bool(os.environ.get(SAFE))
    if not lost and not safe:
        return {}
    try:
        custom = read_custom(place.custom)
    except Fault:
        # What it switches on may not be known either.
        enabled, decided = None, frozenset(read_switches(place.custom).disabled)
    else:
        enabled, decided = {*custom.enabled, *place.config.plugins}, frozenset(custom.disabled)
    on = {plugin.name for plugin in host.model.plugins}
    with store.reader() as reader:
        notes = reader.notes()
    return {
        role: name
        for name, note in notes.items()
        if name not in on | decided
        and (name in lost or enabled is None or (safe and name in enabled))
        for role in note.denies
    }


# What a house has loaded before anybody comes ---------------------------------------------------


@frozen
class _Warm:
    place: Workspace
    stamp: object
    host: Host
    store: SqlStore


_warm: _Warm | None = None


def warm_up(place: Workspace) -> Model:
    """Load a workspace's Model and make its store, without a connection, for processes to come.

    The first `open_crm` of a forked process takes them, unless something was changed since.
    """
    global _warm
    from crmkit.sql.store import open_store

    stamp = stamp_of(place.path)
    found, off = sources(place)
    host = load(found, off, place.config.sections)
    store = open_store(place.url, host.model)
    store.warm_up()
    _warm = _Warm(place, stamp, host, store)
    return host.model


def cautions(place: Workspace) -> list[str]:
    """Return what is known to be wrong with the library of a workspace's database."""
    from crmkit.sql.driver import cautions

    return cautions(sqlite=place.database_file is not None)


def stamp_of(workspace: Path) -> object:
    """Return what differs once a workspace's configuration, its plugins, or crmkit was changed."""
    plugins = workspace / PLUGINS
    files = [workspace / CONFIG, workspace / CUSTOM_FILE, Path(crmkit.__file__)]
    return [file_stamp(path) for path in (*files, *sorted(plugins.rglob("*.py")))]


def _kept(place: Workspace) -> tuple[Host, SqlStore | None] | None:
    """Return what was loaded before, if it is still what would be loaded now; each but once."""
    global _warm
    warm, _warm = _warm, None
    if warm is None or warm.place != place or warm.stamp != stamp_of(place.path):
        return None
    return warm.host, warm.store


def _without(
    place: Workspace, found: list[Source], off: Mapping[str, str], waiting: Mapping[str, list[str]]
) -> Host:
    late = dict.fromkeys(waiting, "its tables are not made yet: run crmkit upgrade")
    kept = [s for s in found if s.name not in late]
    return load(kept, {**off, **late}, place.config.sections)


def open_built_in(place: Workspace, *, clock: Callable[[], datetime] = _now) -> Crm:
    """Open a workspace with the program's own plugins that are on, and without any other."""
    from crmkit.sql.store import open_store

    custom = read_custom(place.custom)
    names = [name for name in BUILT_IN if name not in custom.disabled]
    found = [module_source(name, f"crmkit.plugins.{name}") for name in names]
    off = dict.fromkeys((*custom.disabled, *custom.enabled, *place.config.plugins), "")
    if custom.declares and CUSTOM not in custom.disabled:
        found.append(_custom_source(place, custom, True))
    host = load(found, off, place.config.sections)
    return Crm(host.model, open_store(place.url, host.model), place.config, clock)


def init(path: Path, *, clock: Callable[[], datetime] = _now, **settings: str) -> Crm:
    """Make a workspace and its database; whoever runs it becomes the first admin."""
    place = make_workspace(path, **settings)
    found, off = sources(place)
    host = load(found, off, place.config.sections)
    from crmkit.sql.store import open_store

    try:
        store = open_store(place.url, host.model)
        store.create()
        crm = Crm(host.model, store, place.config, clock, host.off, host.resting)
        crm.add_first_user(login())
    except Exception:
        (place.path / "crmkit.toml").unlink(missing_ok=True)
        raise
    return crm


def whoami(crm: Crm, workspace: Workspace, as_user: str | None = None) -> Actor:
    """Return who acts: `--as` another, or whom plugins say that somebody at this machine is.

    Denied where no plugin says so. Who comes in over SSH is named by the house, and plugins are
    not asked.
    """
    if as_user or served():
        name = as_user or login()
        demand_owner(workspace, name)
        actor = crm.actor(name)
        if key := visit().key:
            # The connection may be older than what was said of the key since.
            demand_key(crm.session(SYSTEM, "ssh"), actor.id, key)
        return actor
    return crm.actor(authenticated(crm.model, Origin(login())))
