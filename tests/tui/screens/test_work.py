"""Work in the screens: what is refused stays, what is typed stays, what is saved is seen."""

from __future__ import annotations

import pytest

from crmkit.core import state
from crmkit.core.crm import Crm
from crmkit.tui.screens.board import BoardScreen
from crmkit.tui.screens.browse import BrowseScreen
from crmkit.tui.screens.conflict import ConflictScreen
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.home import HomeScreen

SIZES = [(120, 40), (80, 24), (60, 20)]


async def test_it_opens_on_my_day(seat) -> None:
    async with seat() as s:
        assert isinstance(s.screen, HomeScreen)
        assert "Unassigned leads (1)" in s.text()


@pytest.mark.parametrize("size", SIZES)
async def test_a_list_shows_what_the_actor_may_see(seat, size) -> None:
    async with seat("ben", size) as s:
        await s.press("g", "l")
        names = {row[0] for row in s.rows()}
        assert names == {"Zoë Müller", "Pool Lead"}
        assert "Ann Other" not in s.text()


async def test_hidden_fields_have_no_column(seat) -> None:
    async with seat("ben") as s:
        await s.press("g", "l")
        assert "Owner" not in s.text()


async def test_a_filter_narrows_the_list_and_a_wrong_one_stays_to_be_mended(seat) -> None:
    async with seat() as s:
        await s.press("g", "l", "/")
        await s.press("ctrl+u")
        await s.type("compny:zoë")
        await s.press("enter")
        assert s.screen.prompt.is_open
        assert s.screen.prompt.line.value == "compny:zoë"
        assert "did you mean company" in s.text()
        await s.press("ctrl+u")
        await s.type("company:zoë")
        await s.press("enter")
        assert [row[0] for row in s.rows()] == ["Zoë Müller"]


async def test_a_move_that_policy_refuses_says_why_and_the_card_stays(seat) -> None:
    async with seat("wim") as s:
        await s.press("g", "l", "b")
        assert isinstance(s.screen, BoardScreen)
        before = [c.count for c in s.screen.board.columns]
        await s.press("L")
        assert "lead.move" in s.said()
        assert [c.count for c in s.screen.board.columns] == before


async def test_a_new_record_is_refused_where_the_grant_is_missing(seat, crm: Crm) -> None:
    async with seat("wim") as s:
        await s.press("g", "c", "n")
        assert isinstance(s.screen, BrowseScreen)
        assert "contact.create" in s.said()
    assert crm.session("ada").count("contact") == 0


async def test_a_guest_sees_nothing(seat) -> None:
    async with seat("gus") as s:
        await s.press("g", "l")
        assert "lead.read" in s.said()
        assert "Ann" not in s.text()


async def test_a_form_shows_what_is_wrong_at_its_field_and_keeps_what_was_typed(seat) -> None:
    async with seat() as s:
        await s.press("g", "l", "n")
        assert isinstance(s.screen, FormScreen)
        await s.type("New Lead")
        await s.press("ctrl+s")
        assert "fill in a phone number or an e-mail address" in s.text()
        assert s.screen.entries["name"].text == "New Lead"
        entry = s.screen.entries["email"]
        entry.set_text("new@example.com")
        await s.press("ctrl+s")
        assert isinstance(s.screen, BrowseScreen)
        assert s.said() == "saved New Lead"


async def test_leaving_a_form_with_input_asks(seat, crm: Crm) -> None:
    async with seat() as s:
        await s.press("g", "l", "n")
        await s.type("Half")
        await s.press("escape")
        assert isinstance(s.screen, FormScreen)
        assert "Save before leaving?" in s.text()
        await s.press("escape")
        assert s.screen.entries["name"].text == "Half"
        await s.press("escape")
        await s.type("n")
        assert isinstance(s.screen, BrowseScreen)
    assert crm.session("ada").count("lead") == 3


async def test_what_is_typed_is_kept_as_a_draft_and_offered_again(seat, firm) -> None:
    async with seat() as s:
        await s.press("g", "l", "n")
        await s.type("Half")
        s.app.save_work()
        folder = s.app.desk.workspace.state
        assert state.read(folder, state.DRAFT)["values"] == {"name": "Half"}
    async with seat() as s:
        assert isinstance(s.screen, FormScreen)
        assert s.screen.entries["name"].text == "Half"


