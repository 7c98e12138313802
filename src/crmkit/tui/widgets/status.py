"""The status line: what just happened on the left, where and who one is on the right."""

from __future__ import annotations

from crmkit.tui.text import fit, safe, width
from crmkit.tui.widgets.lines import Line, LineWidget

_SIGNS = {"error": "✗ ", "warning": "! ", "won": "✓ "}


class StatusLine(LineWidget):
    """One line at the bottom of a screen."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self, *, id: str = "status") -> None:
        super().__init__(id=id)
        self._message = ""
        self._style = ""
        self._remarked = False
        self._hint = ""
        self._right = ""

    def say(self, message: str, style: str = "") -> None:
        """Show a message (`error`, `warning`, `won` give it a sign too) until the next one."""
        self._message, self._style, self._remarked = message, style, False
        self.repaint()

    def remark(self, message: str, style: str = "warning") -> bool:
        """Show what nobody asked for: it wipes out no answer, and with no text no other remark."""
        alarms = bool(self._message) and self._style in ("error", "warning")
        stays = alarms and (not self._remarked or not message)
        if not stays:
            self.say(message, style)
            self._remarked = True
        return not stays

    def hint(self, text: str) -> None:
        """Show which keys help here, where there is no message."""
        self._hint = text
        self.repaint()

    def place(self, text: str) -> None:
        """Show where one is, on the right; a long message has precedence."""
        self._right = text
        self.repaint()

    def line(self, y: int) -> Line:
        """Return what the line looks like now."""
        cells = self.size.width
        text, style = self._hint, "muted"
        if self._message:
            text, style = _SIGNS.get(self._style, "") + self._message, self._style
        shown, right = " " + safe(text), f" {safe(self._right)} " if self._right else ""
        if self._message and width(shown) + width(right) > cells:
            right = ""
        return [(fit(shown, max(0, cells - width(right))), style), (right, "badge")], "text"
