"""The terminal under Textual's pilot, on a test's firm and by its clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from crmkit.testing.firm import BOSS, Firm

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from crmkit.tui.app import CrmApp

Seats = Callable[..., AbstractAsyncContextManager["Seat"]]
_ROUNDS = 4
_PATIENCE = 400


class Seat:
    """The running program: keys to press, and the text that is on the screen."""

    def __init__(self, app: CrmApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> Any:
        """The screen that is open."""
        return self.app.screen

    @property
    def desk(self) -> Any:
        """What the screens share: the way to lists, boards, forms and reports."""
        assert self.app.desk is not None
        return self.app.desk

    async def settle(self) -> None:
        """Wait until the data's thread and the screen have nothing left to do."""
        for _ in range(_ROUNDS):
            done: list[bool] = []
            self.desk.bridge.run(lambda: True, done.append)
            for _ in range(_PATIENCE):
                await self.pilot.pause(0.005)
                if done:
                    break

    async def press(self, *keys: str) -> None:
        """Press keys, and wait for what they do."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type text."""
        await self.pilot.press(*("space" if c == " " else c for c in text))
        await self.settle()

    async def show(self, go: Callable[..., None], *args: Any, **more: Any) -> str:
        """Open a screen of the desk's, as in `show(seat.desk.go_board, "lead")`; its text."""
        go(*args, **more)
        await self.settle()
        return self.text()

    def text(self) -> str:
        """Return what is on the screen, line by line."""
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in line) for line in lines)


def seats(firm: Firm, patch: pytest.MonkeyPatch) -> Seats:
    """Return how the terminal is opened for somebody of a role, in a window of some size."""

    @asynccontextmanager
    async def opened(
        role: str = "admin", *, name: str = "", size: tuple[int, int] = (120, 40)
    ) -> AsyncIterator[Seat]:
        from crmkit.app import open_crm
        from crmkit.tui import desk
        from crmkit.tui.app import CrmApp

        patch.setattr(desk, "open_crm", partial(open_crm, clock=firm.clock))
        who = name or (BOSS if role == "admin" else firm.acting(role).actor.name)
        app = CrmApp(firm.path, who)
        async with app.run_test(size=size) as pilot:
            for _ in range(_PATIENCE):
                await pilot.pause(0.01)
                if app.failure is not None:
                    raise app.failure
                if app.desk is not None and len(app.screen_stack) > 1:
                    break
            seat = Seat(app, pilot)
            await seat.settle()
            yield seat

    return opened
