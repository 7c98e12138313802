"""The parts of what a firm adds without code: each a section of `custom.toml`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, get_args

import attrs
from attrs import field, frozen

from crmkit.core import fields as f
from crmkit.core.bringing import NewKind
from crmkit.core.custom.automations import CustomAutomation, CustomSwitch
from crmkit.core.declare import Deny, Grant, Role, Table
from crmkit.core.errors import unknown
from crmkit.core.kinds.base import fold
from crmkit.core.workflow import Outcome, State

Ident = tuple[str, ...]
"""What names a part among those of its section."""
_WORD = re.compile(r"[a-z][a-z0-9_]*")
_BROUGHT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_ROLE = re.compile(r"[^\W_][\w.-]*")
LABEL = 40
"""How many characters people may call something by: it heads columns, boards and lists."""
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")

_MAKERS: Mapping[str, Callable[..., Any]] = {
    "text": f.text, "note": f.note, "email": f.email, "phone": f.phone, "url": f.url,
    "number": f.number, "money": f.money, "percent": f.percent, "date": f.date_,
    "moment": f.moment, "flag": f.flag, "choice": f.choice, "tags": f.tags, "ref": f.ref,
}  # fmt: skip
KINDS = tuple(_MAKERS)
"""The kinds that a custom field may have."""
_BLANK: Mapping[str, Any] = dict.fromkeys(("text", "email", "phone", "url", "choice"), "")


def _demand_label(label: str) -> None:
    if len(label) > LABEL:
        raise ValueError(f"label: write at most {LABEL} characters, not {len(label)}")
    if label != label.strip() or not label.isprintable():
        raise ValueError("label: write plain characters, with no blanks around them")


def texts(given: Any) -> tuple[str, ...]:
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
    options: tuple[str, ...] = field(default=(), converter=texts)
    targets: tuple[str, ...] = field(default=(), converter=texts)
    search: bool = False
    shown: bool = False
    personal: bool = False
    help: str = ""
    section: str = ""
    retired: bool = False
    stored: str = ""
    """What the database calls it since it got another kind."""

    def __attrs_post_init__(self) -> None:
        if not _WORD.fullmatch(self.name):
            raise ValueError("name: write small letters, digits and _, such as practice_area")
        if iskeyword(self.name) or self.name == "self":
            raise ValueError(f"name: {self.name} is a word of Python's; write another one")
        if self.kind not in KINDS and not _BROUGHT.fullmatch(self.kind):
            raise ValueError(f"kind: {unknown('kind of field', self.kind, list(KINDS))}")
        _demand_label(self.label)
        if self.kind == "choice" and not self.options:
            raise ValueError("options (--choices A,B,...): list the choices")
        if self.kind != "choice" and self.options:
            raise ValueError("options (--choices): only a choice has them (--kind choice)")
        folded = [fold(option) for option in self.options]
        if twice := [o for n, o in enumerate(self.options) if fold(o) in folded[:n]]:
            raise ValueError(f"options (--choices): {twice[0]} is there twice")
        if self.kind == "ref" and not self.targets:
            raise ValueError("targets (--to ENTITY): name the entity that it points at")
        if self.kind != "ref" and self.targets:
            raise ValueError("targets (--to): only a ref points at something (--kind ref)")

    @property
    def ident(self) -> Ident:
        """What names it."""
        return (self.entity, self.name)

    @property
    def shown_as(self) -> str:
        """What people call it."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def kind_plugin(self) -> str:
        """The plugin that brings its kind; '' for a kind of the core."""
        return self.kind.partition(".")[0] if "." in self.kind else ""

    def declared(self, kinds: Mapping[str, NewKind] = MappingProxyType({})) -> Any:
        """Return the attribute that declares it on a facet; `kinds` are those of plugins."""
        more: dict[str, Any] = {"help": self.help, "section": self.section or "Custom"}
        more |= {"search": True} if self.search else {}
        more |= {"shown": True} if self.shown else {}
        more |= {"personal": True} if self.personal else {}
        more |= {"stored": self.stored} if self.stored else {}
        if self.kind in kinds:
            return kinds[self.kind].make(self.shown_as, default=None, **more)
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
        _demand_label(self.label)
        if self.outcome not in get_args(Outcome):
            raise ValueError(f"outcome: {self.outcome!r} is not open, won or lost")

    @property
    def ident(self) -> Ident:
        """What names it."""
        return (self.entity, self.code)

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
    grants: tuple[str, ...] = field(default=(), converter=texts)
    denies: tuple[str, ...] = field(default=(), converter=texts)

    def __attrs_post_init__(self) -> None:
        if not _ROLE.fullmatch(self.name):
            raise ValueError("name: write letters, digits, _ and -, such as intern")

    @property
    def ident(self) -> Ident:
        """What names it."""
        return (self.name,)

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
    columns: tuple[str, ...] = field(default=(), converter=texts)
    board: bool = False
    user: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.label:
            raise ValueError("label: write what the list is called")
        _demand_label(self.label)

    @property
    def ident(self) -> Ident:
        """What names it."""
        return (self.entity, self.label, self.user)

    def declared(self) -> Table:
        """Return the list."""
        return Table(
            self.entity, self.label, filter=self.filter, sort=self.sort, columns=self.columns,
            board=self.board, user=self.user,
        )  # fmt: skip


