"""Reading: what one actor sees, with his scope and denies inside every query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from attrs import field, frozen

from crmkit.core.acting import renewed
from crmkit.core.binding import Binder
from crmkit.core.blaming import Broken, blaming, mark
from crmkit.core.entity import TITLE_FIELD, Record
from crmkit.core.errors import Denied, Invalid, NotFound
from crmkit.core.expr import And, Everything, Expr, Not, Or, Test, Words, all_of, any_of
from crmkit.core.fields import Field
from crmkit.core.kinds.base import Locale
from crmkit.core.kinds.numbers import Money
from crmkit.core.kinds.refs import Link
from crmkit.core.model import EntityModel, Model
from crmkit.core.policy import Actor, Rights
from crmkit.core.record_merge import survivor_of
from crmkit.core.showing import Section, Tag, Told, sections
from crmkit.core.store import Cursor, Hit, Reader, Select, StateSum, Store
from crmkit.core.words import tokens
from crmkit.core.workflow import State


@frozen
class Page:
    """Some records of a sorted list, and the place to go on from (None at the end)."""

    records: list[Record]
    next: Cursor | None = None

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


@frozen
class BoardColumn:
    """A state's column: how many records, and their money; `sum` is in the firm's currency,
    or in the only currency there is."""

    state: State
    count: int
    sum: Money | None = None
    sums: Mapping[str, Money] = field(factory=dict)


class Reading:
    """The reading half of a session."""

    def __init__(
        self,
        model: Model,
        store: Store,
        actor: Actor,
        locale: Callable[[], Locale],
        via: str = "python",
    ) -> None:
        self.model = model
        self.store = store
        self.via = via
        self._locale = locale
        self._strays: dict[str, tuple[str, ...]] = {}
        self._act_as(actor)

    @property
    def actor(self) -> Actor:
        """The user who acts, as he was when that was looked at last: see `renew`."""
        return self.rights.actor

    def _act_as(self, actor: Actor) -> None:
        self.rights = Rights(actor, self.model, self._bind_rule, lambda: self.now)

    def renew(self, reader: Reader | None = None) -> bool:
        """Act as the user is now; return whether his name, roles or team are others than before.

        Every write transaction does so itself. NotFound where the user was deleted, Denied where
        he was switched off.
        """
        if reader is None:
            with self.store.reader() as own:
                return self.renew(own)
        was = self.actor
        now = renewed(reader, self.model, was)
        if now is not was:
            self._act_as(now)
        return now != was

    @property
    def locale(self) -> Locale:
        """The firm's region, currency and clock, now."""
        return self._locale()

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return self.locale.now

    def get(self, entity: str, id: int, *, deleted: bool = False) -> Record:
        """Return a record; NotFound where there is none that the actor may see.

        For a record that was merged into another, the other is returned.
        """
        model = self.model.entity(entity)
        scope = self.rights.demand(model, "read")
        if not 0 < id < 2**63:
            raise NotFound(f"no {model.label.lower()} {id}")
        with self.store.reader() as reader:
            record = reader.get(model, id, deleted=deleted)
            survivor = survivor_of(reader, model, id) if record is None else None
            if survivor is None and (
                record is None or not self.holds(reader, model, record, scope)
            ):
                raise NotFound(f"no {model.label.lower()} {id}")
        if record is None:
            assert survivor is not None
            return self.get(entity, survivor)
        return self.masked(model, record)

    def holds(self, reader: Reader, model: EntityModel, record: Record, scope: Expr) -> bool:
        """Whether a stored record meets a condition."""
        if isinstance(scope, Everything):
            return True
        one = all_of(Test(model.by_key["id"], "in", (record.id,)), scope)
        return bool(reader.find(Select(
            entity=model, where=one, limit=1, deleted=True, relations=False)))  # fmt: skip

    def find(
        self,
        entity: str,
        filter: str = "",
        *,
        sort: str = "",
        limit: int = 50,
        after: Cursor | None = None,
        offset: int = 0,
        reverse: bool = False,
        deleted: bool = False,
        export: bool = False,
    ) -> Page:
        """Return a page of the records that a filter finds and the actor may read.

        `sort` is a field, `-` before it for descending; '' is the entity's own order. With
        `deleted` only deleted records are found; with `export`, for files that leave the firm,
        only those that the actor may export too.
        """
        model = self.model.entity(entity)
        where = self.where(model, filter)
        if export:
            where = all_of(where, self.rights.demand(model, "export"))
        if deleted:
            where = all_of(where, Not(Test(model.by_key["deleted_at"], "empty")))
        return self._page(model, where, sort, limit, after, offset, reverse, deleted)

    def _page(
        self,
        model: EntityModel,
        where: Expr,
        sort: str,
        limit: int,
        after: Cursor | None,
        offset: int,
        reverse: bool = False,
        deleted: bool = False,
    ) -> Page:
        by, descending = self.sorting(model, sort)
        select = Select(
            entity=model, where=where, sort=by, descending=descending, limit=limit,
            after=after, offset=offset, reverse=reverse, deleted=deleted,
        )  # fmt: skip
        with self.store.reader() as reader:
            records = reader.find(select)
        last = records[-1] if len(records) == limit else None
        cursor = Cursor(last.get(by) if by else None, last.id) if last else None
        return Page([self.masked(model, r) for r in records], cursor)

    def sorting(self, model: EntityModel, sort: str) -> tuple[Field | None, bool]:
        """Return the field to sort by and whether descending; Denied for a hidden field."""
        name = sort or model.spec.sort
        if not name or name in ("id", "-id"):
            return None, name == "-id"
        by = model.field(name.lstrip("-"))
        if by.many:
            raise Invalid(f"{model.short(by)} has several values; sort by another field")
        self._demand_field(model, by)
        return (TITLE_FIELD if by.name == model.spec.title else by), name.startswith("-")

    def count(self, entity: str, filter: str = "", *, cap: int | None = None) -> int:
        """Return how many records a filter finds, counting no further than `cap`."""
        model = self.model.entity(entity)
        where = self.where(model, filter)
        with self.store.reader() as reader:
            return reader.count(model, where, cap=cap)

    def aggregate(
        self,
        entity: str,
        filter: str,
        by: str,
        function: Literal["count", "sum", "max", "min"] = "count",
        value: str = "",
    ) -> dict[Any, Any]:
        """Return one figure for each value of a field; money sums as {currency: minor units}."""
        model = self.model.entity(entity)
        fields = [model.field(name) for name in (by, value) if name]
        for f in fields:
            self._demand_field(model, f)
        where = self.where(model, filter)
        with self.store.reader() as reader:
            return reader.aggregate(model, where, fields[0], function, (*fields, None)[1])

    def paths(self, entity: str, filter: str = "", *, flow: str = "") -> dict[tuple[str, ...], int]:
        """Return the ways that records went through a workflow's states, and how many each."""
        model = self.model.entity(entity)
        by = model.flow_field(flow)
        self._demand_field(model, by)
        where = self.where(model, filter)
        with self.store.reader() as reader:
            return reader.paths(model, by, where)

    def board(self, entity: str, filter: str = "", *, flow: str = "") -> list[BoardColumn]:
        """Return the columns of a workflow's board, with counts and sums, in its order."""
        model = self.model.entity(entity)
        by = model.flow_field(flow)
        self._demand_field(model, by)
        where = self.where(model, filter)
        with self.store.reader() as reader:
            found = {s.state: s for s in reader.board(model, by, where)}
        assert by.flow is not None
        states = list(by.flow.states)
        states += [State(code) for code in sorted(found) if code not in by.flow.codes()]
        summed = model.amount is not None and self.rights.field_allowed(model, model.amount, "read")
        return [self._column(s, found.get(s.code), summed) for s in states]

    def _column(self, state: State, found: StateSum | None, summed: bool) -> BoardColumn:
        if found is None:
            zero = Money(0, self.locale.currency) if summed else None
            return BoardColumn(state, 0, zero)
        if not summed:
            return BoardColumn(state, found.count)
        main = self.locale.currency
        sums = {c: Money(minor, c) for c, minor in sorted(found.sums.items()) if c}
        unit = main if main in sums or len(sums) != 1 else next(iter(sums))
        return BoardColumn(state, found.count, sums.get(unit, Money(0, unit)), sums)

    def column(
        self,
        entity: str,
        state: str,
        filter: str = "",
        *,
        flow: str = "",
        sort: str = "",
        limit: int = 50,
        offset: int = 0,
        after: Cursor | None = None,
    ) -> Page:
        """Return cards of one state's column."""
        model = self.model.entity(entity)
        here = Test(model.flow_field(flow), "in", (state,))
        where = all_of(self.where(model, filter), here)
        return self._page(model, where, sort, limit, after, offset)

    def search(self, text: str, *, entities: Sequence[str] = (), limit: int = 50) -> list[Hit]:
        """Return the records with words that begin as the text's words do, best first."""
        models = [self.model.entity(n) for n in entities] or list(self.model.shown)
        scopes = {m: self.rights.scope(m, "read") for m in models if self.rights.allows(m, "read")}
        wide = {m: s for m, s in scopes.items() if not self._hidden_words(m)}
        with self.store.reader() as reader:
            hits = reader.search(tokens(text), wide, limit, text) if text.strip() else []
        for model in scopes.keys() - wide.keys():
            found = self.find(model.name, f'"{text.replace(chr(34), " ")}"', limit=limit)
            hits += [Hit(model.name, r.id, r.title) for r in found]
        return sorted(hits, key=lambda h: h.tier)[:limit]

    def _hidden_words(self, model: EntityModel) -> list[Field]:
        return [f for f in self.rights.hidden(model) if f.search]

    def where(self, model: EntityModel, filter: str, verb: str = "read") -> Expr:
        """Return the condition of a filter together with what the actor may `verb`."""
        scope = self.rights.demand(model, verb)
        asked = self.binder().bind(model, filter)
        if self._hidden_words(model):
            asked = self._spelled_out(model, asked)
        return all_of(scope, asked)

    def _spelled_out(self, model: EntityModel, expr: Expr) -> Expr:
        """Replace full-text by tests on the readable fields: the index knows hidden ones too."""
        if isinstance(expr, And):
            return all_of(*(self._spelled_out(model, p) for p in expr.parts))
        if isinstance(expr, Or):
            return any_of(*(self._spelled_out(model, p) for p in expr.parts))
        if isinstance(expr, Not):
            return Not(self._spelled_out(model, expr.part))
        if not isinstance(expr, Words):
            return expr
        seen = [f for f in model.searched if self.rights.field_allowed(model, f, "read")]
        words = expr.tokens or (expr.raw,)
        return all_of(*(any_of(*(Test(f, "contains", (w,)) for f in seen)) for w in words))

    def check_filter(self, entity: str, filter: str) -> None:
        """Raise Invalid or Denied, in one clear sentence, where a filter cannot be used."""
        self.where(self.model.entity(entity), filter)

    def binder(self) -> Binder:
        """Return what gives filters their meaning for this actor."""
        return Binder(
            locale=self.locale,
            me=self.actor.id,
            lookup=self._lookup,
            readable=lambda m, f: self.rights.field_allowed(m, f, "read"),
            strays=self._stray_states,
            told=self.told,
        )

    @property
    def told(self) -> Told:
        """What badges and conditions may know."""
        return Told(self.now, self)

    def _bind_rule(self, model: EntityModel, filter: str) -> Expr:
        everything = Binder(
            locale=self.locale, me=self.actor.id, lookup=self._lookup,
            readable=lambda m, f: True, strays=self._stray_states, told=self.told,
        )  # fmt: skip
        return everything.bind(model, filter)

    def _stray_states(self, model: EntityModel) -> tuple[str, ...]:
        """Return the states of plugins that are off; records in them still count as open."""
        if model.name not in self._strays:
            by = model.flow_field()
            assert by.flow is not None
            with self.store.reader() as reader:
                found = {s.state for s in reader.board(model, by, Everything())}
            self._strays[model.name] = tuple(sorted(found - set(by.flow.codes())))
        return self._strays[model.name]

    def _lookup(self, targets: Sequence[str], text: str) -> list[Link]:
        found = []
        for target in targets:
            model = self.model.entity(target)
            where: Expr = Test(TITLE_FIELD, "contains", (text,))
            if target == "user":  # people are known by login and by full name, to everybody
                where = any_of(where, Test(model.by_key["full_name"], "contains", (text,)))
            else:
                where = all_of(self.rights.scope(model, "read"), where)
            with self.store.reader() as reader:
                rows = reader.find(Select(entity=model, where=where, limit=200, relations=False))
            found += [Link(target, r.id) for r in rows]
        return found

    def _demand_field(self, model: EntityModel, target: Field) -> None:
        self.rights.demand(model, "read")
        if not target.system and not self.rights.field_allowed(model, target, "read"):
            grant = f"{model.name}.read.{target.key}"
            raise Denied(f"you may not read {model.short(target)}: the grant {grant} is missing",
                         grant=grant)  # fmt: skip

    def badges(self, record: Record) -> list[Tag]:
        """Return the marks of a record's card; a badge that fails says so."""
        told = self.told
        found = []
        for badge in self.model.entity(record.spec.name).badges:
            try:
                with blaming(badge.owner, f"badge on {badge.entity}", badge.show, lets="none"):
                    tag = badge.show(record, told)
                    if tag is not None and not (isinstance(tag, Tag) and isinstance(tag.text, str)):
                        raise TypeError(f"it answered {tag!r:.60}, which is no Tag")
            except Broken as error:
                tag = Tag(mark(error), "bad")
            if tag is not None:
                found.append(tag)
        return found

    def panels(self, record: Record) -> list[Section]:
        """Return the sections that plugins show of a record; one that fails says so."""
        return list(sections(self.model.entity(record.spec.name).panels, record, self.told))

    def masked(self, model: EntityModel, record: Record) -> Record:
        """Return the record without the values that the actor may not read."""
        hidden = self.rights.hidden(model)
        if not hidden:
            return record
        seen = record.evolve(**{f.key: f.blank() for f in hidden})
        seen.__dict__.pop("_as_read")
        seen.__dict__.pop("_changes")
        return seen
