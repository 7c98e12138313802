"""Entities and facets: attrs classes whose annotated attributes are fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar, cast, dataclass_transform

import attrs
from attrs import evolve, frozen

from crmkit.core import fields as f
from crmkit.core.fields import MARK, Field
from crmkit.core.kinds.refs import RefKind
from crmkit.core.kinds.times import MomentKind
from crmkit.core.kinds.words import TextKind

Title = str | tuple[str, ...] | Callable[[Any], str]
FacetT = TypeVar("FacetT", bound="Facet")


def _system(name: str, label: str, kind: Any) -> Field:
    return Field(name=name, label=label, kind=kind, default=None, system=True, owner="core")


SYSTEM_FIELDS: tuple[Field, ...] = (
    _system("id", "Id", RefKind(target="")),
    _system("version", "Version", RefKind(target="")),
    _system("created_at", "Created", MomentKind()),
    _system("created_by", "Created by", RefKind(target="user")),
    _system("updated_at", "Updated", MomentKind()),
    _system("updated_by", "Updated by", RefKind(target="user")),
    _system("moved_at", "In state since", MomentKind()),
    _system("deleted_at", "Deleted", MomentKind()),
)
TITLE_FIELD = _system("title", "Title", TextKind())
"""The record's title, stored so that lists sort and references match on an index."""


@attrs.frozen(slots=False, eq=False)
class Record:
    """One record: its values, its version, and what was changed on this copy.

    Records are frozen: `evolve` returns a changed copy, which `Session.save` takes.
    """

    spec: ClassVar[EntitySpec]

    id: int = attrs.field(default=0, kw_only=True)
    version: int = attrs.field(default=0, kw_only=True)
    created_at: datetime | None = attrs.field(default=None, kw_only=True)
    created_by: int | None = attrs.field(default=None, kw_only=True)
    updated_at: datetime | None = attrs.field(default=None, kw_only=True)
    updated_by: int | None = attrs.field(default=None, kw_only=True)
    moved_at: datetime | None = attrs.field(default=None, kw_only=True)
    deleted_at: datetime | None = attrs.field(default=None, kw_only=True)
    facets: Mapping[type[Facet], Facet] = attrs.field(factory=dict, kw_only=True, repr=False)

    @property
    def title(self) -> str:
        """What the record is called."""
        return self.spec.title_of(self)

    @property
    def changes(self) -> Mapping[str, Any]:
        """The values that `evolve` set on this copy, by field key."""
        return cast(Mapping[str, Any], self.__dict__.get("_changes", {}))

    @property
    def as_read(self) -> Self:
        """The record as it was read, before `evolve`."""
        return cast(Self, self.__dict__.get("_as_read", self))

    def __getitem__(self, facet: type[FacetT]) -> FacetT:
        """Return the record's facet of a class; KeyError while its plugin is off."""
        return cast(FacetT, self.facets[facet])

    def get(self, field: Field) -> Any:
        """Return the value of a field, of the record or of one of its facets."""
        if not field.facet:
            return self.__dict__.get(field.name) if field is not TITLE_FIELD else self.title
        for part in self.facets.values():
            if part.spec.name == field.facet:
                return getattr(part, field.name)
        return field.blank()

    def evolve(self, **changes: Any) -> Self:
        """Return a copy with other values; facet fields by key (`**{'acme.vat_id': 'X'}`)."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        facets = dict(self.facets)
        for key, value in changes.items():
            name, _, rest = key.partition(".")
            if rest:
                _evolve_facet(facets, name, rest, value)
            elif key not in self.spec.names:
                raise TypeError(f"{self.spec.name} has no field {key!r}")
            else:
                copy.__dict__[key] = value
        copy.__dict__["facets"] = facets
        copy.__dict__["_as_read"] = self.as_read
        copy.__dict__["_changes"] = {**self.changes, **changes}
        return copy


def _evolve_facet(facets: dict[type[Facet], Facet], name: str, field: str, value: Any) -> None:
    for cls, part in facets.items():
        if part.spec.name == name:
            facets[cls] = evolve(part, **{field: value})
            return
    raise TypeError(f"no facet {name!r}")


@attrs.frozen(slots=False)
class Facet:
    """Fields that one plugin adds to somebody else's entity."""

    spec: ClassVar[FacetSpec]


