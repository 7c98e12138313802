"""What automations are told, held against the data: dates, choices, people that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from crmkit.core.automation import Automation
from crmkit.core.blaming import blaming
from crmkit.core.errors import CrmError, Invalid
from crmkit.core.model import EntityModel
from crmkit.core.view import View

if TYPE_CHECKING:
    from crmkit.core.session import Session


def mistold(session: Session, automation: Automation) -> Iterator[str]:
    """Yield what an automation's effects are told that can never work, a sentence each.

    Only what stands there without braces is looked at: the rest depends on the record.
    """
    model = session.model.entity(automation.entity)
    spec = model.spec
    with session.store.reader() as reader:
        view = View(session, reader)
        for do in automation.do:
            effect = session.model.effects.get(do.effect)
            if effect is None:  # the Model says so
                continue
            said = do.constants()
            for key, text in do.torn():
                yield f"{do.effect}: {key}: {text!r} has a brace too many; write {{title}}"
            try:
                if effect.fields:
                    _demand_settable(model, do.said)
                    view.parse(spec.name, said)
                if effect.check is not None:
                    what = f"checking the effect {effect.name}"
                    with blaming(effect.owner, what, effect.check, lets="all"):
                        effect.check(spec, view, said)
            except CrmError as error:
                yield f"{do.effect}: {error}"


def _demand_settable(model: EntityModel, said: Mapping[str, str]) -> None:
    """Refuse to set what the program fills in, and to empty what must be filled in."""
    problems = {}
    for key, text in said.items():
        f = model.field(key)
        if f.system or f.derived:
            problems[key] = "it is filled in by the program"
        elif f.required and not text.strip():
            problems[key] = "it cannot be left empty"
    if problems:
        raise Invalid(problems)
