"""What others do shows here: what they commit, and where they are."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from attrs import evolve

from crmkit.core import presence
from crmkit.core.crm import Crm
from crmkit.core.errors import Fault, SentAway
from crmkit.core.fields import Item
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


async def test_who_else_edits_a_record_is_seen_on_it(
    seat: Seats, firm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmkit.tui.presence.LEAST", 0.0)
    place = presence.folder(firm)
    other = Present(os.getppid(), "anna", 1.0, 1.0, "form", "lead", 1, True)
    async with seat() as s:
        s.app.desk.open_record("lead", 1)
        await s.settle()
        assert presence.announce(place, evolve(other))
        s.app.desk.watch()
        await s.settle()
        assert "anna is editing this" in s.text()


NEWS = "The office closes at noon, for the heating is \x1b[31mmended" + " now" * 20 + ".\nThe end."


def hang_out(firm: Path, news: str) -> None:
    config = firm / "crmkit.toml"
    config.write_text(f"{config.read_text()}\n[server]\nmotd = {json.dumps(news)}\n")


async def test_the_message_of_the_day_stands_whole_on_my_day(firm: Path, seat: Seats) -> None:
    hang_out(firm, NEWS)
    async with seat(size=(60, 20)) as s:
        shown = s.text()
        assert "The office closes at noon" in shown
        assert "now.\n" in "\n".join(line.rstrip() for line in shown.splitlines())
        assert "The end." in shown
        assert "\x1b" not in shown
        s.app.desk.watch()
        await s.settle()
        assert not s.app._notifications


async def test_who_begins_elsewhere_is_told_the_message_of_the_day_once(
    firm: Path, seat: Seats
) -> None:
    async with seat() as s:
        await s.press("g", "l")
        s.app.desk.save_work()
    hang_out(firm, NEWS)
    async with seat() as s:
        for _ in range(2):
            s.app.desk.watch()
            await s.settle()
        (said,) = s.app._notifications
        assert "The end." in said.message
        assert "\x1b" not in said.message


async def test_an_empty_message_of_the_day_says_nothing(firm: Path, seat: Seats) -> None:
    hang_out(firm, " \n ")
    async with seat() as s:
        s.app.desk.watch()
        await s.settle()
        assert not s.app._notifications


async def test_what_cannot_be_looked_at_is_told_once(
    seat: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise Fault("the database is away")

    async with seat() as s:
        monkeypatch.setattr(s.app.desk.crm.store, "changed", broken)
        s.app.desk.watch()
        await s.settle()
        assert "the database is away" in s.said()
        s.screen.say("")
        s.app.desk.watch()
        await s.settle()
        assert s.said() == ""


async def test_a_database_that_is_put_in_place_of_it_ends_the_session(
    firm: Path, seat: Seats
) -> None:
    """Whoever went on would read the old one and write to the new one."""
    async with seat() as s:
        shutil.copy(firm / "crmkit.db", firm / "other.db")
        (firm / "other.db").replace(firm / "crmkit.db")
        s.app.desk.watch()
        await s.settle()
        assert "the database was replaced" in str(s.app.failure)


async def test_who_is_switched_off_is_told_so_and_what_he_typed_is_kept(
    seat: Seats, crm: Crm
) -> None:
    async with seat("ben") as s:
        s.app.desk.watch()
        await s.settle()
        s.app.desk.open_form("lead", 2)
        await s.settle()
        await s.type("X")
        crm.session("ada").set("user", crm.actor("ben").id, {"active": False})
        s.app.desk.watch()
        await s.settle()
        assert isinstance(s.app.failure, SentAway)
        assert "the user ben is switched off" in str(s.app.failure)
        assert "kept as a draft" in str(s.app.failure)
        drafts = list(s.app.desk.folder.glob("draft-*.json"))
    assert len(drafts) == 1


async def test_who_was_switched_off_between_opening_and_the_first_look_is_sent_away(
    seat: Seats, crm: Crm
) -> None:
    async with seat("ben") as s:
        crm.session("ada").set("user", crm.actor("ben").id, {"active": False})
        s.app.desk.live.forget()
        await s.settle()
        s.app.desk.watch()
        await s.settle()
        assert isinstance(s.app.failure, SentAway)


async def test_whose_roles_are_changed_sees_what_he_may_see_now(seat: Seats, crm: Crm) -> None:
    ada = crm.session("ada")
    async with seat("ben") as s:
        await s.press("g", "l")
        s.app.desk.watch()
        await s.settle()
        assert "Zoë Müller" in s.text()
        assert "Ann Other" not in s.text()
        ada.set("user", crm.actor("ben").id, {"roles": (Item("crm_manager"),)})
        s.app.desk.watch()
        await s.settle()
        assert "Ann Other" in s.text()
        assert "What you may do was changed" in "".join(n.message for n in s.app._notifications)
        ada.set("user", crm.actor("ben").id, {"roles": (Item("guest"),)})
        s.app.desk.watch()
        await s.settle()
        assert "Zoë Müller" not in s.text()
        assert "Ann Other" not in s.text()


async def test_rights_that_change_beside_a_form_hold_at_once_and_show_once_it_is_closed(
    seat: Seats, crm: Crm
) -> None:
    async with seat("ben") as s:
        await s.press("g", "l")
        s.app.desk.watch()
        await s.settle()
        s.app.desk.open_form("lead", 2)
        await s.settle()
        await s.type("X")
        crm.session("ada").set("user", crm.actor("ben").id, {"roles": (Item("guest"),)})
        s.app.desk.watch()
        await s.settle()
        await s.press("ctrl+s")
        assert "lead.update" in s.said() or "lead.read" in s.said()
        await s.press("escape", "n")
        s.app.desk.watch()
        await s.settle()
        assert "Zoë Müller" not in s.text()
