"""What a plugin brings, as `plugin show` tells it: whatever its hooks can yield."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from crmkit.core.model import EntityModel, Model


def shown(model: Model, plugin: str) -> dict[str, list[str]]:
    """Return what a plugin brings, by the sort of it; what is of an entity begins with its name."""
    entities = list(model.entities.values())
    others = [e for e in entities if e.plugin != plugin]
    found = {
        "entities": [e.name for e in entities if e.plugin == plugin],
        "fields": [f"{e.name}.{e.short(f)}" for e in others for f in e.fields if f.owner == plugin],
        "derived": [f"{e}.{_word(d.field)}" for e, d in model.derivations if d.owner == plugin],
        "states": [
            f"{e.name} {s.code}" for e in others for f in e.flows if f.flow for s in f.flow.states
            if s.owner == plugin
        ],
        "kinds": [name for name, kind in model.kinds.items() if kind.owner == plugin],
        "roles": [name for name, roles in model.roles.items()
                  if any(role.owner == plugin for role in roles)],
        "settings": [setting.name for setting in model.settings_of.get(plugin, ())],
    }  # fmt: skip
    for sort, of, called in _OF_ENTITIES:
        found[sort] = [f"{e.name} {called(one)}" for e in entities for one in of(e)
                       if getattr(one, "owner", "") == plugin]  # fmt: skip
    for sort, rules in _RULES:
        found[sort] = [f"{e.name} {getattr(rule, '__name__', rule)}" for e in entities
                       for rule in rules(e) if e.owner_of(rule) == plugin]  # fmt: skip
    found["home"] = [f"{h.entity} {h.label}" for h in model.home if h.owner == plugin]
    for sort, all_ in _of_model(model):
        found.setdefault(sort, []).extend(one.name for one in all_ if one.owner == plugin)
    return {sort: list(dict.fromkeys(names)) for sort, names in found.items()}


def _word(field: str) -> str:
    return field.rpartition(".")[2]


_OF_ENTITIES: tuple[tuple[str, Callable[[EntityModel], Iterable[Any]], Callable[[Any], str]], ...]
_OF_ENTITIES = (
    ("guards", lambda e: e.guards, lambda one: f"{one.source} to {one.target}"),
    ("commands", lambda e: e.commands, lambda one: one.name),
    ("conditions", lambda e: e.conditions.values(), lambda one: f"is:{one.name}"),
    ("lists", lambda e: e.tables, lambda one: one.label),
    ("badges", lambda e: e.badges, lambda one: getattr(one.show, "__name__", "badge")),
    ("panels", lambda e: e.panels, lambda one: one.label),
    ("agendas", lambda e: e.agendas, lambda one: one.label),
    ("matchers", lambda e: e.matchers, lambda one: "duplicates"),
    ("exports", lambda e: e.exports, lambda one: one.format),
)
_RULES: tuple[tuple[str, Callable[[EntityModel], Iterable[Callable[..., Any]]]], ...] = (
    ("checks", lambda e: e.checks),
    ("fills", lambda e: e.fills),
    ("reactions", lambda e: e.reactions),
)


def _of_model(model: Model) -> Iterator[tuple[str, Iterable[Any]]]:
    """Yield what is of no entity; what doctor looks at stands among the checks."""
    yield "shell", model.shell
    yield "reports", model.reports.values()
    yield "screens", model.screens.values()
    yield "automations", model.automations.values()
    yield "effects", model.effects.values()
    yield "jobs", model.jobs
    yield "listeners", model.listeners
    yield "checks", model.checks
    yield "steps", model.steps
    yield "hooks", model.hooked
