"""The host: imports plugins, asks each for what it declares, and merges it into a Model."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import evolve, field, frozen

from crmkit.core import keys, runs, users
from crmkit.core.asking import declared
from crmkit.core.contribution import Contribution
from crmkit.core.errors import Fault
from crmkit.core.merge import Problem, merge
from crmkit.core.model import Model
from crmkit.core.pointing import place_of

STRICT = "CRMKIT_STRICT"
"""The environment variable under which a plugin's fault stops the program, for its author."""
PATIENCE = 5.0
"""Seconds that the import of a third party's plugin may take."""
CORE: Mapping[str, ModuleType] = {"users": users, "runs": runs, "keys": keys}
"""The plugins that are always there: what the core itself needs."""
_PACKAGE = "crmkit_plugins"
_POINTED = (".py", ".toml")
"""Files whose line at fault is looked for."""
Loader = Callable[[], ModuleType]
_loaded: dict[tuple[str, int], ModuleType] = {}
"""The files' modules, each imported once; a file that was changed since is imported anew."""


@frozen
class Source:
    """Where a plugin comes from: how it is loaded, and whether it is part of crmkit itself."""

    name: str
    load: Loader
    built_in: bool = False
    path: str = ""
    behind: Callable[[Sequence[Contribution]], ModuleType] | None = None
    """Loads it in place of `load`, where it has to know what others declared."""


@frozen
class Host:
    """What was loaded: the Model, and what is off with the reason."""

    model: Model
    off: Mapping[str, str] = field(factory=dict)


def module_source(name: str, module: str) -> Source:
    """Return the source of a built-in plugin by its module's name."""
    return Source(name, lambda: importlib.import_module(module), built_in=True)


def folder_sources(folder: Path) -> dict[str, Source]:
    """Return the plugins (files and packages) of a folder, by name; nothing is imported."""
    found = {}
    if not folder.is_dir():
        return {}
    for path in sorted(folder.iterdir()):
        start = path / "__init__.py" if path.is_dir() else path
        if start.suffix == ".py" and start.is_file() and not path.name.startswith((".", "_")):
            found[path.stem] = Source(path.stem, _file_loader(path.stem, start), path=str(start))
    return found


def _file_loader(name: str, path: Path) -> Loader:
    def load() -> ModuleType:
        stamp = (str(path), path.stat().st_mtime_ns)
        if stamp in _loaded:
            return _loaded[stamp]
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
        _loaded[stamp] = module
        return module

    return load


def _make_room(name: str) -> None:
    """Forget an earlier import of a plugin; the package of all is there for relative imports."""
    if _PACKAGE not in sys.modules:
        package = ModuleType(_PACKAGE)
        package.__path__ = []
        sys.modules[_PACKAGE] = package
    for known in [n for n in sys.modules if n == name or n.startswith(f"{name}.")]:
        del sys.modules[known]


def _blame(error: BaseException, path: str) -> str:
    if isinstance(error, Fault):
        return str(error)
    lines = traceback.extract_tb(error.__traceback__)
    own = [f for f in lines if path and f.filename.startswith(str(Path(path).parent))]
    at = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    if isinstance(error, SyntaxError) and error.filename:
        at = f" ({error.filename}:{error.lineno})"
    return f"{type(error).__name__}: {error}{at}"


def _placed(why: str, path: str) -> str:
    if not path or str(Path(path).parent) in why:
        return why
    return f"{why} ({place_of(path, why) if path.endswith(_POINTED) else path})"


def _strictly(problem: Problem, path: str) -> str:
    """Return what is said to an author; a shim that his tests import a plugin by has no lines."""
    why = f"plugin {problem.plugin}: {problem.message}"
    place = place_of(path, problem.message) if path.endswith(_POINTED) else path
    return why if place == path else f"{why} ({place})"


def _declared(source: Source) -> Contribution:
    """Import a plugin and ask it for everything it declares."""
    return declared(source.load(), source.name)


