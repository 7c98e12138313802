"""A short menu over a screen: each choice has a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crmkit.tui.keys import key_of
from crmkit.tui.text import safe

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk


@frozen
class Choice:
    """One line of a menu."""

    value: str
    label: str
    key: str = ""


class MenuScreen(ModalScreen[str | None], inherit_bindings=False):
    """A menu; it returns the value chosen, or None."""

    DEFAULT_CSS = """
    MenuScreen { align: center middle; background: transparent; }
    MenuScreen > Vertical {
        width: auto; min-width: 26; max-width: 90%; height: auto; max-height: 90%;
        border: round $primary; background: $surface; padding: 0 1;
    }
    MenuScreen Static { width: auto; height: auto; }
    """

    def __init__(self, desk: Desk, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self.desk = desk
        self._title = title
        self._choices = list(choices)
        self._at = 0

    def compose(self) -> ComposeResult:
        """The title, and a line a choice."""
        with Vertical():
            yield Static(Content(safe(self._title)), id="menu-title", markup=False)
            yield Static("", id="menu-lines", markup=False)

    def on_mount(self) -> None:
        """Draw."""
        self._draw()

    def _draw(self) -> None:
        lines = [
            f"{'›' if at == self._at else ' '} {choice.key or ' ':<2} {safe(choice.label)}"
            for at, choice in enumerate(self._choices)
        ]
        self.query_one("#menu-lines", Static).update(Content("\n".join(lines)))

    def on_key(self, event: events.Key) -> None:
        """Choose by key, or by cursor and enter."""
        event.stop()
        event.prevent_default()
        key = key_of(event.key, event.character)
        if key in ("escape", "q", "ctrl+c"):
            self.dismiss(None)
        elif key in ("j", "down", "k", "up"):
            step = 1 if key in ("j", "down") else -1
            self._at = (self._at + step) % max(1, len(self._choices))
            self._draw()
        elif key == "enter" and self._choices:
            self.dismiss(self._choices[self._at].value)
        else:
            for choice in self._choices:
                if choice.key == key:
                    self.dismiss(choice.value)
                    return
