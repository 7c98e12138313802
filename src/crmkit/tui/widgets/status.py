"""The status line: what just happened on the left, where and who one is on the right."""

from __future__ import annotations

from textual.strip import Strip

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.lines import LineWidget


class StatusLine(LineWidget, can_focus=False):
    """One line at the bottom of a screen."""

    DEFAULT_CSS = "StatusLine { dock: bottom; height: 1; }"

    def __init__(self, *, id: str = "status") -> None:
        super().__init__(id=id)
        self._message = ""
        self._style = ""
        self._hint = ""
        self._right = ""

    def say(self, message: str, style: str = "") -> None:
        """Show a message (`error`, `warning`, `won` colour it) until the next one."""
        mark = {"error": "✗ ", "warning": "! ", "won": "✓ "}.get(style, "")
        self._set(_message=mark + message if message else "", _style=style)

    def hint(self, text: str) -> None:
        """Show which keys help here, where there is no message."""
        self._set(_hint=text)

    def place(self, text: str) -> None:
        """Show where one is, on the right."""
        self._set(_right=text)

    def _set(self, **values: str) -> None:
        if any(getattr(self, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(self, name, value)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint the line."""
        cells = self.size.width
        right = f" {safe(self._right)} "
        room = max(0, cells - width(right))
        text, style = (self._message, self._style) if self._message else (self._hint, "muted")
        return self.strip([(fit(" " + safe(text), room), style), (right, "badge")], cells)
