"""What a firm adds without code: fields, stages, roles and views, kept in `custom.toml`.

The program writes the file, and people may read and mend it. It becomes a plugin called `custom`,
through the same declarations as any other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, get_args

import attrs
from attrs import evolve, field, frozen

from crmkit.core import fields as f
from crmkit.core.declare import Deny, Extension, Grant, Plugin, Role, Table, hookimpl
from crmkit.core.entity import Facet, facet
from crmkit.core.errors import Fault, unknown
from crmkit.core.workflow import Outcome, State

FILE = "custom.toml"
NAME = "custom"
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")

_MAKERS: Mapping[str, Callable[..., Any]] = {
    "text": f.text, "note": f.note, "email": f.email, "phone": f.phone, "url": f.url,
    "number": f.number, "money": f.money, "percent": f.percent, "date": f.date_,
    "moment": f.moment, "flag": f.flag, "choice": f.choice, "tags": f.tags, "ref": f.ref,
}  # fmt: skip
KINDS = tuple(_MAKERS)
"""The kinds that a custom field may have."""
_BLANK: Mapping[str, Any] = dict.fromkeys(("text", "email", "phone", "url", "choice"), "")

PartT = TypeVar("PartT")


def _texts(given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not all(isinstance(one, str) for one in given):
        raise ValueError("write a list of texts")
    return tuple(given)


@frozen(kw_only=True)
class CustomField:
    """A field of the firm's own: `options` of a choice, `targets` of a reference."""

    entity: str
    name: str
    kind: str
    label: str = ""
    options: tuple[str, ...] = field(default=(), converter=_texts)
    targets: tuple[str, ...] = field(default=(), converter=_texts)
    search: bool = False
    shown: bool = False
    help: str = ""
    section: str = ""
    retired: bool = False

    def __attrs_post_init__(self) -> None:
        if not _WORD.fullmatch(self.name):
            raise ValueError("name: write small letters, digits and _, such as practice_area")
        if self.kind not in KINDS:
            raise ValueError(f"kind: {unknown('kind of field', self.kind, list(KINDS))}")
        if self.kind == "choice" and not self.options:
            raise ValueError("options: list the choices")
        if self.kind == "ref" and not self.targets:
            raise ValueError("targets: name the entity that it points at")

    @property
    def shown_as(self) -> str:
        """What people call it."""
        return self.label or self.name.replace("_", " ").capitalize()

    def declared(self) -> Any:
        """Return the attribute that declares it on a facet."""
        more: dict[str, Any] = {"help": self.help, "section": self.section or "Custom"}
        more |= {"search": True} if self.search else {}
        more |= {"shown": True} if self.shown else {}
        make = _MAKERS[self.kind]
        if self.kind == "choice":
            return make(self.shown_as, self.options, default="", **more)
        if self.kind == "ref":
            return make(self.shown_as, *self.targets, default=None, **more)
        if self.kind in ("tags", "note", "flag"):
            return make(self.shown_as, **more)
        return make(self.shown_as, default=_BLANK.get(self.kind), **more)


@frozen(kw_only=True)
class CustomStage:
    """A state of the firm's own in an entity's workflow."""

    entity: str
    code: str
    label: str = ""
    after: str = ""
    fallback: str = ""
    outcome: str = "open"
    glyph: str = ""
    colour: str = ""
    retired: bool = False

    def __attrs_post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError("code: write capital letters, digits and _, such as CONFLICT_CHECK")
        if self.outcome not in get_args(Outcome):
            raise ValueError(f"outcome: {self.outcome!r} is not open, won or lost")

    def declared(self) -> State:
        """Return the state; records in it may move to the fallback while it is retired."""
        return State(
            self.code, label=self.label, after=self.after, fallback=self.fallback or self.after,
            outcome=self.outcome, glyph=self.glyph, colour=self.colour,  # type: ignore[arg-type]
        )  # fmt: skip


