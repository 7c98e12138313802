"""The plugin `custom`: what the file says, through the same declarations as any other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import ModuleType
from typing import Any

from attrs import evolve

from crmkit.core.bringing import NewKind, offered
from crmkit.core.contribution import Contribution
from crmkit.core.custom.parts import KINDS, SECTIONS, Custom, CustomField
from crmkit.core.declare import Extension, Plugin, hookimpl
from crmkit.core.entity import Facet, facet
from crmkit.core.errors import Fault, unknown

FILE = "custom.toml"
NAME = "custom"


def custom_module(
    custom: Custom, requires: Sequence[str], others: Sequence[Contribution] = (),
    lacking: bool = False,
) -> ModuleType:  # fmt: skip
    """Return a plugin's module that declares what the file says, behind all others.

    Fields of a kind whose plugin is off are hidden, as those that are retired; Fault where a
    plugin brings no such kind. While plugins are left out on purpose (`lacking`) so is whatever is
    of an entity that is not there: it may be theirs.
    """
    if lacking:
        custom = _of_known(custom, {c.spec.name for o in others for c in o.entities})
    kinds = _kinds(custom, others)
    module = ModuleType(NAME)
    module.plugin = Plugin(  # type: ignore[attr-defined]
        NAME, version="1.0", requires=tuple(requires), summary=f"The firm's own, from {FILE}"
    )
    for hook, values in (
        ("crm_extensions", list(_extensions(custom, kinds))),
        ("crm_policy", [r.declared() for r in custom.roles]),
        ("crm_views", [v.declared() for v in custom.views]),
        (
            "crm_automations",
            [*(a.declared() for a in custom.automations), *(s.declared() for s in custom.switches)],
        ),
    ):
        setattr(module, hook, _answering(hook, values))
    return module


def _of_known(custom: Custom, entities: Collection[str]) -> Custom:
    """Return what is of entities that are there, and points at none but those."""

    def stands(part: Any) -> bool:
        named = (getattr(part, "entity", ""), *getattr(part, "targets", ()))
        return all(name in entities for name in named if name)

    kept = {
        name: tuple(part for part in getattr(custom, name) if stands(part))
        for name, _ in SECTIONS.values()
    }
    return evolve(custom, **kept)


def _answering(hook: str, values: list[Any]) -> Any:
    def answer() -> list[Any]:
        return values

    answer.__name__ = hook
    return hookimpl(answer)


def _kinds(custom: Custom, others: Sequence[Contribution]) -> dict[str, NewKind]:
    """Return the kinds that plugins bring; Fault where one is named that its plugin has not."""
    found = offered([evolve(k, owner=c.plugin.name) for c in others for k in c.kinds])
    on = {c.plugin.name for c in others}
    for one in custom.fields:
        if one.kind_plugin in on and one.kind not in found:
            known = unknown("kind of field", one.kind, [*KINDS, *found])
            raise Fault(f"field {one.name} of {one.entity}: {known}")
    return found


def _extensions(custom: Custom, kinds: Mapping[str, NewKind]) -> list[Extension]:
    columns = {c.entity: c.columns for c in custom.columns}
    named = [p.entity for p in custom.fields] + [p.entity for p in custom.stages] + [*columns]
    return [
        Extension(
            entity,
            facet=_facet(entity, [p for p in custom.fields if p.entity == entity], kinds),
            states=tuple(
                s.declared() for s in custom.stages if s.entity == entity and not s.retired
            ),
            columns=_there(custom, entity, columns.get(entity, ()), kinds),
        )
        for entity in dict.fromkeys(named)
    ]


def _seen(one: CustomField, kinds: Mapping[str, NewKind]) -> bool:
    return not one.retired and (one.kind in KINDS or one.kind in kinds)


def _there(
    custom: Custom, entity: str, columns: Sequence[str], kinds: Mapping[str, NewKind]
) -> tuple[str, ...]:
    """Return columns without those of fields that are retired, or of a kind that is off."""
    gone = {f.name for f in custom.fields if f.entity == entity and not _seen(f, kinds)}
    return tuple(c for c in columns if c.removeprefix(f"{NAME}.") not in gone)


def _facet(
    entity: str, found: Sequence[CustomField], kinds: Mapping[str, NewKind]
) -> type[Facet] | None:
    """Return the facet of an entity's custom fields; those retired keep their column, unseen."""
    live = [one for one in found if _seen(one, kinds)]
    if not live:
        return None
    body: dict[str, Any] = {one.name: one.declared(kinds) for one in live}
    body["__annotations__"] = dict.fromkeys(body, Any)
    body["__doc__"] = "Fields of the firm's own."
    return facet(entity)(type("Custom", (Facet,), body))
