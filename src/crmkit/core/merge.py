"""Merging what plugins declared into one Model, and checking it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import evolve, field, frozen

from crmkit.core.absent import Absent
from crmkit.core.automation import Automation, Effect, Switch
from crmkit.core.bringing import NewKind, kind_faults, offered, shell_faults, wall
from crmkit.core.contribution import Contribution, View
from crmkit.core.declare import (
    Command,
    Deny,
    Extension,
    HomeSection,
    Listener,
    Role,
    Table,
)
from crmkit.core.entity import SYSTEM_FIELDS, EntitySpec, FacetSpec, Record
from crmkit.core.errors import Invalid, unknown
from crmkit.core.faults import model_faults
from crmkit.core.fields import Field
from crmkit.core.kinds.choices import FlowKind
from crmkit.core.matching import Matcher
from crmkit.core.model import EntityModel, Model
from crmkit.core.policy import ADMIN, UNDENIABLE, Rule
from crmkit.core.reports import Report
from crmkit.core.settings import Setting, resolve
from crmkit.core.showing import FORMATS, Agenda, Badge, Condition, Export, Panel, PluginScreen
from crmkit.core.soundness import unsound
from crmkit.core.widening import decided, narrowed, widened

OwnedT = TypeVar("OwnedT", Condition, Matcher, Badge, Panel, Agenda, Export, Table)

RESERVED = (
    frozenset(f.name for f in SYSTEM_FIELDS)
    | {name for name in dir(Record) if not name.startswith("_")}
    | {"title_key", "is", "facets", "spec"}
)


@frozen
class Problem:
    """A fault in the Model: the plugin to blame, one sentence, and the place where it is known."""

    plugin: str
    message: str
    place: str = ""


@frozen
class _Merge:
    """The work in progress: contributions in order, and the problems found so far."""

    contributions: Sequence[Contribution]
    sections: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    off: Collection[str] = ()
    problems: list[Problem] = field(factory=list)
    known: set[str] = field(factory=set)
    """The names of all entities."""

    def blame(self, plugin: str, message: str) -> None:
        self.problems.append(Problem(plugin, message))

    def model(self) -> Model:
        settings, wrong = resolve(
            {c.plugin.name: c.settings for c in self.contributions}, self.sections
        )
        self.problems.extend(Problem(plugin, said, place) for plugin, place, said in wrong)
        specs = self._specs()
        self.known.update(specs)
        extensions = [
            evolve(e, owner=c.plugin.name) for c in self.contributions for e in c.extensions
        ]
        for extension in extensions:
            if extension.entity not in specs:
                self.blame(extension.owner, unknown("entity", extension.entity, list(specs)))
        commands = self._commands(specs)
        views: list[View] = self._owned(
            specs, lambda c: [v for v in c.views if not isinstance(v, PluginScreen)]
        )
        conditions = self._owned(specs, lambda c: c.conditions)
        matchers = self._owned(specs, lambda c: c.matchers)
        exports = self._owned(specs, lambda c: c.exports)
        self._demand_once("condition", [(c.owner, f"{c.entity} is:{c.name}") for c in conditions])
        self._demand_once("export", [(e.owner, f"{e.entity} {e.format}") for e in exports])
        for export in exports:
            if export.format in FORMATS:
                name = f"{export.entity} {export.format}"
                self.blame(export.owner, f"export {name} is the program's own; name it otherwise")
        absent = Absent({c.plugin.name for c in self.contributions})
        entities = {
            name: self._entity(
                owner,
                spec,
                [e for e in extensions if e.entity == name],
                [c for c in commands if c.entity == name],
                settings,
                tables=_of(name, [v for v in views if isinstance(v, Table)]),
                badges=_of(name, [v for v in views if isinstance(v, Badge)]),
                panels=_of(name, [v for v in views if isinstance(v, Panel)]),
                agendas=_of(name, [v for v in views if isinstance(v, Agenda)]),
                conditions={c.name: c for c in _of(name, conditions)},
                matchers=_of(name, matchers),
                exports=_of(name, exports),
                absent=absent,
            )
            for name, (owner, spec) in specs.items()
        }
        model = Model(
            plugins=tuple(c.plugin for c in self.contributions),
            entities=dict(sorted(entities.items(), key=lambda kv: (kv[1].spec.order, kv[0]))),
            roles=self._roles(),
            kinds=offered(self._kinds()),
            reports=self._reports(specs),
            screens=self._screens(),
            jobs=self._kept(lambda c: c.jobs),
            shell=self._kept(lambda c: c.shell),
            checks=self._kept(lambda c: c.checks),
            steps=self._kept(lambda c: c.steps),
            hooked=self._kept(lambda c: c.hooked),
            automations=self._automations(specs),
            effects=self._effects(),
            listeners=self._listeners(specs),
            settings=settings,
            settings_of={c.plugin.name: tuple(c.settings) for c in self.contributions},
            absent=absent,
            derivations=tuple(
                (e.entity, evolve(d, owner=e.owner))
                for e in extensions
                if e.entity in specs
                for d in e.derived
            ),
            home=tuple(
                sorted((v for v in views if isinstance(v, HomeSection)), key=lambda v: v.order)
            ),
        )
        self._check(model)
        return model

    def _specs(self) -> dict[str, tuple[str, EntitySpec]]:
        found: dict[str, tuple[str, EntitySpec]] = {}
        for c in self.contributions:
            for cls in c.entities:
                spec = getattr(cls, "spec", None)
                if not isinstance(spec, EntitySpec):
                    self.blame(c.plugin.name, f"{cls!r} is no entity; decorate it with @entity")
                elif spec.name in found:
                    other = found[spec.name][0]
                    self.blame(c.plugin.name, f"entity {spec.name} is already plugin {other}'s")
                else:
                    found[spec.name] = (c.plugin.name, spec)
        return found

    def _commands(self, specs: Iterable[str]) -> list[Command]:
        found: list[Command] = []
        for c in self.contributions:
            for command in c.commands:
                twin = next(
                    (o for o in found if (o.entity, o.name) == (command.entity, command.name)), None
                )
                key = next(
                    (
                        o
                        for o in found
                        if o.key and (o.entity, o.key) == (command.entity, command.key)
                    ),
                    None,
                )
                if command.entity not in specs:
                    self.blame(c.plugin.name, unknown("entity", command.entity, list(specs)))
                elif twin:
                    name = f"{command.entity}.{command.name}"
                    self.blame(c.plugin.name, f"command {name} is already plugin {twin.owner}'s")
                elif key:
                    self.blame(
                        c.plugin.name,
                        f"key {command.key!r} of {command.entity}.{command.name} is already "
                        f"that of {key.entity}.{key.name}",
                    )
                else:
                    found.append(evolve(command, owner=c.plugin.name))
        return found

    def _owned(self, specs: Collection[str], of: Callable[[Contribution], Iterable[Any]]) -> Any:
        """Return what plugins declared of entities, each with its owner; blame for no entity."""
        found = list(self._kept(of))
        for one in found:
            if one.entity not in specs:
                self.blame(one.owner, unknown("entity", one.entity, list(specs)))
        return found

    def _demand_once(self, what: str, named: Iterable[tuple[str, str]]) -> None:
        first: dict[str, str] = {}
        for owner, name in named:
            if name in first:
                self.blame(owner, f"{what} {name} is already plugin {first[name]}'s")
            first.setdefault(name, owner)

    def _reports(self, specs: Collection[str]) -> dict[str, Report]:
        found: dict[str, Report] = {}
        for c in self.contributions:
            for report in c.reports:
                if report.name in found:
                    other = found[report.name].owner
                    self.blame(c.plugin.name, f"report {report.name} is already plugin {other}'s")
                elif report.entity and report.entity not in specs:
                    self.blame(c.plugin.name, unknown("entity", report.entity, list(specs)))
                else:
                    found[report.name] = evolve(report, owner=c.plugin.name)
        return found

    def _screens(self) -> dict[str, PluginScreen]:
        found = [
            evolve(v, owner=c.plugin.name) for c in self.contributions for v in c.views
            if isinstance(v, PluginScreen)
        ]  # fmt: skip
        self._demand_once("screen", [(one.owner, one.name) for one in found])
        return {one.name: one for one in found}

    def _automations(self, specs: Collection[str]) -> dict[str, Automation]:
        """Return the automations by name, switched as the last one who said so wants it."""
        declared = [(c.plugin.name, a) for c in self.contributions for a in c.automations]
        found: dict[str, Automation] = {}
        for owner, one in declared:
            if isinstance(one, Switch):
                continue
            if one.name in found:
                other = found[one.name].owner
                self.blame(owner, f"automation {one.name} is already plugin {other}'s")
            elif one.entity not in specs:
                self.blame(owner, unknown("entity", one.entity, list(specs)))
            else:
                found[one.name] = evolve(one, owner=owner)
        for _, one in declared:
            if isinstance(one, Switch) and one.name in found:
                found[one.name] = evolve(found[one.name], on=one.on)
        return found

    def _kept(self, of: Callable[[Contribution], Iterable[Any]]) -> tuple[Any, ...]:
        """Return what plugins declared, each with its owner."""
        return tuple(evolve(v, owner=c.plugin.name) for c in self.contributions for v in of(c))

    def _listeners(self, specs: Collection[str]) -> tuple[Listener, ...]:
        found: tuple[Listener, ...] = self._kept(lambda c: c.listeners)
        for one in found:
            if one.entity and one.entity not in specs:
                self.blame(one.owner, unknown("entity", one.entity, list(specs)))
        return found

    def _effects(self) -> dict[str, Effect]:
        found = self._kept(lambda c: c.effects)
        self._demand_once("effect", [(e.owner, e.name) for e in found])
        return {e.name: e for e in reversed(found)}

    def _kinds(self) -> tuple[NewKind, ...]:
        """Return the kinds of fields that plugins bring, each tried on its own example."""
        found: tuple[NewKind, ...] = self._kept(lambda c: c.kinds)
        self._demand_once("kind of field", [(k.owner, k.name) for k in found])
        for one in found:
            if faults := list(kind_faults(one)):
                self.problems.extend(Problem(one.owner, message) for message in faults)
            else:
                wall(one)
        return found

    def _roles(self) -> dict[str, tuple[Role, ...]]:
        found: dict[str, tuple[Role, ...]] = {}
        for c in self.contributions:
            for role in c.roles:
                for rule in role.rules:
                    try:
                        Rule.read(rule, role.name)
                    except Invalid as error:
                        self.blame(c.plugin.name, f"role {role.name}: {error}")
                if role.name == ADMIN and any(isinstance(rule, Deny) for rule in role.rules):
                    self.blame(c.plugin.name, UNDENIABLE)
                found[role.name] = (*found.get(role.name, ()), evolve(role, owner=c.plugin.name))
        return found

    def _entity(
        self,
        owner: str,
        spec: EntitySpec,
        extensions: list[Extension],
        commands: list[Command],
        settings: Mapping[Setting[Any], Any],
        **shown: Any,
    ) -> EntityModel:
        facets = [self._facet(e, settings) for e in extensions if e.facet]
        own = [decided(evolve(f, owner=owner), settings) for f in spec.fields]
        for f in own:
            if f.name in RESERVED:
                self.blame(owner, f"{spec.name}.{f.name}: the name {f.name} is the program's own")
        fields = [self._with_states(f, spec, extensions) for f in own]
        fields = [narrowed(widened(f, extensions), self.known, self.off) for f in fields]
        fields += [f for part in facets for f in part.fields]
        made = EntityModel(
            spec=spec,
            plugin=owner,
            fields=tuple(fields),
            facets=tuple(facets),
            checks=(*spec.checks, *(c for e in extensions for c in e.checks)),
            guards=tuple(evolve(g, owner=e.owner) for e in extensions for g in e.guards),
            commands=tuple(commands),
            derived=tuple(evolve(d, owner=e.owner) for e in extensions for d in e.derived),
            fills=tuple(f for e in extensions for f in e.fills),
            reactions=tuple(r for e in extensions for r in e.reactions),
            off=tuple(sorted(self.off)),
            listed=next((e.columns for e in reversed(extensions) if e.columns), ()),
            rule_owners={
                id(rule): e.owner
                for e in extensions
                for rule in (*e.checks, *e.fills, *e.reactions)
            },
            **shown,
        )
        for e in extensions:
            for name in e.columns:
                if name not in made.by_key:
                    self.blame(e.owner, unknown(f"field of {spec.name}", name, list(made.by_key)))
        return made

    def _facet(self, extension: Extension, settings: Mapping[Setting[Any], Any]) -> FacetSpec:
        assert extension.facet is not None
        declared = extension.facet.spec
        if declared.entity != extension.entity:
            self.blame(
                extension.owner,
                f"facet {extension.facet.__name__} is of {declared.entity}, not {extension.entity}",
            )
        for f in declared.fields:
            if f.required:
                self.blame(
                    extension.owner,
                    f"{extension.entity}.{extension.owner}.{f.name}: a facet's field needs a "
                    "default, for the records that exist already",
                )
        fields = tuple(
            decided(evolve(f, facet=extension.owner, owner=extension.owner), settings)
            for f in declared.fields
        )
        # Records find the value of a facet's field by the name that its class carries.
        extension.facet.spec = evolve(declared, name=extension.owner, fields=fields)
        return extension.facet.spec

    def _with_states(self, f: Field, spec: EntitySpec, extensions: list[Extension]) -> Field:
        flow = f.flow
        if flow is None or f.name != next(o.name for o in spec.fields if o.flow):
            return f
        for e in extensions:
            for state in e.states:
                if flow.state(state.code):
                    self.blame(e.owner, f"state {state.code} of {spec.name} exists already")
                elif state.after and not flow.state(state.after):
                    self.blame(
                        e.owner, unknown(f"state of {spec.name}", state.after, list(flow.codes()))
                    )
                elif not state.fallback or not flow.state(state.fallback):
                    self.blame(e.owner, f"state {state.code} needs a fallback that exists")
                else:
                    flow = flow.extended((evolve(state, owner=e.owner),), ())
            flow = flow.extended((), e.moves)
        return evolve(f, kind=FlowKind.of(flow))

    def _check(self, model: Model) -> None:
        for plugin, message in (
            *model_faults(model, self.off), *shell_faults(model),
            *unsound(model, self.contributions),
        ):  # fmt: skip
            self.blame(plugin, message)


def _of(entity: str, found: Iterable[OwnedT]) -> tuple[OwnedT, ...]:
    return tuple(one for one in found if one.entity == entity)


def merge(
    contributions: Sequence[Contribution],
    sections: Mapping[str, Mapping[str, Any]],
    off: Collection[str] = (),
) -> tuple[Model, list[Problem]]:
    """Return the Model of all contributions, and every problem found in it."""
    work = _Merge(contributions, sections, off)
    try:
        return work.model(), work.problems
    except Invalid as error:
        return Model(plugins=(), entities={}, roles={}), [*work.problems, Problem("", str(error))]
