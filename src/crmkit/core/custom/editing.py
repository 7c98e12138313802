"""Changing what the file says: parts are added, changed, put in another place, and taken away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from attrs import evolve

from crmkit.core.custom.parts import SECTIONS, Custom, CustomStage, Ident, Part
from crmkit.core.errors import Invalid, NotFound, Refused

PartT = TypeVar("PartT", bound=Part)


def section_of(cls: type[Any]) -> str:
    """Return the name of the part of `Custom` that holds such parts."""
    return next(name for name, made in SECTIONS.values() if made is cls)


def parts(custom: Custom, cls: type[PartT]) -> tuple[PartT, ...]:
    """Return the parts of one sort."""
    found: tuple[PartT, ...] = getattr(custom, section_of(cls))
    return found


def part(custom: Custom, cls: type[PartT], ident: Ident) -> PartT:
    """Return one part; NotFound where the firm has none such."""
    for one in parts(custom, cls):
        if one.ident == ident:
            return one
    entity, name = ([*ident, ""] if len(ident) == 1 else ident)[:2]
    sort = next(word for word, (_, made) in SECTIONS.items() if made is cls)
    named = f"{sort} {name} of {entity}" if name else f"{sort} {entity}"
    raise NotFound(f"the firm has no {named}; what it has: crmkit custom list")


def made(cls: type[PartT], **values: Any) -> PartT:
    """Return a part; Invalid says what is wrong with it."""
    try:
        return cls(**values)
    except ValueError as error:
        raise Invalid(str(error)) from None


def _with(custom: Custom, cls: type[PartT], found: Sequence[PartT]) -> Custom:
    changes: dict[str, Any] = {section_of(cls): tuple(found)}
    return evolve(custom, **changes)


def added(custom: Custom, new: Part) -> Custom:
    """Return the whole with a part more; Refused where it is there already."""
    cls = type(new)
    if any(one.ident == new.ident for one in parts(custom, cls)):
        raise Refused(f"{' '.join(w for w in new.ident if w)} is there already; it may be retired")
    return _with(custom, cls, (*parts(custom, cls), new))


def put(custom: Custom, new: Part) -> Custom:
    """Return the whole with a part in place of the one of the same name, or behind the others."""
    cls = type(new)
    old = parts(custom, cls)
    if all(one.ident != new.ident for one in old):
        return _with(custom, cls, (*old, new))
    return _with(custom, cls, [new if one.ident == new.ident else one for one in old])


def changed(custom: Custom, cls: type[PartT], ident: Ident, **changes: Any) -> Custom:
    """Return the whole with one part changed; NotFound for no such part, Invalid for nonsense."""
    old = part(custom, cls, ident)
    try:
        new = evolve(old, **changes)
    except ValueError as error:
        raise Invalid(str(error)) from None
    if new.ident != ident and any(one.ident == new.ident for one in parts(custom, cls)):
        raise Refused(f"{' '.join(w for w in new.ident if w)} is there already")
    return _with(custom, cls, [new if one is old else one for one in parts(custom, cls)])


def without(custom: Custom, cls: type[PartT], ident: Ident) -> Custom:
    """Return the whole without a part; NotFound for no such part."""
    old = part(custom, cls, ident)
    return _with(custom, cls, [one for one in parts(custom, cls) if one is not old])


def shifted(custom: Custom, cls: type[PartT], ident: Ident, step: int) -> Custom:
    """Return the whole with a part some places later (or earlier) among those of its entity."""
    one = part(custom, cls, ident)
    entity = getattr(one, "entity", "")
    mates = [p for p in parts(custom, cls) if getattr(p, "entity", "") == entity]
    at = mates.index(one)
    to = at + step
    if not 0 <= to < len(mates):
        raise Refused("it is the last one already" if step > 0 else "it is the first one already")
    mates.insert(to, mates.pop(at))
    queue = iter(mates)
    whole = [next(queue) if getattr(p, "entity", "") == entity else p for p in parts(custom, cls)]
    return _with(custom, cls, whole)


def restaged(custom: Custom, entity: str, codes: Sequence[str], ident: Ident, step: int) -> Custom:
    """Return the whole with a stage some places later in a workflow whose states are `codes`."""
    code = part(custom, CustomStage, ident).code
    order = [c for c in codes if c != code]
    at = codes.index(code) + step if code in codes else len(order)
    if at < 1 or at > len(order):
        raise Refused("a new record begins in the first stage" if at < 1 else "it is the last one")
    order.insert(at, code)
    return chained(custom, entity, order)


def chained(custom: Custom, entity: str, codes: Sequence[str]) -> Custom:
    """Return the whole with an entity's stages in the order of `codes`.

    Each then names the state just before it, and comes behind it in the file: what it names is
    there when it is put in.
    """
    found = parts(custom, CustomStage)
    mine = {s.code: s for s in found if s.entity == entity and not s.retired}
    ordered = [
        evolve(mine[code], after=before)
        for before, code in zip(("", *codes), codes, strict=False)
        if code in mine
    ]
    rest = [s for s in found if s.entity != entity or s.retired]
    return _with(custom, CustomStage, (*rest, *ordered))
