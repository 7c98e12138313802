"""What a form does about records with the same e-mail or phone: merge, keep both, or go back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen

from crmkit.core.entity import Record
from crmkit.core.errors import CrmError
from crmkit.core.fields import Item
from crmkit.core.matching import Match
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.tui.screens.menu import Choice, MenuScreen

if TYPE_CHECKING:
    from crmkit.tui.screens.form import FormScreen

MOST = 3
"""How many records are named."""


@frozen
class Twins:
    """Records that one with the typed values seems to be, with what they are called."""

    matches: Sequence[Match]
    titles: Mapping[tuple[str, int], str]

    @property
    def certain(self) -> list[Match]:
        """Those with the same e-mail or phone."""
        return [m for m in self.matches if m.certain]

    def told(self, match: Match) -> str:
        """Return a match in words."""
        title = self.titles[match.entity, match.id]
        return f"{match.entity} {match.id} {title} ({', '.join(match.reasons)})"

    def hint(self) -> str:
        """Return the likeliest one as a hint."""
        return f"possible duplicate: {self.told(self.matches[0])}" if self.matches else ""


def look(session: Session, model: EntityModel, values: Mapping[str, Any], id: int) -> Twins:
    """Return the twins of a record with the typed values."""
    found = session.duplicates(model.name, values, id=id)[: 2 * MOST]
    return Twins(found, session.titles((m.entity, m.id) for m in found))


def ask(form: FormScreen, twins: Twins, save: Callable[[], None]) -> None:
    """Let the user choose what becomes of what was typed."""
    model = form.model
    choices = [
        Choice(f"merge.{m.id}", f"merge into {twins.told(m)}", str(n))
        for n, m in enumerate(twins.certain[:MOST], 1)
        if m.entity == model.name
    ]
    choices += [
        Choice("", f"also there: {twins.told(m)}")
        for m in twins.certain[:MOST]
        if m.entity != model.name
    ]
    choices += [
        Choice("keep", "apart: keep both, they are not the same", "a"),
        Choice("back", "back to the form", "b"),
    ]

    def chosen(value: str | None) -> None:
        verb, _, number = (value or "back").partition(".")
        if verb == "keep":
            form.kept_apart = [m.id for m in twins.certain if m.entity == model.name]
            save()
        elif verb == "merge":
            form.merge_into(int(number))
        else:
            form.say("not saved yet; what you typed is here", "warning")

    form.app.push_screen(MenuScreen(form.desk, "This seems to be there already", choices), chosen)


def keep_apart(session: Session, record: Record, others: Sequence[int]) -> None:
    """Remember that a record is none of the others, so that nobody is asked again."""
    name = record.spec.name
    if not others or not any(c.name == "distinct" for c in session.model.entity(name).commands):
        return
    try:
        session.run(f"{name}.distinct", record.id, {"others": tuple(map(Item, others))})
    except CrmError:
        # Saved is saved; the pair is only asked about again.
        return
