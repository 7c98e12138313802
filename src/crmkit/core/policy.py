"""Policy: what an actor's roles let him do, as yes or no, and as a query's own condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from attrs import field, frozen

from crmkit.core.declare import Deny, Grant
from crmkit.core.errors import Denied, Invalid
from crmkit.core.expr import (
    Everything,
    Expr,
    Nothing,
    Test,
    Through,
    all_of,
    any_of,
    fields_of,
    negated,
)
from crmkit.core.fields import Field
from crmkit.core.holding import held_by, unheld
from crmkit.core.model import EntityModel, Model

Scope = Literal["own", "pool", "team", "all"]
VERBS = ("create", "read", "update", "delete", "move", "export", "erase")
ADMIN = "admin"
"""The role that may do everything; the program itself and automations act with it."""
UNDENIABLE = (
    f"role {ADMIN}: the program itself acts with it, so that it can be denied nothing; "
    "make a role that denies, and give it beside others"
)
_RULE = re.compile(
    r"(?P<entity>\*|[a-z][a-z0-9_]*)\.(?P<verb>\*|[a-z][a-z0-9_]*)"
    r"(?:\.(?P<field>[a-z][a-z0-9_.]*))?(?:@(?P<scope>own|pool|team|all))?"
)


@frozen
class Actor:
    """The user who acts; `team` holds the ids of everybody in his team, himself too.

    `as_of` is the mark of the users when he was read; None for one who acts as he is given here.
    """

    id: int
    name: str
    roles: tuple[str, ...] = ()
    team: frozenset[int] = frozenset()
    as_of: str | None = field(default=None, eq=False)


@frozen
class Rule:
    """One grant or denial, read from its text, with the role that holds it."""

    entity: str
    verb: str
    field: str
    scope: Scope
    deny: bool
    where: str
    role: str
    text: str

    @classmethod
    def read(cls, rule: Grant | Deny, role: str) -> Rule:
        """Return the rule; Invalid where its text is not one."""
        found = _RULE.fullmatch(rule.text)
        if not found:
            raise Invalid(f"{rule.text!r} is not a grant; write entity.verb[.field][@scope]")
        scope: Scope = found["scope"] or "all"  # type: ignore[assignment]
        where = rule.where if isinstance(rule, Deny) else ""
        deny = isinstance(rule, Deny)
        return cls(
            found["entity"],
            found["verb"],
            found["field"] or "",
            scope,
            deny,
            where,
            role,
            rule.text,
        )

    def covers(self, entity: str, verb: str) -> bool:
        """Whether the rule speaks of the verb on the entity."""
        return self.entity in ("*", entity) and self.verb in ("*", verb)


@frozen
class Verdict:
    """One answer of `explain`: the verb, yes or no, and because of what."""

    verb: str
    allowed: bool
    because: str


Binder = Callable[[EntityModel, str], Expr]
"""Turns a rule's `where` filter into a condition."""


