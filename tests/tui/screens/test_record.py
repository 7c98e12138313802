"""A record's screen, with keys that are quicker than the data."""

from __future__ import annotations

from tests.tui.conftest import Seats


async def test_a_part_that_is_asked_for_before_the_record_is_read_changes_nothing(
    seat: Seats,
) -> None:
    async with seat() as s:
        s.app.desk.open_record("lead", 1)
        await s.settle()
        read, s.screen.record = s.screen.record, None  # as it is while the answer is awaited
        s.screen.do_right()
        assert s.screen.part == 0
        s.screen.record = read
        s.screen.do_right()
        assert s.screen.part == 1
