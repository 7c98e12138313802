"""Erasing a person's data in the terminal: told how much, asked for a word, and then gone."""

from __future__ import annotations

import pytest

from crmkit.core.crm import Crm
from crmkit.core.kinds.refs import Link
from crmkit.tui.screens.palette import PaletteScreen


@pytest.fixture
def client(crm: Crm) -> int:
    ada = crm.session("ada")
    made = ada.add("client", name="Quillon Zubrowka", notes="Knows Xanthippe.")
    ada.add("action", subject="Ring Quillon", about=Link("client", made.id))
    return made.id


async def ask(seat, text: str = "erase") -> None:
    await seat.press(":")
    await seat.type(text)
    await seat.press("enter")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
async def test_the_question_says_how_much_and_the_word_is_needed(
    seat, crm: Crm, client: int, size: tuple[int, int]
) -> None:
    async with seat("ada", size) as s:
        s.screen.desk.open_record("client", client)
        await s.settle()
        await ask(s)
        assert "1 client, 1 action" in " ".join(s.text().split())
        await s.type("no")
        await s.press("enter")
        assert s.screen.prompt.is_open
        assert crm.session("ada").get("client", client).title == "Quillon Zubrowka"
        await s.press("ctrl+u")
        await s.type("erase")
        await s.press("enter")
        assert "erased in 1 client, 1 action" in s.said()
        assert "Quillon" not in s.text()
        assert "personal data erased" in s.text()


async def test_it_is_offered_and_done_for_those_only_who_may(seat, crm: Crm, client: int) -> None:
    async with seat("ben") as s:
        s.screen.desk.open_record("client", client)
        await s.settle()
        await ask(s)
        assert "client.erase" in s.said()
        await s.press("ctrl+p")
        assert isinstance(s.screen, PaletteScreen)
        await s.type("erase personal")
        assert "Erase personal data" not in s.text()
    async with seat("ada") as s:
        s.screen.desk.open_record("client", client)
        await s.settle()
        await s.press("ctrl+p")
        await s.type("erase personal")
        await s.press("enter")
        assert s.screen.prompt.is_open


async def test_on_a_list_it_says_what_to_do_first(seat, client: int) -> None:
    async with seat("ada") as s:
        await s.press("g", "l")
        await ask(s)
        assert "open the record of the person first" in s.text()
