"""The tables that a Model needs: one for each entity, facet and repeating field.

Entities are tables named as they are (`lead`), facets `lead__acme`, repeating fields
`contact___email` or `lead__acme___tags`: no name of an entity, plugin or field holds two
underscores in a row, so the three cannot clash. Every column of a field may be NULL, and has the
field's default where that is plain: whether a field is required is the core's business, and so
no change of mind about it ever needs a change of the table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cached_property

import sqlalchemy as sa
from attrs import field, frozen
from sqlalchemy.sql import quoted_name
from sqlalchemy.sql.elements import ColumnElement

from crmkit.core.entity import SYSTEM_FIELDS, TITLE_FIELD
from crmkit.core.errors import Fault
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Column
from crmkit.core.model import EntityModel, Model
from crmkit.sql.core_tables import CoreTables
from crmkit.sql.types import Dialect

_NAME = re.compile(r"[a-z](?:_?[a-z0-9])*")
_LONGEST = 63


@frozen(eq=False)
class Place:
    """Where a field's values are: a table, and a column for each part of a value."""

    field: Field
    table: sa.Table
    columns: tuple[sa.Column, ...]  # type: ignore[type-arg]
    kinds: tuple[Column, ...]

    @property
    def first(self) -> sa.Column:  # type: ignore[type-arg]
        """The column that the field is sorted by."""
        return self.columns[0]


@frozen(eq=False)
class EntityTables:
    """The tables of one entity."""

    entity: EntityModel
    main: sa.Table
    facets: Mapping[str, sa.Table]
    many: Mapping[str, Place]
    single: Mapping[str, Place]

    def place(self, target: Field) -> Place:
        """Return where a field is stored."""
        found = self.single.get(target.key) or self.many.get(target.key)
        if found is None:
            raise Fault(f"{self.entity.name} stores no field {target.key}")
        return found

    @property
    def places(self) -> list[Place]:
        """Where every field is stored."""
        return [*self.single.values(), *self.many.values()]

    @cached_property
    def plugins(self) -> Mapping[str, str]:
        """The plugin that each table belongs to."""
        found = {self.main.name: self.entity.plugin}
        found |= {table.name: name for name, table in self.facets.items()}
        for place in self.many.values():
            found[place.table.name] = place.field.facet or self.entity.plugin
        return found


@frozen(eq=False)
class Tables:
    """Every table of a Model, on one kind of database."""

    metadata: sa.MetaData
    core: CoreTables
    entities: Mapping[str, EntityTables] = field(factory=dict)


def build(model: Model, dialect: Dialect) -> Tables:
    """Return the tables of a Model; Fault for a name that cannot be a table's or a column's."""
    metadata = sa.MetaData()
    core = CoreTables.build(metadata, dialect)
    entities = {
        name: _Builder(entity, metadata, dialect).build() for name, entity in model.entities.items()
    }
    return Tables(metadata, core, entities)


def facet_table(entity: str, facet: str) -> str:
    """Return the name of a facet's table."""
    return f"{entity}__{facet}"


