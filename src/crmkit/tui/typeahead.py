"""Typing ahead: a key waits until the keys before it are done with.

Over a slow line `/smith` and enter arrive in one packet. Stock Textual hands such keys on at once,
to whatever has the focus at that moment: the letters would be taken for commands.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.widgets import Input, TextArea

PATIENCE = 1.0
"""Seconds until a key goes on even so: an answer may have got lost with its widget."""

ROUNDS = 3
"""A line's answer goes up from its widget in so many steps: key, line, prompt."""

AGAIN = 0.01
"""Seconds until a screen that is not ready is looked at once more."""

Typed = events.Key | events.Paste


class TypeAhead:
    """Hands keys on to an app, one after the other."""

    def __init__(self, app: App[Any], deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._since: float | None = None

    async def take(self, event: Typed) -> None:
        """Take a key; it is delivered now, or when those before it are done with."""
        self._waiting.append(event)
        if self._since is None or self._overdue():
            await self._next()
        else:
            self._app.set_timer(PATIENCE, self._look)

    def _overdue(self) -> bool:
        return self._since is not None and monotonic() - self._since >= PATIENCE

    async def _look(self) -> None:
        if self._app.is_running and self._overdue():
            await self._next()

    async def _next(self) -> None:
        self._since = None
        while self._waiting and self._since is None:
            event = self._waiting.popleft()
            if not self._is_plain(event):
                self._since = monotonic()
            screen = self._app.screen
            await self._deliver(event)
            if self._since is not None:
                self._follow(self._since, screen, ROUNDS)

    def _is_plain(self, event: Typed) -> bool:
        """Return whether it only adds to the line that has the focus."""
        if not isinstance(self._app.focused, Input | TextArea):
            return False
        return isinstance(event, events.Paste) or event.is_printable

    def _follow(self, since: float, screen: DOMNode, rounds: int) -> None:
        """Go the way of the key, from what has the focus up to the app, behind it."""
        if not self._app.is_running:  # the screens are being taken down
            return
        front = self._app.screen
        focused = front.focused
        path: list[DOMNode] = [front]
        if focused is not None:
            path = [node for node in focused.ancestors_with_self if node is not self._app]

        async def arrived() -> None:
            if since != self._since or not self._app.is_running:
                return
            if rounds > 1 or screen is not self._app.screen:
                self._follow(since, self._app.screen, max(1, rounds - 1))
            elif getattr(front, "ready", True) or self._overdue():
                await self._next()
            else:
                self._app.set_timer(AGAIN, lambda: self._follow(since, screen, 1))

        _hop([*path, self._app], arrived)


def _hop(path: Sequence[DOMNode], then: Callable[[], Awaitable[None]]) -> None:
    """Call `then` in the last node of a path, once each has done what waits for it."""
    if len(path) == 1:
        path[0].call_later(then)
    elif not path[0].call_later(_hop, path[1:], then):
        _hop(path[1:], then)
