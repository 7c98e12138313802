"""Asking a plugin's module what it declares, and refusing what is no declaration."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import attrs
import pluggy
from attrs import evolve
from pluggy import PluginValidationError

from crmkit.core import hookspecs
from crmkit.core.automation import Automation, Effect, Switch
from crmkit.core.bringing import NewKind, ShellCommand
from crmkit.core.contribution import Contribution
from crmkit.core.declare import (
    API,
    Check,
    Command,
    Extension,
    HomeSection,
    Listener,
    Plugin,
    Role,
    Step,
    Table,
)
from crmkit.core.entity import Record
from crmkit.core.errors import Fault, unknown
from crmkit.core.hooked import CALLED, hooked
from crmkit.core.matching import Matcher
from crmkit.core.reports import Report
from crmkit.core.settings import Setting
from crmkit.core.showing import Agenda, Badge, Condition, Export, Job, Panel, PluginScreen

PROJECT = "crmkit"
HOOKS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "crm_entities": ("entities", (type,)),
    "crm_extensions": ("extensions", (Extension,)),
    "crm_field_kinds": ("kinds", (NewKind,)),
    "crm_policy": ("roles", (Role,)),
    "crm_commands": ("commands", (Command,)),
    "crm_views": ("views", (Table, HomeSection, Badge, Panel, PluginScreen, Agenda)),
    "crm_cli": ("shell", (ShellCommand,)),
    "crm_settings": ("settings", (Setting,)),
    "crm_conditions": ("conditions", (Condition,)),
    "crm_matchers": ("matchers", (Matcher,)),
    "crm_reports": ("reports", (Report,)),
    "crm_exports": ("exports", (Export,)),
    "crm_jobs": ("jobs", (Job,)),
    "crm_automations": ("automations", (Automation, Switch)),
    "crm_listeners": ("listeners", (Listener,)),
    "crm_checks": ("checks", (Check,)),
    "crm_steps": ("steps", (Step,)),
    "crm_effects": ("effects", (Effect,)),
}
"""Every hook that declares: the part of a Contribution that it fills, and what it may yield."""


def declared(module: ModuleType, name: str) -> Contribution:
    """Return everything that a plugin's module declares; Fault says what is wrong with it.

    `name` is what the plugin must be called, after its file or entry point.
    """
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        raise Fault("it has no `plugin = Plugin(...)`")
    if plugin.name != name:
        raise Fault(
            f"it calls itself {plugin.name!r}; write Plugin({name!r}), as its file is named"
        )
    if plugin.api != API:
        raise Fault(f"it was written for API {plugin.api}; this crmkit has API {API}")
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    for hook in (n for n in vars(module) if n.startswith("crm_")):
        if hook not in HOOKS and hook not in CALLED:
            raise Fault(unknown("hook", hook, [*HOOKS, *CALLED]))
        if not hasattr(getattr(module, hook), f"{PROJECT}_impl"):
            raise Fault(f"{hook} is not marked; write @hookimpl above it")
        if not inspect.isroutine(getattr(module, hook)) or _waits(getattr(module, hook)):
            raise Fault(f"{hook} is no plain function; write: def {hook}({_arguments(hook)}):")
    try:
        manager.register(module, plugin.name)
        manager.check_pending()
    except PluginValidationError as error:
        raise Fault(_signature(str(error))) from None
    parts = {part: _asked(manager, hook) for hook, (part, _) in HOOKS.items()}
    parts["views"] = tuple(
        evolve(view, package=module.__name__) if isinstance(view, PluginScreen) else view
        for view in parts["views"]
    )
    parts["hooked"] = tuple(
        hooked(hook, one.function, one.argnames)
        for hook in CALLED
        for one in getattr(manager.hook, hook).get_hookimpls()
    )
    return Contribution(plugin=plugin, **parts)


def _signature(text: str) -> str:
    hook = next((h for h in (*HOOKS, *CALLED) if h in text), "a hook")
    written = f"def {hook}({_arguments(hook)}):"
    return f"{hook} has arguments that the hook does not give; write: {written}"


def _arguments(hook: str) -> str:
    return ", ".join(CALLED.get(hook, ()))


def _waits(function: object) -> bool:
    """Whether a function is async: called, it would do nothing."""
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _asked(manager: pluggy.PluginManager, hook: str) -> tuple[Any, ...]:
    kinds = HOOKS[hook][1]
    names = ", ".join("entity" if k is type else k.__name__ for k in kinds)
    found = []
    for answer in getattr(manager.hook, hook)():
        if isinstance(answer, (str, bytes)) or not hasattr(answer, "__iter__"):
            raise Fault(f"{hook} yields {names}, and returned {_short(answer)}")
        for value in answer:
            if not isinstance(value, kinds) or (isinstance(value, type) and not _entity(value)):
                raise Fault(f"{hook} yields {names}, and not {_short(value)}")
            for name, given in _functions(value):
                if not callable(given) or _waits(given):
                    what = f"{type(value).__name__} {getattr(value, 'name', '')}".strip()
                    raise Fault(f"{what}: {name} is no plain function, but {_short(given)}")
            found.append(value)
    return tuple(found)


def _functions(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what is declared where a function belongs, in the parts of a declaration too."""
    if isinstance(value, type) or not attrs.has(type(value)):
        return
    for a in attrs.fields(type(value)):
        given, belongs = getattr(value, a.name), str(a.type)
        several = given if isinstance(given, tuple | list) else ()
        if belongs.startswith("Callable") and not (given is None and a.default is None):
            yield a.name, given
        elif belongs.startswith("tuple[Callable"):
            yield from ((a.name, one) for one in several)
        else:
            yield from (found for one in several for found in _functions(one))


def _entity(cls: type) -> bool:
    return issubclass(cls, Record) and hasattr(cls, "spec")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
