"""The Model: everything that all plugins declared, merged, checked and frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from attrs import field, frozen

from crmkit.core.absent import Absent
from crmkit.core.automation import Automation, Effect, Older, Reached
from crmkit.core.bringing import NewKind, ShellCommand
from crmkit.core.declare import (
    Check,
    Command,
    Derived,
    HomeSection,
    Listener,
    Plugin,
    Role,
    Step,
    Table,
)
from crmkit.core.entity import SYSTEM_FIELDS, TITLE_FIELD, EntitySpec, Facet, FacetSpec, Record
from crmkit.core.errors import Invalid, NotFound
from crmkit.core.fields import Field
from crmkit.core.hooked import Hooked
from crmkit.core.kinds.base import fold
from crmkit.core.matching import Matcher
from crmkit.core.reports import Report
from crmkit.core.settings import Setting, T
from crmkit.core.showing import Agenda, Badge, Condition, Export, Job, Panel, PluginScreen
from crmkit.core.workflow import Guard, Workflow


@frozen(kw_only=True, eq=False)
class EntityModel:
    """One entity with everything that plugins added to it."""

    spec: EntitySpec
    plugin: str
    fields: tuple[Field, ...]
    facets: tuple[FacetSpec, ...] = ()
    checks: tuple[Callable[..., Any], ...] = ()
    guards: tuple[Guard, ...] = ()
    commands: tuple[Command, ...] = ()
    derived: tuple[Derived, ...] = ()
    tables: tuple[Table, ...] = ()
    fills: tuple[Callable[..., Any], ...] = ()
    reactions: tuple[Callable[..., None], ...] = ()
    conditions: Mapping[str, Condition] = field(factory=dict)
    badges: tuple[Badge, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    panels: tuple[Panel, ...] = ()
    agendas: tuple[Agenda, ...] = ()
    exports: tuple[Export, ...] = ()
    listed: tuple[str, ...] = ()
    """The columns of a plain list, where a plugin says which."""
    off: tuple[str, ...] = ()
    """Plugins that are off in this run: the field that is asked for may be theirs."""
    absent: Absent = field(factory=Absent)
    rule_owners: Mapping[int, str] = field(factory=dict)
    """The plugins of checks, fills and reactions that were added, by the functions' identity."""

    @property
    def name(self) -> str:
        """The entity's name, as in `lead`."""
        return self.spec.name

    @property
    def label(self) -> str:
        """What people call one of them."""
        return self.spec.label

    @property
    def plural(self) -> str:
        """What people call several."""
        return self.spec.plural

    @cached_property
    def by_key(self) -> Mapping[str, Field]:
        """Every field by key, system fields and the title too; short names where unambiguous."""
        found = {f.key: f for f in (*SYSTEM_FIELDS, TITLE_FIELD, *self.fields)}
        if self.spec.owner_field in found:
            # Whatever an entity calls its owner, filters know him by one word too.
            found.setdefault("owner", found[self.spec.owner_field])
        names = [f.name for f in self.fields]
        for f in self.fields:
            if f.facet and names.count(f.name) == 1 and f.name not in found:
                found[f.name] = f
        return found

    def field(self, key: str) -> Field:
        """Return a field by key or unambiguous name; Invalid names what is near."""
        found = self.by_key.get(key) or self.by_key.get(key.replace("-", "_"))
        if found is None:
            raise Invalid(self.unknown_field(key))
        return found

    def unknown_field(self, key: str) -> str:
        """Return that there is no such field, and whose it is or what is near."""
        return self.absent.unknown("field", key, sorted(self.by_key), self.name)

    def owner_of(self, rule: Callable[..., Any]) -> str:
        """Return the plugin that a check, fill or reaction comes from."""
        return self.rule_owners.get(id(rule), self.plugin)

    def short(self, field: Field) -> str:
        """Return the shortest name that means the field."""
        return field.name if self.by_key.get(field.name) is field else field.key

    @cached_property
    def owner(self) -> Field | None:
        """The field that says whose record it is."""
        return self.by_key[self.spec.owner_field] if self.spec.owner_field else None

    @cached_property
    def holder(self) -> Field:
        """The field that scope `own` looks at: the owner, or else the creator."""
        return self.owner or self.by_key["created_by"]

    @cached_property
    def lease(self) -> tuple[Field, Field] | None:
        """The fields that say who claimed a record without an owner, and until when."""
        if self.spec.lease is None:
            return None
        by, until = self.spec.lease
        return self.by_key[by], self.by_key[until]

    @cached_property
    def flows(self) -> tuple[Field, ...]:
        """The fields that hold a workflow's state."""
        return tuple(f for f in self.fields if f.flow)

    @property
    def flow(self) -> Field | None:
        """The first workflow field, which `move`, `board` and `is:open` mean."""
        return self.flows[0] if self.flows else None

    def flow_field(self, name: str = "") -> Field:
        """Return a workflow field by key, or the first; Invalid where there is none."""
        found = self.field(name) if name else self.flow
        if found is None or found.flow is None:
            raise Invalid(f"{self.plural} have no workflow" + (f" {name!r}" if name else ""))
        return found

    @cached_property
    def amount(self) -> Field | None:
        """The money field that boards add up."""
        return next((f for f in self.fields if f.kind.name == "money" and not f.derived), None)

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The fields of a plain list, where no view names others."""
        if self.listed:
            return tuple(self.by_key[name] for name in self.listed if name in self.by_key)
        shown = tuple(f for f in self.fields if f.shown)
        return shown or tuple(f for f in self.fields if not f.many)[:6]

    def tables_of(self, user: str) -> tuple[Table, ...]:
        """Return the saved lists that a user sees: everybody's and his own."""
        return tuple(table for table in self.tables if table.user in ("", user))

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """The fields that people must fill in."""
        return tuple(f for f in self.fields if f.required and f.typed)

    @cached_property
    def recorded(self) -> tuple[Field, ...]:
        """The fields that the journal keeps: all but the derived ones."""
        return tuple(f for f in self.fields if not f.derived)

    @cached_property
    def defaults(self) -> Mapping[str, Any]:
        """The values of the entity's own fields that have a default, by name."""
        own = (f for f in self.fields if not f.facet and not f.required)
        return {f.name: f.validate(f.default) for f in own}

    @cached_property
    def default_facets(self) -> Mapping[type[Facet], Facet]:
        """The facets of a record of which nothing of theirs is known."""
        return {
            part.cls: part.cls(**{f.name: f.validate(f.default) for f in part.fields})
            for part in self.facets
        }

    @cached_property
    def facet_of(self) -> Mapping[Field, type[Facet]]:
        """The facets that fields belong to, for those that belong to one."""
        return {f: part.cls for part in self.facets for f in part.fields}

    @cached_property
    def ordered(self) -> tuple[Field, ...]:
        """The dates and moments that cannot come before others."""
        return tuple(f for f in self.fields if f.follows)

    @cached_property
    def searched(self) -> tuple[Field, ...]:
        """The fields that full-text search covers."""
        return tuple(f for f in self.fields if f.search)

    @cached_property
    def identities(self) -> tuple[Field, ...]:
        """The fields that duplicates are found by."""
        return tuple(f for f in self.fields if f.identity)

    def command(self, name: str) -> Command:
        """Return a command by name; NotFound names what is near."""
        for command in self.commands:
            if command.name == name:
                return command
        known = [c.name for c in self.commands]
        raise NotFound(self.absent.unknown("command", name, known, self.name))

    def search_text(self, record: Record) -> tuple[str, str]:
        """Return the folded title and the folded words of all searched fields."""
        words = [
            f.kind.words(value)
            for f in self.searched
            for value in f.values(record.get(f))
            if value != ""
        ]
        return fold(record.title), fold("\n".join(words))


