"""Commands on forms: the way round for a move, what is offered, several records at once."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.api import Item
from crmkit.core.crm import Crm
from crmkit.tui.screens.board import BoardScreen
from crmkit.tui.screens.command_form import CommandForm
from crmkit.tui.screens.form import FormScreen
from tests.tui.conftest import Seats


async def at_card(s: Any, state: str) -> None:
    """Go to a lead's card of Ada's, in a state next to CONVERTED."""
    await s.press("g", "l", "b")
    assert isinstance(s.screen, BoardScreen)
    while s.screen.board.state != state:
        await s.press("l")


def qualified(crm: Crm) -> None:
    for state in ("CONTACTED", "QUALIFIED"):
        crm.session("ada").move("lead", 1, state)


async def test_a_carried_card_takes_the_way_of_the_command(crm: Crm, seat: Seats) -> None:
    """Esc leaves it where it is; after the command it is in its column, under the cursor."""
    qualified(crm)
    async with seat() as s:
        await at_card(s, "QUALIFIED")
        await s.press("L")
        assert isinstance(s.screen, CommandForm)
        await s.press("escape")
        assert (s.screen.board.state, s.screen.board.key) == ("QUALIFIED", 1)
        await s.press("L", "ctrl+s")
        assert (s.screen.board.state, s.screen.board.key) == ("CONVERTED", 1)
        counts = {c.state: c.count for c in s.screen.board.columns}
        assert (counts["QUALIFIED"], counts["CONVERTED"]) == (0, 1)


async def test_leaving_a_command_that_was_typed_into_asks(crm: Crm, seat: Seats) -> None:
    """It is not called saving; no leaves the record alone."""
    qualified(crm)
    async with seat() as s:
        await at_card(s, "QUALIFIED")
        await s.press("L")
        s.screen.entries["deal_name"].set_text("Will")
        await s.press("escape")
        assert "Do it before leaving?" in s.text()
        await s.type("n")
        assert isinstance(s.screen, BoardScreen)
    assert crm.session("ada").get("lead", 1).status == "QUALIFIED"  # type: ignore[attr-defined]


async def test_a_new_record_in_such_a_state_is_saved_and_takes_the_way_round(
    crm: Crm, seat: Seats
) -> None:
    """What was typed is saved first; the form of the command follows."""
    async with seat() as s:
        await s.press("g", "l", "n")
        assert isinstance(s.screen, FormScreen)
        for name, text in {"name": "Ida Moss", "email": "ida@moss.example",
                           "status": "Converted"}.items():  # fmt: skip
            s.screen.entries[name].set_text(text)
        await s.press("ctrl+s")
        assert isinstance(s.screen, CommandForm)
        assert s.screen.ids == [4]
        await s.press("ctrl+s")
    ada = crm.session("ada")
    assert ada.get("lead", 4).status == "CONVERTED"  # type: ignore[attr-defined]
    assert ada.count("client") == 1


@pytest.fixture
def clients(crm: Crm) -> list[int]:
    """Two clients with the lead's e-mail."""
    ada = crm.session("ada")
    return [
        ada.add("client", name=name, email=(Item("x@example.com"),)).id
        for name in ("Ann Other Ltd", "Ann Other Group")
    ]


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
async def test_offered_records_are_taken_one_after_the_other(
    crm: Crm, seat: Seats, clients: list[int], size: Any
) -> None:
    """ctrl+n takes the next one, after the last none; a pointer shows which it is."""
    async with seat(size=size) as s:
        await s.press(":")
        await s.type("lead 1")
        await s.press("enter", "C", "tab")
        entry = s.screen.entries["client"]
        assert {o.text for o in entry.offers} == set(map(str, clients))
        seen = []
        for _ in range(3):
            await s.press("ctrl+n")
            seen.append(entry.text)
        assert seen == [*(o.text for o in entry.offers), ""]
        await s.press("ctrl+n")
        assert f"› {entry.text}  Ann Other" in s.text()
        chosen = int(entry.text)
        await s.press("ctrl+s")
    assert crm.session("ada").get("lead", 1).client == chosen  # type: ignore[attr-defined]


async def test_what_is_typed_is_looked_up(crm: Crm, seat: Seats) -> None:
    """In any form: a part of a name, ctrl+n, and the record is there with its number."""
    async with seat() as s:
        await s.press("g", "l", "n")
        await s.type("Ida Moss")
        entry = s.screen.entries["owner"]
        entry.focus_input()
        entry.set_text("wi")
        await s.press("ctrl+n")
        assert entry.text == str(crm.actor("wim").id)
        assert "wim" in entry.offers[0].said
        await s.press("ctrl+n")
        assert entry.text == "wi"
        entry.set_text("nobody at all")
        await s.press("ctrl+n")
        assert s.said() == "nothing is called nobody at all"
        assert entry.text == "nobody at all"


async def test_several_records_share_one_form_and_one_commit(crm: Crm, seat: Seats) -> None:
    """What is proposed is what holds for all of them."""
    ada = crm.session("ada")
    ada.set("lead", 3, {"company": ""})
    async with seat() as s:
        await s.press("g", "l", "6", "V", "C")
        assert isinstance(s.screen, CommandForm)
        assert sorted(s.screen.ids) == [1, 2, 3]
        assert s.screen.entries["kind"].text == ""
        await s.press("ctrl+s")
        assert s.said() == "Convert to client: 3"
        assert ada.count("lead", "status:CONVERTED") == 3
        await s.press("u")
    assert ada.count("lead", "status:CONVERTED") == 0
    assert ada.count("client") == 0


async def test_help_for_a_field_is_seen_where_one_types(seat: Seats) -> None:
    """And nowhere else."""
    async with seat() as s:
        await s.press("g", "l", "n", "tab", "tab")
        assert "one of Not contacted" in s.text()
        await s.press("tab")
        assert "one of Not contacted" not in s.text()
        assert "such as tomorrow 15:00" in s.text()
