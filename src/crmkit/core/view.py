"""What rules, commands and matchers read: the data as one transaction sees it, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from crmkit.core import rules
from crmkit.core.blaming import Broken, blaming, mark
from crmkit.core.entity import Record
from crmkit.core.expr import Everything, Expr
from crmkit.core.fields import Field
from crmkit.core.journal import Change
from crmkit.core.kinds.base import Locale
from crmkit.core.matching import Match, Matcher, Pair
from crmkit.core.model import EntityModel
from crmkit.core.settings import Setting, T
from crmkit.core.store import Reader, Select
from crmkit.core.words import tokens

if TYPE_CHECKING:
    from crmkit.core.session import Session

Found = TypeVar("Found", Match, Pair)


def matches(model: EntityModel, record: Record, view: View) -> list[Match]:
    """Return what the matchers of an entity find; Fault names the plugin of one that fails."""
    return [match for matcher in model.matchers for match in matched(matcher, record, view)]


def matched(matcher: Matcher, record: Record, view: View) -> list[Match]:
    """Return what one matcher finds; Broken where it fails."""
    with blaming(matcher.owner, f"finding duplicates of {matcher.entity}", matcher.near):
        return _all_of(Match, matcher.near(record, view))


def paired(model: EntityModel, records: Iterable[Record], view: View) -> list[Pair]:
    """Return the pairs that the matchers of an entity find among records, as `matches` does."""
    found: list[Pair] = []
    for matcher in model.matchers:
        with blaming(matcher.owner, f"finding duplicates of {model.name}", matcher.pairs):
            found += _all_of(Pair, matcher.pairs(records, view))
    return found


def _all_of(kind: type[Found], found: Iterable[Any]) -> list[Found]:
    """Return what a matcher yields; TypeError for what is none of its kind."""
    listed = list(found)
    if strange := [one for one in listed if not isinstance(one, kind)]:
        raise TypeError(f"it yields {strange[0]!r:.60}, which is no {kind.__name__}")
    return listed


class View:
    """The reading half of the `Context` that plugins are given."""

    def __init__(self, session: Session, reader: Reader) -> None:
        self.session = session
        self.reader = reader
        self.model = session.model
        self.locale: Locale = session.locale

    @property
    def now(self) -> datetime:
        """The time of the transaction, UTC."""
        return self.locale.now

    @property
    def actor_id(self) -> int:
        """The id of the user who acts."""
        return self.session.actor.id

    def setting(self, setting: Setting[T]) -> T:
        """Return what the firm decided."""
        return self.model.setting(setting)

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of all roles."""
        return tuple(self.model.roles)

    def fields(self, entity: str) -> tuple[Field, ...]:
        """Return the fields of an entity."""
        return self.model.entity(entity).fields

    def get(self, entity: str, id: int, *, deleted: bool = False) -> Record | None:
        """Return a record, or None; deleted ones only when asked for."""
        return self.reader.get(self.model.entity(entity), id, deleted=deleted)

    def versions(self, change: Change) -> list[Record]:
        """Return the record of a change as it was before and as it is; a new one only as it is."""
        model = self.model.entity(change.entity)
        if change.op == "create":
            return [rules.created(model, change)]
        now = self.reader.get(model, change.record, deleted=True)
        if now is None:
            return []
        fields = [f for f in model.fields if f.key in change.before]
        return [now.evolve(**{f.key: f.undump(change.before[f.key]) for f in fields}), now]

    def find(self, entity: str, filter: str, limit: int = 100, *, sort: str = "") -> list[Record]:
        """Return the records that a filter finds, by id or by a field (`-`: descending)."""
        model = self.model.entity(entity)
        by = model.field(sort.lstrip("-")) if sort else None
        return self.reader.find(
            Select(entity=model, where=self._where(model, filter), limit=limit, sort=by,
                   descending=sort.startswith("-"))
        )  # fmt: skip

    def count(self, entity: str, filter: str) -> int:
        """Return how many records a filter finds."""
        model = self.model.entity(entity)
        return self.reader.count(model, self._where(model, filter))

    def aggregate(
        self,
        entity: str,
        filter: str,
        by: str,
        function: Literal["count", "sum", "max", "min"],
        value: str = "",
    ) -> dict[Any, Any]:
        """Return one figure for each value of the field `by`."""
        model = self.model.entity(entity)
        of = model.field(value) if value else None
        where = self._where(model, filter)
        return self.reader.aggregate(model, where, model.field(by), function, of)

    def parse(self, entity: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values for texts as people type them; Invalid collects every problem."""
        return self.session.parse(entity, texts)

    def parse_params(self, command: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed parameters of a command, written `entity.command`, as `parse` does."""
        entity, _, name = command.partition(".")
        return self.session.parse_params(self.model.entity(entity).command(name), texts)

    def titles(self, entity: str, ids: Sequence[int]) -> Mapping[int, str]:
        """Return the titles of records."""
        return self.reader.titles(self.model.entity(entity), ids)

    def sees(self, record: Record) -> bool:
        """Whether the actor may read a stored record, so that a refusal may name it."""
        model = self.model.entity(record.spec.name)
        scope = self.session.rights.scope(model, "read")
        return self.session.holds(self.reader, model, record, scope)

    def alike(self, entity: str, record: Record) -> list[Record]:
        """Return the other records of an entity with an e-mail or phone of the record's.

        The record may be of another entity, and need not be stored.
        """
        model = self.model.entity(entity)
        own = self.model.entity(record.spec.name)
        wanted = {
            (f.kind.name, key)
            for f in own.identities
            for value in f.values(record.get(f))
            if value != "" and (key := f.kind.identity(value))
        }
        ids = self.reader.identical(model, wanted)
        if model is own:
            ids = [id for id in ids if id != record.id]
        found = self.reader.get_many(model, ids)
        return [found[id] for id in ids if id in found]

    def near(self, entity: str, values: Mapping[str, Any]) -> list[Match]:
        """Return the records that one with these values may be the same as, best first."""
        model = self.model.entity(entity)
        record = rules.sketch(model, {model.field(k): v for k, v in values.items()})
        found: list[Match] = []
        for matcher in model.matchers:
            try:
                found += matched(matcher, record, self)
            except Broken as error:  # the others may know
                mark(error)
        return sorted(found, key=lambda m: (-m.certain, -m.score, m.id))

    def search(self, entity: str, words: Iterable[str], limit: int = 50) -> list[Record]:
        """Return records with words that begin as each of the given ones does."""
        model = self.model.entity(entity)
        wanted = [t for word in words for t in tokens(word)]
        if not wanted:
            return []
        hits = self.reader.search(wanted, {model: Everything()}, limit)
        found = self.reader.get_many(model, [h.id for h in hits])
        return [found[h.id] for h in hits if h.id in found]

    def _where(self, model: EntityModel, filter: str) -> Expr:
        return self.session._bind_rule(model, filter)
