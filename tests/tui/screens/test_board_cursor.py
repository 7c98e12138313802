"""The cursor stays with the card: in a long column, and when a move is undone."""

from __future__ import annotations

from crmkit.core.crm import Crm
from tests.tui.conftest import Seats

MANY = 40
"""More cards than a board holds of a column at first."""


async def test_a_carried_card_keeps_the_cursor_in_a_long_column(crm: Crm, seat: Seats) -> None:
    """It sorts behind all others, and the next key still means it."""
    ada = crm.session("ada")
    with ada.transaction() as unit:
        for n in range(MANY):
            unit.add("lead", name=f"L{n}", phone="+442079460000", status="CONTACTED",
                     next_call=ada.now)  # fmt: skip
    async with seat() as s:
        await s.press("g", "l", "b")
        key = s.screen.board.key
        await s.press("L")
        assert s.screen.board.key == key
        await s.press("L")
        assert crm.session("ada").get("lead", key).status == "QUALIFIED"  # type: ignore[attr-defined]


async def test_undoing_a_move_takes_the_cursor_back(crm: Crm, seat: Seats) -> None:
    """The next key means the card that came back."""
    async with seat() as s:
        await s.press("g", "l", "b")
        key = s.screen.board.key
        await s.press("L", "u")
        assert (s.screen.board.key, s.screen.board.state) == (key, "NOT_CONTACTED")