@frozen(kw_only=True)
class EntitySpec:
    """What `@entity` declared: names, title, owner field, default sort, key after `g`."""

    name: str
    cls: type[Record]
    label: str
    plural: str
    title: Title
    subtitle: str = ""
    owner_field: str = ""
    sort: str = ""
    due: str = ""
    within: str = ""
    lease: tuple[str, str] | None = None
    hidden: bool = False
    delete_reason: bool = False
    key: str = ""
    glyph: str = ""
    order: int = 100
    fields: tuple[Field, ...] = ()
    checks: tuple[Callable[..., Any], ...] = ()
    doc: str = ""
    names: frozenset[str] = frozenset()

    def title_of(self, record: Record) -> str:
        """Return the title that a record's own values give it."""
        if callable(self.title):
            try:
                return str(self.title(record))
            except Exception:
                # A plugin's mistake must not hide a record.
                return f"{self.label} {record.id}" if record.id else self.label
        parts = (self.title,) if isinstance(self.title, str) else self.title
        found = " ".join(str(v) for p in parts if (v := record.__dict__.get(p)))
        return found or (f"{self.label} {record.id}" if record.id else self.label)


@frozen(kw_only=True)
class FacetSpec:
    """What `@facet` declared: the entity it belongs to and its fields; named by its plugin."""

    entity: str
    cls: type[Facet]
    name: str = ""
    fields: tuple[Field, ...] = ()


def declared_fields(cls: type) -> tuple[Field, ...]:
    """Return the fields that a class's attributes declare, in their order."""
    found = []
    for attribute in attrs.fields(cls):
        mark = attribute.metadata.get(MARK)
        if mark is not None:
            found.append(evolve(mark, name=attribute.name))
    return tuple(found)


@dataclass_transform(
    kw_only_default=True, frozen_default=True,
    field_specifiers=(
        f.text, f.note, f.email, f.phone, f.url, f.address, f.number, f.percent, f.money,
        f.flag, f.date_, f.moment, f.choice, f.tags, f.ref, f.refs, f.flow,
    ),
)  # fmt: skip
def entity(
    name: str,
    *,
    title: Title,
    subtitle: str = "",
    label: str = "",
    plural: str = "",
    owner: str = "",
    sort: str = "",
    due: str = "",
    within: str = "",
    lease: tuple[str, str] | None = None,
    hidden: bool = False,
    delete_reason: bool = False,
    key: str = "",
    glyph: str = "",
    place: int = 100,
    checks: tuple[Callable[..., Any], ...] = (),
) -> Callable[[type[Any]], type[Any]]:
    """Make a Record class an entity.

    `title` is a field, several, or a function of the record; `owner` the field that says whose
    record it is; `sort` a field with `-` for descending; `due` the date or moment that makes an
    open record overdue; `within` the reference whose target must be readable too, but for one's
    own; `lease` the two fields that say who holds a record without an owner for a time, and until
    when; `hidden` entities have no screens and no commands of their own; with `delete_reason`
    nobody deletes a record without saying why; `key` the letter after the leader `g`; `place` says
    where it stands among the entities, lowest first; each of `checks` is
    `(record, ctx) -> str | dict[field, str] | None`.
    """

    def build(cls: type[Any]) -> type[Any]:
        made = attrs.frozen(slots=False, kw_only=True, eq=False)(cls)
        shown = label or name.replace("_", " ").capitalize()
        own = declared_fields(made)
        made.spec = EntitySpec(
            name=name, cls=made, label=shown, plural=plural or f"{shown}s", title=title,
            subtitle=subtitle, owner_field=owner, sort=sort, due=due, within=within, lease=lease,
            hidden=hidden, delete_reason=delete_reason, key=key, glyph=glyph, order=place,
            fields=own, checks=tuple(checks), doc=(cls.__doc__ or "").strip(),
            names=frozenset(field.name for field in own),
        )  # fmt: skip
        return made

    return build


@dataclass_transform(
    kw_only_default=True, frozen_default=True,
    field_specifiers=(
        f.text, f.note, f.email, f.phone, f.url, f.address, f.number, f.percent, f.money,
        f.flag, f.date_, f.moment, f.choice, f.tags, f.ref, f.refs, f.flow,
    ),
)  # fmt: skip
def facet(entity: str) -> Callable[[type[FacetT]], type[FacetT]]:
    """Make a Facet class the addition of fields to the named entity."""

    def build(cls: type[FacetT]) -> type[FacetT]:
        made = attrs.frozen(slots=False, kw_only=True)(cls)
        made.spec = FacetSpec(entity=entity, cls=made, fields=declared_fields(made))
        return made

    return build


@dataclass_transform(
    kw_only_default=True, frozen_default=True,
    field_specifiers=(
        f.text, f.note, f.email, f.phone, f.url, f.address, f.number, f.percent, f.money,
        f.flag, f.date_, f.moment, f.choice, f.tags, f.ref, f.refs, f.flow,
    ),
)  # fmt: skip
def params(cls: type[Any]) -> type[Any]:
    """Make a class the parameters of a Command, from the same field functions."""
    return attrs.frozen(slots=False, kw_only=True)(cls)
