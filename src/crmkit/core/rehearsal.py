"""Trying an automation: what it would have done over a time of the journal. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from crmkit.core import following, rules
from crmkit.core.automation import Automation, Older, Reached, span
from crmkit.core.entity import Record
from crmkit.core.errors import CrmError
from crmkit.core.journal import Change, Commit
from crmkit.core.model import EntityModel
from crmkit.core.policy import ADMIN, Actor
from crmkit.core.store import Select
from crmkit.core.unit import Unit
from crmkit.core.waking import moments

if TYPE_CHECKING:
    from crmkit.core.session import Session

MOST = 1000
"""How many occasions are looked at, the newest ones."""
LARGE = 10_000
_BATCH = 200


@frozen
class Occasion:
    """A time at which an automation would have run: the record as it was, and what would follow."""

    at: datetime
    record: Record
    does: tuple[str, ...] = ()
    failed: str = ""


class _TakeBack(Exception):
    """Ends a transaction of which nothing is to stay."""


def rehearse(session: Session, name: str, since: datetime) -> list[Occasion]:
    """Return what an automation would have done since a time, oldest first.

    Each occasion is played on the record as it was then, in a transaction that is taken back.
    NotFound for no such automation.
    """
    automation = session.model.automation(name)
    find = _by_time if following.timed(automation) else _by_journal
    found = sorted(find(session, automation, since), key=lambda o: o.at)[-MOST:]
    played = (_played(session, automation, occasion) for occasion in found)
    return [occasion for occasion in played if occasion is not None]


def _by_journal(session: Session, automation: Automation, since: datetime) -> Iterator[Occasion]:
    """Yield the changes that would have triggered it, with the record as each left it."""
    model = session.model.entity(automation.entity)
    for commit, change, record in _walked(session, model, since):
        if commit.undoes is None and following.triggers(model, automation.trigger, change):
            yield Occasion(commit.at, record)


def _by_time(session: Session, automation: Automation, since: datetime) -> Iterator[Occasion]:
    """Yield the records whose time came: of dates as they are now, of states as they were."""
    model = session.model.entity(automation.entity)
    if isinstance(automation.trigger, Reached):
        with session.store.writer() as writer:
            plain = evolve(automation, where="")  # it is asked of each record as it was
            unit = following.opened(session, writer, plain)
            by, where, offset = moments(model, plain, unit, since)
            for record in writer.find(Select(entity=model, where=where, limit=MOST, sort=by)):
                value = record.get(by)
                if not isinstance(value, datetime):
                    start = datetime.combine(value, datetime.min.time())
                    value = start.replace(tzinfo=session.locale.zone)
                yield Occasion(value + offset, record)
        return
    assert isinstance(automation.trigger, Older)
    yield from _stays(session, model, automation.trigger, since)


def _stays(
    session: Session, model: EntityModel, trigger: Older, since: datetime
) -> Iterator[Occasion]:
    """Yield the stays in a state that lasted long enough, at the time when that was so."""
    length, now = span(trigger.than), session.now
    flow = model.flow_field()
    ended: dict[int, datetime] = {}
    for commit, change, record in _walked(session, model, since - length):
        if flow.key not in change.after and change.op not in ("delete", "merge"):
            continue
        over = commit.at + length
        entered = change.after.get(flow.key) == trigger.state and change.op in ("create", "move")
        if entered and since <= over <= min(now, ended.get(record.id, now)):
            yield Occasion(over, record)
        ended[record.id] = commit.at


def _walked(
    session: Session, model: EntityModel, since: datetime
) -> Iterator[tuple[Commit, Change, Record]]:
    """Yield changes of an entity since a time, newest first, with the record as each left it.

    Commits as large as imports are left out: they trigger nothing.
    """
    then: dict[int, Record] = {}
    before: int | None = None
    with session.store.reader() as reader:
        while batch := reader.commits(limit=_BATCH, before=before, entity=model.name):
            for commit in batch:
                if commit.at < since:
                    return
                whole = reader.commit(commit.id) if commit.size <= LARGE else None
                for change in reversed(whole.changes if whole else ()):
                    if change.entity != model.name:
                        continue
                    record = then.get(change.record) or reader.get(
                        model, change.record, deleted=True
                    )
                    if record is not None:
                        yield commit, change, rules.touched(record, deleted_at=None)
                        then[record.id] = _earlier(model, record, change)
            before = batch[-1].id


def _earlier(model: EntityModel, record: Record, change: Change) -> Record:
    """Return a record as it was before a change."""
    known = {k: v for k, v in change.before.items() if k in model.by_key}
    return record.evolve(**{k: model.by_key[k].undump(v) for k, v in known.items()})


def _played(session: Session, automation: Automation, occasion: Occasion) -> Occasion | None:
    """Return the occasion with what would have followed; None where the filter does not find it."""
    model = session.model.entity(automation.entity)
    then = evolve(session.locale, now=occasion.at)
    actor = Actor(0, f"automation {automation.name}", (ADMIN,))
    found: Occasion | None = None
    with suppress(_TakeBack), session.store.writer() as writer:
        stored = writer.get(model, occasion.record.id, deleted=True)
        if stored is None:
            return None
        values = {f.key: occasion.record.get(f) for f in model.fields}
        past = rules.touched(stored.evolve(**values), deleted_at=None, moved_at=occasion.at)
        writer.update(model, [(stored, rules.touched(past, version=stored.version + 1))])
        unit = Unit(type(session)(session.model, session.store, actor, lambda: then, "try"), writer)
        if record := following.applies(unit, automation, stored.id):
            found = _tried(unit, automation, record, occasion)
        raise _TakeBack
    return found


def _tried(unit: Unit, automation: Automation, record: Record, occasion: Occasion) -> Occasion:
    try:
        following.act(unit, automation, record)
    except Exception as error:
        said = str(error) if isinstance(error, CrmError) else f"{type(error).__name__}: {error}"
        return evolve(occasion, record=record, failed=said)
    does = tuple(_told(unit, change) for change in unit.changes)
    return evolve(occasion, record=record, does=does)


def _told(unit: Unit, change: Change) -> str:
    """Return what a change does, as people say it."""
    model = unit.model.entity(change.entity)
    what = f"{model.label.lower()} {change.title}"
    if change.op == "create":
        return f"add {what}"
    record = unit.get(change.entity, change.record, deleted=True)
    fields = [model.field(key) for key in change.after]
    if record is None or not fields:
        return f"{change.op} {what}"
    shown = zip(fields, unit.session.display_many([record], fields)[0], strict=True)
    return f"{what}: " + ", ".join(f"{f.label.lower()} = {text or 'nothing'}" for f, text in shown)
