"""Another kind for a field of the firm's own: what its values are in that kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen

from crmkit.core.custom import editing
from crmkit.core.custom.parts import CustomField
from crmkit.core.custom.plugin import NAME
from crmkit.core.custom.steps import Step
from crmkit.core.entity import Record
from crmkit.core.errors import CrmError, Refused
from crmkit.core.fields import Field, Item
from crmkit.core.session import Session

EXAMPLES = 5
"""How many values that cannot be brought over a refusal shows."""
_BATCH = 500


@frozen
class Conversion:
    """A field of an entity that gets another kind."""

    entity: str
    name: str

    @property
    def key(self) -> str:
        """The field's key, in the former Model and in the new one."""
        return f"{NAME}.{self.name}"


def change_kind(
    session: Session, entity: str, name: str, kind: str, *, options: Sequence[str] = (),
    targets: Sequence[str] = (),
) -> Step:  # fmt: skip
    """Give a field another kind; its values are brought over, or it is refused."""
    model = session.model.entity(entity)
    model.field(f"{NAME}.{name}")
    pointed = tuple(session.model.entity(t).name for t in targets)

    def change(found: Any) -> Any:
        old = editing.part(found, CustomField, (model.name, name))
        if old.kind == kind:
            raise Refused(f"{name} is of the kind {kind} already")
        taken = {f.name for f in found.fields} | {f.stored for f in found.fields}
        stored = next(s for n in range(2, 1000) if (s := f"{name}_{n}") not in taken)
        return editing.changed(
            found, CustomField, old.ident, kind=kind, stored=stored,
            targets=pointed if kind == "ref" else (),
            options=(tuple(options) or old.options) if kind == "choice" else (),
        )  # fmt: skip

    said = f"{model.label}: {name} is of the kind {kind} now"
    return Step(said, change, conversion=Conversion(model.name, name))


@frozen
class Converted:
    """Values in the new kind by record, and what cannot be brought over, a line each."""

    values: dict[int, tuple[Any, Any]]
    """The value before and the value after."""
    deleted: frozenset[int]
    failed: list[str]

    def demand(self, plural: str, kind: str) -> None:
        """Raise Refused, with a count and some examples, where something is left."""
        if self.failed:
            shown = "; ".join(self.failed[:EXAMPLES])
            more = "; ..." if len(self.failed) > EXAMPLES else ""
            total = len(self.failed) + len(self.values)
            raise Refused(
                f"{len(self.failed)} of {total} {plural.lower()} hold what is no {kind}: "
                f"{shown}{more}. Change those first"
            )


def convert(old: Session, new: Session, wanted: Conversion) -> Converted:
    """Work out the values of a field in its new kind, from what the former Model reads."""
    before = old.model.entity(wanted.entity).field(wanted.key)
    after = new.model.entity(wanted.entity).field(wanted.key)
    found = Converted({}, frozenset(), [])
    deleted = set()
    for record in _filled(old, wanted):
        if record.deleted_at is not None:
            deleted.add(record.id)
        value = record.get(before)
        try:
            found.values[record.id] = value, _converted(old, new, record, before, after)
        except (CrmError, ValueError) as error:
            text = old.display(record, before)
            found.failed.append(f"{record.title}: {text!r} ({error})")
    return Converted(found.values, frozenset(deleted), found.failed)


def _filled(session: Session, wanted: Conversion) -> Iterator[Record]:
    for deleted in (False, True):
        after = None
        while True:
            page = session.find(
                wanted.entity, f"{wanted.key}:any", limit=_BATCH, after=after, deleted=deleted
            )
            yield from (r for r in page if deleted == (r.deleted_at is not None))
            after = page.next
            if after is None:
                break


def _converted(old: Session, new: Session, record: Record, before: Field, after: Field) -> Any:
    value = record.get(before)
    if before.kind.name == "moment" and after.kind.name == "date" and not before.many:
        return old.locale.local(value).date() if isinstance(value, datetime) else value
    texts = [before.kind.format(i.value, old.locale) for i in value] if before.many else [
        old.display(record, before)]  # fmt: skip
    if after.many:
        words = [w.strip() for text in texts for w in re.split(r"[,;|\n]", text) if w.strip()]
        return after.validate(tuple(Item(word) for word in dict.fromkeys(words)))
    if len(texts) > 1 and after.kind.name not in ("text", "note"):
        raise ValueError(f"these are {len(texts)} values")
    text = ", ".join(texts)
    if after.kind.name in ("date", "moment") and not re.search(r"\d", text):
        raise ValueError("that is no date")
    return new.parse_field(record.spec.name, after.key, text)