@frozen(kw_only=True)
class CustomRole:
    """A role of the firm's own, or more rules for one that exists."""

    name: str
    label: str = ""
    grants: tuple[str, ...] = field(default=(), converter=_texts)
    denies: tuple[str, ...] = field(default=(), converter=_texts)

    def declared(self) -> Role:
        """Return the role."""
        rules: list[Grant | Deny | str] = [*map(Grant, self.grants), *map(Deny, self.denies)]
        return Role(self.name, rules, label=self.label)


@frozen(kw_only=True)
class CustomView:
    """A saved list: of everybody, or of the user who is named."""

    entity: str
    label: str
    filter: str = ""
    sort: str = ""
    columns: tuple[str, ...] = field(default=(), converter=_texts)

    def declared(self) -> Table:
        """Return the list."""
        return Table(
            self.entity, self.label, filter=self.filter, sort=self.sort, columns=self.columns
        )


@frozen(kw_only=True)
class Custom:
    """Everything that `custom.toml` says."""

    enabled: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    fields: tuple[CustomField, ...] = ()
    stages: tuple[CustomStage, ...] = ()
    roles: tuple[CustomRole, ...] = ()
    views: tuple[CustomView, ...] = ()

    @property
    def declares(self) -> bool:
        """Whether there is anything for the Model in it."""
        return bool(self.fields or self.stages or self.roles or self.views)

    def as_toml(self) -> dict[str, Any]:
        """Return the file's content, without what is left at its default."""
        found: dict[str, Any] = {}
        plugins = {n: list(v) for n in ("enabled", "disabled") if (v := getattr(self, n))}
        if plugins:
            found["plugins"] = plugins
        for section, cls in _SECTIONS.items():
            if parts := [_plain(part, cls) for part in getattr(self, f"{section}s")]:
                found[section] = parts
        return found


_SECTIONS: Mapping[str, type[Any]] = {
    "field": CustomField, "stage": CustomStage, "role": CustomRole, "view": CustomView,
}  # fmt: skip


def _plain(part: Any, cls: type[Any]) -> dict[str, Any]:
    return {
        a.name: list(v) if isinstance(v := getattr(part, a.name), tuple) else v
        for a in attrs.fields(cls)
        if getattr(part, a.name) != (a.default if a.default is not attrs.NOTHING else None)
    }


# Reading and writing -------------------------------------------------------------------------


