"""What the data's thread brings back, and to whom."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.screen import Screen

from crmkit.tui.bridge import Bridge


class Going(Screen[None]):
    """A screen that asks for something while it is taken down, and takes its time."""

    async def on_unmount(self) -> None:
        assert isinstance(self.app, Small)
        self.app.ask("late")
        await asyncio.sleep(0.1)


class Small(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.answers: list[str] = []
        self.bridge = Bridge(self, lambda error: None)

    def get_default_screen(self) -> Screen[Any]:
        return Going()

    def ask(self, what: str) -> None:
        self.bridge.run(lambda: what, self.answers.append)


def test_an_answer_is_not_brought_to_screens_that_are_being_taken_down() -> None:
    app = Small()

    async def run() -> None:
        async with app.run_test() as pilot:
            app.ask("in time")
            for _ in range(500):
                await pilot.pause(0.01)
                if app.answers:
                    break

    asyncio.run(run())
    assert app.answers == ["in time"]
