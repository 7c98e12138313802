"""Triage: a record, a key, the next record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmkit.core.crm import Crm
from crmkit.tui import triage
from crmkit.tui.screens.triage import TriageScreen
from tests.tui.conftest import Seated, Seats

LEADS = ("Anna Ash", "Bert Beech", "Cleo Cedar", "Dora Dogwood")


@pytest.fixture
def leads(crm: Crm) -> Crm:
    """Four leads of ada's at one company."""
    ada = crm.session("ada")
    for n, name in enumerate(LEADS):
        ada.add("lead", name=name, email=f"{n}@example.com", company="Grove Ltd",
                owner=ada.actor.id, next_call=ada.now + timedelta(days=n + 1))  # fmt: skip
    return crm


async def _begin(at: Seated, filter: str = "company:Grove is:open") -> None:
    await at.press(":")
    await at.type(f"triage lead {filter}")
    await at.press("enter")


def _name(at: Seated) -> str:
    return at.screen.shown.record.title if at.screen.shown else ""


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_the_record_and_its_keys_are_shown(leads: Crm, seat: Seats, size) -> None:
    """The place, the title, fields that say something, the commands by their keys."""
    async with seat(size=size) as at:
        await _begin(at)
        text = at.text()
        assert "1 of 4" in text
        assert "Anna Ash" in text
        assert "Grove Ltd" in text
        assert "x Close as lost" in text
        assert "space skip" in text
        assert "created" in text
        assert "Lost reason" not in text


async def test_a_key_deals_with_the_record_and_the_next_comes(leads: Crm, seat: Seats) -> None:
    """A parameter is asked for; what is dealt with is counted; the end says how many."""
    async with seat() as at:
        await _begin(at)
        await at.press("x")
        await at.type("no budget")
        await at.press("enter")
        assert _name(at) == "Bert Beech"
        assert "2 of 4" in at.text()
        assert "1 dealt with" in at.text()
        await at.press("space")
        assert _name(at) == "Cleo Cedar"
        await at.press("n", "n")
        assert "Nothing left" in at.text()
        assert "1 dealt with, 3 skipped" in at.text()
        assert leads.session("ada").count("lead", "company:Grove is:lost") == 1


async def test_keys_typed_ahead_are_for_the_records_that_follow(leads: Crm, seat: Seats) -> None:
    """Two commands in one packet never hit one record."""
    async with seat() as at:
        await _begin(at)
        await at.pilot.press("x", "n", "o", "enter", "x", "n", "o", "enter")
        await at.settle()
        await at.settle()
        assert _name(at) == "Cleo Cedar"
        found = leads.session("ada").find("lead", "company:Grove is:lost")
        assert {r.title for r in found} == {"Anna Ash", "Bert Beech"}


async def test_undo_goes_back_to_the_record(leads: Crm, seat: Seats) -> None:
    """It is shown again, and no longer counted."""
    async with seat() as at:
        await _begin(at)
        await at.press("space", "x")
        await at.type("gone")
        await at.press("enter")
        assert _name(at) == "Cleo Cedar"
        await at.press("u")
        assert _name(at) == "Bert Beech"
        assert "dealt with" not in at.text()
        assert leads.session("ada").count("lead", "is:lost") == 0


async def test_what_the_filter_no_longer_finds_is_left_out(leads: Crm, seat: Seats) -> None:
    """Neither forward nor back."""
    async with seat() as at:
        await _begin(at)
        ada = leads.session("ada")
        beech = ada.find("lead", '"Bert Beech"').records[0]
        ada.delete("lead", beech.id)
        await at.press("space")
        assert _name(at) == "Cleo Cedar"
        await at.press("[")
        assert _name(at) == "Anna Ash"
        await at.press("[")
        assert "first one" in at.said()


async def test_what_was_skipped_comes_once_more_from_the_end(leads: Crm, seat: Seats) -> None:
    """What was dealt with does not, even where the filter still finds it."""
    async with seat() as at:
        await _begin(at, "company:Grove")
        await at.press("w")
        await at.type("called, no answer")
        await at.press("enter", "space", "space", "space")
        assert _name(at) == ""
        await at.press("space")
        assert _name(at) == "Bert Beech"
        assert "1 of 3" in at.text()


async def test_moving_is_by_the_menu_of_states(leads: Crm, seat: Seats) -> None:
    """m, a state, the next record."""
    async with seat() as at:
        await _begin(at)
        await at.press("m", "2")
        assert _name(at) == "Bert Beech"
        assert "→" in at.said()


async def test_nothing_found_says_so(leads: Crm, seat: Seats) -> None:
    """esc ends, on the screen it was opened from."""
    async with seat() as at:
        await at.press("g", "l")
        await _begin(at, "company:Nowhere")
        assert "Nothing left" in at.text()
        await at.press("escape")
        assert not isinstance(at.screen, TriageScreen)


async def test_a_list_opens_it_on_its_filter_or_on_what_is_stale(leads: Crm, seat: Seats) -> None:
    """T: is:stale where nothing was asked for, else what the list shows."""
    async with seat() as at:
        await at.press("g", "l", "T")
        assert at.screen.filter == "is:stale"
        await at.press("escape", "/", "ctrl+u")
        await at.type("company:Grove")
        await at.press("enter", "T")
        assert at.screen.filter == "company:Grove"
        await at.press("escape", "g", "d", "b", "T")
        assert (at.screen.model.name, at.screen.filter) == ("deal", "is:stale")


async def test_the_palette_names_conditions(leads: Crm, seat: Seats) -> None:
    """'Triage: stale leads'."""
    async with seat() as at:
        await at.press("ctrl+p")
        await at.type("triage: stale leads")
        await at.press("enter")
        assert isinstance(at.screen, TriageScreen)
        assert at.screen.filter == "is:stale"


async def test_a_wrong_filter_stays_to_be_mended(leads: Crm, seat: Seats) -> None:
    """The command line says what is wrong with it."""
    async with seat() as at:
        await _begin(at, "compny:Grove")
        assert "did you mean company" in at.text()
        await at.press("escape", ":")
        await at.type("triage")
        await at.press("enter")
        assert "triage lead is:stale" in at.text()


async def test_what_is_found_comes_by_the_page(
    leads: Crm, seat: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The count is of all; the end is the end of all."""
    monkeypatch.setattr(triage, "PAGE", 2)
    async with seat() as at:
        await _begin(at)
        assert "1 of 4" in at.text()
        await at.press("space", "space")
        assert _name(at) == "Cleo Cedar"
        assert "3 of 4" in at.text()
        await at.press("space", "space")
        assert "Nothing left" in at.text()
        assert "4 skipped" in at.text()


async def test_what_is_saved_in_the_form_may_deal_with_the_record(leads: Crm, seat: Seats) -> None:
    """Where the filter finds it no longer; else it stays."""
    async with seat() as at:
        await _begin(at)
        await at.press("e", "end", "e", "ctrl+s")
        assert _name(at) == "Anna Ashe"
        ada = leads.session("ada")
        ada.set("lead", at.screen.shown.record.id, {"company": "Elsewhere"})
        await at.press("ctrl+r")
        assert "no longer found" in at.text()
        await at.press("e", "end", "r", "ctrl+s")
        assert _name(at) == "Bert Beech"
        assert "1 dealt with" in at.text()
