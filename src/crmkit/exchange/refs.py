"""References in files: records named by number, by name, or by another program's identifier."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from attrs import define, field

from crmkit.core.entity import Record
from crmkit.core.errors import Invalid, Usage
from crmkit.core.expr import Everything, Test, all_of
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Locale, fold
from crmkit.core.kinds.refs import Link, RefKind, Unresolved
from crmkit.core.model import EntityModel
from crmkit.core.store import Select
from crmkit.core.unit import Unit

_AT_ONCE = 400
Answer = Link | str
"""A record that was found, or the sentence that says why there is none."""


@define
class References:
    """Finds the records that the cells of one reference field name, many at a time.

    `by` names the field of each target that cells are compared with, where it is neither the
    number nor the name; `create` the targets whose missing records are made. What was found holds
    for one transaction.
    """

    ref: Field
    by: dict[str, str] = field(factory=dict)
    unit: Unit = field(init=False)
    create: Collection[str] = field(default=(), init=False)
    made: dict[str, int] = field(factory=dict)
    answers: dict[str, Answer] = field(factory=dict)
    names: dict[str, Link] = field(factory=dict)

    def enter(self, unit: Unit, create: Collection[str]) -> None:
        """Begin anew in a transaction."""
        self.unit, self.create = unit, create
        self.made, self.answers, self.names = {}, {}, {}

    def prepare(self, texts: Iterable[str]) -> None:
        """Find, or else create, the records that the texts name."""
        fresh = [t for t in dict.fromkeys(texts) if t not in self.answers]
        if not fresh:
            return
        missing = list(fresh)
        for target in self.ref.targets:
            if target in self.by:
                missing = self._by_field(self.unit.model.entity(target), missing)
        missing = self._by_number_or_name(missing)
        for target in self.ref.targets:
            if target in self.create and missing:
                missing = self._create(self.unit.model.entity(target), missing)
        for text in missing:
            self.answers.setdefault(text, self._nobody(text))

    def value(self, text: str) -> Any:
        """Return the reference that a prepared text means; ValueError says why there is none."""
        found = self.answers[text]
        if isinstance(found, str):
            raise ValueError(found)
        return found.id if isinstance(self.ref.kind, RefKind) else found

    def _nobody(self, text: str) -> str:
        targets = " or ".join(self.ref.targets)
        return f"no {targets} is called {text!r}"

    def _by_field(self, model: EntityModel, texts: list[str]) -> list[str]:
        known = records_by(self.unit, model, model.field(self.by[model.name]), texts)
        for text, found in known.items():
            self._answer(model.name, text, [record.id for record in found])
        return [t for t in texts if t not in known]

    def _by_number_or_name(self, texts: list[str]) -> list[str]:
        numbers: dict[str, Link] = {}
        missing = []
        for text in texts:
            try:
                numbers[text] = self._number(text)
            except Unresolved as unresolved:
                if not self._by_name(text, unresolved):
                    missing.append(text)
        for target in self.ref.targets:
            ids = {link.id for link in numbers.values() if link.entity == target}
            seen = visible(self.unit, self.unit.model.entity(target), ids)
            for text, link in numbers.items():
                if link.entity == target:
                    self.answers[text] = link if link.id in seen else f"there is no {link}"
        return missing

    def _number(self, text: str) -> Link:
        kind = self.ref.kind
        found = kind.parse(text, self.unit.locale)
        if not isinstance(kind, RefKind):
            assert isinstance(found, Link)
            number, target = found, found.entity
        else:
            number, target = Link(kind.target, found), kind.target
        if target in self.by and text.strip().isdigit():
            raise Unresolved((), text.strip())
        return number

    def _by_name(self, text: str, wanted: Unresolved) -> bool:
        if "user" in wanted.targets and wanted.text == "me":
            self.answers[text] = Link("user", self.unit.actor_id)
            return True
        folded = fold(wanted.text)
        if folded in self.names:
            self.answers[text] = self.names[folded]
            return True
        found = []
        for target in wanted.targets:
            if target not in self.by:
                model = self.unit.model.entity(target)
                ids = self.unit.writer.named(model, wanted.text)
                seen = visible(self.unit, model, ids)
                found += [Link(target, id) for id in ids if id in seen]
        if len(found) == 1:
            self.answers[text] = found[0]
        elif found:
            self.answers[text] = _several(text, [str(link.id) for link in found])
        return bool(found)

    def _answer(self, entity: str, text: str, ids: Sequence[int]) -> None:
        several = _several(text, [str(id) for id in ids])
        self.answers[text] = Link(entity, ids[0]) if len(ids) == 1 else several

    def _create(self, model: EntityModel, texts: list[str]) -> list[str]:
        by = self.by.get(model.name, "")
        named = {text: self.names[fold(text)] for text in texts if fold(text) in self.names}
        self.answers.update(named)
        first: dict[str, str] = {}
        for text in texts:
            if text not in named:
                first.setdefault(fold(text), text)
        rows = [{_name_of(model): text, **({by: text} if by else {})} for text in first.values()]
        try:
            records = self.unit.add_many(model.name, rows) if rows else []
        except Invalid as error:
            raise Invalid(f"a missing {model.label.lower()} cannot be created: {error}") from None
        for folded, record in zip(first, records, strict=True):
            self.names[folded] = Link(model.name, record.id)
        for text in texts:
            self.answers[text] = self.names[fold(text)]
        self.made[model.name] = self.made.get(model.name, 0) + len(records)
        return []


def _several(text: str, ids: Sequence[str]) -> str:
    return f"several are called {text!r} ({', '.join(ids[:3])}); write the number"


def _name_of(model: EntityModel) -> str:
    if not isinstance(model.spec.title, str):
        raise Usage(f"a missing {model.name} cannot be created from a name alone")
    return model.spec.title


def check_creatable(unit: Unit, entities: Iterable[str]) -> None:
    """Raise Denied or Usage where the actor may not, or nobody can, create an entity by name."""
    for name in entities:
        model = unit.model.entity(name)
        unit.rights.demand(model, "create")
        _name_of(model)


def visible(unit: Unit, model: EntityModel, ids: Iterable[int]) -> set[int]:
    """Return those of the ids whose records exist and may be read by the actor."""
    wanted = sorted(set(ids))
    scope = unit.rights.scope(model, "read")
    found: set[int] = set()
    for start in range(0, len(wanted), _AT_ONCE):
        part = tuple(wanted[start : start + _AT_ONCE])
        if isinstance(scope, Everything) or model.name == "user":
            found |= unit.writer.titles(model, part).keys()
        else:
            where = all_of(Test(model.by_key["id"], "in", part), scope)
            select = Select(entity=model, where=where, limit=len(part), relations=False)
            found |= {record.id for record in unit.writer.find(select)}
    return found


def records_by(
    unit: Unit, model: EntityModel, by: Field, texts: Sequence[str]
) -> dict[str, list[Record]]:
    """Return the records that the actor may read whose field equals one of the texts."""
    scope = unit.rights.scope(model, "read")
    values = _parsed(by, texts, unit.locale)
    found: dict[str, list[Record]] = {}
    wanted = list(values)
    for start in range(0, len(wanted), _AT_ONCE):
        part = tuple(wanted[start : start + _AT_ONCE])
        where = all_of(Test(by, "in", part), scope)
        select = Select(entity=model, where=where, limit=3 * len(part), relations=by.many)
        for record in unit.writer.find(select):
            for value in by.values(record.get(by)):
                if value in values:
                    found.setdefault(values[value], []).append(record)
    return found


def _parsed(by: Field, texts: Sequence[str], locale: Locale) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for text in texts:
        try:
            found.setdefault(by.kind.parse(text, locale), text)
        except ValueError:
            continue
    return found
