"""A card's mark: said in words on the last line that is seen, in a style of its own."""

from __future__ import annotations

import pytest

from crmkit.tui.text import width
from crmkit.tui.widgets.cards import Card, body
from crmkit.tui.widgets.lines import Piece

PLAIN = Card(1, ("Ann", "Other Ltd", "in 3 days"), "", "5k")
MARKED = Card(1, ("Ann", "Other Ltd", "in 3 days"), "", "5k", "stale 9 d", "warning")


def drawn(card: Card, y: int, *, cursor: str = "", cells: int = 40, last: int = 2) -> list[Piece]:
    return body(card, y, cells, cursor=cursor, marked=False, pointer=False, last=last)


def said(pieces: list[Piece]) -> str:
    return "".join(text for text, _ in pieces).rstrip()


def test_the_mark_begins_the_last_line_in_its_tone() -> None:
    pieces = drawn(MARKED, 2)
    assert said(pieces) == "  stale 9 d · in 3 days"
    assert ("stale 9 d", "warning") in pieces


def test_a_low_screen_shows_it_on_the_second_line() -> None:
    assert said(drawn(MARKED, 1, last=1)) == f"{'  stale 9 d · Other Ltd':<37}5k"


def test_under_the_cursor_the_words_stay_and_the_tone_goes() -> None:
    pieces = drawn(MARKED, 2, cursor="cursor")
    assert said(pieces) == "  stale 9 d · in 3 days"
    assert {style for _, style in pieces} == {"cursor"}


def test_a_card_without_a_mark_is_one_piece() -> None:
    assert drawn(PLAIN, 2) == [("  in 3 days".ljust(40), "muted")]


@pytest.mark.parametrize("cells", [1, 2, 8, 14, 40])
@pytest.mark.parametrize("last", [1, 2])
def test_a_marked_line_is_as_wide_as_its_column(cells: int, last: int) -> None:
    assert width("".join(t for t, _ in drawn(MARKED, last, cells=cells, last=last))) == cells
