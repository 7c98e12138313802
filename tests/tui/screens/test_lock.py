"""The idle lock: it hides everything, is lifted by a key, and ends a session nobody sits at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from crmkit.core import serving, state
from crmkit.core.workspace import open_workspace
from crmkit.tui.screens.lock import IdleLock, LockScreen
from tests.tui.conftest import Seated, Seats


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def locked(seated: Seated, clock: Clock) -> IdleLock:
    """Give the app a lock with a clock that stands still."""
    app = seated.app
    app.idle = IdleLock(app, timedelta(minutes=15), app.leave_idle, clock)
    return app.idle


async def test_a_cover_hides_everything_before_the_session_ends(seat: Seats, clock: Clock) -> None:
    async with seat() as seated:
        lock = locked(seated, clock)
        seated.app.desk.go_entity("lead")
        await seated.settle()
        assert "Ann Other" in seated.text()
        clock.now += 15 * 60 - 31
        lock.look()
        await seated.settle()
        assert "Ann Other" in seated.text()
        clock.now += 2
        lock.look()
        seated.app.notify("Ann Other was changed")
        await seated.settle()
        assert isinstance(seated.screen, LockScreen)
        assert "Ann Other" not in seated.text()
        assert "29 seconds" in seated.text()


async def test_a_key_lifts_the_cover_and_does_nothing_else(seat: Seats, clock: Clock) -> None:
    async with seat() as seated:
        lock = locked(seated, clock)
        seated.app.desk.go_entity("lead")
        await seated.settle()
        before = list(seated.app.screen_stack)
        clock.now += 15 * 60 - 10
        lock.look()
        await seated.settle()
        await seated.press("q")
        assert seated.app.screen_stack == before
        clock.now += 15
        lock.look()
        await seated.settle()
        assert seated.app.screen_stack == before


async def test_a_click_is_somebody_and_a_moving_mouse_is_nobody(seat: Seats, clock: Clock) -> None:
    async with seat() as seated:
        lock = locked(seated, clock)
        clock.now += 15 * 60 - 10
        await seated.pilot.hover(offset=(5, 5))
        lock.look()
        await seated.settle()
        assert isinstance(seated.screen, LockScreen)
        await seated.pilot.click(offset=(5, 5))
        await seated.settle()
        assert not isinstance(seated.screen, LockScreen)


async def test_a_session_nobody_sits_at_ends_with_its_draft_kept(
    seat: Seats, clock: Clock, firm: Path
) -> None:
    async with seat() as seated:
        app, lock = seated.app, locked(seated, clock)
        app.desk.open_form("lead")
        await seated.settle()
        await seated.type("Zoe")
        clock.now += 15 * 60 - 20
        lock.look()
        await seated.settle()
        clock.now += 20
        lock.look()
        await seated.settle()
        folder = app.desk.folder
    assert app.failure is not None
    assert "15 minutes without a key" in str(app.failure)
    assert "Zoe" in str(state.left_draft(folder))


@pytest.mark.parametrize(
    ("served", "setting", "there"),
    [(True, '"15 min"', True), (False, '"15 min"', False), (True, "", False)],
)
async def test_only_served_sessions_of_a_firm_that_wants_it_have_a_lock(
    seat: Seats, firm: Path, monkeypatch: pytest.MonkeyPatch,
    served: bool, setting: str, there: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(serving, "_served", served)
    if setting:
        with (firm / "crmkit.toml").open("a") as file:
            file.write(f"\n[server]\nidle_lock = {setting}\n")
    assert open_workspace(firm).config.server.idle_lock == timedelta(minutes=15 * bool(setting))
    async with seat() as seated:
        assert (seated.app.idle is not None) is there


def test_looks_come_when_something_is_due(clock: Clock) -> None:
    waits: list[float] = []

    class Bare:
        screen_stack: tuple[object, ...] = ()

        def set_timer(self, seconds: float, _: Callable[[], None]) -> None:
            waits.append(seconds)

    lock = IdleLock(Bare(), timedelta(minutes=1), lambda _: None, clock)  # type: ignore[arg-type]
    lock.start()
    clock.now += 20
    lock.start()
    assert waits == [30, 10]
