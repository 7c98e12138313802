"""What others do shows here: what they commit, and where they are."""

from __future__ import annotations

import os
from pathlib import Path

from attrs import evolve

from crmkit.core import presence
from crmkit.core.crm import Crm
from crmkit.core.presence import Present
from tests.tui.conftest import Seats


async def test_a_change_of_another_shows_and_the_cursor_stays(seat: Seats, crm: Crm) -> None:
    async with seat() as s:
        await s.press("g", "l")
        s.app.desk.watch()
        await s.settle()
        s.screen.listing.move_to(1)
        key = s.screen.listing.key
        crm.session("ada").add("lead", {"name": "New One", "email": "n@example.com"})
        s.app.desk.watch()
        await s.settle()
        assert "New One" in s.text()
        assert s.screen.listing.key == key


async def test_a_form_says_that_its_record_was_changed(seat: Seats, crm: Crm) -> None:
    async with seat() as s:
        s.app.desk.open_form("lead", 1)
        await s.settle()
        s.app.desk.watch()
        await s.settle()
        crm.session("ada").set("lead", 1, {"company": "Other Ltd"})
        s.app.desk.watch()
        await s.settle()
        assert "ada changed this meanwhile" in s.said()


async def test_who_else_edits_a_record_is_seen_on_it(seat: Seats, firm: Path) -> None:
    place = presence.folder(firm)
    other = Present(os.getppid(), "anna", 1.0, 1.0, "form", "lead", 1, True)
    async with seat() as s:
        s.app.desk.open_record("lead", 1)
        await s.settle()
        assert presence.announce(place, evolve(other))
        s.app.desk.watch()
        await s.settle()
        assert "anna is editing this" in s.text()
