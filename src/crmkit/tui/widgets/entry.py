"""A field of a form: its label, a line (or some) to type on, help, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester, SuggestFromList
from textual.widgets import Input, Static, TextArea

from crmkit.core.errors import NotFound
from crmkit.core.fields import Field
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.store import Hit
from crmkit.tui.text import safe
from crmkit.tui.widgets.typed import TypedArea, TypedLine

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk


class _Line(TypedLine, inherit_bindings=True):
    DEFAULT_CSS = """
    _Line { border: none; height: 1; padding: 0; background: $surface; }
    _Line:focus { border: none; background: $panel; }
    """


class _Area(TypedArea):
    DEFAULT_CSS = """
    _Area { border: none; height: 5; padding: 0; background: $surface; }
    _Area:focus { border: none; background: $panel; }
    """


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


class Entry(Vertical):
    """One field."""

    DEFAULT_CSS = """
    Entry { height: auto; }
    Entry .section { height: 1; margin-top: 1; color: $primary; text-style: bold; }
    Entry .row { height: auto; layout: horizontal; }
    Entry .label { width: 18; height: 1; color: $foreground 80%; }
    Entry .note { height: auto; margin-left: 18; color: $foreground 60%; display: none; }
    Entry.here .note.help { display: block; }
    Entry .offers { height: auto; margin-left: 16; color: $foreground 80%; display: none;
                    text-wrap: nowrap; text-overflow: ellipsis; }
    Entry .problem { height: auto; margin-left: 18; color: $error; display: none; }
    Entry .problem.shown { display: block; }
    """

    class Changed(Message):
        """Something was typed."""

    def __init__(self, field: Field, desk: Desk, heading: str = "") -> None:
        super().__init__()
        self.field = field
        self.problem = ""
        self.offers: list[Offer] = []
        self._desk = desk
        self._heading = heading

    def compose(self) -> ComposeResult:
        """Heading, label and line, help, problem."""
        if self._heading:
            yield Static(Content(safe(self._heading)), classes="section", markup=False)
        with Vertical(classes="row"):
            star = " *" if self.field.required else ""
            label = safe(self.field.label) + star
            yield Static(Content(label), classes="label", markup=False)
            if self.field.kind.widget == "area":
                yield _Area(classes="field-input", tab_behavior="focus", show_line_numbers=False)
            else:
                yield _Line(classes="field-input", suggester=self._suggester())
        note = self._note()
        classes = "note help" if note else "note"
        yield Static(Content(safe(note)), classes=classes, markup=False)
        yield Static("", classes="offers", markup=False)
        yield Static("", classes="problem", markup=False)

    def _note(self) -> str:
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
        return "; ".join(part.rstrip(".") for part in parts)

    def _suggester(self) -> Suggester | None:
        kind = self.field.kind
        if self.field.many:
            return None
        if isinstance(kind, ChoiceKind):
            return SuggestFromList([*kind.options.values(), *kind.options], case_sensitive=False)
        if kind.name == "flag":
            return SuggestFromList(["yes", "no"])
        return RecordSuggester(self._desk, self.field.targets) if self.field.targets else None

    @property
    def _input(self) -> Input | TextArea:
        found = self.query(".field-input").first()
        assert isinstance(found, Input | TextArea)
        return found

    @property
    def text(self) -> str:
        """What is typed."""
        widget = self._input
        return widget.text if isinstance(widget, TextArea) else widget.value

    def set_text(self, text: str) -> None:
        """Fill the field in."""
        widget = self._input
        if isinstance(widget, TextArea):
            widget.load_text(text)
        else:
            widget.value = text
            widget.cursor_position = len(text)

    def offer(self, offers: Sequence[Offer]) -> None:
        """Show what may be chosen, below the field."""
        self.offers = list(offers)
        self._draw_offers()

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
                self._take_next()

        self._desk.ask(lambda s: s.search(text, entities=targets, limit=OFFERED), found)

    def _take_next(self) -> None:
        """Take the next one that is offered; after the last one, none."""
        texts = [offer.text for offer in self.offers]
        at = texts.index(self.text) + 1 if self.text in texts else 0
        self.set_text((*texts, "")[at])
        self._draw_offers()

    def _draw_offers(self) -> None:
        lines = [
            f"{'›' if offer.text == self.text else ' '} {offer.said}" for offer in self.offers
        ]  # fmt: skip
        shown = self.query_one(".offers", Static)
        shown.update(Content("\n".join(map(safe, lines))))
        shown.display = bool(lines)

    def focus_input(self) -> None:
        """Type here."""
        self._input.focus()

    def show_problem(self, why: str) -> None:
        """Say what is wrong with what was typed."""
        self.problem = why
        line = self.query_one(".problem", Static)
        line.update(Content(f"✗ {safe(why)}"))
        line.set_class(bool(why), "shown")

    def on_descendant_focus(self) -> None:
        """Show the help: a style for `:focus-within` does not come to what is beside the line."""
        self.add_class("here")

    def on_descendant_blur(self) -> None:
        """Hide it."""
        self.remove_class("here")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on."""
        event.stop()
        if self.offers:
            self._draw_offers()
        self.post_message(self.Changed())

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Pass it on."""
        event.stop()
        self.post_message(self.Changed())
