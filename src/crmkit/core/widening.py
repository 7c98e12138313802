"""Fields as the firm and the other plugins have them: their options, their targets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from attrs import evolve

from crmkit.core.declare import Extension
from crmkit.core.fields import Field
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.kinds.refs import LinkKind
from crmkit.core.settings import Setting


def decided(f: Field, settings: Mapping[Setting[Any], Any]) -> Field:
    """Return a choice with the options that the firm listed."""
    if f.setting is None:
        return f
    return evolve(f, kind=ChoiceKind(settings.get(f.setting, f.setting.default)))


def widened(f: Field, extensions: Iterable[Extension]) -> Field:
    """Return a reference with the entities that plugins let it point at besides its own."""
    more = [t for e in extensions for t in e.targets.get(f.name, ())]
    if not more or not isinstance(f.kind, LinkKind):
        return f
    return evolve(f, kind=LinkKind(targets=tuple(dict.fromkeys((*f.kind.targets, *more)))))


def narrowed(f: Field, known: Collection[str], off: Collection[str]) -> Field:
    """Return a reference without the targets whose plugin is off, if any others are left."""
    left = tuple(t for t in f.targets if t in known)
    if not off or not left or not isinstance(f.kind, LinkKind):
        return f
    return evolve(f, kind=LinkKind(targets=left))
