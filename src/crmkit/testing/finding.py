"""Finding the plugin that a test is about, and importing it once for all tests."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import frozen

from crmkit.core.declare import Plugin
from crmkit.core.host import CORE, folder_sources

_HEIGHT = 3
"""How many folders above a test's file its plugin may be."""


@frozen
class Found:
    """A plugin: its name, its module, and its files."""

    name: str
    module: ModuleType

    @property
    def declared(self) -> Plugin:
        """What it says of itself."""
        said = getattr(self.module, "plugin", None)
        assert isinstance(said, Plugin), f"{self.name} has no `plugin = Plugin(...)`"
        return said

    @property
    def files(self) -> list[Path]:
        """Its source: one file, or those of its package."""
        start = Path(str(self.module.__file__))
        return sorted(start.parent.rglob("*.py")) if start.name == "__init__.py" else [start]


def wanted(request: pytest.FixtureRequest) -> tuple[Any, ...]:
    """Return what the test's class, or else its module, names in `plugin`."""
    named = getattr(request.cls, "plugin", "") or getattr(request.module, "plugin", "")
    return tuple(named) if isinstance(named, list | tuple) else (named,) if named else ()


def found(named: Iterable[Any], test: Path) -> tuple[Found, ...]:
    """Return the plugins that a test's file names, and those of a firm's that they require.

    A plugin is named as in `crmkit plugin list`, or given as its module or file.
    """
    from crmkit.plugins import BUILT_IN

    waiting = list(named)
    places = [*_above(test), *(one.parent for one in waiting if isinstance(one, Path))]
    known: dict[str, Found] = {}
    while waiting:
        one = _found(waiting.pop(0), places)
        known = {one.name: one, **{k: v for k, v in known.items() if k != one.name}}
        have = {*BUILT_IN, *known, *CORE}
        waiting += [name for name in one.declared.requires if name not in have]
    return tuple(known.values())


def _above(test: Path) -> list[Path]:
    folders = [*test.resolve().parents][: _HEIGHT + 1]
    return [p for f in folders for p in (f, f / "src") if p != test.resolve().parent]


def _found(named: Any, places: Iterable[Path]) -> Found:
    if isinstance(named, ModuleType):
        return Found(named.__name__.rpartition(".")[2], named)
    if isinstance(named, Path):
        return Found(named.stem, module_in(named.parent, named.stem))
    for place in places:
        if named in folder_sources(place):
            return Found(named, module_in(place, named))
    return Found(named, _installed(str(named)))


def module_in(folder: Path, name: str) -> ModuleType:
    """Return the plugin of a folder as a module; a package as those who install it import it."""
    if (folder / name / "__init__.py").is_file():
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        return import_module(name)
    return folder_sources(folder)[name].load()


def _installed(name: str) -> ModuleType:
    from crmkit.app import installed

    if name not in installed():
        pytest.fail(f"no plugin {name!r}, neither above the test's folder nor installed")
    return installed()[name].load()
