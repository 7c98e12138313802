"""A one-line prompt at the bottom: for the filter, the command line, and single questions."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from crmkit.tui.text import safe
from crmkit.tui.widgets.typed import TypedLine


class _Line(TypedLine):
    DEFAULT_CSS = """
    _Line { border: none; height: 1; padding: 0; background: $surface; }
    _Line:focus { border: none; }
    """


class Prompt(Vertical):
    """A question and its answer; what was typed stays until it is accepted or given up."""

    DEFAULT_CSS = """
    Prompt { height: auto; display: none; background: $surface; }
    Prompt.open { display: block; }
    Prompt > #prompt-told { height: auto; display: none; }
    Prompt > #prompt-told.shown { display: block; }
    Prompt > #prompt-error { height: auto; color: $error; display: none; }
    Prompt > #prompt-error.shown { display: block; }
    Prompt > #prompt-line { height: 1; layout: horizontal; }
    Prompt #prompt-sign { width: auto; }
    Prompt #prompt-input { width: 1fr; }
    """

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose, self.text = purpose, text

    class Changed(Message):
        """The text changed."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose, self.text = purpose, text

    class Cancelled(Message):
        """Escape was pressed."""

        def __init__(self, purpose: str) -> None:
            super().__init__()
            self.purpose = purpose

    def __init__(self, *, id: str = "prompt") -> None:
        super().__init__(id=id)
        self.purpose = ""
        self._keys = ""
        self._history: dict[str, list[str]] = {}
        self._at = 0
        self._draft = ""

    def compose(self) -> ComposeResult:
        """What is told, the error, and the line to type on."""
        yield Static("", id="prompt-told", markup=False)
        yield Static("", id="prompt-error", markup=False)
        with Vertical(id="prompt-line"):
            yield Static("", id="prompt-sign", markup=False)
            yield _Line(id="prompt-input", select_on_focus=False)

    @property
    def line(self) -> Input:
        """The line to type on."""
        return self.query_one("#prompt-input", Input)

    @property
    def is_open(self) -> bool:
        """Whether something is being asked."""
        return self.has_class("open")

    def ask(self, purpose: str, sign: str, text: str = "", keys: str = "", told: str = "") -> None:
        """Open the prompt; `purpose` comes back with the answer.

        With `keys`, one of these letters is an answer by itself; no other one is taken. What is
        `told` stands above the question, in as many lines as it takes.
        """
        self.purpose, self._keys = purpose, keys
        self.query_one("#prompt-sign", Static).update(Content(safe(sign)))
        self._show("#prompt-told", told)
        self.fail("")
        self.line.value = text
        self.line.cursor_position = len(text)
        self._at, self._draft = len(self._history.get(purpose, ())), text
        self.add_class("open")
        self.line.focus()

    def fail(self, message: str) -> None:
        """Say what is wrong with the text, which stays."""
        self._show("#prompt-error", message)

    def _show(self, id: str, text: str) -> None:
        part = self.query_one(id, Static)
        part.update(Content(safe(text)))
        part.set_class(bool(text), "shown")

    def close(self) -> None:
        """Close the prompt."""
        self.remove_class("open")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Remember the line, and hand it over."""
        event.stop()
        past = self._history.setdefault(self.purpose, [])
        if event.value and event.value not in past[-1:]:
            past.append(event.value)
        self.post_message(self.Submitted(self.purpose, event.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass on what is typed."""
        event.stop()
        if self._keys and event.value:
            self.line.value = ""
            if self.is_open and (key := event.value[-1].casefold()) in self._keys:
                self.post_message(self.Submitted(self.purpose, key))
        elif self.is_open:
            self.post_message(self.Changed(self.purpose, event.value))

    def on_key(self, event: events.Key) -> None:
        """Escape gives up; up and down go through what was typed before."""
        if not self.is_open:
            return
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.post_message(self.Cancelled(self.purpose))
        elif event.key in ("tab", "shift+tab"):  # what is behind has no keys now
            event.stop()
            event.prevent_default()
        elif event.key in ("up", "down"):
            event.stop()
            event.prevent_default()
            self._recall(-1 if event.key == "up" else 1)

    def _recall(self, step: int) -> None:
        """Show an earlier line, or a later one; behind the last stands what was being typed."""
        past = self._history.get(self.purpose, [])
        if self._at >= len(past):
            self._draft = self.line.value
        self._at = max(0, min(len(past), self._at + step))
        self.line.value = past[self._at] if self._at < len(past) else self._draft
        self.line.cursor_position = len(self.line.value)
