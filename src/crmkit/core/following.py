"""Running automations: in the transaction of what triggers them, each as a commit of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from crmkit.core import runs
from crmkit.core.automation import Automation, Created, Moved, Older, Reached, Trigger, Updated
from crmkit.core.blaming import blaming
from crmkit.core.entity import Record
from crmkit.core.errors import CrmError, Fault
from crmkit.core.expr import Test, all_of
from crmkit.core.journal import Change, Commit
from crmkit.core.model import EntityModel
from crmkit.core.policy import ADMIN, Actor
from crmkit.core.store import Writer
from crmkit.core.unit import Unit
from crmkit.core.view import View

if TYPE_CHECKING:
    from crmkit.core.session import Session

DEEPEST = 8
"""How many automations may follow from one another."""
PATIENCE = 3
"""After how many failures in a row an automation is suspended."""
_log = logging.getLogger("crmkit.automations")


def triggers(model: EntityModel, trigger: Trigger, change: Change) -> bool:
    """Whether a change is what a trigger waits for (never for those that time triggers)."""
    if isinstance(trigger, Created):
        return change.op == "create"
    if isinstance(trigger, Updated):
        named = {model.field(name).key for name in trigger.fields}
        return change.op in ("update", "move", "merge", "absorb") and (
            not named or bool(named & change.fields)
        )
    if isinstance(trigger, Moved) and change.op == "move":
        return any(
            (not trigger.to or change.after[f.key] == trigger.to)
            and (not trigger.source or change.before.get(f.key) == trigger.source)
            for f in model.flows
            if f.key in change.after
        )
    return False


def timed(automation: Automation) -> bool:
    """Whether time triggers an automation."""
    return isinstance(automation.trigger, Older | Reached)


def suspended(view: View, name: str) -> bool:
    """Whether an automation failed so often in a row that it is left alone until it is resumed."""
    last = view.find("automation_run", f"automation={name}", PATIENCE, sort="-id")
    return len(last) == PATIENCE and all(r.outcome == runs.FAILED for r in last)  # type: ignore[attr-defined]


def all_suspended(session: Session) -> list[str]:
    """Return the names of the automations that are on, and left alone because they kept failing."""
    with session.store.reader() as reader:
        view = View(session, reader)
        return [a.name for a in session.model.automations.values()
                if a.on and suspended(view, a.name)]  # fmt: skip


def follow(unit: Unit) -> list[Commit]:
    """Run the automations that a finished unit's commit triggers; return all commits, its first.

    Imports trigger none, and neither does taking something back.
    """
    commit = unit.commit
    if commit is None:
        return []
    chain = Chain(unit.session, unit.writer, commits=[commit])
    if unit.model.answering and not (commit.undoes is not None or unit.lenient or unit.flushed):
        chain.answer(unit.changes)
    return chain.commits


@frozen
class Chain:
    """The automations that follow from one commit: none twice for a record, and not without end."""

    session: Session
    writer: Writer
    seen: set[tuple[str, str, int]] = field(factory=set)
    commits: list[Commit] = field(factory=list)

    def answer(self, changes: Iterable[Change], depth: int = 0) -> None:
        """Run what changes trigger, and what follows from that."""
        model = self.session.model
        for change in changes:
            for automation in model.answering.get(change.entity, ()):
                if triggers(model.entity(change.entity), automation.trigger, change):
                    self.run(automation, change.record, depth=depth)

    def run(self, automation: Automation, id: int, key: str = "", depth: int = 0) -> bool:
        """Run an automation on a record, if it applies; return whether it did something."""
        once = (automation.name, automation.entity, id)
        if once in self.seen:
            return False
        self.seen.add(once)
        unit = opened(self.session, self.writer, automation)
        try:
            record = applies(unit, automation, id)
        except CrmError as error:  # a plugin's word in its filter: the commit is not its to stop
            record = unit.get(automation.entity, id)
            if record is not None and not suspended(unit, automation.name):
                self._failed(automation, record, key, error)
            return False
        if record is None or suspended(unit, automation.name):
            return False
        try:
            if depth == DEEPEST:
                raise Fault("automations answer one another without end")
            with self.writer.savepoint():
                unit.label = f"Automation {automation.name}: {record.title}"
                act(unit, automation, record)
                note(unit, automation, record.id, runs.DONE, key)
                unit.finish()
        except Exception as error:
            self._failed(automation, record, key, error)
            return False
        self._keep(unit)
        self.answer(unit.changes, depth + 1)
        return True

    def _failed(self, automation: Automation, record: Record, key: str, error: Exception) -> None:
        unit = opened(self.session, self.writer, automation)
        unit.label = f"Automation {automation.name} failed: {record.title}"
        note(unit, automation, record.id, runs.FAILED, key, told=_said(error))
        unit.finish()
        if suspended(unit, automation.name):
            _log.warning("%s (%s)", left_alone(automation.name), _said(error))
        self._keep(unit)

    def _keep(self, unit: Unit) -> None:
        if unit.commit is not None:
            self.commits.append(unit.commit)


def opened(session: Session, writer: Writer, automation: Automation) -> Unit:
    """Return a unit in which an automation acts, with the rights of an admin."""
    actor = Actor(0, f"automation {automation.name}", (ADMIN,))
    own = type(session)(session.model, session.store, actor, session._locale, "automation")
    return Unit(own, writer)


def applies(unit: Unit, automation: Automation, id: int) -> Record | None:
    """Return the record if it is there and the automation's filter finds it."""
    model = unit.model.entity(automation.entity)
    one = Test(model.by_key["id"], "in", (id,))
    where = all_of(one, unit._where(model, automation.where)) if automation.where else one
    return unit.get(automation.entity, id) if unit.writer.count(model, where) else None


def act(unit: Unit, automation: Automation, record: Record) -> None:
    """Have every effect of an automation on a record; an accident in one is its plugin's Fault."""
    model = unit.model.entity(automation.entity)

    def value(name: str) -> str:
        plain = {"entity": model.name, "id": str(record.id), "title": record.title}
        return plain.get(name) or unit.session.display(now, model.field(name))

    now = record
    for do in automation.do:
        effect = unit.model.effects[do.effect]
        with blaming(effect.owner, f"effect {effect.name}", effect.run, lets="all"):
            effect.run(now, unit, do.told(value))
        now = unit.get(model.name, record.id) or now


def note(
    unit: Unit, automation: Automation, id: int | None, outcome: str, key: str = "", told: str = ""
) -> None:
    """Keep what came of an automation."""
    unit.add(
        "automation_run", automation=automation.name, outcome=outcome, key=key, told=told,
        target=automation.entity if id else "", record=id,
    )  # fmt: skip


def left_alone(name: str) -> str:
    """Return the sentence on an automation that is suspended."""
    return (
        f"automation {name} is suspended after {PATIENCE} failures in a row; to take it up again: "
        f"crmkit automation resume {name}"
    )


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, CrmError) else f"{type(error).__name__}: {error}"


def done_already(
    unit: Unit, automation: Automation, keys: Sequence[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Return those of the (record, key) pairs for which an automation ran."""
    numbers = ",".join(str(id) for id, _ in keys)
    found: list[Any] = unit.find(
        "automation_run", f"automation={automation.name} record:{numbers}", 10 * len(keys)
    )
    return {(run.record, run.key) for run in found}
