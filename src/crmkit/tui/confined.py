"""An app that offers no way out to whoever comes in from elsewhere: no files, no shell, no URLs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from textual.events import DescendantFocus
from textual.widgets import Input, TextArea

from crmkit.tui.lean import LeanApp

R = TypeVar("R")


class ConfinedApp(LeanApp[R]):
    """An app whose ways out, which it inherits from Textual, are shut in a served session."""

    def _shut(self) -> bool:
        from crmkit.core.serving import served

        if shut := served():
            self.notify("this is off in a session over the network", severity="warning")
        return shut

    def save_screenshot(self, *args: Any, **options: Any) -> str:
        """Write a picture of the screen to a file."""
        return "" if self._shut() else super().save_screenshot(*args, **options)

    def deliver_screenshot(self, *args: Any, **options: Any) -> str | None:
        """Write a picture of the screen to where downloads go."""
        return None if self._shut() else super().deliver_screenshot(*args, **options)

    def deliver_text(self, *args: Any, **options: Any) -> str | None:
        """Write text to where downloads go."""
        return None if self._shut() else super().deliver_text(*args, **options)

    def deliver_binary(self, *args: Any, **options: Any) -> str | None:
        """Write bytes to where downloads go."""
        return None if self._shut() else super().deliver_binary(*args, **options)

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Open a URL in a browser."""
        if not self._shut():
            super().open_url(url, new_tab=new_tab)

    def action_suspend_process(self) -> None:
        """Stop, and give the terminal back to the shell."""
        if not self._shut():
            super().action_suspend_process()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Let no cursor blink in a served session.

        OpenSSH asks a silent client whether it is there only once the server is silent too: a
        cursor that blinks would keep a session whose network froze open for good.
        """
        from crmkit.core.serving import served

        if isinstance(event.widget, Input | TextArea) and served():
            event.widget.cursor_blink = False

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Give the terminal to another program for a while."""
        if self._shut():
            raise PermissionError("no other program runs in a session over the network")
        with super().suspend():
            yield