@frozen(eq=False)
class Rights:
    """What one actor may do, compiled from his roles."""

    actor: Actor
    model: Model
    bind: Binder
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    rules: tuple[Rule, ...] = field(init=False)

    @rules.default
    def _collect(self) -> tuple[Rule, ...]:
        return tuple(
            Rule.read(rule, name)
            for name in self.actor.roles
            for role in self.model.roles.get(name, ())
            for rule in role.rules
        )

    @cached_property
    def _scopes(self) -> dict[tuple[str, str], Expr]:
        return {}

    def scope(self, entity: EntityModel, verb: str) -> Expr:
        """Return the condition on the entity's records that the actor may `verb`."""
        if entity.lease or entity.spec.within:
            # What claims decide changes by the minute.
            return self._compile(entity, verb)
        key = (entity.name, verb)
        if key not in self._scopes:
            self._scopes[key] = self._compile(entity, verb)
        return self._scopes[key]

    def _compile(self, entity: EntityModel, verb: str) -> Expr:
        rules = [r for r in self.rules if not r.field and r.covers(entity.name, verb)]
        granted = any_of(*(self._condition(entity, r) for r in rules if not r.deny))
        denied = any_of(*(self._condition(entity, r) for r in rules if r.deny))
        return all_of(granted, negated(denied), self._within(entity))

    def _within(self, entity: EntityModel) -> Expr:
        """Return what an entity that is about others asks: that what it is about may be read.

        One's own may be read even so, unless what it is about is denied outright.
        """
        if not entity.spec.within:
            return Everything()
        about = entity.by_key[entity.spec.within]
        denied = [
            Through(about, name, part)
            for name in about.targets
            if not isinstance(part := self._denied(self.model.entity(name)), Nothing)
        ]
        return all_of(self._seen(entity, about), *map(negated, denied))

    def _denied(self, entity: EntityModel) -> Expr:
        rules = [r for r in self.rules if r.deny and not r.field and r.covers(entity.name, "read")]
        return any_of(*(self._condition(entity, r) for r in rules))

    def _seen(self, entity: EntityModel, about: Field) -> Expr:
        seen: list[Expr] = []
        for name in about.targets:
            scope = self.scope(self.model.entity(name), "read")
            if not isinstance(scope, Nothing):
                seen.append(Through(about, name, scope))
        if all(isinstance(s, Through) and isinstance(s.part, Everything) for s in seen) and (
            len(seen) == len(about.targets)
        ):
            return Everything()
        if not about.required:
            seen.append(Test(about, "empty"))
        return any_of(Test(entity.holder, "in", (self.actor.id,)), *seen)

    def _condition(self, entity: EntityModel, rule: Rule) -> Expr:
        now = self.clock()
        if rule.scope == "own":
            found = held_by(entity, (self.actor.id,), now)
        elif rule.scope == "team":
            found = held_by(entity, self.actor.team | {self.actor.id}, now)
        elif rule.scope == "pool":
            found = unheld(entity, now)
        else:
            found = Everything()
        if entity.name == "user" and rule.scope == "own":
            found = Test(entity.by_key["id"], "in", (self.actor.id,))
        return all_of(found, self.bind(entity, rule.where)) if rule.where else found

    def denied_by(self, entity: EntityModel) -> set[Field]:
        """Return the fields of an entity that denials go by, in the roles of anybody."""
        parts = [role for parts in self.model.roles.values() for role in parts]
        rules = [Rule.read(rule, role.name) for role in parts for rule in role.rules]
        wheres = {r.where for r in rules if r.where and r.entity in ("*", entity.name)}
        return {f for where in wheres for f in fields_of(self.bind(entity, where))}

    def allows(self, entity: EntityModel, verb: str) -> bool:
        """Whether the actor may `verb` any record of the entity at all."""
        return not isinstance(self.scope(entity, verb), Nothing)

    def demand(self, entity: EntityModel, verb: str) -> Expr:
        """Return the scope; Denied names the missing grant where there is none."""
        scope = self.scope(entity, verb)
        if isinstance(scope, Nothing):
            raise self.refusal(entity, verb)
        return scope

    def refusal(self, entity: EntityModel, verb: str, record: int = 0) -> Denied:
        """Return the error that names the missing grant."""
        grant = f"{entity.name}.{verb}"
        what = (
            f"{verb} {entity.label.lower()} {record}"
            if record
            else f"{verb} {entity.plural.lower()}"
        )
        rules = [r for r in self.rules if not r.field and r.covers(entity.name, verb)]
        for rule in rules:
            if rule.deny and not rule.where and rule.scope == "all":
                told = f"{self.actor.name} may not {what}: role {rule.role} denies {rule.text}"
                return Denied(told, grant=grant)
        narrower = sorted(
            {r.text for r in self.rules if not r.deny and r.covers(entity.name, verb)}
        )
        held = f" (you hold {', '.join(narrower)})" if narrower else ""
        return Denied(
            f"{self.actor.name} may not {what}: the grant {grant} is missing{held}", grant=grant
        )

    def _field_rules(self, entity: EntityModel, target: Field, verb: str) -> tuple[bool, bool]:
        rules = [r for r in self.rules if r.field and r.covers(entity.name, verb)]
        named = [r for r in rules if r.field in (target.key, target.name)]
        return any(not r.deny for r in named), any(r.deny for r in named)

    @cached_property
    def _fields(self) -> dict[tuple[str, Field, str], bool]:
        return {}

    def field_allowed(self, entity: EntityModel, target: Field, verb: str) -> bool:
        """Whether the actor may read, create with, or update the field."""
        key = (entity.name, target, verb)
        if key not in self._fields:
            self._fields[key] = self._field_allowed(entity, target, verb)
        return self._fields[key]

    def _field_allowed(self, entity: EntityModel, target: Field, verb: str) -> bool:
        granted, denied = self._field_rules(entity, target, verb)
        if denied:
            return False
        if granted:
            return True
        if target.guarded:
            return any(
                not r.deny and not r.field and r.verb == "*" and r.entity in ("*", entity.name)
                for r in self.rules
            )
        return self.allows(entity, verb)

    @cached_property
    def _hidden(self) -> dict[str, tuple[Field, ...]]:
        return {}

    def hidden(self, entity: EntityModel) -> tuple[Field, ...]:
        """Return the fields that the actor may not see; worked out once, every read asks."""
        if entity.name not in self._hidden:
            seen = set(self.readable(entity))
            self._hidden[entity.name] = tuple(f for f in entity.fields if f not in seen)
        return self._hidden[entity.name]

    def readable(self, entity: EntityModel) -> tuple[Field, ...]:
        """Return the fields that the actor may see."""
        return tuple(f for f in entity.fields if self.field_allowed(entity, f, "read"))

    def writable(self, entity: EntityModel, verb: str = "update") -> tuple[Field, ...]:
        """Return the fields that the actor may fill in."""
        return tuple(f for f in entity.fields if f.typed and self.field_allowed(entity, f, verb))

    def explain(
        self, entity: EntityModel, verbs: Iterable[str], holds: Callable[[Expr], bool] | None
    ) -> list[Verdict]:
        """Return a verdict on each verb; `holds` tests a condition on the record in question."""
        found = []
        for verb in verbs:
            rules = [r for r in self.rules if not r.field and r.covers(entity.name, verb)]
            hit = [r for r in rules if holds is None or holds(self._condition(entity, r))]
            denies = [r for r in hit if r.deny]
            grants = [r for r in hit if not r.deny]
            found.append(_verdict(verb, entity.name, rules, grants, denies))
        return found


def _verdict(
    verb: str, entity: str, rules: list[Rule], grants: list[Rule], denies: list[Rule]
) -> Verdict:
    if denies:
        return Verdict(verb, False, f"role {denies[0].role} denies {denies[0].text}")
    if grants:
        return Verdict(verb, True, f"role {grants[0].role} grants {grants[0].text}")
    near = [r for r in rules if not r.deny]
    if near:
        texts = ", ".join(sorted({f"{r.text} ({r.role})" for r in near}))
        return Verdict(verb, False, f"{texts} does not reach this record")
    return Verdict(verb, False, f"no role grants {entity}.{verb}")
