"""An app around one widget, and a worker that answers when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from crmkit.tui.theme import install

M = TypeVar("M", bound=Message)

SIZES = [(120, 40), (80, 24), (60, 20)]


class Worker:
    """Holds what it is asked to run until `answer` is called."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], object], Callable[[object], None]]] = []

    def __call__(self, work: Callable[[], object], then: Callable[[object], None]) -> None:
        self.waiting.append((work, then))

    def answer(self) -> None:
        """Answer everything that was asked so far."""
        now, self.waiting = self.waiting, []
        for work, then in now:
            then(work())


class Bench(App[None]):
    """An app with one widget; it keeps the messages that come from it."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        install(self)
        self.widget = widget
        self.seen: list[Message] = []

    def get_default_screen(self) -> Screen[Any]:
        bench = self

        class Only(Screen[None]):
            def compose(self) -> ComposeResult:
                yield bench.widget

        return Only()

    def told(self, of: type[M]) -> list[M]:
        """Return the messages of a type, in order."""
        return [m for m in self.seen if isinstance(m, of)]


def watch(widget: Widget, bench: Bench) -> None:
    """Keep every message that the widget posts."""
    post = widget.post_message

    def posted(message: Message) -> bool:
        bench.seen.append(message)
        return post(message)

    widget.post_message = posted  # type: ignore[method-assign]


def painted(widget: Any) -> list[str]:
    """Return the widget's lines as text."""
    return [widget.render_line(y).text for y in range(widget.size.height)]


async def settle(pilot: Pilot[Any], worker: Worker) -> None:
    """Let the worker answer until nothing is asked any more."""
    await pilot.pause()
    while worker.waiting:
        worker.answer()
        await pilot.pause()


@pytest.fixture
def worker() -> Worker:
    """A worker that answers when told."""
    return Worker()


class Regions:
    """Counts the cells that a widget asks to be sent again."""

    def __init__(self, widget: Widget) -> None:
        self.all: list[Region] = []
        self._refresh = widget.refresh
        widget.refresh = self._note  # type: ignore[method-assign, assignment]

    def _note(self, *regions: Region, **options: Any) -> Any:
        self.all += regions or (Region(0, 0, 10_000, 10_000),)
        return self._refresh(*regions, **options)

    @property
    def cells(self) -> int:
        """How many cells."""
        return sum(region.area for region in self.all)

    @property
    def lines(self) -> set[int]:
        """Which lines."""
        return {y for region in self.all for y in range(region.y, min(region.bottom, 10_000))}
