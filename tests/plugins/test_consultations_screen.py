"""Consultations by keys alone: from the request to the outcome, and the agenda."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crmkit.api import Link
from crmkit.core.crm import Crm
from crmkit.tui.screens.command_form import CommandForm
from tests.tui.conftest import Seats, crm, firm, made_firm, seat

__all__ = ["crm", "firm", "made_firm", "seat"]


@pytest.fixture
def request_(crm: Crm) -> Any:
    """A request of Ann Other's, who is lead 1."""
    ada = crm.session("ada")
    return ada.add("consultation", who=Link("lead", 1), type="Advice", owner=ada.actor.id)


def now_as(crm: Crm, id: int) -> Any:
    return crm.session("ada").get("consultation", id)


async def test_it_is_booked_confirmed_and_goes_on_as_a_client(
    crm: Crm, seat: Seats, request_: Any
) -> None:
    """One key a step; what is proposed stands in the form; undo takes the client back."""
    async with seat() as s:
        await s.press("g", "n", "4", "B")
        assert isinstance(s.screen, CommandForm)
        s.screen.entries["starts_at"].set_text("tomorrow 10:00")
        await s.press("ctrl+s")
        assert now_as(crm, request_.id).status == "BOOKED"
        await s.press("8", "c")
        assert now_as(crm, request_.id).status == "CONFIRMED"
        await s.press("x")
        s.screen.entries["outcome"].set_text("Go on as client")
        await s.press("ctrl+s")
        held = now_as(crm, request_.id)
        assert (held.status, held.who.entity) == ("HELD", "client")
        assert crm.session("ada").count("client") == 1
        await s.press("u")
        assert crm.session("ada").count("client") == 0
        assert now_as(crm, request_.id).status == "CONFIRMED"


async def test_a_time_that_is_taken_stays_in_the_form_with_the_other_one_named(
    crm: Crm, seat: Seats, request_: Any
) -> None:
    ada = crm.session("ada")
    at = ada.parse_field("consultation", "starts_at", "tomorrow 10:00")
    other = ada.add("consultation", status="BOOKED", starts_at=at + timedelta(minutes=30))
    async with seat() as s:
        await s.press("g", "n", "4", "B")
        s.screen.entries["starts_at"].set_text("tomorrow 10:00")
        await s.press("ctrl+s")
        assert isinstance(s.screen, CommandForm)
        assert f"ada has consultation {other.id}" in s.text()
        assert now_as(crm, request_.id).status == "REQUESTED"


@pytest.mark.parametrize("planned", ["yes", "no"])
async def test_a_no_show_proposes_a_call_that_can_be_declined(
    crm: Crm, seat: Seats, request_: Any, planned: str
) -> None:
    ada = crm.session("ada")
    ada.run("consultation.book", request_.id, {"starts_at": ada.now + timedelta(days=1)})
    async with seat() as s:
        await s.press("g", "n", "8", "N")
        assert isinstance(s.screen, CommandForm)
        assert s.screen.entries["follow_up"].text == "Nobody came: offer Ann Other another time"
        s.screen.entries["plan"].set_text(planned)
        await s.press("ctrl+s")
    assert now_as(crm, request_.id).status == "NO_SHOW"
    made = [action.title for action in ada.find("action").records]
    assert made == ["Nobody came: offer Ann Other another time"][: planned == "yes"]


async def test_dragging_a_card_to_held_asks_for_the_outcome(
    crm: Crm, seat: Seats, request_: Any
) -> None:
    ada = crm.session("ada")
    ada.run("consultation.book", request_.id, {"starts_at": ada.now + timedelta(days=1)})
    async with seat() as s:
        await s.press("g", "n", "8", "b", "l", "L", "L")
        assert isinstance(s.screen, CommandForm)
        assert "outcome" in s.screen.entries
