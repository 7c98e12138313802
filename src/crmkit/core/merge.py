"""Merging what plugins declared into one Model, and checking it as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import evolve, field, frozen

from crmkit.core import query
from crmkit.core.declare import Command, Extension, HomeSection, Plugin, Role, Table
from crmkit.core.entity import SYSTEM_FIELDS, EntitySpec, FacetSpec, Record
from crmkit.core.errors import Invalid, unknown
from crmkit.core.fields import Field
from crmkit.core.kinds.choices import FlowKind
from crmkit.core.model import EntityModel, Model
from crmkit.core.policy import Rule

RESERVED = (
    frozenset(f.name for f in SYSTEM_FIELDS)
    | {name for name in dir(Record) if not name.startswith("_")}
    | {"title_key", "is", "facets", "spec"}
)


@frozen(kw_only=True)
class Contribution:
    """What one plugin declared, with the plugin's name kept to the end."""

    plugin: Plugin
    entities: tuple[type[Record], ...] = ()
    extensions: tuple[Extension, ...] = ()
    roles: tuple[Role, ...] = ()
    commands: tuple[Command, ...] = ()
    views: tuple[Table | HomeSection, ...] = ()


@frozen
class Problem:
    """A fault in the Model: the plugin to blame, and one sentence."""

    plugin: str
    message: str


@frozen
class _Merge:
    """The work in progress: contributions in order, and the problems found so far."""

    contributions: Sequence[Contribution]
    problems: list[Problem] = field(factory=list)

    def blame(self, plugin: str, message: str) -> None:
        self.problems.append(Problem(plugin, message))

    def model(self) -> Model:
        specs = self._specs()
        extensions = [
            evolve(e, owner=c.plugin.name) for c in self.contributions for e in c.extensions
        ]
        for extension in extensions:
            if extension.entity not in specs:
                self.blame(extension.owner, unknown("entity", extension.entity, list(specs)))
        commands = self._commands(specs)
        views = [evolve(v, owner=c.plugin.name) for c in self.contributions for v in c.views]
        for view in views:
            if view.entity not in specs:
                self.blame(view.owner, unknown("entity", view.entity, list(specs)))
        entities = {
            name: self._entity(
                owner,
                spec,
                [e for e in extensions if e.entity == name],
                [c for c in commands if c.entity == name],
                [v for v in views if isinstance(v, Table) and v.entity == name],
            )
            for name, (owner, spec) in specs.items()
        }
        model = Model(
            plugins=tuple(c.plugin for c in self.contributions),
            entities=dict(sorted(entities.items(), key=lambda kv: (kv[1].spec.order, kv[0]))),
            roles=self._roles(),
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

    def _roles(self) -> dict[str, tuple[Role, ...]]:
        found: dict[str, tuple[Role, ...]] = {}
        for c in self.contributions:
            for role in c.roles:
                for rule in role.rules:
                    try:
                        Rule.read(rule, role.name)
                    except Invalid as error:
                        self.blame(c.plugin.name, f"role {role.name}: {error}")
                found[role.name] = (*found.get(role.name, ()), evolve(role, owner=c.plugin.name))
        return found

    def _entity(
        self,
        owner: str,
        spec: EntitySpec,
        extensions: list[Extension],
        commands: list[Command],
        tables: list[Table],
    ) -> EntityModel:
        facets = [self._facet(e) for e in extensions if e.facet]
        own = [evolve(f, owner=owner) for f in spec.fields]
        for f in own:
            if f.name in RESERVED:
                self.blame(owner, f"{spec.name}.{f.name}: the name {f.name} is the program's own")
        fields = [self._with_states(f, spec, extensions) for f in own]
        fields += [f for part in facets for f in part.fields]
        return EntityModel(
            spec=spec,
            plugin=owner,
            fields=tuple(fields),
            facets=tuple(facets),
            checks=(*spec.checks, *(c for e in extensions for c in e.checks)),
            guards=tuple(evolve(g, owner=e.owner) for e in extensions for g in e.guards),
            commands=tuple(commands),
            derived=tuple(evolve(d, owner=e.owner) for e in extensions for d in e.derived),
            tables=tuple(tables),
        )

    def _facet(self, extension: Extension) -> FacetSpec:
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
            evolve(f, facet=extension.owner, owner=extension.owner) for f in declared.fields
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
        keys: dict[str, str] = {}
        for entity in model.entities.values():
            for plugin, message in _entity_faults(entity, model):
                self.blame(plugin, f"{entity.name}: {message}")
            if entity.spec.key and keys.setdefault(entity.spec.key, entity.name) != entity.name:
                other = keys[entity.spec.key]
                self.blame(entity.plugin, f"key {entity.spec.key!r} is already that of {other}")
        views: list[Table | HomeSection] = list(model.home)
        views += [table for e in model.entities.values() for table in e.tables]
        for view in views:
            for message in _view_faults(view, model):
                self.blame(view.owner, f"view {view.label!r}: {message}")


def _entity_faults(entity: EntityModel, model: Model) -> Iterator[tuple[str, str]]:
    spec, fields = entity.spec, sorted(entity.by_key)
    title = spec.title if isinstance(spec.title, str | tuple) else ()
    named = [spec.owner_field, spec.sort.lstrip("-"), spec.subtitle, spec.due, spec.within]
    named += [title] if isinstance(title, str) else title
    for name in filter(None, named):
        if name not in entity.by_key:
            yield entity.plugin, unknown("field", name, fields)
    for f in entity.fields:
        for target in f.targets:
            if target not in model.entities:
                known = unknown("entity", target, list(model.entities))
                yield f.owner, f"field {f.key} points at {target}: {known}"
    for guard in entity.guards:
        codes = entity.flow.flow.codes() if entity.flow and entity.flow.flow else ()
        for code in sorted({guard.source, guard.target} - {"*", *codes}):
            yield guard.owner, f"a guard names {code}: {unknown('state', code, list(codes))}"
    for derived in entity.derived:
        if derived.field not in entity.by_key:
            yield derived.owner, f"it derives {unknown('field', derived.field, fields)}"
    yield from ((entity.plugin, text) for text in _flow_faults(entity, fields))


def _flow_faults(entity: EntityModel, fields: list[str]) -> Iterator[str]:
    for f in entity.flows:
        assert f.flow is not None
        codes = list(f.flow.codes())
        if f.default not in codes:
            yield f"{f.name} starts in {f.default}: {unknown('state', str(f.default), codes)}"
        for move in f.flow.moves:
            for code in {move.source, move.target} - {"*", *codes}:
                yield unknown("state", code, codes)
            for name in (*move.requires, *move.clears, *move.stamps):
                if name not in entity.by_key:
                    yield unknown("field", name, fields)


def _view_faults(view: Table | HomeSection, model: Model) -> Iterator[str]:
    entity = model.entities.get(view.entity)
    if entity is None:
        return
    columns: Sequence[Any] = view.columns if isinstance(view, Table) else ()
    for name in (*columns, *filter(None, [view.sort.lstrip("-")])):
        if name not in entity.by_key:
            yield unknown("field", name, sorted(entity.by_key))
    try:
        query.parse(view.filter)
    except Invalid as error:
        yield str(error)


def merge(contributions: Sequence[Contribution]) -> tuple[Model, list[Problem]]:
    """Return the Model of all contributions, and every problem found in it."""
    work = _Merge(contributions)
    try:
        return work.model(), work.problems
    except Invalid as error:
        return Model(plugins=(), entities={}, roles={}), [*work.problems, Problem("", str(error))]
