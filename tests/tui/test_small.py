"""A terminal may be as small as it likes: nothing crashes in it."""

from __future__ import annotations

import pytest

from crmkit.tui.widgets.leader_hint import DELAY
from tests.tui.conftest import Seats

SIZES = [(1, 1), (2, 2), (3, 1), (1, 4), (6, 4)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
async def test_the_keys_that_may_follow_are_shown_in_a_terminal_of_any_size(
    seat: Seats, size: tuple[int, int]
) -> None:
    async with seat(size=size) as s:
        await s.pilot.press("g")
        await s.pilot.pause(DELAY + 0.2)
        assert s.screen.query_one("#leader").has_class("shown")


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (6, 4)], ids=lambda s: "x".join(map(str, s)))
async def test_no_screen_crashes_in_a_terminal_that_is_tiny(
    seat: Seats, size: tuple[int, int]
) -> None:
    async with seat(size=size) as s:
        desk = s.app.desk
        for open_it in (
            desk.go_home, lambda: desk.go_entity("lead"), lambda: desk.go_board("lead"),
            lambda: desk.open_record("lead", 1), lambda: desk.open_form("lead"),
            lambda: desk.open_form("lead", 1), desk.go_search, desk.go_log, desk.go_settings,
            lambda: desk.go_report("pipeline"),
            lambda: desk.go_agenda(desk.model.entity("consultation").agendas[0]),
        ):  # fmt: skip
            open_it()
            await s.pilot.pause(0.1)
            for key in ("down", "right", "pagedown"):
                await s.pilot.press(key)
            await s.pilot.pause(0.05)
            while len(s.app.screen_stack) > 2:
                s.app.pop_screen()
