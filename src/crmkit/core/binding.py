"""Giving a filter its meaning: names become fields, text becomes values, `me` the actor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve, frozen

from crmkit.core import query
from crmkit.core.blaming import blaming
from crmkit.core.entity import TITLE_FIELD
from crmkit.core.errors import CrmError, Denied, Fault, Invalid
from crmkit.core.expr import Expr, Nothing, Op, Test, Words, all_of, any_of, negated
from crmkit.core.fields import Field
from crmkit.core.holding import held_by, unheld
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.refs import Link, LinkKind, RefKind, Unresolved
from crmkit.core.model import EntityModel
from crmkit.core.showing import Condition
from crmkit.core.words import tokens

Lookup = Callable[[Sequence[str], str], list[Link]]
"""Finds the records of the given entities that a name means."""

_WORDS = ("open", "won", "lost", "overdue", "mine", "unassigned")
OWN_WORDS = frozenset({*_WORDS, "own", "pool"})
"""What `is:` means of itself."""
_DIGITS = 18
"""No record has a longer number."""
_ORDER: dict[str, tuple[Op, int]] = {
    "<": ("lt", 0),
    "<=": ("le", 1),
    ">": ("gt", 1),
    ">=": ("ge", 0),
}


@frozen(kw_only=True)
class Binder:
    """Binds filters for one actor.

    `readable` says which fields he may ask about; `strays` the states that records are in although
    nothing declares them now: their plugin is off; `told` is what
    plugins' own words are given.
    """

    locale: Locale
    me: int
    lookup: Lookup
    readable: Callable[[EntityModel, Field], bool]
    strays: Callable[[EntityModel], tuple[str, ...]] = lambda entity: ()
    told: Any = None
    within: tuple[Condition, ...] = ()
    """The plugins' own words whose meaning is being found, each of them in that before it."""

    def bind(self, entity: EntityModel, text: str) -> Expr:
        """Return the condition that a filter's text means; Invalid or Denied say why not."""
        return self._node(entity, query.parse(text))

    def _node(self, entity: EntityModel, node: query.Node) -> Expr:
        if isinstance(node, query.All):
            return all_of(*(self._node(entity, p) for p in node.parts))
        if isinstance(node, query.Any):
            return any_of(*(self._node(entity, p) for p in node.parts))
        if isinstance(node, query.No):
            return negated(self._node(entity, node.part))
        if isinstance(node, query.Phrase):
            return Words(tuple(tokens(node.text)), node.text)
        if node.field == "is":
            return any_of(*(self._is(entity, word) for word in node.values))
        return self._test(entity, node)

    def _is(self, entity: EntityModel, word: str) -> Expr:
        word = word.casefold()
        if word in ("open", "won", "lost"):
            field = entity.flow_field()
            assert field.flow is not None
            codes = field.flow.codes(word)  # type: ignore[arg-type]
            return Test(field, "in", codes + self.strays(entity) if word == "open" else codes)
        if word == "overdue":
            return all_of(Test(due_field(entity), "lt", (self._now(entity),)), self._open(entity))
        if word in ("mine", "own"):
            return held_by(entity, (self.me,), self.locale.now)
        if word in ("unassigned", "pool"):
            return unheld(entity, self.locale.now)
        if word in entity.conditions:
            return self._stands_for(entity, entity.conditions[word])
        if whose := entity.absent.whose("condition", word, entity.name):
            raise Invalid(f"is:{word} means nothing: {whose}")
        known = [*_WORDS, *entity.conditions]
        listed = ", ".join(f"is:{k}" for k in known[:-1])
        raise Invalid(f"is:{word} means nothing; write {listed} or is:{known[-1]}")

    def _stands_for(self, entity: EntityModel, condition: Condition) -> Expr:
        """Return what the filter means that a plugin's word stands for."""
        word, text = f"is:{condition.name}", condition.filter
        with blaming(condition.owner, word, text if callable(text) else None):
            if condition in self.within:
                raise RecursionError(f"it stands for {' and '.join(_ring(self.within))}")
            text = text(self.told) if callable(text) else text
            if not isinstance(text, str):
                raise TypeError(f"it stands for {type(text).__name__}, not for a filter's text")
        inside = evolve(self, readable=lambda m, f: True, within=(*self.within, condition))
        try:
            return inside.bind(entity, text)
        except Invalid as error:
            raise Fault(
                f"{word} of plugin {condition.owner} cannot be asked: {error}; to switch it off: "
                f"crmkit plugin disable {condition.owner}"
            ) from error

    def _open(self, entity: EntityModel) -> Expr:
        return self._is(entity, "open") if entity.flow else all_of()

    def _now(self, entity: EntityModel) -> Any:
        if due_field(entity).kind.name == "date":
            return self.locale.local(self.locale.now).date()
        return self.locale.now

    def _test(self, entity: EntityModel, term: query.Term) -> Expr:
        field = entity.field(term.field)
        mine = field is entity.owner and term.values == ("me",)
        if not mine and not field.system and not self.readable(entity, field):
            raise Denied(
                f"you may not filter by {entity.short(field)}: "
                f"the grant {entity.name}.read.{field.key} is missing",
                grant=f"{entity.name}.read.{field.key}",
            )
        if not term.values or term.values == ("none",):
            empty = Test(field, "empty")
            return negated(empty) if term.op == "!=" else empty
        if term.values == ("any",):
            return negated(Test(field, "empty"))
        try:
            return self._compare(field, term)
        except CrmError:
            raise
        except ValueError as error:
            told = _gone(entity, field, term.values) or str(error)
            raise Invalid({entity.short(field): told}) from None

    def _compare(self, field: Field, term: query.Term) -> Expr:
        if term.op not in field.kind.operators:
            known = " ".join(sorted(field.kind.operators))
            raise ValueError(f"{term.op} does not work here; use one of {known}")
        if term.op in _ORDER:
            if len(term.values) > 1:
                raise ValueError(f"{term.op} takes one value")
            return self._ordered(field, term.op, term.values[0])
        found = _joined(field, [self._equal(field, term.op, value) for value in term.values])
        return negated(found) if term.op == "!=" else found

    def _ordered(self, field: Field, sign: str, text: str) -> Expr:
        op, side = _ORDER[sign]
        low, high = field.kind.range(text, self.locale)
        if low == high:
            return Test(field, op, (low,))
        return Test(field, {"le": "lt", "gt": "ge"}.get(op, op), ((low, high)[side],))  # type: ignore[arg-type]

    def _equal(self, field: Field, op: str, text: str) -> Expr:
        if isinstance(field.kind, RefKind | LinkKind):
            return self._points_at(field, text)
        if field is TITLE_FIELD or (field.kind.name in _LOOSE and op == ":"):
            return Test(field, "contains", (text,))
        low, high = field.kind.range(text, self.locale)
        if low != high:
            return Test(field, "between", (low, high))
        return Test(field, "in", (low,))

    def _points_at(self, field: Field, text: str) -> Expr:
        if text == "me" and "user" in field.targets:
            return Test(field, "in", (self.me,))
        if isinstance(field.kind, LinkKind) and text in field.targets:
            return Test(field, "target", (text,))
        if (
            field.system
            and field.kind.name == "ref"
            and not text.isdecimal()
            and not field.targets[0]
        ):
            raise ValueError(f"write a number, not {text!r}")
        if text.isdecimal() and len(text) > _DIGITS:
            return Nothing()
        try:
            return Test(field, "in", (field.kind.parse(text, self.locale),))
        except Unresolved as unresolved:
            found = self.lookup(unresolved.targets, unresolved.text)
        if isinstance(field.kind, RefKind):
            return Test(field, "in", tuple(link.id for link in found)) if found else Nothing()
        return Test(field, "in", tuple(found)) if found else Nothing()


