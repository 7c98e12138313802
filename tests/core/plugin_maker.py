"""Making a firm's plugin inside a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import ModuleType
from typing import Any

from crmkit.api import Plugin, hookimpl
from crmkit.core.config import Config
from crmkit.core.crm import Crm
from crmkit.core.host import Host, Source, load, module_source
from crmkit.plugins import BUILT_IN


def module_of(name: str, hooks: Mapping[str, Iterable[Any]]) -> ModuleType:
    """Return a plugin's module; each hook yields the values given for it."""
    module = ModuleType(name)
    module.plugin = Plugin(name, requires=("actions",))  # type: ignore[attr-defined]
    for hook, values in hooks.items():
        setattr(module, hook, _yielding(hook, list(values)))
    return module


def _yielding(hook: str, values: list[Any]) -> Callable[[], list[Any]]:
    def answer() -> list[Any]:
        return values

    answer.__name__ = hook
    found: Callable[[], list[Any]] = hookimpl(answer)
    return found


def firm_host(
    sections: Mapping[str, Mapping[str, Any]] | None = None, **hooks: Iterable[Any]
) -> Host:
    """Return a host of the built-in plugins and a firm's plugin `acme`."""
    sources = [module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]
    return load([*sources, Source("acme", lambda: module_of("acme", hooks))], None, sections)


def firm_crm(
    url: str, clock: Callable[[], datetime],
    sections: Mapping[str, Mapping[str, Any]] | None = None, **hooks: Iterable[Any],
) -> Crm:  # fmt: skip
    """Return a new workspace's Crm with a firm's plugin `acme`."""
    from crmkit.sql.store import open_store

    host = firm_host(sections, **hooks)
    assert host.off == {}
    store = open_store(url, host.model)
    store.create()
    config = Config(region="GB", currency="GBP", timezone="Europe/London")
    crm = Crm(host.model, store, config, clock, host.off)
    crm.add_first_user("ada")
    return crm
