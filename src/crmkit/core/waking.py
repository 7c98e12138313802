"""What time triggers: automations whose date has come, or whose records stayed too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from crmkit.core import following, runs
from crmkit.core.automation import Automation, Older, Reached, span
from crmkit.core.errors import CrmError
from crmkit.core.expr import Expr, Test, all_of
from crmkit.core.fields import Field
from crmkit.core.listening import hear
from crmkit.core.model import EntityModel
from crmkit.core.store import Select, Writer
from crmkit.core.unit import Unit

if TYPE_CHECKING:
    from crmkit.core.session import Session

AT_ONCE = 200
"""How many records are looked at a time, and how many transactions at most follow one another."""


def wake(session: Session) -> tuple[list[str], list[str]]:
    """Run every automation whose time has come; return what they did, and what went wrong.

    At its first look an automation only notes the time: what was due before it was there, it
    leaves alone.
    """
    done, failed = [], []
    for automation in session.model.automations.values():
        if not automation.on or not following.timed(automation):
            continue
        count, faults = 0, 0
        try:
            due = list(_due(session, automation))
        except CrmError as error:  # a plugin's word in its filter, above all
            failed.append(f"automation {automation.name} failed: {error}")
            continue
        for id, key in due:
            with session.store.writer() as writer:
                chain = following.Chain(session, writer)
                if chain.run(automation, id, key):
                    count += 1
                else:
                    faults += _failed(chain, writer, automation, id, key)
            hear(session, chain.commits)
        if count:
            done.append(f"automation {automation.name} ran on {count} records")
        if faults:
            failed.append(f"automation {automation.name} failed on {faults} records")
    return done, failed


def _failed(
    chain: following.Chain, writer: Writer, automation: Automation, id: int, key: str
) -> bool:
    unit = following.opened(chain.session, writer, automation)
    return bool(following.done_already(unit, automation, [(id, key)]))


def _due(session: Session, automation: Automation) -> Iterator[tuple[int, str]]:
    """Yield the records for which it is time, each with what tells this time from others."""
    with session.store.writer() as writer:
        unit = following.opened(session, writer, automation)
        begun = _begun(unit, automation)
        if begun is None or following.suspended(unit, automation.name):
            return
        model = unit.model.entity(automation.entity)
        by, where, offset = moments(model, automation, unit, begun)
        found = writer.find(Select(entity=model, where=where, limit=AT_ONCE * 5, sort=by))
        for at in range(0, len(found), AT_ONCE):
            pairs = [(r.id, key_of(r.get(by))) for r in found[at : at + AT_ONCE]]
            known = following.done_already(unit, automation, pairs)
            yield from (pair for pair in pairs if pair not in known)


def _begun(unit: Unit, automation: Automation) -> datetime | None:
    """Return when an automation was first looked at; None where that is now."""
    first = unit.find("automation_run", f"automation={automation.name}", 1, sort="id")
    if first:
        return first[0].created_at
    unit.label = f"Automation {automation.name} begins"
    following.note(unit, automation, None, runs.BEGUN)
    unit.finish()
    return None


def key_of(value: Any) -> str:
    """Return what tells one time of a record from another."""
    return value.isoformat() if value is not None else ""


def moments(
    model: EntityModel, automation: Automation, unit: Unit, since: datetime
) -> tuple[Field, Expr, timedelta]:
    """Return the field that counts, the test that its time has come after `since`, the offset."""
    trigger = automation.trigger
    where: Expr = unit._where(model, automation.where)
    if isinstance(trigger, Older):
        by, offset = model.by_key["moved_at"], span(trigger.than)
        assert model.flow is not None
        where = all_of(where, Test(model.flow, "in", (trigger.state,)))
    else:
        assert isinstance(trigger, Reached)
        by, offset = model.field(trigger.field), span(trigger.offset)
    first, last = since - offset, unit.now - offset
    edges: tuple[date, date] = (first, last)
    if by.kind.name == "date":
        edges = (unit.locale.local(first).date(), unit.locale.local(last).date())
    return by, all_of(where, Test(by, "ge", edges[:1]), Test(by, "le", edges[1:])), offset
