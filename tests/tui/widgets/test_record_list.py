"""The list: cursor, edges, marks, narrow screens, and what is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import RecordList, Row

from .conftest import SIZES, Bench, Regions, Worker, painted, settle, watch

COLUMNS = (
    ColumnSpec("name", "Name", 14, 1),
    ColumnSpec("company", "Company", 10, 1),
    ColumnSpec("state", "Status", 6),
    ColumnSpec("value", "Value", 8, 0, True),
    ColumnSpec("owner", "Owner", 20),
)


class People:
    """Rows made as they are asked for; it remembers what was asked."""

    def __init__(self, count: int) -> None:
        self.keys: Any = range(count)
        self.asked: list[tuple[int, int]] = []

    def total(self) -> int:
        return len(self.keys)

    def page(self, start: int, limit: int) -> list[Row]:
        self.asked.append((start, limit))
        return [self.row(key) for key in self.keys[start : start + limit]]

    def row(self, key: int) -> Row:
        cells = (f"Name {key}", f"Company {key}", "Open", f"{key},00", "somebody")
        return Row(key, cells, cell_styles=("", "", "blue"))


@asynccontextmanager
async def shown(
    source: Any, worker: Worker, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[RecordList, Pilot[None], Bench]]:
    listing = RecordList(worker, empty="No leads match.", **options)
    bench = Bench(listing)
    async with bench.run_test(size=size) as pilot:
        watch(listing, bench)
        listing.set_source(source, COLUMNS)
        await settle(pilot, worker)
        yield listing, pilot, bench


@pytest.mark.parametrize("size", SIZES)
async def test_shows_a_header_and_the_first_rows_at_every_size(
    worker: Worker, size: tuple[int, int]
) -> None:
    async with shown(People(1000), worker, size) as (listing, _, _):
        lines = painted(listing)
        assert "Name" in lines[0]
        assert lines[1].startswith("› ")
        assert "Name 0" in lines[1]
        assert f"Name {size[1] - 2}" in lines[-1]
        assert all(len(line) == size[0] for line in lines)


async def test_a_narrow_screen_drops_the_last_columns_not_the_first(worker: Worker) -> None:
    async with shown(People(10), worker, (40, 20)) as (listing, _, _):
        head = painted(listing)[0]
        assert "Name" in head
        assert "Company" in head
        assert "Owner" not in head


async def test_numbers_stand_right_under_a_title_that_stands_right(worker: Worker) -> None:
    async with shown(People(2000), worker) as (listing, pilot, _):
        listing.move_to(1500)
        await settle(pilot, worker)
        head, *rows = painted(listing)
        end = head.index("Value") + len("Value")
        assert all(row[:end].endswith(",00") for row in rows)


async def test_a_million_rows_cost_one_screen(worker: Worker) -> None:
    people = People(1_000_000)
    async with shown(people, worker, (120, 40)) as (listing, pilot, _):
        listing.move_to(700_000)
        await settle(pilot, worker)
        assert "Name 700000" in "".join(painted(listing))
        assert len(people.asked) <= 4
        assert sum(limit for _, limit in people.asked) <= 300


async def test_a_page_that_is_on_its_way_is_asked_for_once(worker: Worker) -> None:
    people = People(1000)
    async with shown(people, worker) as (listing, pilot, _):
        listing.move_to(530)
        await pilot.pause()
        painted(listing)
        painted(listing)
        assert len(worker.waiting) == 1
        assert "·" in "".join(painted(listing))
        await settle(pilot, worker)
        assert "·" not in "".join(painted(listing))


async def test_answers_for_a_former_filter_are_dropped(worker: Worker) -> None:
    async with shown(People(10), worker) as (listing, pilot, _):
        late = People(99)
        late.row = lambda key: Row(key, ("from the former filter",))  # type: ignore[method-assign]
        listing.set_source(late, COLUMNS)
        await pilot.pause()
        former, worker.waiting = worker.waiting, []
        listing.set_source(People(3), COLUMNS)
        await settle(pilot, worker)
        for work, then in former:
            then(work())
        await pilot.pause()
        assert listing.total == 3
        assert "former" not in "".join(painted(listing))


async def test_moving_the_cursor_sends_two_lines(worker: Worker) -> None:
    async with shown(People(100), worker) as (listing, _, _):
        sent = Regions(listing)
        listing.move_cursor(1)
        assert sent.lines == {1, 2}
        assert sent.cells == 2 * 80


@pytest.mark.parametrize("size", SIZES)
async def test_at_an_edge_the_list_jumps_half_a_page(worker: Worker, size: tuple[int, int]) -> None:
    async with shown(People(1000), worker, size) as (listing, _, _):
        page = size[1] - 1
        listing.move_to(page - 1)
        assert listing.top == 0
        listing.move_cursor(1)
        assert (listing.cursor, listing.top) == (page, page // 2)
        listing.move_to(listing.top)
        listing.move_cursor(-1)
        assert (listing.cursor, listing.top) == (page // 2 - 1, 0)


async def test_pages_move_the_view_with_the_cursor(worker: Worker) -> None:
    async with shown(People(1000), worker, (80, 21)) as (listing, _, _):
        listing.move_to(5)
        listing.page(1)
        assert (listing.cursor, listing.top) == (25, 20)
        listing.page(0.5)
        assert (listing.cursor, listing.top) == (35, 30)
        listing.page(-1)
        listing.page(-1)
        assert (listing.cursor, listing.top) == (0, 0)


async def test_the_cursor_stops_at_both_ends(worker: Worker) -> None:
    async with shown(People(100), worker) as (listing, _, _):
        listing.move_cursor(-1)
        assert listing.cursor == 0
        listing.move_to(10**9)
        assert (listing.cursor, listing.top) == (99, 100 - 23)
        listing.move_cursor(1)
        assert listing.cursor == 99


async def test_headings_are_passed_over_and_stay_in_sight(worker: Worker) -> None:
    class Day(People):
        def row(self, key: int) -> Row:
            return Row(key, (f"Heading {key}",), section=True) if key % 5 == 0 else super().row(key)

    async with shown(Day(100), worker, (80, 12)) as (listing, _, _):
        assert (listing.cursor, listing.top) == (1, 0)
        listing.move_to(4)
        listing.move_cursor(1)
        assert listing.cursor == 6
        listing.move_cursor(-1)
        assert listing.cursor == 4
        listing.move_to(90)
        listing.move_to(0)
        assert (listing.cursor, listing.top) == (1, 0)
        assert "Heading 0" in painted(listing)[1]


async def test_space_marks_and_goes_on(worker: Worker) -> None:
    async with shown(People(10), worker) as (listing, _, bench):
        listing.toggle_mark()
        listing.toggle_mark()
        assert listing.marks == {0, 1}
        assert listing.cursor == 2
        assert listing.chosen() == [0, 1]
        assert [line[:2] for line in painted(listing)[1:4]] == ["● ", "● ", "› "]
        assert [m.keys for m in bench.told(RecordList.Marked)] == [{0}, {0, 1}]
        listing.move_to(0)
        listing.toggle_mark()
        assert listing.marks == {1}


async def test_without_marks_the_row_under_the_cursor_is_chosen(worker: Worker) -> None:
    async with shown(People(10), worker) as (listing, _, _):
        listing.move_to(4)
        assert listing.chosen() == [4]


async def test_opening_and_moving_tell_which_row(worker: Worker) -> None:
    async with shown(People(10), worker) as (listing, _, bench):
        listing.move_cursor(3)
        listing.open()
        last = bench.told(RecordList.Highlighted)[-1]
        opened = bench.told(RecordList.Opened)[-1]
        assert (last.key, last.index) == (3, 3)
        assert (opened.key, opened.index) == (3, 3)


async def test_reload_of_unchanged_rows_sends_nothing(worker: Worker) -> None:
    async with shown(People(1000), worker) as (listing, pilot, _):
        listing.move_to(200)
        await settle(pilot, worker)
        sent = Regions(listing)
        listing.reload()
        await settle(pilot, worker)
        assert sent.all == []


async def test_reload_sends_only_the_row_that_changed(worker: Worker) -> None:
    people = People(100)
    async with shown(people, worker) as (listing, pilot, _):
        row = people.row
        people.row = lambda key: (  # type: ignore[method-assign]
            Row(key, ("Name 5", "renamed", "Open", "5,00", "somebody")) if key == 5 else row(key)
        )
        sent = Regions(listing)
        listing.reload()
        await settle(pilot, worker)
        assert sent.lines == {6}
        assert "renamed" in painted(listing)[6]


async def test_after_a_reload_the_cursor_is_on_its_row_where_that_went(worker: Worker) -> None:
    people = People(1000)
    async with shown(people, worker) as (listing, pilot, _):
        listing.move_to(30)
        await settle(pilot, worker)
        people.keys = [-2, -1, *range(1000)]
        on_screen = listing.cursor - listing.top
        listing.reload()
        await settle(pilot, worker)
        assert (listing.key, listing.cursor) == (30, 32)
        assert listing.cursor - listing.top == on_screen


async def test_after_a_reload_without_its_row_the_cursor_stays_on_its_line(worker: Worker) -> None:
    people = People(1000)
    async with shown(people, worker) as (listing, pilot, _):
        listing.move_to(7)
        people.keys = [k for k in range(1000) if k != 7]
        listing.reload()
        await settle(pilot, worker)
        assert (listing.cursor, listing.key) == (7, 8)


async def test_fewer_rows_than_before_bring_the_cursor_back(worker: Worker) -> None:
    people = People(1000)
    async with shown(people, worker) as (listing, pilot, _):
        listing.move_to(900)
        await settle(pilot, worker)
        people.keys = range(3)
        listing.reload()
        await settle(pilot, worker)
        assert listing.cursor == 2
        assert "Name 2" in painted(listing)[3]


async def test_goes_to_a_key_as_soon_as_it_has_come(worker: Worker) -> None:
    people = People(50)
    async with shown(people, worker) as (listing, pilot, _):
        people.keys = [*range(20), 777, *range(20, 50)]
        listing.reload()
        listing.move_to_key(777)
        await settle(pilot, worker)
        assert (listing.cursor, listing.key) == (20, 777)


async def test_an_empty_list_says_what_to_do(worker: Worker) -> None:
    async with shown(People(0), worker) as (listing, _, _):
        assert "No leads match." in painted(listing)[2]
        listing.move_cursor(1)
        listing.toggle_mark()
        assert listing.chosen() == []
        assert listing.key is None


async def test_the_sorted_column_has_an_arrow(worker: Worker) -> None:
    async with shown(People(5), worker) as (listing, pilot, _):
        listing.set_source(People(5), COLUMNS, sort=("company", True))
        await settle(pilot, worker)
        assert "Company ↓" in painted(listing)[0]
        listing.set_source(People(5), COLUMNS, sort=("company", False))
        await settle(pilot, worker)
        assert "Company ↑" in painted(listing)[0]


async def test_a_page_that_fails_is_asked_for_again(worker: Worker) -> None:
    people = People(1000)
    async with shown(people, worker) as (listing, pilot, _):
        listing.move_to(530)
        await pilot.pause()
        keys, people.keys = people.keys, None
        [(work, _)] = worker.waiting
        worker.waiting = []
        with pytest.raises(TypeError):
            work()
        people.keys = keys
        listing.move_cursor(1)
        await settle(pilot, worker)
        assert listing.key == 531


async def test_controls_and_markup_in_data_are_shown(worker: Worker) -> None:
    people = People(1)
    people.row = lambda key: Row(key, ("\x1b[31mred\n[@click=x]a[/b]",))  # type: ignore[method-assign]
    async with shown(people, worker) as (listing, _, _):
        assert "␛[31mred↵[@click=x]a[/b]" in painted(listing)[1]


async def test_wide_characters_keep_the_columns_in_line(worker: Worker) -> None:
    people = People(3)
    row = people.row
    people.row = lambda key: (  # type: ignore[method-assign]
        Row(1, ("王小明法律事務所王小明法律事務所王小明", "X", "Open", "1", ""))
        if key == 1
        else row(key)
    )
    async with shown(people, worker, (60, 20)) as (listing, _, _):
        widths = {listing.render_line(y).cell_length for y in range(20)}
        assert widths == {60}


async def test_clicks_move_and_open(worker: Worker) -> None:
    async with shown(People(50), worker) as (listing, pilot, bench):
        await pilot.click(listing, offset=(5, 4))
        assert listing.cursor == 3
        await pilot.click(listing, offset=(5, 6), times=2)
        assert bench.told(RecordList.Opened)[-1].key == 5