@frozen(kw_only=True)
class Model:
    """Everything that is declared, by name."""

    plugins: tuple[Plugin, ...]
    entities: Mapping[str, EntityModel]
    roles: Mapping[str, tuple[Role, ...]]
    kinds: Mapping[str, NewKind] = field(factory=dict)
    """The kinds of fields that plugins bring, by `plugin.name`."""
    home: tuple[HomeSection, ...] = ()
    reports: Mapping[str, Report] = field(factory=dict)
    screens: Mapping[str, PluginScreen] = field(factory=dict)
    shell: tuple[ShellCommand, ...] = ()
    jobs: tuple[Job, ...] = ()
    automations: Mapping[str, Automation] = field(factory=dict)
    effects: Mapping[str, Effect] = field(factory=dict)
    listeners: tuple[Listener, ...] = ()
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()
    hooked: tuple[Hooked, ...] = ()
    settings: Mapping[Setting[Any], Any] = field(factory=dict)
    """What the firm decided for every setting that a plugin declares."""
    settings_of: Mapping[str, tuple[Setting[Any], ...]] = field(factory=dict)
    """The settings that each plugin declares."""
    derivations: tuple[tuple[str, Derived], ...] = ()
    """Entities with what is derived for them, in the order in which plugins declared it."""
    off: Mapping[str, str] = field(factory=dict)
    """Plugins that are off in this run, with the reason."""
    closed: Mapping[str, str] = field(factory=dict)
    """Roles whose denials are not known in this run, and the plugin that would say them."""
    absent: Absent = field(factory=Absent)
    """Whose the names are that it does not have; shared with its entities."""

    def setting(self, setting: Setting[T]) -> T:
        """Return what the firm decided, or the setting's default."""
        found: T = self.settings.get(setting, setting.default)
        return found

    @cached_property
    def shown(self) -> tuple[EntityModel, ...]:
        """The entities that have screens and commands, in their order."""
        return tuple(e for e in self.entities.values() if not e.spec.hidden)

    def report(self, name: str) -> Report:
        """Return a report by name; NotFound names what is near."""
        if name not in self.reports:
            raise NotFound(self.absent.unknown("report", name, sorted(self.reports)))
        return self.reports[name]

    def screen(self, name: str) -> PluginScreen:
        """Return a plugin's own screen by name; NotFound names what is near."""
        if name not in self.screens:
            raise NotFound(self.absent.unknown("screen", name, sorted(self.screens)))
        return self.screens[name]

    def automation(self, name: str) -> Automation:
        """Return an automation by name; NotFound names what is near."""
        if name not in self.automations:
            raise NotFound(self.absent.unknown("automation", name, sorted(self.automations)))
        return self.automations[name]

    def entity(self, name: str) -> EntityModel:
        """Return an entity by name or plural; NotFound names what is near."""
        found = self.entities.get(name) or next(
            (e for e in self.entities.values() if e.plural.casefold() == name.casefold()), None
        )
        if found is None:
            raise NotFound(self.absent.unknown("entity", name, list(self.entities)))
        return found

    @cached_property
    def answering(self) -> Mapping[str, tuple[Automation, ...]]:
        """The automations that are on and that changes trigger, by entity."""
        found: dict[str, tuple[Automation, ...]] = {}
        for one in self.automations.values():
            if one.on and not isinstance(one.trigger, Older | Reached):
                found[one.entity] = (*found.get(one.entity, ()), one)
        return found

    @cached_property
    def referrers(self) -> Mapping[str, tuple[tuple[EntityModel, Field], ...]]:
        """For every entity the fields, of whatever entity, that point at it."""
        found: dict[str, list[tuple[EntityModel, Field]]] = {n: [] for n in self.entities}
        for owner in self.entities.values():
            for f in owner.fields:
                for target in f.targets:
                    if target in found:
                        found[target].append((owner, f))
        return {name: tuple(pairs) for name, pairs in found.items()}

    def workflow(self, entity: str, name: str = "") -> Workflow:
        """Return an entity's workflow."""
        flow = self.entity(entity).flow_field(name).flow
        assert flow is not None
        return flow