@frozen(kw_only=True)
class CustomKey:
    """The keys of an action such as `go.home`, or of an entity's command such as `lead.claim`."""

    action: str
    keys: tuple[str, ...] = field(default=(), converter=texts)

    @property
    def ident(self) -> Ident:
        """What names it."""
        return (self.action,)


@frozen(kw_only=True)
class CustomColumns:
    """The columns of an entity's lists where no view names others."""

    entity: str
    columns: tuple[str, ...] = field(default=(), converter=texts)

    @property
    def ident(self) -> Ident:
        """What names it."""
        return (self.entity,)


Part = (
    CustomField | CustomStage | CustomRole | CustomView | CustomKey | CustomColumns
    | CustomAutomation | CustomSwitch
)  # fmt: skip
SECTIONS: Mapping[str, tuple[str, type[Any]]] = {
    "field": ("fields", CustomField), "stage": ("stages", CustomStage),
    "role": ("roles", CustomRole), "view": ("views", CustomView), "key": ("keys", CustomKey),
    "columns": ("columns", CustomColumns), "automation": ("automations", CustomAutomation),
    "switch": ("switches", CustomSwitch),
}  # fmt: skip
"""The file's sections: the part of `Custom` that each fills, and what one of them is."""


@frozen(kw_only=True)
class Custom:
    """Everything that `custom.toml` says."""

    enabled: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    fields: tuple[CustomField, ...] = ()
    stages: tuple[CustomStage, ...] = ()
    roles: tuple[CustomRole, ...] = ()
    views: tuple[CustomView, ...] = ()
    keys: tuple[CustomKey, ...] = ()
    columns: tuple[CustomColumns, ...] = ()
    automations: tuple[CustomAutomation, ...] = ()
    switches: tuple[CustomSwitch, ...] = ()

    @property
    def declares(self) -> bool:
        """Whether there is anything for the Model in it."""
        return any(getattr(self, name) for name, _ in SECTIONS.values() if name != "keys")

    def as_toml(self) -> dict[str, Any]:
        """Return the file's content, without what is left at its default."""
        found: dict[str, Any] = {}
        plugins = {n: list(v) for n in ("enabled", "disabled") if (v := getattr(self, n))}
        if plugins:
            found["plugins"] = plugins
        for section, (name, cls) in SECTIONS.items():
            if parts := [_plain(part, cls) for part in getattr(self, name)]:
                found[section] = parts
        return found

    def fingerprint(self) -> str:
        """Return what differs between two files that declare other things to the Model.

        Plugins, keys and lists of one user are a host's own.
        """
        said = {k: v for k, v in self.as_toml().items() if k not in ("plugins", "key", "view")}
        shared = [_plain(v, CustomView) for v in self.views if not v.user]
        whole = {**said, "view": shared} if shared else said
        text = json.dumps(whole, sort_keys=True) if whole else ""
        return sha256(text.encode()).hexdigest()[:16] if text else ""


def _plain(part: Any, cls: type[Any]) -> dict[str, Any]:
    return {
        a.name: list(v) if isinstance(v := getattr(part, a.name), tuple) else v
        for a in attrs.fields(cls)
        if getattr(part, a.name) != (a.default if a.default is not attrs.NOTHING else None)
    }
