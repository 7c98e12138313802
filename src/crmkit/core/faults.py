"""Checking a Model: the names in it that are nowhere declared, each with the plugin to blame."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from crmkit.core import query
from crmkit.core.automation import WORDS, Automation, Moved, Older, Reached, Updated, span
from crmkit.core.binding import OWN_WORDS
from crmkit.core.custom.plugin import NAME as CUSTOM
from crmkit.core.declare import HomeSection, Table
from crmkit.core.errors import Invalid, unknown
from crmkit.core.kinds.words import TextKind
from crmkit.core.model import EntityModel, Model
from crmkit.core.policy import VERBS, Rule

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40
_OWN_GRANTS = {("journal", "read"), ("custom", "update")}
"""The grants that the core asks for itself."""


def model_faults(model: Model, off: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong in a whole Model, and the plugin to blame.

    While a plugin is `off`, what a role is granted may be its.
    """
    keys: dict[str, str] = {}
    for entity in model.entities.values():
        for plugin, said in _entity_faults(entity, model):
            yield plugin, f"{entity.name}: {said}"
        if entity.spec.key and keys.setdefault(entity.spec.key, entity.name) != entity.name:
            other = keys[entity.spec.key]
            yield entity.plugin, f"key {entity.spec.key!r} is already that of {other}"
    for automation in model.automations.values():
        for said in _automation_faults(automation, model):
            yield automation.owner, f"automation {automation.name}: {said}"
    views: list[Table | HomeSection] = list(model.home)
    views += [table for e in model.entities.values() for table in e.tables]
    for view in views:
        for said in _view_faults(view, model):
            yield view.owner, f"view {view.label!r}: {said}"
    yield from _role_faults(model, off)


