"""What the firm adds while somebody is at work: an open program says so."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from crmkit.core.custom import CustomField, change_custom
from tests.tui.conftest import Seats


async def test_an_open_program_says_that_fields_were_added(firm: Path, seat: Seats) -> None:
    """It is told within a second, and what is being typed stays."""
    async with seat() as s:
        await s.press("g", "l", "n")
        s.screen.entries["name"].set_text("Half typed")
        made = CustomField(entity="lead", name="area", kind="text")
        change_custom(firm / "custom.toml", lambda c: evolve(c, fields=(made,)))
        assert s.app.desk is not None
        s.app.desk.watch()
        await s.settle()
        assert [n.message for n in s.app._notifications if "started again" in n.message]
        assert s.screen.entries["name"].text == "Half typed"
        s.app.desk.watch()
        await s.settle()
        assert len(s.app._notifications) == 1
