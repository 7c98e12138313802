"""The status line and the hint of a leader key."""

from __future__ import annotations

from crmkit.tui.widgets.leader_hint import LeaderHint
from crmkit.tui.widgets.status import StatusLine

from .conftest import Bench, Regions, painted


async def test_a_message_stands_in_front_of_the_hint() -> None:
    status = StatusLine()
    async with Bench(status).run_test(size=(60, 5)) as pilot:
        status.hint("? keys")
        status.place("anna")
        await pilot.pause()
        [line] = painted(status)
        assert line.startswith(" ? keys")
        assert line.endswith(" anna ")
        status.say("saved", "won")
        assert painted(status)[0].startswith(" ✓ saved")
        status.say("")
        assert painted(status)[0].startswith(" ? keys")


async def test_a_message_is_not_told_by_colour_alone() -> None:
    status = StatusLine()
    async with Bench(status).run_test(size=(60, 5)):
        status.say("refused", "error")
        assert painted(status)[0].startswith(" ✗ refused")
        status.say("careful", "warning")
        assert painted(status)[0].startswith(" ! careful")


async def test_a_long_message_is_worth_more_than_the_place() -> None:
    status = StatusLine()
    async with Bench(status).run_test(size=(40, 5)):
        status.place("somebody")
        status.say("a message that needs the whole line", "error")
        assert "whole line" in painted(status)[0]
        status.say("x" * 99)
        assert painted(status)[0].endswith("…")


async def test_saying_the_same_sends_nothing() -> None:
    status = StatusLine()
    async with Bench(status).run_test(size=(60, 5)) as pilot:
        status.say("saved")
        await pilot.pause()
        sent = Regions(status)
        status.say("saved")
        assert sent.all == []


async def test_the_hint_lists_what_may_follow_in_columns() -> None:
    hint = LeaderHint()
    bench = Bench(hint)
    async with bench.run_test(size=(60, 20)) as pilot:
        hint.show("g", {"l": "Leads", "h": "My day", "g": "To the [top]", "L": "Log\x1b"})
        await pilot.pause()
        assert hint.display
        text = str(hint.render())
        assert text.startswith("g …")
        for item in ("l  Leads", "h  My day", "g  To the [top]", "L  Log␛"):
            assert item in text
        assert hint.size.height < 5
        hint.hide()
        await pilot.pause()
        assert not hint.display


def test_a_remark_wipes_out_no_answer() -> None:
    """A later remark takes the place of an earlier one; an empty one only that of a plain hint."""
    status = StatusLine()
    status.repaint = lambda *lines: None  # type: ignore[method-assign]
    status.say("not saved", "error")
    assert not status.remark("ben changed this")
    assert status._message == "not saved"
    status.say("")
    assert status.remark("possible: Jo", "muted")
    assert status.remark("", "muted")
    assert status.remark("ben changed this")
    assert not status.remark("", "muted")
    assert status._message == "ben changed this"
