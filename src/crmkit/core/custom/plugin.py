"""The plugin `custom`: what the file says, through the same declarations as any other."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from crmkit.core.custom.parts import Custom, CustomField
from crmkit.core.declare import Extension, Plugin, hookimpl
from crmkit.core.entity import Facet, facet

FILE = "custom.toml"
NAME = "custom"


def custom_module(custom: Custom, requires: Sequence[str]) -> ModuleType:
    """Return a plugin's module that declares what the file says, behind all others."""
    module = ModuleType(NAME)
    module.plugin = Plugin(  # type: ignore[attr-defined]
        NAME, version="1.0", requires=tuple(requires), summary=f"The firm's own, from {FILE}"
    )
    for hook, values in (
        ("crm_extensions", list(_extensions(custom))),
        ("crm_policy", [r.declared() for r in custom.roles]),
        ("crm_views", [v.declared() for v in custom.views]),
        (
            "crm_automations",
            [*(a.declared() for a in custom.automations), *(s.declared() for s in custom.switches)],
        ),
    ):
        setattr(module, hook, _answering(hook, values))
    return module


def _answering(hook: str, values: list[Any]) -> Any:
    def answer() -> list[Any]:
        return values

    answer.__name__ = hook
    return hookimpl(answer)


def _extensions(custom: Custom) -> list[Extension]:
    columns = {c.entity: c.columns for c in custom.columns}
    named = [p.entity for p in custom.fields] + [p.entity for p in custom.stages] + [*columns]
    return [
        Extension(
            entity,
            facet=_facet(entity, [p for p in custom.fields if p.entity == entity]),
            states=tuple(
                s.declared() for s in custom.stages if s.entity == entity and not s.retired
            ),
            columns=_there(custom, entity, columns.get(entity, ())),
        )
        for entity in dict.fromkeys(named)
    ]


def _there(custom: Custom, entity: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return columns without those of fields that are retired."""
    gone = {f.name for f in custom.fields if f.entity == entity and f.retired}
    return tuple(c for c in columns if c.removeprefix(f"{NAME}.") not in gone)


def _facet(entity: str, found: Sequence[CustomField]) -> type[Facet] | None:
    """Return the facet of an entity's custom fields; those retired keep their column, unseen."""
    live = [one for one in found if not one.retired]
    if not live:
        return None
    body: dict[str, Any] = {one.name: one.declared() for one in live}
    body["__annotations__"] = dict.fromkeys(body, Any)
    body["__doc__"] = "Fields of the firm's own."
    return facet(entity)(type("Custom", (Facet,), body))
