"""What is being saved was deleted by somebody: it can be restored, with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmkit.core.entity import Record
from crmkit.core.errors import CrmError, NotFound
from crmkit.core.session import Session

if TYPE_CHECKING:
    from crmkit.tui.screens.form import FormScreen


def offer_restoring(
    form: FormScreen, record: Record, missing: NotFound, saved: Callable[[Record], None]
) -> None:
    """Ask whether a deleted record is to be restored; where it cannot be, say what is known."""
    name, label, typed = form.model.name, form.model.label.lower(), form.typed()

    def who(session: Session) -> str:
        if session.get(name, record.id, deleted=True).deleted_at is None:
            raise missing
        newest = session.history(name, record.id, limit=1)
        return newest[0].commit.actor_name if newest else "somebody"

    def restored(session: Session) -> Record:
        values = session.parse(name, typed)
        with session.transaction() as unit:
            unit.restore(name, record.id)
            return unit.set(name, record.id, values)

    def answer(text: str) -> str | None:
        if text == "y":
            form.write(restored, saved, failed)
        else:
            form.say(f"not saved: this {label} is deleted; what you typed is here", "warning")
        return None

    def failed(error: CrmError) -> None:
        form.say(f"not saved: {error}; what you typed is here", "error")

    def asked(culprit: str) -> None:
        sign = f"{culprit} deleted this {label}. Restore it and save? (y)es, (n)o: "
        form.question("restore", sign, answer, keys="yn")

    form.ask(who, asked, failed)
