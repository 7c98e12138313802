"""Complaints by keys alone: the time left, messages, and what a move asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crmkit.api import Link
from crmkit.core.crm import Crm
from tests.tui.conftest import Seats, crm, firm, made_firm, seat

__all__ = ["crm", "firm", "made_firm", "seat"]


@pytest.fixture
def late(crm: Crm) -> Any:
    """A complaint that nobody has answered for a month."""
    ada = crm.session("ada")
    client = ada.add("client", name="Ash plc")
    return ada.add(
        "complaint", subject="No answer", severity="HIGH", complainant=Link("client", client.id),
        received_at=ada.now - timedelta(days=30),
    )  # fmt: skip


async def test_the_time_left_is_at_home_in_the_list_and_at_the_record(
    seat: Seats, late: Any
) -> None:
    """The next clock says what it is for, and by how much it is over."""
    async with seat() as s:
        home = s.text()
        assert "Complaints near a deadline (1)" in home
        assert "No answer" in home
        assert "acknowledge 2" in home
        await s.press("g", "i")
        assert "acknowledge 2" in s.text()
        assert " over" in s.text()
        await s.press("enter")
        assert "acknowledge 2" in s.text()


async def test_a_message_stops_its_clocks_and_is_on_the_timeline(
    crm: Crm, seat: Seats, late: Any
) -> None:
    """The mark goes on to the next clock; undo brings the first one back."""
    async with seat() as s:
        await s.press("g", "i", "enter", "x")
        s.screen.entries["text"].set_text("We look into it")
        await s.press("ctrl+s")
        assert "To complainant: We look into it" in s.text()
        assert "resolve " in s.text()
        assert "acknowledge 2" not in s.text()
        await s.press("u")
        assert crm.session("ada").get("complaint", late.id).responded_at is None  # type: ignore[attr-defined]
