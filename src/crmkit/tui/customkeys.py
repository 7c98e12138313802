"""Keys that the firm gives to actions, for everybody; clashes are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve

from crmkit.core.crm import Crm
from crmkit.core.custom import Custom, CustomKey, editing, read_custom
from crmkit.core.custom.steps import Step
from crmkit.core.errors import Invalid, NotFound, Refused, unknown
from crmkit.core.model import Model
from crmkit.core.workspace import Workspace
from crmkit.tui.bindings import custom_name, key_map
from crmkit.tui.keys import KeyMap, parse_keys, show_keys

LISTS = ("list", "marks", "work", "cursor", "global")
"""The scopes of a list: where the keys of an entity's commands are typed most."""


def keys_of(place: Workspace, model: Model, custom: Custom | None = None) -> KeyMap:
    """Return the key map in force: the program's, the firm's, and those of `crmkit.toml`."""
    found = read_custom(place.custom) if custom is None else custom
    custom_keys = {k.action: k.keys for k in found.keys}
    return checked_keys(model, dict(place.config.keys), custom_keys)


def checked_keys(
    model: Model, overrides: dict[str, tuple[str, ...]], custom: Mapping[str, tuple[str, ...]]
) -> KeyMap:
    """Return a key map whose faults also tell of keys given that lists take for something else."""
    keys = key_map(model, overrides, custom)
    if overrides or custom:
        plain = _taken(key_map(model), model)
        keys.faults += dict.fromkeys(f for f in _taken(keys, model) if f not in plain)
    return keys


def actions(model: Model, place: Workspace) -> Iterator[tuple[str, list[str], str]]:
    """Return every action that keys may be given to: its name, its keys, and what it does."""
    seen = set()
    for binding in keys_of(place, model).bindings:
        name = custom_name(binding)
        if name not in seen:
            seen.add(name)
            keys = [show_keys(parse_keys(k)) for k in binding.keys]
            yield name, keys, binding.help


def set_keys(model: Model, place: Workspace, action: str, keys: Sequence[str]) -> Step:
    """Give keys to an action; none: those that it has out of the box."""
    known = [name for name, _, _ in actions(model, place)]
    if action not in known:
        raise NotFound(f"{unknown('action', action, known)}; see: crmkit custom key list")
    for text in keys:
        try:
            parse_keys(text)
        except ValueError as error:
            raise Invalid(str(error)) from None

    def change(found: Custom) -> Custom:
        if keys:
            return editing.put(found, CustomKey(action=action, keys=tuple(keys)))
        return evolve(found, keys=tuple(k for k in found.keys if k.action != action))

    said = " ".join(keys) if keys else "as it comes out of the box"
    return Step(f"{action}: {said}", change)


def demand(crm: Crm, custom: Custom) -> None:
    """Refuse keys that clash with others, or take keys from others where they are typed."""
    plain = key_map(crm.model, dict(crm.config.keys))
    given = {k.action: k.keys for k in custom.keys}
    new = key_map(crm.model, dict(crm.config.keys), given)
    known = {*plain.faults, *_taken(plain, crm.model)}
    for fault in (*new.faults, *_taken(new, crm.model)):
        if fault not in known:
            raise Refused(fault.removeprefix("keys: "))


def _taken(keys: KeyMap, model: Model) -> list[str]:
    everywhere = keys.hidden(LISTS)
    here = [(f"entity.{e.name}", *LISTS) for e in model.shown]
    return everywhere + [
        f"{fault} (in {scopes[0].partition('.')[2]})"
        for scopes in here
        for fault in keys.hidden(scopes)
        if fault not in everywhere
    ]