def _role_faults(model: Model, off: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield which entities plugins' roles name that are not there, and filters that are none.

    Of verbs and fields `doctor` tells, and of all that the firm's own names: a plugin may ask for
    verbs of its own, and what the firm writes by hand is not to take all the rest with it.
    """
    rules = list(_rules(model))
    granted = _granted(rules)
    for owner, rule in rules:
        found = list(_where_faults(rule, model))
        if not off and owner != CUSTOM:
            found += _entity_of_rule(rule, model, owner, granted)
        for said in found:
            yield owner, f"role {rule.role}: {rule.text}: {said}"


def _entity_of_rule(
    rule: Rule, model: Model, owner: str, granted: Mapping[tuple[str, str], set[str]]
) -> Iterator[str]:
    """Yield a sentence where a rule's entity is neither declared nor named by another plugin."""
    if rule.entity in ("*", "report", *model.entities):
        return
    others = {name for (name, _), owners in granted.items() if owners - {owner}}
    known = {*model.entities, *others, *(name for name, _ in _OWN_GRANTS)} - {"*"}
    if rule.entity not in known:
        yield unknown("entity", rule.entity, sorted(known))


def _rules(model: Model) -> Iterator[tuple[str, Rule]]:
    """Yield every rule, with the plugin that it comes from; what is none is told of already."""
    for name, roles in model.roles.items():
        for role in roles:
            for given in role.rules:
                with suppress(Invalid):
                    yield role.owner, Rule.read(given, name)


def _where_faults(rule: Rule, model: Model) -> Iterator[str]:
    """Yield what is wrong with the filter of a denial: it would deny everything, with an error."""
    if rule.where and rule.entity in model.entities:
        yield from _filter_faults(rule.where, model.entities[rule.entity])
    elif rule.where:
        try:
            query.parse(rule.where)
        except Invalid as error:
            yield str(error)


def _granted(rules: Iterable[tuple[str, Rule]]) -> Mapping[tuple[str, str], set[str]]:
    """Return the entities and verbs that rules name, with the plugins that they come from."""
    found: dict[tuple[str, str], set[str]] = {}
    for owner, rule in rules:
        found.setdefault((rule.entity, rule.verb), set()).add(owner)
    return found


def _entity_faults(entity: EntityModel, model: Model) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an entity, and the plugin to blame."""
    spec, fields = entity.spec, sorted(entity.by_key)
    title = spec.title if isinstance(spec.title, str | tuple) else ()
    named = [spec.owner_field, spec.sort.lstrip("-"), spec.subtitle, spec.due, spec.within]
    named += spec.lease or ()
    named += [title] if isinstance(title, str) else title
    for name in filter(None, named):
        if name not in entity.by_key:
            yield entity.plugin, unknown("field", name, fields)
    for f in entity.fields:
        for target in f.targets:
            if target not in model.entities:
                known = unknown("entity", target, list(model.entities))
                yield f.owner, f"field {f.key} points at {target}: {known}"
        if f.personal and f.required and not f.many and not isinstance(f.kind, TextKind):
            yield f.owner, f"{f.key} is personal and required: it could not be erased; default it"
        if f.subject and not f.targets:
            yield f.owner, f"{f.key} is no reference, so it says of nobody that he is the subject"
        if f.follows and f.follows not in entity.by_key:
            yield f.owner, f"{f.key} follows {unknown('field', f.follows, fields)}"
    yield from _names(entity)
    yield from _twins(entity)
    for guard in entity.guards:
        codes = entity.flow.flow.codes() if entity.flow and entity.flow.flow else ()
        for code in sorted({guard.source, guard.target} - {"*", *codes}):
            yield guard.owner, f"a guard names {code}: {unknown('state', code, list(codes))}"
    for agenda in entity.agendas:
        for name in filter(None, (agenda.start, agenda.end, agenda.who)):
            if name not in entity.by_key:
                yield agenda.owner, f"agenda {agenda.label!r}: {unknown('field', name, fields)}"
    for command in entity.commands:
        said = [f.name for f in command.fields]
        for name in command.arguments:
            if name not in said:
                yield command.owner, f"command {command.name}: {unknown('parameter', name, said)}"
    yield from _conditions(entity)
    for derived in entity.derived:
        if derived.field not in entity.by_key:
            yield derived.owner, f"it derives {unknown('field', derived.field, fields)}"
        elif not entity.by_key[derived.field].derived:
            yield derived.owner, f"it derives {derived.field}, which is not declared as derived"
    yield from ((entity.plugin, text) for text in _flow_faults(entity, fields))


def _names(entity: EntityModel) -> Iterator[tuple[str, str]]:
    """Yield names that no table or column can have."""
    named = [("entity", entity.name, entity.plugin)]
    named += [("field", f.name, f.owner) for f in entity.fields]
    named += [("plugin", part.name, part.name) for part in entity.facets]
    for what, name, owner in named:
        if fault := name_fault(name):
            yield owner, f"{what} {name!r}: {fault}"
        elif what == "entity" and name.startswith("crm_"):
            yield owner, f"entity {name!r}: names that begin with crm_ are the program's own"


def name_fault(name: str) -> str:
    """Return why nothing that is stored can be called so; '' where it can."""
    if _NAME.fullmatch(name) and len(name) <= _LONGEST:
        return ""
    return f"write at most {_LONGEST} small letters, digits and single _"


def _conditions(entity: EntityModel) -> Iterator[tuple[str, str]]:
    """Yield words for filters that stand for themselves, as far as their text says so."""
    stands: dict[str, set[str]] = {}
    for name, condition in entity.conditions.items():
        with suppress(Invalid):
            if isinstance(condition.filter, str):
                stands[name] = set(_words(query.parse(condition.filter)))
    for name in stands:
        met, found = set[str](), {name}
        while found:
            met |= found
            found = {w for one in found for w in stands.get(one, ())} - (met - {name})
            if name in found:
                yield entity.conditions[name].owner, f"is:{name} stands for itself"
                break


def _twins(entity: EntityModel) -> Iterator[tuple[str, str]]:
    """Yield facets of which a plugin has two."""
    names = [part.name for part in entity.facets]
    for name in sorted({n for n in names if names.count(n) > 1}):
        yield name, f"there are two facets of plugin {name}; put their fields into one"


def _flow_faults(entity: EntityModel, fields: list[str]) -> Iterator[str]:
    for f in entity.flows:
        assert f.flow is not None
        codes = list(f.flow.codes())
        if f.default not in codes:
            yield f"{f.name} starts in {f.default}: {unknown('state', str(f.default), codes)}"
        for move in f.flow.moves:
            for code in {move.source, move.target} - {"*", *codes}:
                yield unknown("state", code, codes)
            if move.command and move.command not in [c.name for c in entity.commands]:
                yield f"move to {move.target}: no command {move.command!r}"
            for name in (*move.requires, *move.clears, *move.stamps):
                if name not in entity.by_key:
                    yield unknown("field", name, fields)


def _view_faults(view: Table | HomeSection, model: Model) -> Iterator[str]:
    """Yield what is wrong with a view."""
    entity = model.entities.get(view.entity)
    if entity is None:
        return
    columns: Sequence[Any] = view.columns if isinstance(view, Table) else ()
    for name in (*columns, *filter(None, [view.sort.lstrip("-")])):
        if name not in entity.by_key:
            yield unknown("field", name, sorted(entity.by_key))
    yield from _filter_faults(view.filter, entity)


def rule_faults(rule: Rule, model: Model, owner: str) -> Iterator[str]:
    """Yield what a grant or denial of a plugin names that is not there.

    What other plugins' roles name is there: not every verb has a command.
    """
    granted = _granted(_rules(model))
    if wrong := list(_entity_of_rule(rule, model, owner, granted)):
        yield from wrong
        return
    given = {named for named, owners in granted.items() if owners - {owner}} | _OWN_GRANTS
    given |= {("report", name) for name in model.reports}
    given |= {(name, "merge") for name in model.entities}
    found = [e for e in model.entities.values() if rule.entity in ("*", e.name)]
    verbs = {*VERBS, *(verb for name, verb in given if rule.entity in ("*", name))} - {"*"}
    verbs |= {command.verb for entity in found for command in entity.commands}
    verbs |= {m.grant for e in found for f in e.flows if f.flow for m in f.flow.moves if m.grant}
    if rule.verb not in ("*", *verbs):
        yield unknown(f"verb of {rule.entity}", rule.verb, sorted(verbs))
    if rule.field and not any(rule.field in entity.by_key for entity in found):
        known = sorted({key for entity in found for key in entity.by_key})
        yield unknown(f"field of {rule.entity}", rule.field, known)


def _filter_faults(text: str, entity: EntityModel) -> Iterator[str]:
    try:
        named = set(_named(query.parse(text)))
    except Invalid as error:
        yield str(error)
        return
    if entity.off:  # the fields and the words may be those of a plugin that is off
        return
    for name in sorted({name for name, _ in named} - {"is", *entity.by_key}):
        yield unknown("field", name, sorted(entity.by_key))
    words = {word.casefold() for name, values in named if name == "is" for word in values}
    for word in sorted(words - {*OWN_WORDS, *entity.conditions}):
        yield unknown("word for is:", word, sorted({*OWN_WORDS, *entity.conditions}))


def _automation_faults(automation: Automation, model: Model) -> Iterator[str]:
    """Yield what is wrong with an automation."""
    entity = model.entities[automation.entity]
    fields = sorted(entity.by_key)
    if fault := name_fault(automation.name):
        yield f"its name: {fault}"
    yield from _trigger_faults(automation, entity, fields)
    yield from _filter_faults(automation.where, entity)
    if not automation.do:
        yield "it does nothing; give it an effect"
    for do in automation.do:
        effect = model.effects.get(do.effect)
        if effect is None:
            yield unknown("effect", do.effect, sorted(model.effects))
            continue
        known = fields if effect.fields else list(effect.keys)
        for key in do.said:
            if key not in known and not effect.more:
                yield f"effect {effect.name}: {unknown('key', key, known)}"
        for key in effect.required:
            if key not in do.said:
                yield f"effect {effect.name}: {key} is missing"
        for name in do.places():
            if name not in (*WORDS, *fields):
                yield f"{{{name}}}: {unknown('field', name, fields)}"


def _trigger_faults(
    automation: Automation, entity: EntityModel, fields: list[str]
) -> Iterator[str]:
    trigger = automation.trigger
    states: tuple[str, ...] = ()
    if isinstance(trigger, Updated):
        yield from (unknown("field", n, fields) for n in trigger.fields if n not in fields)
    elif isinstance(trigger, Moved):
        states = (trigger.to, trigger.source)
    elif isinstance(trigger, Older):
        states = (trigger.state,)
        yield from _span_faults(trigger.than)
    elif isinstance(trigger, Reached):
        if trigger.field not in fields:
            yield unknown("field", trigger.field, fields)
        elif entity.by_key[trigger.field].kind.name not in ("date", "moment"):
            yield f"{trigger.field} is no date and no moment"
        yield from _span_faults(trigger.offset)
    codes = [c for f in entity.flows if f.flow for c in f.flow.codes()]
    for code in filter(None, states):
        if code not in codes and not entity.off:
            yield unknown(f"state of {entity.name}", code, codes)


def _span_faults(text: str) -> Iterator[str]:
    try:
        span(text)
    except ValueError as error:
        yield str(error)


def _named(node: query.Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the fields that a filter names, with what it asks of them."""
    yield from ((term.field.replace("-", "_"), term.values) for term in _terms(node))


def _words(node: query.Node) -> Iterator[str]:
    """Yield the words that a filter has behind `is:`."""
    for term in _terms(node):
        yield from (word.casefold() for word in term.values if term.field == "is")


def _terms(node: query.Node) -> Iterator[query.Term]:
    if isinstance(node, query.Term):
        yield node
    for part in [node.part] if isinstance(node, query.No) else getattr(node, "parts", ()):
        yield from _terms(part)
