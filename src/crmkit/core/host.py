"""The host: imports plugins, asks each for what it declares, and merges it into a Model."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import evolve, field, frozen

from crmkit.core import keys, runs, users
from crmkit.core.asking import declared
from crmkit.core.contribution import Contribution
from crmkit.core.errors import Fault, brief, raised
from crmkit.core.importing import asked, placed
from crmkit.core.merge import Problem, merge
from crmkit.core.model import Model

STRICT = "CRMKIT_STRICT"
"""The environment variable under which a plugin's fault stops the program, for its author."""
CORE: Mapping[str, ModuleType] = {"users": users, "runs": runs, "keys": keys}
"""The plugins that are always there: what the core itself needs."""
_PACKAGE = "crmkit_plugins"
_TOLD = 5
"""How many faults of one plugin are told."""
Loader = Callable[[], ModuleType]
_loaded: dict[str, tuple[object, ModuleType]] = {}
"""The files' modules, each imported once; where a file was changed since, it is imported anew."""


@frozen
class Source:
    """Where a plugin comes from: how it is loaded, and whether it is part of crmkit itself."""

    name: str
    load: Loader
    built_in: bool = False
    twins: tuple[str, ...] = ()
    """Where others of the same name are, which are not taken."""
    path: str = ""
    """Its file, or the `__init__.py` of its package; '' where that is not known."""
    entry: str = ""
    """The entry point of the package that brings it."""
    stamp: Callable[[], object] | None = None
    """Returns what differs once its files were changed."""
    behind: Callable[[Sequence[Contribution]], ModuleType] | None = None
    """Loads it in place of `load`, where it has to know what others declared."""


@frozen
class Host:
    """What was loaded: the Model, and what is off with the reason.

    `resting` are those that are in order, and off because they require one that was left out on
    purpose.
    """

    model: Model
    off: Mapping[str, str] = field(factory=dict)
    resting: Mapping[str, str] = field(factory=dict)


def module_source(name: str, module: str) -> Source:
    """Return the source of a built-in plugin by its module's name."""
    return Source(name, lambda: importlib.import_module(module), built_in=True)


def folder_sources(folder: Path) -> dict[str, Source]:
    """Return the plugins (files and packages) of a folder, by name; nothing is imported."""
    found: dict[str, Source] = {}
    if not folder.is_dir():
        return {}
    for path in sorted(folder.iterdir()):
        start = path / "__init__.py" if path.is_dir() else path
        if start.suffix == ".py" and start.is_file() and not path.name.startswith((".", "_")):
            twin = found.get(path.stem)
            found[path.stem] = Source(
                path.stem, _file_loader(path.stem, start), path=str(start),
                stamp=partial(source_stamp, start),
                twins=(*twin.twins, twin.path) if twin else (),
            )  # fmt: skip
    return found


def files_of(path: Path) -> list[Path]:
    """Return a plugin's sources: its file, or all of the package that the file begins."""
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def source_stamp(path: Path) -> object:
    """Return what differs once a plugin's sources were changed."""
    return [file_stamp(file) for file in files_of(path)]


def file_stamp(path: Path) -> tuple[str, int, int, int]:
    """Return what differs once a file was changed, made or taken away."""
    try:
        found = path.stat()
    except OSError:
        return (str(path), 0, 0, 0)
    return (str(path), found.st_mtime_ns, found.st_size, found.st_ino)


def _file_loader(name: str, path: Path) -> Loader:
    def load() -> ModuleType:
        stamp = source_stamp(path)
        if str(path) in _loaded and _loaded[str(path)][0] == stamp:
            return _loaded[str(path)][1]
        where = [str(path.parent)] if path.name == "__init__.py" else None
        spec = importlib.util.spec_from_file_location(
            f"{_PACKAGE}.{name}", path, submodule_search_locations=where
        )
        assert spec is not None
        assert spec.loader is not None
        _make_room(spec.name)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        _loaded[str(path)] = (stamp, module)
        return module

    return load


def module_file(entry: str) -> str:
    """Return the file of an entry point's module, found without importing it; '' where unknown."""
    first, *rest = entry.partition(":")[0].strip().split(".")
    try:
        spec = importlib.util.find_spec(first)
        for part in rest:
            if spec is not None:
                inside = spec.submodule_search_locations
                spec = PathFinder.find_spec(f"{spec.name}.{part}", inside)
    except (ImportError, ValueError):
        return ""
    return (spec.origin if spec else None) or ""


def _make_room(name: str) -> None:
    """Forget an earlier import of a plugin; the package of all is there for relative imports."""
    if _PACKAGE not in sys.modules:
        package = ModuleType(_PACKAGE)
        package.__path__ = []
        sys.modules[_PACKAGE] = package
    for known in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        del sys.modules[known]


def _told(problems: Sequence[Problem], places: Mapping[str, str]) -> str:
    """Return what is said of the problems of a plugin."""
    more = len(problems) - _TOLD
    said = [_with_place(p, places) for p in problems[:_TOLD]]
    return "; ".join([*said, *([f"and {more} more"] if more > 0 else [])])


def _with_place(problem: Problem, places: Mapping[str, str]) -> str:
    """Return what is said of a problem, with its place as far as that is known."""
    why = brief(problem.message)
    if problem.place:
        return f"{problem.place}: {why}"
    return placed(why, places.get(problem.plugin, ""))