def _in_time(source: Source) -> Contribution:
    """Ask a third party's plugin, but do not wait for ever for its import."""
    answers: list[Contribution | BaseException] = []

    def ask() -> None:
        try:
            answers.append(_declared(source))
        except BaseException as error:
            answers.append(error)

    thread = threading.Thread(target=ask, name=f"plugin {source.name}", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if not answers:
        raise Fault(f"it was not imported within {PATIENCE} seconds")
    if isinstance(answers[0], BaseException):
        raise answers[0]
    return answers[0]


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
    missing = [r for r in c.plugin.requires if r not in waiting and r not in done]
    if missing:
        return Problem(c.plugin.name, f"it requires plugin {missing[0]}, which is off")
    return Problem(c.plugin.name, f"it and {', '.join(c.plugin.requires)} require each other")


def _standing(found: list[Contribution], down: dict[str, str]) -> list[Contribution]:
    """Return the plugins that require none that is off; the others are off too, with the reason."""
    while fallen := [c for c in found if set(c.plugin.requires) & down.keys()]:
        for c in fallen:
            missing = next(r for r in c.plugin.requires if r in down)
            down[c.plugin.name] = f"it requires plugin {missing}, which is off"
        found = [c for c in found if c not in fallen]
    return found


def load(
    sources: Sequence[Source],
    off: Mapping[str, str] | None = None,
    sections: Mapping[str, Mapping[str, Any]] | None = None,
) -> Host:
    """Load plugins and merge them; what fails is off, its dependants too, the rest runs.

    Plugins in `off` without a reason were left out on purpose, and are not told of. `sections` is
    what the firm decided in the plugins' sections of its configuration; Fault where
    that cannot be.
    """
    down = dict(off or {})
    places = {s.name: s.path for s in sources}
    found = [declared(module, name) for name, module in CORE.items()]
    for source in sources:
        if source.behind is not None:
            source = evolve(source, load=partial(source.behind, tuple(found)))
        try:
            found.append(_declared(source) if source.built_in else _in_time(source))
        except (Exception, SystemExit) as error:
            if source.built_in or os.environ.get(STRICT):
                raise
            down[source.name] = _blame(error, source.path)
    found = _standing(found, down)
    core = {*CORE, *(s.name for s in sources if s.built_in)}
    while True:
        ordered, problems = in_order(found, core)
        if not problems:
            model, problems = _merged(ordered, sections or {}, down, core)
        if not problems:
            failed = {n: _placed(why, places.get(n, "")) for n, why in down.items() if why}
            return Host(evolve(model, off=failed), failed)
        blamed = {p.plugin for p in problems}
        if not blamed - core or os.environ.get(STRICT):
            raise Fault("; ".join(_strictly(p, places.get(p.plugin, "")) for p in problems))
        for name in blamed - core:
            told = "; ".join(p.message for p in problems if p.plugin == name)
            down.setdefault(name, told)
        found = [c for c in found if c.plugin.name not in blamed - core]


def _merged(
    ordered: Sequence[Contribution],
    sections: Mapping[str, Mapping[str, Any]],
    down: Mapping[str, str],
    core: Collection[str],
) -> tuple[Model, list[Problem]]:
    """Merge; where only built-in plugins are blamed, the firm's that brought it about is told of.

    Fault is the configuration's own.
    """
    try:
        model, problems = merge(ordered, sections, down)
    except Fault:
        raise
    except Exception as error:
        model, problems = _NOTHING, [Problem("", f"{type(error).__name__}: {error}")]
    if not problems or {p.plugin for p in problems} - {*core, ""}:
        return model, [p for p in problems if p.plugin]
    kept = [c for c in ordered if c.plugin.name in core]
    for c in ordered:
        if c.plugin.name in core:
            continue
        if why := _clash([*kept, c], sections, {*down, *(o.plugin.name for o in ordered)}):
            return model, [Problem(c.plugin.name, why)]
        kept.append(c)
    return model, problems


def _clash(
    kept: Sequence[Contribution], sections: Mapping[str, Mapping[str, Any]], off: Collection[str]
) -> str:
    try:
        problems = merge(kept, sections, off)[1]
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "; ".join(p.message for p in problems)


_NOTHING = Model(plugins=(), entities={}, roles={})
