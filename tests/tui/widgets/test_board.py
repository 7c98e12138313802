"""The board: cursor, columns, carrying, narrow screens, and what is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from crmkit.tui.widgets.board import BoardColumn, BoardView, Card

from .conftest import SIZES, Bench, Regions, Worker, painted, settle, watch

STATES = {"LEAD": "Lead", "QUALIFIED": "Qualified", "PROPOSAL": "Proposal",
          "NEGOTIATION": "Negotiation", "WON": "Won", "LOST": "Lost"}  # fmt: skip


class Deals:
    """Cards made as they are asked for; it remembers what was asked."""

    def __init__(self, count: int, **others: int) -> None:
        counts = {state: others.get(state, count) for state in STATES}
        self.held = {s: [f"{s}-{n}" for n in range(many)] for s, many in counts.items()}
        self.asked: list[tuple[str, int, int]] = []

    def columns(self) -> list[BoardColumn]:
        return [
            BoardColumn(s, STATES[s], "◑", "blue", len(keys), f"{len(keys) * 100} EUR")
            for s, keys in self.held.items()
        ]

    def cards(self, state: str, start: int, limit: int) -> list[Card]:
        self.asked.append((state, start, limit))
        keys = self.held[state][start : start + limit]
        return [Card(key, (f"Deal {key}", "Some client", "in 3 days"), "", "5k") for key in keys]

    def carry(self, key: str, target: str) -> None:
        for keys in self.held.values():
            if key in keys:
                keys.remove(key)
        self.held[target].insert(0, key)


@asynccontextmanager
async def shown(
    deals: Deals, worker: Worker, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[BoardView, Pilot[None], Bench]]:
    board = BoardView(worker)
    bench = Bench(board)
    async with bench.run_test(size=size) as pilot:
        watch(board, bench)
        board.set_source(deals, deals.columns())
        await settle(pilot, worker)
        yield board, pilot, bench


@pytest.mark.parametrize(("size", "columns"), [((120, 40), 5), ((80, 24), 3), ((60, 20), 1)])
async def test_as_many_columns_as_fit_are_seen(
    worker: Worker, size: tuple[int, int], columns: int
) -> None:
    async with shown(Deals(50), worker, size) as (board, _, _):
        lines = painted(board)
        assert sum(label in lines[0] for label in STATES.values()) == columns
        assert "50" in lines[1]
        assert "5000 EUR" in lines[1]
        assert all(board.render_line(y).cell_length == size[0] for y in range(size[1]))


async def test_a_sum_without_room_loses_its_currency_before_its_figures(worker: Worker) -> None:
    deals = Deals(5)
    head = BoardColumn("LEAD", "Lead", "○", "", 123_456, "1,234,567,890 EUR")
    deals.columns = lambda: [head] * 5  # type: ignore[method-assign]
    async with shown(deals, worker) as (board, _, _):
        assert painted(board)[1].startswith("  123,456  1,234,567,890│")


async def test_one_column_at_a_time_says_which_of_how_many(worker: Worker) -> None:
    async with shown(Deals(5), worker, (60, 20)) as (board, pilot, _):
        board.move_column(1)
        await settle(pilot, worker)
        assert "‹ 2/6  ◑ Qualified ›" in painted(board)[0]
        assert "Deal QUALIFIED-0" in painted(board)[2]
        board.move_column(4)
        assert "6/6" in painted(board)[0]
        board.move_column(1)
        assert board.state == "LOST"


async def test_the_columns_that_are_seen_follow_the_cursor(worker: Worker) -> None:
    async with shown(Deals(5), worker, (80, 24)) as (board, pilot, _):
        board.move_column(3)
        await settle(pilot, worker)
        assert board.left == 1
        assert "Negotiation" in painted(board)[0]
        assert "Lead" not in painted(board)[0]
        board.move_column(-3)
        assert board.left == 0


async def test_a_million_cards_cost_what_is_seen(worker: Worker) -> None:
    deals = Deals(170_000)
    async with shown(deals, worker) as (board, pilot, _):
        board.last()
        await settle(pilot, worker)
        assert board.key == "LEAD-169999"
        assert len(deals.asked) <= 5 + 2
        assert "LOST" not in {state for state, _, _ in deals.asked}


async def test_moving_the_cursor_sends_two_cards(worker: Worker) -> None:
    async with shown(Deals(50), worker) as (board, _, _):
        sent = Regions(board)
        board.move_cursor(1)
        assert sent.lines == {2, 3, 4, 6, 7, 8}
        assert sent.cells <= 6 * 24


async def test_going_to_another_column_sends_two_cards_and_two_labels(worker: Worker) -> None:
    async with shown(Deals(50), worker) as (board, _, _):
        sent = Regions(board)
        board.move_column(1)
        assert sent.lines == {0, 2, 3, 4}
        assert max(region.right for region in sent.all) <= 2 * 24


@pytest.mark.parametrize("size", SIZES)
async def test_at_an_edge_only_that_column_jumps_half_a_page(
    worker: Worker, size: tuple[int, int]
) -> None:
    async with shown(Deals(200), worker, size) as (board, _, _):
        fits = (size[1] - 2) // (4 if size[1] >= 22 else 3)
        board.move_to(fits - 1)
        first = painted(board)[2]
        sent = Regions(board)
        board.move_cursor(1)
        assert f"LEAD-{fits // 2}" in painted(board)[2]
        assert max(region.right for region in sent.all) <= size[0] // board._shown
        assert first[24:] == painted(board)[2][24:] or size[0] == 60


async def test_each_column_keeps_its_own_cursor(worker: Worker) -> None:
    async with shown(Deals(50), worker) as (board, _, _):
        board.move_to(3)
        board.move_column(1)
        assert board.key == "QUALIFIED-0"
        board.move_column(-1)
        assert board.key == "LEAD-3"


async def test_carrying_only_asks(worker: Worker) -> None:
    async with shown(Deals(5), worker) as (board, _, bench):
        before = painted(board)
        board.carry(1)
        [asked] = bench.told(BoardView.MoveRequested)
        assert (asked.keys, asked.source, asked.target) == (["LEAD-0"], "LEAD", "QUALIFIED")
        assert painted(board) == before
        board.carry(-1)
        assert len(bench.told(BoardView.MoveRequested)) == 1


async def test_marked_cards_are_carried_together(worker: Worker) -> None:
    async with shown(Deals(5), worker) as (board, _, bench):
        board.toggle_mark()
        board.toggle_mark()
        board.carry_to("WON")
        assert bench.told(BoardView.MoveRequested)[-1].keys == ["LEAD-0", "LEAD-1"]
        assert bench.told(BoardView.Marked)[-1].keys == {"LEAD-0", "LEAD-1"}


async def test_a_carried_card_stands_in_its_new_column_at_once(worker: Worker) -> None:
    deals = Deals(5)
    async with shown(deals, worker) as (board, pilot, _):
        board.move_to(2)
        deals.carry("LEAD-2", "QUALIFIED")
        board.carried("LEAD-2", "LEAD", "QUALIFIED")
        assert (board.state, board.key) == ("QUALIFIED", "LEAD-2")
        assert [c.count for c in board.columns[:2]] == [4, 6]
        assert "LEAD-2" in painted(board)[2][24:48]
        assert "LEAD-3" in painted(board)[10][:24]
        await settle(pilot, worker)
        assert board.key == "LEAD-2"


async def test_the_cursor_follows_a_carried_card_to_its_place(worker: Worker) -> None:
    deals = Deals(20)
    async with shown(deals, worker) as (board, pilot, _):
        deals.held["LEAD"].remove("LEAD-0")
        deals.held["QUALIFIED"].insert(7, "LEAD-0")
        board.carried("LEAD-0", "LEAD", "QUALIFIED")
        board.reload(deals.columns())
        await settle(pilot, worker)
        assert (board.state, board.key) == ("QUALIFIED", "LEAD-0")
        assert board._cursors[1] == 7


async def test_a_carried_card_sends_its_two_columns_only(worker: Worker) -> None:
    deals = Deals(50)
    async with shown(deals, worker) as (board, pilot, _):
        sent = Regions(board)
        deals.carry("LEAD-0", "QUALIFIED")
        board.carried("LEAD-0", "LEAD", "QUALIFIED")
        board.reload(deals.columns())
        await settle(pilot, worker)
        assert max(region.right for region in sent.all) <= 2 * 24


async def test_a_card_whose_chunk_was_cut_by_a_carry_is_fetched(worker: Worker) -> None:
    deals = Deals(500)
    async with shown(deals, worker) as (board, pilot, _):
        for _ in range(3):
            deals.carry(str(board.key), "WON")
            board.carried(str(board.key), "LEAD", "WON")
            board.move_column(-4)
        board.move_to(29)
        await settle(pilot, worker)
        assert board.key == deals.held["LEAD"][29]


async def test_reload_of_an_unchanged_board_sends_nothing(worker: Worker) -> None:
    deals = Deals(50)
    async with shown(deals, worker) as (board, pilot, _):
        sent = Regions(board)
        board.reload(deals.columns())
        await settle(pilot, worker)
        assert sent.all == []


async def test_other_counts_send_the_heads_only(worker: Worker) -> None:
    deals = Deals(50)
    async with shown(deals, worker) as (board, _, _):
        deals.held["WON"].append("one more")
        sent = Regions(board)
        board.update_columns(deals.columns())
        assert sent.lines == {1}
        assert sent.cells <= 24


async def test_a_column_that_became_short_brings_the_cursor_back(worker: Worker) -> None:
    deals = Deals(100)
    async with shown(deals, worker) as (board, pilot, _):
        board.last()
        await settle(pilot, worker)
        deals.held["LEAD"] = ["LEAD-0", "LEAD-1"]
        board.reload(deals.columns())
        await settle(pilot, worker)
        assert board.key == "LEAD-1"
        assert "LEAD-0" in painted(board)[2]


async def test_answers_for_a_former_filter_are_dropped(worker: Worker) -> None:
    async with shown(Deals(5), worker) as (board, pilot, _):
        former = Deals(5)
        former.held["LEAD"] = ["former"] * 5
        board.set_source(former, former.columns())
        await pilot.pause()
        late, worker.waiting = worker.waiting, []
        now = Deals(5)
        board.set_source(now, now.columns())
        await settle(pilot, worker)
        for work, then in late:
            then(work())
        await pilot.pause()
        assert "former" not in "".join(painted(board))


async def test_an_empty_column_can_be_entered(worker: Worker) -> None:
    async with shown(Deals(5, QUALIFIED=0), worker) as (board, _, bench):
        board.move_column(1)
        assert board.key is None
        assert board.chosen() == []
        assert "no cards" in painted(board)[2]
        board.carry(1)
        board.open()
        board.move_cursor(1)
        assert not bench.told(BoardView.MoveRequested)
        assert bench.told(BoardView.Highlighted)[-1].key is None


async def test_goes_to_a_card_of_another_column(worker: Worker) -> None:
    async with shown(Deals(20), worker, (60, 20)) as (board, pilot, _):
        board.go_to("WON", "WON-11")
        await settle(pilot, worker)
        assert (board.state, board.key) == ("WON", "WON-11")
        assert "› Deal WON-11" in "\n".join(painted(board)).replace("›  ", "› ")


async def test_opening_tells_which_card(worker: Worker) -> None:
    async with shown(Deals(20), worker) as (board, pilot, bench):
        board.move_to(3)
        board.open()
        assert bench.told(BoardView.Opened)[-1].key == "LEAD-3"
        await pilot.click(board, offset=(30, 7), times=2)
        assert bench.told(BoardView.Opened)[-1].key == "QUALIFIED-1"


async def test_pages_move_the_view_with_the_cursor(worker: Worker) -> None:
    async with shown(Deals(200), worker, (80, 26)) as (board, _, _):
        board.page(1)
        assert (board._cursors[0], board._tops[0]) == (6, 6)
        board.page(0.5)
        assert (board._cursors[0], board._tops[0]) == (9, 9)
        board.page(-2)
        assert (board._cursors[0], board._tops[0]) == (0, 0)


async def test_controls_and_markup_in_data_are_shown(worker: Worker) -> None:
    deals = Deals(1)
    deals.cards = lambda state, start, limit: [  # type: ignore[method-assign]
        Card(1, ("\x1b]52;c;x\x07", "[/b]\u202e", "\x9b2J"), "", "\x00")
    ]
    async with shown(deals, worker) as (board, _, _):
        lines = painted(board)
        assert "␛]52;c;x␇" in lines[2]
        assert "[/b]↔" in lines[3]
        assert "␀" in lines[3]
        assert "␦2J" in lines[4]
