"""What automations are told, held against the data: dates, choices, people that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crmkit.core.automation import Automation
from crmkit.core.errors import CrmError, blaming
from crmkit.core.view import View

if TYPE_CHECKING:
    from crmkit.core.session import Session


def mistold(session: Session, automation: Automation) -> Iterator[str]:
    """Yield what an automation's effects are told that can never work, a sentence each.

    Only what stands there without braces is looked at: the rest depends on the record.
    """
    spec = session.model.entity(automation.entity).spec
    with session.store.reader() as reader:
        view = View(session, reader)
        for do in automation.do:
            effect = session.model.effects.get(do.effect)
            if effect is None:  # the Model says so
                continue
            said = do.constants()
            try:
                if effect.fields:
                    view.parse(spec.name, said)
                if effect.check is not None:
                    with blaming(f"plugin {effect.owner}: checking the effect {effect.name}"):
                        effect.check(spec, view, said)
            except CrmError as error:
                yield f"{do.effect}: {error}"
