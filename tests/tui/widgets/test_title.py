"""The title line: what is shown, its views, and a note."""

from __future__ import annotations

from crmkit.tui.widgets.title import TitleLine

from .conftest import Bench, Regions, painted


async def test_shows_the_title_its_views_and_a_note() -> None:
    title = TitleLine()
    async with Bench(title).run_test(size=(60, 5)):
        title.show("Leads", ("All", "Mine"), 1, "1/219")
        [line] = painted(title)
        assert line.startswith(" Leads ")
        assert " 1 All " in line
        assert "[2 Mine]" in line
        assert line.endswith(" 1/219 ")


async def test_views_without_room_give_way_to_the_one_that_is_shown() -> None:
    title = TitleLine()
    async with Bench(title).run_test(size=(40, 5)):
        title.show("Leads", ("All of them", "Mine", "Without an owner"), 1, "12/219")
        [line] = painted(title)
        assert "[2 Mine]" in line
        assert "All of them" not in line
        assert line.endswith(" 12/219 ")


async def test_another_note_sends_the_note_only() -> None:
    title = TitleLine()
    async with Bench(title).run_test(size=(80, 5)) as pilot:
        title.show("Leads", ("All", "Mine"), 0, "11/219")
        await pilot.pause()
        sent = Regions(title)
        title.note("12/219")
        assert sent.cells == len(" 12/219 ")


async def test_a_mark_stands_before_the_note_and_a_long_title_gives_way() -> None:
    title = TitleLine()
    async with Bench(title).run_test(size=(40, 5)):
        title.show("A title of many words", (), -1, "Lead 199  1/20", ("stale 9 d", "warning"))
        [line] = painted(title)
        assert line.endswith(" stale 9 d  Lead 199  1/20 ")
        assert line.startswith(" A title o")
        assert (" stale 9 d ", "warning") in title.line(0)[0]