async def test_a_conflict_is_settled_field_by_field(seat, crm: Crm) -> None:
    async with seat() as s:
        await s.press("g", "l", "/", "ctrl+u")
        await s.type("ann")
        await s.press("enter", "e")
        s.screen.entries["company"].set_text("Mine Ltd")
        s.screen.entries["notes"].set_text("my note")
        other = crm.session("ada")
        other.set("lead", 1, {"company": "Theirs Ltd", "source": "Event"})
        await s.press("ctrl+s")
        assert isinstance(s.screen, ConflictScreen)
        shown = {row[0]: row[2:] for row in s.rows()}
        assert shown["Company"] == ("Mine Ltd", "Theirs Ltd", "Ann Other Ltd")
        await s.press("t", "ctrl+s")
        assert "saved Ann Other" in s.said()
    lead = crm.session("ada").get("lead", 1)
    assert (lead.company, lead.source, lead.notes) == ("Theirs Ltd", "Event", "my note")


async def test_leaving_a_conflict_goes_back_to_what_was_typed(seat, crm: Crm) -> None:
    async with seat() as s:
        await s.press("g", "l", "/", "ctrl+u")
        await s.type("ann")
        await s.press("enter", "e")
        s.screen.entries["company"].set_text("Mine Ltd")
        crm.session("ada").set("lead", 1, {"company": "Theirs Ltd"})
        await s.press("ctrl+s", "escape")
        assert isinstance(s.screen, FormScreen)
        assert s.screen.entries["company"].text == "Mine Ltd"


async def test_what_another_session_changes_is_seen_without_moving_the_cursor(
    seat, crm: Crm
) -> None:
    async with seat() as s:
        await s.press("g", "l", "6", "j")
        s.app.desk.watch()
        await s.settle()
        key = s.screen.listing.key
        crm.session("ada").set("lead", 1, {"company": "Changed elsewhere"})
        s.app.desk.watch()
        await s.settle()
        assert any("Changed elsewhere" in row for row in s.rows())
        assert s.screen.listing.key == key


async def test_marked_records_are_moved_in_one_commit(seat, crm: Crm) -> None:
    async with seat() as s:
        await s.press("g", "l", "6", "V", "m", "2")
        assert s.said() == "3 leads → CONTACTED"
    newest = crm.session("ada").log(limit=1)[0]
    assert newest.size == 3


async def test_deleting_asks_and_can_be_undone(seat, crm: Crm) -> None:
    async with seat() as s:
        await s.press("g", "l", "6", "D")
        await s.type("n")
        assert crm.session("ada").count("lead") == 3
        await s.press("D")
        await s.type("xy")
        assert crm.session("ada").count("lead") == 2
        await s.press("u")
        assert "undone: Delete lead" in s.said()
    assert crm.session("ada").count("lead") == 3


async def test_keys_can_be_remapped_and_help_shows_the_real_ones(seat, firm) -> None:
    toml = firm / "crmkit.toml"
    toml.write_text(toml.read_text() + 'new = ["ctrl+n", "+"]\n', encoding="utf-8")
    async with seat() as s:
        await s.press("g", "l", "plus")
        assert isinstance(s.screen, FormScreen)
        await s.press("escape", "question_mark", "slash")
        await s.type("new")
        assert ("ctrl+n +", "New", "new") in s.rows()


async def test_the_leader_shows_what_may_follow(seat) -> None:
    async with seat() as s:
        await s.pilot.press("g")
        await s.pilot.pause(0.7)
        assert "Leads" in s.text()
        assert "My day" in s.text()


async def test_the_palette_finds_a_view_by_some_letters(seat) -> None:
    async with seat() as s:
        await s.press("ctrl+p")
        await s.type("leadunas")
        await s.press("enter")
        assert isinstance(s.screen, BrowseScreen)
        assert [row[0] for row in s.rows()] == ["Pool Lead"]


async def test_the_command_line_jumps_and_suggests(seat) -> None:
    async with seat() as s:
        await s.press("colon")
        await s.type("lead 2")
        await s.press("enter")
        assert "Zoë Müller" in s.text()
        await s.press("colon")
        await s.type("bord lead")
        await s.press("enter")
        assert "did you mean board" in s.text()


async def test_text_from_data_is_shown_and_never_acted_on(seat, crm: Crm) -> None:
    evil = "[@click=app.quit]x[/foo] \x1b[31mred\u202e"
    crm.session("ada").add("lead", {"name": evil, "email": "e@example.com", "notes": evil})
    async with seat() as s:
        await s.press("g", "l", "6", "G")
        assert "[@click=app.quit]x[/foo] ␛[31mred" in s.text()
        await s.press("enter")
        assert "\x1b" not in s.text()
        assert "[/foo]" in s.text()
        await s.press("e")
        assert "\x1b" not in s.text()