def read_custom(path: Path) -> Custom:
    """Return what the file says; nothing where there is none. Fault names the line at fault."""
    if not path.exists():
        return Custom()
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise Fault(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Fault(f"{path}: {error}") from None
    return _Reader(path, text).custom(data)


@frozen
class _Reader:
    path: Path
    text: str

    def custom(self, data: Mapping[str, Any]) -> Custom:
        known = ["plugins", *_SECTIONS]
        for name in data:
            if name not in known:
                raise self._fault(self._line(rf"\[*{re.escape(name)}\b"),
                                  unknown("section", name, known))  # fmt: skip
        plugins = data.get("plugins", {})
        parts = {
            f"{section}s": self._parts(section, cls, data.get(section, []))
            for section, cls in _SECTIONS.items()
        }
        try:
            enabled, disabled = (_texts(plugins.get(n, ())) for n in ("enabled", "disabled"))
        except (AttributeError, TypeError, ValueError):
            line = self._line(r"\[plugins\]")
            raise self._fault(line, '[plugins]: write enabled = ["name"]') from None
        return Custom(enabled=enabled, disabled=disabled, **parts)

    def _parts(self, section: str, cls: type[PartT], given: Any) -> tuple[PartT, ...]:
        if not isinstance(given, list) or not all(isinstance(g, dict) for g in given):
            line = self._line(rf"\[*{section}\b")
            raise self._fault(line, f"write [[{section}]] above each {section}")
        return tuple(self._part(section, cls, n, one) for n, one in enumerate(given))

    def _part(self, section: str, cls: type[PartT], n: int, given: Mapping[str, Any]) -> PartT:
        known = {a.name: a for a in attrs.fields(cls)}  # type: ignore[arg-type]
        head = self._line(rf"\[\[{section}\]\]", n)
        for key, value in given.items():
            line = self._line(rf"\"?{re.escape(key)}\"?\s*=", start=head)
            if key not in known:
                raise self._fault(line, f"[[{section}]] {unknown('key', key, list(known))}")
            default = known[key].default
            kind = bool if default is True or default is False else str
            if default != () and type(value) is not kind:
                wanted = "true or false" if kind is bool else "text in quotes"
                raise self._fault(line, f"[[{section}]] {key}: write {wanted}")
        for a in known.values():
            if a.default is attrs.NOTHING and a.name not in given:
                raise self._fault(head, f"[[{section}]] {a.name} is missing")
        try:
            return cls(**given)
        except (TypeError, ValueError) as error:
            key = str(error).partition(":")[0]
            line = self._line(rf"{key}\s*=", start=head) if key in given else head
            raise self._fault(line, f"[[{section}]] {error}") from None

    def _line(self, pattern: str, nth: int = 0, start: int = 1) -> int:
        """Return the number of the nth line that begins with a pattern."""
        found = [
            n
            for n, line in enumerate(self.text.splitlines(), 1)
            if n >= start and re.match(rf"\s*{pattern}", line)
        ]
        return found[nth] if nth < len(found) else start

    def _fault(self, line: int, message: str) -> Fault:
        return Fault(f"{self.path}, line {line}: {message}")


def change_custom(path: Path, change: Callable[[Custom], Custom]) -> Custom:
    """Read the file, change it and write it whole, while nobody else does; return what it says.

    A crash leaves the old file or the new one. Fault where it cannot be written.
    """
    import fcntl
    import os
    import tempfile

    import tomli_w

    try:
        with open(path.with_suffix(".lock"), "w", opener=_private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            new = change(read_custom(path))
            text = "# Written by crmkit; it may be changed by hand.\n\n" + tomli_w.dumps(
                new.as_toml()
            )
            fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=".custom", suffix=".toml")
            try:
                with os.fdopen(fd, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Fault(f"{path} cannot be written: {error.strerror}") from None
    return new


def _private(path: str, flags: int) -> int:
    import os

    return os.open(path, flags, 0o600)


# The plugin ----------------------------------------------------------------------------------


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
    ):
        setattr(module, hook, _answering(hook, values))
    return module


def _answering(hook: str, values: list[Any]) -> Any:
    def answer() -> list[Any]:
        return values

    answer.__name__ = hook
    return hookimpl(answer)


def _extensions(custom: Custom) -> list[Extension]:
    entities = dict.fromkeys([p.entity for p in custom.fields] + [p.entity for p in custom.stages])
    return [
        Extension(
            entity,
            facet=_facet(entity, [p for p in custom.fields if p.entity == entity]),
            states=tuple(
                s.declared() for s in custom.stages if s.entity == entity and not s.retired
            ),
        )
        for entity in entities
    ]


def _facet(entity: str, found: Sequence[CustomField]) -> type[Facet] | None:
    """Return the facet of an entity's custom fields; those retired keep their column, unseen."""
    live = [one for one in found if not one.retired]
    if not live:
        return None
    body: dict[str, Any] = {one.name: one.declared() for one in live}
    body["__annotations__"] = dict.fromkeys(body, Any)
    body["__doc__"] = "Fields of the firm's own."
    return facet(entity)(type("Custom", (Facet,), body))


def renamed(custom: Custom, part: Any, **changes: Any) -> Custom:
    """Return the whole with one of its parts changed."""
    section = next(n for n, cls in _SECTIONS.items() if isinstance(part, cls))
    parts = tuple(evolve(p, **changes) if p is part else p for p in getattr(custom, f"{section}s"))
    return evolve(custom, **{f"{section}s": parts})