def _strictly(problem: Problem, places: Mapping[str, str]) -> str:
    """Return what is said to an author; a shim that his tests import a plugin by has no lines."""
    whose = f"plugin {problem.plugin}: " if problem.plugin else ""
    shim = f" ({places.get(problem.plugin, '')})"
    return f"{whose}{_with_place(problem, places).removesuffix(shim)}"


def in_order(
    contributions: Iterable[Contribution], first: Collection[str] = ()
) -> tuple[list[Contribution], list[Problem]]:
    """Return contributions with those they require first, and what cannot be satisfied.

    Those named in `first` (the built-in ones) come before others, so that a clash is blamed on
    the newcomer.
    """
    waiting = {c.plugin.name: c for c in contributions}
    ordered: list[Contribution] = []
    done: set[str] = set()
    while waiting:
        ready = sorted(n for n, c in waiting.items() if set(c.plugin.requires) <= done)
        ready = [n for n in ready if n in first] or ready
        if not ready:
            return ordered, [_unmet(c, waiting, done) for c in waiting.values()]
        for name in ready:
            ordered.append(waiting.pop(name))
            done.add(name)
    return ordered, []


def _unmet(c: Contribution, waiting: Mapping[str, Contribution], done: Collection[str]) -> Problem:
    name = c.plugin.name
    if name in c.plugin.requires:
        return Problem(name, f"it requires plugin {name}, which is itself")
    missing = [r for r in c.plugin.requires if r not in waiting and r not in done]
    if missing:
        return Problem(name, f"it requires plugin {missing[0]}, which is not enabled, or not there")
    others = [r for r in c.plugin.requires if r in waiting]
    return Problem(name, f"it and {', '.join(others)} require each other")


def _standing(
    found: list[Contribution], down: dict[str, str], resting: dict[str, str],
    places: Mapping[str, str],
) -> list[Contribution]:  # fmt: skip
    """Return the plugins that require none that is off; the others are off too, with the reason.

    Those that require nothing that failed are `resting`.
    """
    while fallen := [c for c in found if set(c.plugin.requires) & {*down, *resting}]:
        for c in fallen:
            name, wanted = c.plugin.name, c.plugin.requires
            failed = next((r for r in wanted if down.get(r)), "")
            missing = failed or next(r for r in wanted if r in down or r in resting)
            why = f"it requires plugin {missing}, which is off"
            if failed:
                down[name] = placed(why, places.get(name, ""))
            else:
                resting[name] = why
        found = [c for c in found if c not in fallen]
    return found


def load(
    sources: Sequence[Source],
    off: Mapping[str, str] | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
) -> Host:
    """Load plugins and merge them; what fails is off, its dependants too, the rest runs.

    Plugins in `off` without a reason were left out on purpose, and are not told of; neither are
    those that rest because they require them. `sections` is what the firm decided in the plugins'
    sections of its configuration. Fault where crmkit's own plugins do not fit together, or cannot
    be what their sections say.
    """
    down = dict(off or {})
    places = {s.name: s.path for s in sources}
    found = [declared(module, name) for name, module in CORE.items()]
    resting: dict[str, str] = {}
    for source in sorted(sources, key=lambda s: s.behind is not None):
        if source.behind is not None:
            found = _standing(found, down, resting, places)
            source = evolve(source, load=partial(source.behind, tuple(found)))
        if source.built_in:
            found.append(declared(source.load(), source.name))
            continue
        try:
            found.append(asked(source))
        except Fault as error:
            if os.environ.get(STRICT):
                raise Fault(f"plugin {source.name}: {error}") from error
            down[source.name] = str(error)
    core = {*CORE, *(s.name for s in sources if s.built_in)}
    while True:
        found = _standing(found, down, resting, places)
        ordered, problems = in_order(found, core)
        if not problems:
            model, problems = _merged(ordered, sections or {}, {**down, **resting}, core)
        if not problems:
            failed = {n: why for n, why in down.items() if why}
            return Host(evolve(model, off=failed), failed, resting)
        blamed = {p.plugin for p in problems} - {*core, ""}
        if not blamed or os.environ.get(STRICT):
            raise Fault("; ".join(_strictly(p, places) for p in problems))
        for name in blamed:
            down[name] = _told([p for p in problems if p.plugin == name], places)
        found = [c for c in found if c.plugin.name not in blamed]


def _merged(
    ordered: Sequence[Contribution],
    sections: Mapping[str, Mapping[str, Any]],
    down: Mapping[str, str],
    core: Collection[str],
) -> tuple[Model, list[Problem]]:
    """Merge; where only built-in plugins are blamed, the firm's that brought it about is."""
    model, problems = _attempt(ordered, sections, down)
    if not problems or {p.plugin for p in problems} - {*core, ""}:
        return model, [p for p in problems if p.plugin]
    off = {*down, *(c.plugin.name for c in ordered)}
    kept = [c for c in ordered if c.plugin.name in core]
    if _attempt(kept, sections, off)[1]:
        return model, problems
    for c in ordered:
        if c.plugin.name in core:
            continue
        if wrong := _attempt([*kept, c], sections, off)[1]:
            return model, [Problem(c.plugin.name, "; ".join(p.message for p in wrong))]
        kept.append(c)
    return model, problems


def _attempt(
    kept: Sequence[Contribution], sections: Mapping[str, Mapping[str, Any]], off: Collection[str]
) -> tuple[Model, list[Problem]]:
    """Merge; what a plugin's own code raises meanwhile is a problem of nobody's yet."""
    try:
        return merge(kept, sections, off)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return _NOTHING, [Problem("", raised(error))]


_NOTHING = Model(plugins=(), entities={}, roles={})
