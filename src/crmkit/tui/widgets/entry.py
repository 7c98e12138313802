"""A field of a form: what is typed for it, what is offered for it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attrs import frozen
from textual.suggester import Suggester, SuggestFromList

from crmkit.core.errors import NotFound
from crmkit.core.fields import Field
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.store import Hit
from crmkit.tui.text import safe

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk
    from crmkit.tui.widgets.sheet import Sheet

OFFERED = 8
"""How many records are offered for what is typed."""


@frozen
class Offer:
    """Something that may be chosen for a field: the text to type for it, and what it is."""

    text: str
    said: str


class RecordSuggester(Suggester):
    """Completes the name of a record that a reference may point at."""

    def __init__(self, desk: Desk, targets: tuple[str, ...]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._desk = desk
        self._targets = targets

    async def get_suggestion(self, value: str) -> str | None:
        """Return the best name that goes on from what is typed."""
        import asyncio

        if len(value) < 2 or ":" in value:
            return None
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str | None] = loop.create_future()

        def find(session: object) -> str | None:
            hits = self._desk.session.search(value, entities=self._targets, limit=20)
            wanted = value.casefold()
            plain = (h.title for h in hits if safe(h.title) == h.title)
            return next((t for t in plain if t.casefold().startswith(wanted)), None)

        def take(found: str | None) -> None:
            if not answer.done():
                answer.set_result(found)

        self._desk.ask(find, take, lambda _: take(None))
        return await answer


class Entry:
    """One field of a sheet, which paints it and lends it a line to type on; it is no widget."""

    def __init__(self, field: Field, desk: Desk, heading: str = "") -> None:
        self.field = field
        self.heading = heading
        self.problem = ""
        self.offers: list[Offer] = []
        self._sought = ""
        """What was typed that the offers were found by."""
        self.kept = ""
        """What was typed when it was left last."""
        self.place: Any = None
        """Where the cursor stood then, as the widget that was typed on says it."""
        self._desk = desk
        self._sheet: Sheet | None = None

    @property
    def is_area(self) -> bool:
        """Whether several lines are typed."""
        return self.field.kind.widget == "area"

    @property
    def label(self) -> str:
        """What the field is called; a star says that it is required."""
        return safe(self.field.label) + (" *" if self.field.required else "")

    @property
    def note(self) -> str:
        """What helps while one types."""
        kind, parts = self.field.kind, [self.field.help] if self.field.help else []
        if isinstance(kind, ChoiceKind):
            parts.append("one of " + ", ".join(kind.options.values()))
        elif kind.name in ("moment", "date"):
            parts.append("such as tomorrow 15:00, fri, +3d, 2026-12-01")
        elif self.field.targets:
            names = " or ".join(self.field.targets)
            such = f", such as {self.field.targets[0]}:42" if len(self.field.targets) > 1 else ""
            parts.append(f"the name or number of the {names}{such}")
        if self.field.many:
            parts.append("several are divided by |, a label follows in parentheses")
        return safe("; ".join(part.rstrip(".") for part in parts))

    def suggester(self) -> Suggester | None:
        """Return what completes the text."""
        kind = self.field.kind
        if self.field.many:
            return None
        if isinstance(kind, ChoiceKind):
            return SuggestFromList([*kind.options.values(), *kind.options], case_sensitive=False)
        if kind.name == "flag":
            return SuggestFromList(["yes", "no"])
        return RecordSuggester(self._desk, self.field.targets) if self.field.targets else None

    def join(self, sheet: Sheet) -> None:
        """Become a part of a sheet."""
        self._sheet = sheet

    @property
    def text(self) -> str:
        """What is typed."""
        typed = self._sheet.typed_for(self) if self._sheet else None
        return self.kept if typed is None else typed

    def set_text(self, text: str) -> None:
        """Fill the field in."""
        self.kept, self.place = text, None
        if self._sheet:
            self._sheet.filled(self)

    def offer(self, offers: Sequence[Offer]) -> None:
        """Show what may be chosen, below the field."""
        self.offers, self._sought = list(offers), ""
        self._redraw()

    def take_offer(self) -> None:
        """Take the next one that is offered, or the first that what is typed finds."""
        if not self.text or self.text in [offer.text for offer in self.offers]:
            self._take_next()
            return
        text, targets = self.text, self.field.targets

        def found(hits: list[Hit]) -> None:
            if not hits:
                self._desk.tell(NotFound(f"nothing is called {text}"))
            elif self.text == text:
                several = len(targets) > 1
                self.offer([
                    Offer(f"{h.entity}:{h.id}" if several else str(h.id), f"{h.id}  {h.title}")
                    for h in hits
                ])  # fmt: skip
                self._sought = text
                self._take_next()

        self._desk.ask(lambda s: s.search(text, entities=targets, limit=OFFERED), found)

    def _take_next(self) -> None:
        """Take the next one that is offered; behind the last one stands what was typed."""
        texts = [offer.text for offer in self.offers]
        at = texts.index(self.text) + 1 if self.text in texts else 0
        self.set_text((*texts, self._sought)[at])

    def focus_input(self) -> None:
        """Type here."""
        if self._sheet:
            self._sheet.go(self)

    def show_problem(self, why: str) -> None:
        """Say what is wrong with what was typed."""
        if why != self.problem:
            self.problem = why
            self._redraw()

    def _redraw(self) -> None:
        if self._sheet:
            self._sheet.redraw()
