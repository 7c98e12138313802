"""The form of a command: all of its parameters, with what is proposed for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmkit.core.declare import Command
from crmkit.core.errors import CrmError
from crmkit.core.fields import Field, Item
from crmkit.core.matching import Match
from crmkit.core.session import Session
from crmkit.tui.screens.base import CrmScreen
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.working import run_on

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

MOST = 4
"""How many records are offered for one parameter."""

Proposed = tuple[dict[str, str], dict[str, list[str]]]


class CommandForm(FormScreen):
    """A form; ctrl+s gives the command, esc leaves the records as they are."""

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
        whom = f"{self.model.label} {self.ids[0]}" if len(self.ids) == 1 else f"{len(self.ids)}"
        self.title_line.show(label, note=whom)
        self.status.hint(f"ctrl+s {label.lower()}  tab next field  esc leave  f1 keys")
        self.ask(self._proposed, self._propose, self._turned_away)

    def _proposed(self, session: Session) -> Proposed:
        name = f"{self.command.entity}.{self.command.name}"
        values, offers = session.propose(name, self.ids[0])
        texts = {f.name: self._text(session, f, values.get(f.name)) for f in self.fields}
        pointed = [(m.entity, m.id) for matches in offers.values() for m in matches]
        titles = session.titles(pointed)
        lines = {
            key: [_offer(m, titles) for m in matches[:MOST]] for key, matches in offers.items()
        }
        return texts, lines

    def _text(self, session: Session, f: Field, value: Any) -> str:
        if value is None:
            value = None if f.required else f.default
        if value in (None, ""):
            return ""
        if f.targets and not isinstance(value, tuple | Item):
            return str(value)
        return f.format(value, session.locale)

    def _propose(self, found: Proposed) -> None:
        texts, offers = found
        self._fill((None, texts, {}))
        for key, lines in offers.items():
            if lines and key in self.entries:
                self.entries[key].offer(["may be:", *lines])

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


def _offer(match: Match, titles: Mapping[tuple[str, int], str]) -> str:
    reasons = f" ({', '.join(match.reasons)})" if match.reasons else ""
    return f"  {match.id}  {titles[match.entity, match.id]}{reasons}"
