"""The day's work by keys: converting, twins, merging pair by pair, marks, reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crmkit.api import Item
from crmkit.core.crm import Crm
from crmkit.tui.screens.command_form import CommandForm
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.pair import PairScreen
from crmkit.tui.screens.record import RecordScreen
from crmkit.tui.screens.twins import TwinsScreen
from tests.tui.conftest import Seats


async def test_a_card_moved_to_converted_asks_for_the_conversion(crm: Crm, seat: Seats) -> None:
    """Esc leaves the card where it is; ctrl+s converts, and the card is where it belongs."""
    async with seat() as s:
        await s.press("g", "l", "/")
        await s.press("ctrl+u")
        await s.type("name:ann")
        await s.press("enter", "m", "4")
        assert isinstance(s.screen, CommandForm)
        assert s.screen.entries["kind"].text == "Company"
        await s.press("escape")
        assert crm.session("ada").get("lead", 1).status == "NOT_CONTACTED"  # type: ignore[attr-defined]
        await s.press("m", "4", "ctrl+s")
        assert crm.session("ada").get("lead", 1).status == "CONVERTED"  # type: ignore[attr-defined]
        assert crm.session("ada").count("client") == 1
        await s.press("u")
        assert crm.session("ada").count("client") == 0


async def test_a_conversion_offers_the_client_that_is_there(crm: Crm, seat: Seats) -> None:
    """The record is named with the reason; its number merges into it."""
    client = crm.session("ada").add("client", name="Ann Other Ltd",
                                    email=(Item("x@example.com"),))  # fmt: skip
    async with seat() as s:
        await s.press("g", "l", "G", "k", "k", "C")
        assert isinstance(s.screen, CommandForm)
        assert "same e-mail" in s.text()
        s.screen.entries["client"].set_text(str(client.id))
        await s.press("ctrl+s")
        assert crm.session("ada").count("client") == 1


@pytest.fixture
def jo(crm: Crm) -> Any:
    """A contact that will be typed again."""
    return crm.session("ada").add("contact", first_name="Jo", last_name="Ash",
                                  email=(Item("jo@ash.example"),))  # fmt: skip


async def new_contact(s: Any) -> None:
    await s.press("g", "c", "n")
    assert isinstance(s.screen, FormScreen)
    s.screen.entries["last_name"].set_text("Ashe")
    s.screen.entries["email"].set_text("JO@ash.example")
    s.screen.entries["job_title"].set_text("Partner")
    await s.press("ctrl+s")


async def test_a_twin_is_asked_about_before_saving_and_merged_into(
    crm: Crm, seat: Seats, jo: Any
) -> None:
    """What was typed goes into the record that is there, and that opens."""
    async with seat() as s:
        await new_contact(s)
        assert isinstance(s.screen, TwinsScreen)
        assert "same e-mail" in s.text()
        await s.press("m")
        assert isinstance(s.screen, RecordScreen)
        found: Any = crm.session("ada").find("contact").records
        assert [(c.last_name, c.job_title) for c in found] == [("Ash", "Partner")]


async def test_both_are_kept_and_nobody_is_asked_again(crm: Crm, seat: Seats, jo: Any) -> None:
    """Back goes to the form with what was typed; keep saves, and remembers."""
    async with seat() as s:
        await new_contact(s)
        await s.press("b")
        assert isinstance(s.screen, FormScreen)
        assert s.screen.entries["last_name"].text == "Ashe"
        await s.press("ctrl+s", "a")
        assert crm.session("ada").count("contact") == 2
        assert crm.session("ada").pairs("contact") == []


async def looked(s: Any) -> None:
    """Wait until the pairs are found: they come from a thread of their own."""
    for _ in range(400):
        await s.pilot.pause(0.01)
        if s.screen.ready:
            break
    await s.settle()


async def test_pairs_are_worked_through_and_undone(crm: Crm, seat: Seats, jo: Any) -> None:
    """Pick a side, swap who survives, merge; u brings the pair back; d keeps both."""
    ada = crm.session("ada")
    two = ada.add("contact", first_name="Jo", last_name="Ashe", job_title="Partner",
                  email=(Item("jo@ash.example"),))  # fmt: skip
    async with seat(size=(80, 24)) as s:
        await s.press(":")
        await s.type("duplicates contact")
        await s.press("enter")
        await looked(s)
        assert [(r[1], r[2]) for r in s.rows()] == [("1 Jo Ash", f"{two.id} Jo Ashe")]
        await s.press("enter")
        assert isinstance(s.screen, PairScreen)
        assert [r[0] for r in s.rows()] == ["Last name", "Job title"]
        await s.press("tab", "h", "enter")
        kept: Any = crm.session("ada").find("contact").records
        assert [(c.id, c.last_name, c.job_title) for c in kept] == [(two.id, "Ash", "Partner")]
        await s.press("u")
        assert crm.session("ada").count("contact") == 2


async def test_a_pair_is_kept_apart(crm: Crm, seat: Seats, jo: Any) -> None:
    """It is gone from the list."""
    crm.session("ada").add("contact", first_name="Jo", last_name="Ashe",
                           email=(Item("jo@ash.example"),))  # fmt: skip
    async with seat() as s:
        await s.press(":")
        await s.type("duplicates contact")
        await s.press("enter")
        await looked(s)
        await s.press("enter", "d")
        assert crm.session("ada").pairs("contact") == []
        assert crm.session("ada").count("contact") == 2


async def test_a_merged_record_opens_as_the_survivor(crm: Crm, seat: Seats, jo: Any) -> None:
    """`:contact 2` says what it was merged into."""
    ada = crm.session("ada")
    two = ada.add("contact", first_name="Jo", last_name="Ashe")
    ada.merge("contact", jo.id, [two.id])
    async with seat() as s:
        await s.press(":")
        await s.type(f"contact {two.id}")
        await s.press("enter")
        assert "Jo Ash" in s.text()
        assert "was merged into" in s.said()


async def test_deleting_a_complaint_asks_why(crm: Crm, seat: Seats) -> None:
    """Nothing said, nothing deleted; the reason is in the journal."""
    crm.session("ada").add("complaint", subject="Slow")
    async with seat() as s:
        await s.press("g", "i")
        assert "acknowledge in" in s.text()
        await s.press("D")
        await s.press("enter")
        assert "say why" in s.text()
        await s.type("entered twice")
        await s.press("enter")
        assert crm.session("ada").count("complaint") == 0
        assert "entered twice" in crm.session("ada").log(limit=1)[0].label


async def test_hidden_entities_have_no_place(firm: Path, seat: Seats) -> None:
    """What was kept apart is nobody's list."""
    async with seat() as s:
        await s.press("ctrl+p")
        await s.type("distinction")
        assert "Distinctions" not in s.text()
