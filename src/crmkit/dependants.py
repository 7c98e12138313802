"""Which plugins go off with one that is switched off; none of the firm's is imported to know."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from crmkit.app import sources
from crmkit.core.host import Source
from crmkit.core.workspace import Workspace


def dependants(place: Workspace, name: str) -> list[str]:
    """Return the plugins that are on and require a plugin, directly or through others."""
    on, off = sources(place)
    already = falling(on, off)
    return sorted(one for one in falling(on, {*off, name}) if one not in {*already, name})


def falling(on: Iterable[Source], off: Iterable[str]) -> dict[str, str]:
    """Return the plugins that require one that is off, directly or through others, and which."""
    needs = {source.name: set(requires(source)) for source in on}
    gone = set(off)
    found: dict[str, str] = {}
    while more := [one for one, wants in needs.items() if one not in gone and wants & gone]:
        found |= {one: min(needs[one] & gone) for one in more}
        gone.update(more)
    return found


def requires(source: Source) -> Iterable[str]:
    """Return what a plugin says that it requires; of a third party's its text is read."""
    if source.built_in:
        return tuple(import_module(f"crmkit.plugins.{source.name}").plugin.requires)
    try:
        tree = ast.parse(Path(source.path).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return ()
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _is_plugin(n.func)]
    said = [k.value for call in calls for k in call.keywords if k.arg == "requires"]
    return [c.value for one in said for c in ast.walk(one)
            if isinstance(c, ast.Constant) and isinstance(c.value, str)]  # fmt: skip


def _is_plugin(called: ast.expr) -> bool:
    return getattr(called, "id", getattr(called, "attr", "")) == "Plugin"
