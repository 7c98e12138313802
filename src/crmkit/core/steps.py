"""What plugins do once to the data that is there: run by an upgrade, noted in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmkit.core import rules
from crmkit.core.blaming import blaming, sentence
from crmkit.core.declare import Step
from crmkit.core.model import Model
from crmkit.core.store import Reader, Store

if TYPE_CHECKING:
    from crmkit.core.session import Session


def _note(step: Step) -> str:
    return f"step {step.owner}.{step.name}"


def _due(model: Model, reader: Reader) -> list[Step]:
    return [step for step in model.steps if reader.meta(_note(step)) is None]


def due(model: Model, store: Store) -> list[Step]:
    """Return the steps that were not taken on this data."""
    with store.reader() as reader:
        return _due(model, reader)


def take(session: Session) -> list[str]:
    """Take the steps that are due; return what they did, a line each.

    Fault names the plugin of one that fails, and what it did is taken back; those before it stay.
    """
    done = []
    for step in due(session.model, session.store):
        name = f"step {step.name}"
        with (
            blaming(step.owner, name, step.run, lets="none"),
            session.transaction(f"Step {step.name} of plugin {step.owner}") as unit,
        ):
            said = sentence(step.run(unit)) if step.run else ""
            for entity, field in step.derives:
                rules.rederive(unit, entity, field)
            unit.writer.set_meta(_note(step), unit.now.isoformat())
        done.append(said or f"{name} of plugin {step.owner} is done")
    return done


def skip(session: Session) -> None:
    """Note that a new workspace, which holds nothing yet, needs none of them."""
    with session.store.writer() as writer:
        for step in _due(session.model, writer):
            writer.set_meta(_note(step), session.now.isoformat())