def short(name: str) -> str:
    """Return a name that both databases take, cut and made unique by a digest where it is long."""
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class _Builder:
    """Makes one entity's tables."""

    def __init__(self, entity: EntityModel, metadata: sa.MetaData, dialect: Dialect) -> None:
        self.entity = entity
        self.metadata = metadata
        self.dialect = dialect
        self.single: dict[str, Place] = {}
        self.many: dict[str, Place] = {}
        self.facets: dict[str, sa.Table] = {}

    def build(self) -> EntityTables:
        _demand_name("entity", self.entity.name)
        if self.entity.name.startswith("crm_"):
            raise Fault(f"an entity may not be called {self.entity.name}: crm_ is the program's")
        own = [f for f in self.entity.fields if not f.facet]
        main = self._table(self.entity.name, self._system_columns(), own)
        for part in self.entity.facets:
            _demand_name("plugin", part.name)
            key = self._column("id", Column.INTEGER, primary_key=True, autoincrement=False)
            name = facet_table(self.entity.name, part.name)
            fields = [f for f in self.entity.fields if f.facet == part.name]
            self.facets[part.name] = self._table(name, [key], fields)
        self._place_system(main)
        self._index(main)
        return EntityTables(self.entity, main, self.facets, self.many, self.single)

    def _column(self, name: str, kind: Column, **more: object) -> sa.Column:  # type: ignore[type-arg]
        return sa.Column(name, self.dialect.types[kind], **more)  # type: ignore[arg-type]

    def _system_columns(self) -> list[sa.Column]:  # type: ignore[type-arg]
        whole, moment = Column.INTEGER, Column.MOMENT
        return [
            self._column("id", whole, primary_key=True, autoincrement=False),
            self._column("version", whole, nullable=False, server_default="1"),
            self._column("created_at", moment),
            self._column("created_by", whole),
            self._column("updated_at", moment),
            self._column("updated_by", whole),
            self._column("moved_at", moment),
            self._column("deleted_at", moment),
            self._column("title", Column.TEXT, nullable=False, server_default=""),
            self._column("title_key", Column.TEXT, nullable=False, server_default=""),
        ]

    def _table(self, name: str, first: Iterable[sa.Column], fields: list[Field]) -> sa.Table:  # type: ignore[type-arg]
        table = sa.Table(quoted_name(name, True), self.metadata, *first)
        for f in fields:
            _demand_name("field", f.column)
            if f.many:
                self._child(name, f)
            else:
                self.single[f.key] = self._add_columns(table, f, f.column, self._defaults(f))
        return table

    def _add_columns(
        self, table: sa.Table, f: Field, name: str, defaults: tuple[str | None, ...]
    ) -> Place:
        made = []
        for (suffix, kind), default in zip(f.kind.columns, defaults, strict=True):
            column = self._column(name + suffix, kind, server_default=default)
            if column.name in table.c:
                raise Fault(
                    f"{self.entity.name}.{f.key} needs the column {column.name}, which another "
                    "field has; rename one of them"
                )
            table.append_column(column)
            made.append(column)
        return Place(f, table, tuple(made), tuple(kind for _, kind in f.kind.columns))

    def _defaults(self, f: Field) -> tuple[str | None, ...]:
        none = (None,) * len(f.kind.columns)
        if f.required or f.default is None or len(none) > 1:
            return none
        value = f.default if f.default == "" else f.kind.store(f.default)[0]
        if isinstance(value, bool):
            return (("1" if value else "0") if self.dialect.sqlite else str(value).lower(),)
        return (str(value),) if isinstance(value, str | int) else none

    def _child(self, parent: str, f: Field) -> None:
        table = sa.Table(
            quoted_name(f"{parent}___{f.column}", True),
            self.metadata,
            self._column("record", Column.INTEGER, primary_key=True, autoincrement=False),
            self._column("position", Column.INTEGER, primary_key=True, autoincrement=False),
            sqlite_with_rowid=False,
        )
        place = self._add_columns(table, f, "value", (None,) * len(f.kind.columns))
        table.append_column(self._column("label", Column.TEXT, nullable=False, server_default=""))
        table.append_column(
            sa.Column("primary", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        sa.Index(short(f"ix_{table.name}_value"), *place.columns, table.c.record)
        self.many[f.key] = place

    def _place_system(self, main: sa.Table) -> None:
        for f in (*SYSTEM_FIELDS, TITLE_FIELD):
            kinds = tuple(kind for _, kind in f.kind.columns)
            self.single[f.key] = Place(f, main, (main.c[f.name],), kinds)

    def _index(self, main: sa.Table) -> None:
        live = main.c.deleted_at.is_(None)
        sort = self._sorted_by()
        flows = [self.single[f.key] for f in self.entity.flows]
        owner = self.single[self.entity.owner.key] if self.entity.owner else None
        wanted: list[tuple[ColumnElement[object], ...]] = [
            (main.c.title_key,),
            (main.c.created_at,),
        ]
        ordered = sort.columns[:1] if sort is not None and sort.table is main else ()
        if owner is None:
            wanted.append((main.c.created_by, main.c.created_at))
        elif owner.table is main:
            wanted.append((owner.first, *ordered))
        for f in self.entity.fields:
            place = self.single.get(f.key)
            if place is None:
                continue
            led = place.table is main and (place in flows or place is owner)
            if (f.index and not led) or place is sort:
                self._add_index(place.table, place.columns, live)
        for flow in flows:
            tail = sort.columns[:1] if sort is not None and sort.table is flow.table else ()
            wanted.append((flow.first, *tail))
            if owner is not None and owner.table is flow.table:
                wanted.append((owner.first, flow.first, *tail))
        for columns in wanted:
            table = columns[0].table
            self._add_index(table, columns, live)

    def _sorted_by(self) -> Place | None:
        name = self.entity.spec.sort.lstrip("-")
        found = self.entity.by_key.get(name)
        place = self.single.get(found.key) if found is not None else None
        return place if place is not None and not place.field.system else None

    def _add_index(
        self, table: sa.Table, columns: Iterable[ColumnElement[object]], live: ColumnElement[bool]
    ) -> None:
        parts = tuple(columns)
        name = short("_".join(["ix", table.name, *(c.name for c in parts)]))
        if name in {index.name for index in table.indexes}:
            return
        # Of the records themselves only live ones are listed; facets do not know.
        where = live if table.name == self.entity.name else None
        sa.Index(name, *parts, table.c.id, sqlite_where=where, postgresql_where=where)


def _demand_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 40:
        raise Fault(
            f"{what} {name!r} cannot be stored: write its name in at most 40 lower-case letters, "
            "digits and single underscores"
        )
