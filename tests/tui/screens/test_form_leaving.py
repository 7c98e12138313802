"""A form that is left, that loads, and whose record others changed or deleted meanwhile."""

from __future__ import annotations

from textual import events

from crmkit.core.crm import Crm
from crmkit.tui.screens.conflict import ConflictScreen
from crmkit.tui.screens.form import FormScreen
from tests.tui.conftest import Seated


async def _edited(s: Seated, crm: Crm, name: str = "Ann") -> int:
    """Open the form of a lead, and add to its name."""
    id = crm.session("ada").find("lead", f"name:{name}").records[0].id
    s.app.desk.open_form("lead", id)
    await s.settle()
    await s.press("end")
    await s.type(" Two")
    return id


async def test_one_key_answers_whether_to_save(seat, crm: Crm) -> None:
    async with seat() as s:
        id = await _edited(s, crm)
        await s.press("escape", "y")
        assert not isinstance(s.screen, FormScreen)
    assert crm.session("ada").get("lead", id).name == "Ann Other Two"


async def test_one_key_answers_not_to_save_and_others_are_not_taken(seat, crm: Crm) -> None:
    async with seat() as s:
        id = await _edited(s, crm)
        await s.press("escape", "x")
        assert s.screen.prompt.is_open
        await s.press("n")
        assert not isinstance(s.screen, FormScreen)
    assert crm.session("ada").get("lead", id).name == "Ann Other"


async def test_what_changed_nothing_says_so_and_is_no_commit_to_undo(seat, crm: Crm) -> None:
    async with seat() as s:
        before = crm.session("ada").log(limit=1)
        s.app.desk.open_form("lead", 1)
        await s.settle()
        await s.press("ctrl+s")
        assert "nothing changed" in s.said()
    assert crm.session("ada").log(limit=1) == before


async def test_several_lines_that_are_pasted_into_a_field_of_one_are_all_kept(seat) -> None:
    async with seat() as s:
        s.app.desk.open_form("contact", None)
        await s.settle()
        s.app.post_message(events.Paste("12 High St\r\n\n  London\nN1 1AA\n"))
        await s.settle()
        assert s.app.focused.value == "12 High St London N1 1AA"


async def test_what_is_typed_in_an_area_can_be_undone(seat) -> None:
    async with seat() as s:
        s.app.desk.open_form("lead", None)
        await s.settle()
        notes = s.screen.entries["notes"]
        notes.focus_input()
        await s.type("one")
        await s.press("enter")
        await s.press("ctrl+z")
        assert notes.text == "one"


async def test_what_the_program_filled_in_is_left_without_a_question(seat) -> None:
    async with seat() as s:
        s.app.desk.open_form("contact", None, preset={"last_name": "Other"})
        await s.settle()
        assert s.screen.draft() == {}
        await s.press("escape")
        assert not isinstance(s.screen, FormScreen)


async def test_tab_stays_in_the_question(seat, crm: Crm) -> None:
    async with seat() as s:
        await _edited(s, crm)
        await s.press("escape", "tab")
        assert s.screen.prompt.line.has_focus
        await s.press("shift+tab")
        assert s.screen.prompt.line.has_focus


async def test_no_field_is_seen_before_it_is_filled_in(seat, crm: Crm, monkeypatch) -> None:
    async with seat() as s:
        filled = FormScreen._fill
        waiting: list[object] = []
        monkeypatch.setattr(FormScreen, "_fill", lambda form, found: waiting.append(found))
        s.app.desk.open_form("lead", 1)
        await s.settle()
        assert not s.screen.sheet.display
        assert "loading" in s.said()
        filled(s.screen, waiting[0])
        await s.settle()
        assert s.screen.sheet.display
        assert s.said() == ""


async def test_what_somebody_deleted_can_be_restored_with_what_was_typed(seat, crm: Crm) -> None:
    async with seat() as s:
        id = await _edited(s, crm)
        crm.session("ada").delete("lead", id)
        await s.press("ctrl+s")
        assert "ada deleted this lead. Restore it and save?" in s.text()
        await s.press("n")
        assert "what you typed is here" in s.said()
        assert s.screen.typed() == {"name": "Ann Other Two"}
        await s.press("ctrl+s", "y")
        assert not isinstance(s.screen, FormScreen)
    assert crm.session("ada").get("lead", id).name == "Ann Other Two"


async def test_who_may_not_restore_keeps_what_was_typed(seat, crm: Crm) -> None:
    async with seat("ben") as s:
        id = await _edited(s, crm, "Zo")
        crm.session("ada").delete("lead", id)
        await s.press("ctrl+s", "y")
        assert "not saved" in s.said()
        assert s.screen.typed() == {"name": "Zoë Müller Two"}


async def test_a_conflict_lists_only_what_differs(seat, crm: Crm) -> None:
    async with seat() as s:
        id = await _edited(s, crm)
        await s.press("tab")
        crm.session("ada").set("lead", id, {"name": "Ann Other Three", "company": "New Ltd"})
        entry = s.screen.entries["company"]
        entry.set_text("New Ltd")
        await s.press("ctrl+s")
        assert isinstance(s.screen, ConflictScreen)
        assert [f.key for f in s.screen.fields] == ["name"]


async def test_who_may_not_delete_is_not_asked(seat, crm: Crm) -> None:
    async with seat("wim") as s:
        await s.press("g", "l", "D")
        assert not s.screen.prompt.is_open
        assert "delete" in s.said()
