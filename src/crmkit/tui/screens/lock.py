"""The idle lock: a session that nobody sits at hides what it shows, and then ends.

Who somebody is, the SSH key says, and a session has no password to ask for. So nothing is locked
and unlocked here: after a while without a key a cover hides everything, and if it is not lifted
the session ends, with the draft kept. Coming back is what coming in was: by the key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from crmkit.core.errors import CrmError

COVER = 30.0
"""Seconds that the cover is there before the session ends, but no more than half of the time."""


class LockScreen(Screen[None], inherit_bindings=False):
    """Hides everything; any key lifts it, and does nothing else."""

    DEFAULT_CSS = """
    LockScreen { background: $background; align: center middle; }
    LockScreen > Static { width: auto; max-width: 90%; color: $foreground; }
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = round(seconds)

    def compose(self) -> ComposeResult:
        """What is about to happen."""
        yield Static(
            "Is anybody there?\n\nPress any key to go on. If nobody does, the session ends in "
            f"{self._seconds} seconds;\nwhat is being typed is kept for the next one.",
            markup=False,
        )

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Show no notices either: they may name somebody."""

    def on_key(self, event: events.Key) -> None:
        """Lift the cover."""
        event.stop()
        self._lift()

    def on_paste(self, event: events.Paste) -> None:
        """Lift the cover."""
        event.stop()
        self._lift()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Lift the cover."""
        event.stop()
        self._lift()

    def _lift(self) -> None:
        if self.is_current:
            self.dismiss()


class IdleLock:
    """Covers an app, and ends it, when nothing was typed or clicked for a while."""

    def __init__(
        self,
        app: App[Any],
        after: timedelta,
        end: Callable[[CrmError], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._app = app
        self._after = after.total_seconds()
        self._end = end
        self._clock = clock
        self._last = clock()
        self._ended = False

    def start(self) -> None:
        """Look whenever something may be due."""
        self._app.set_timer(max(0.1, self._due()), self._look_again)

    def touch(self, event: events.Event) -> None:
        """Take note that somebody is there, if the event says so."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown | events.MouseScrollDown
                      | events.MouseScrollUp):  # fmt: skip
            self._last = self._clock()

    def look(self) -> None:
        """Cover the app, or end it, if it is time."""
        idle = self._clock() - self._last
        if idle >= self._after and not self._ended:
            self._ended = True
            self._end(CrmError(
                f"the session was ended after {_said(self._after)} without a key; come in again "
                "to go on where you were"
            ))  # fmt: skip
        elif idle >= self._after - self._cover and not self._is_covered:
            self._app.push_screen(LockScreen(self._after - idle))

    @property
    def _cover(self) -> float:
        return min(COVER, self._after / 2)

    @property
    def _is_covered(self) -> bool:
        return any(isinstance(screen, LockScreen) for screen in self._app.screen_stack)

    def _due(self) -> float:
        left = self._after - (self._clock() - self._last)
        return left if self._is_covered else left - self._cover

    def _look_again(self) -> None:
        self.look()
        if not self._ended:
            self.start()


def _said(seconds: float) -> str:
    minutes = round(seconds / 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
