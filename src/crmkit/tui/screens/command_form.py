"""The form of a command: all of its parameters, with what is proposed for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmkit.core.declare import Command
from crmkit.core.errors import CrmError
from crmkit.core.fields import Field, Item
from crmkit.core.kinds.refs import Link
from crmkit.core.matching import Match
from crmkit.core.session import Session
from crmkit.tui.screens.base import CrmScreen
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.working import run_on
from crmkit.tui.widgets.entry import Offer

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

MOST = 4
"""How many records are offered for one parameter."""

Proposed = tuple[dict[str, str], dict[str, list[Offer]]]


class CommandForm(FormScreen):
    """A form; ctrl+s gives the command, esc leaves the records as they are."""

    leaving = "Do it before leaving? (y)es, (n)o, esc stays: "

    def __init__(
        self, desk: Desk, command: Command, ids: Sequence[int], done: Callable[[str], None]
    ) -> None:
        self.command = command
        self.ids = list(ids)
        self._done = done
        super().__init__(desk, command.entity, None, {})

    def _fields(self) -> list[Field]:
        return list(self.command.fields)

    def start(self) -> None:
        """Fill in what is proposed."""
        label = self.command.label or self.command.name
        many = len(self.ids)
        whom = f"{self.model.label} {self.ids[0]}" if many == 1 else f"{many} {self.model.plural}"
        self.title_line.show(label, note=whom)
        self.status.hint(f"ctrl+s {label.lower()}  tab next field  esc leave  f1 keys")
        self.wait()
        self.ask(self._proposed, self._propose, self._turned_away)

    def _proposed(self, session: Session) -> Proposed:
        name = f"{self.command.entity}.{self.command.name}"
        values, matches = session.propose(name, self.ids[0])
        for id in self.ids[1:]:
            if not values:
                break
            other, _ = session.propose(name, id)
            # What is proposed for one of several records is not what the others are to get.
            values, matches = {k: v for k, v in values.items() if other.get(k) == v}, {}
        texts = {f.name: self._text(session, f, values.get(f.name)) for f in self.fields}
        offers = {
            f.name: _offers(session, f, matches.get(f.name, [])[:MOST], values.get(f.name))
            for f in self.fields
            if f.targets
        }
        return texts, offers

    def _text(self, session: Session, f: Field, value: Any) -> str:
        if value is None:
            value = None if f.required else f.default
        if value in (None, ""):
            return ""
        if f.targets and not isinstance(value, tuple | Item):
            return str(value)
        return f.format(value, session.locale)

    def _propose(self, found: Proposed) -> None:
        texts, offered = found
        self._fill((None, texts, {}))
        by_name = {entry.field.name: entry for entry in self.entries.values()}
        for name, offers in offered.items():
            by_name[name].offer(offers)
        if any(offered.values()):
            label = (self.command.label or self.command.name).lower()
            self.status.hint(f"ctrl+s {label}  ctrl+n take what is offered  tab next  esc leave")

    def draft(self) -> dict[str, Any]:
        """A command that was not given is not kept."""
        return {}

    def typed(self) -> dict[str, str]:
        """Return the texts that differ from what was proposed."""
        return {
            entry.field.name: entry.text
            for entry in self.entries.values()
            if entry.text != self.initial.get(entry.field.name, "")
        }

    def do_save(self) -> None:
        """Give the command; what is wrong is shown at its field."""
        if self._saving:
            return
        texts: Mapping[str, str] = {
            e.field.name: e.text for e in self.entries.values() if e.text.strip()
        }

        def work(session: Session) -> str:
            given = session.parse_params(self.command, texts)
            return run_on(session, self.command, self.ids, given)

        for entry in self.entries.values():
            entry.show_problem("")
        self._saving = True
        self.write(work, self._given, self._not_saved)

    def _given(self, said: str) -> None:
        self.app.pop_screen()
        if isinstance(self.app.screen, CrmScreen):
            self._done(said)

    def _left(self) -> None:
        self.app.pop_screen()

    def _turned_away(self, error: CrmError) -> None:
        self.app.pop_screen()
        self.desk.tell(error)


def _offers(session: Session, f: Field, matches: Sequence[Match], value: Any) -> list[Offer]:
    """Return the records that are offered for a reference: first the one that is filled in."""
    reasons = {
        (m.entity, m.id): "  ".join((str(m.score), ", ".join(m.reasons))).strip() for m in matches
    }
    if isinstance(value, int | Link):
        target = (value.entity, value.id) if isinstance(value, Link) else (f.targets[0], value)
        reasons = {target: reasons.get(target, "proposed")} | reasons
    titles = session.titles(reasons)
    return [
        Offer(f"{entity}:{id}" if len(f.targets) > 1 else str(id),
              f"{id}  {titles[entity, id]}  {why}")
        for (entity, id), why in reasons.items()
    ]  # fmt: skip