def _ring(within: tuple[Condition, ...]) -> list[str]:
    return [f"is:{condition.name}" for condition in within]


_LOOSE = frozenset({"text", "note", "email", "phone", "url", "address"})


def _gone(entity: EntityModel, field: Field, states: Sequence[str]) -> str:
    """Return whose the first state is, of those asked for, that nothing declares; '' for none."""
    asked = states if field.flow is not None else ()
    found = ((state, entity.absent.whose("state", state, entity.name)) for state in asked)
    return next((f"no state {state!r}: {whose}" for state, whose in found if whose), "")


def _joined(field: Field, tests: list[Expr]) -> Expr:
    """Return the alternatives with all single values in one test: a long list stays shallow."""
    single = [t for t in tests if isinstance(t, Test) and t.op == "in"]
    values = tuple(value for test in single for value in test.values)
    others = [t for t in tests if not (isinstance(t, Test) and t.op == "in")]
    return any_of(*others, *([Test(field, "in", values)] if values else []))


def due_field(entity: EntityModel) -> Field:
    """Return the field that says when something is due; Invalid where there is none."""
    name = entity.spec.due or entity.spec.sort.lstrip("-")
    field = entity.by_key.get(name)
    if field is None or field.kind.name not in ("date", "moment"):
        raise Invalid(f"{entity.plural} have nothing that can be overdue")
    return field
