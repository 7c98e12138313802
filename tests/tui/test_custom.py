"""What the firm adds while somebody is at work: an open program takes it over, or says it waits."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from crmkit.app import open_crm
from crmkit.core.custom import CustomField, CustomView, change_custom
from crmkit.core.custom.converting import change_kind
from crmkit.core.custom.editing import added
from crmkit.core.custom.steps import Step
from crmkit.core.workspace import open_workspace
from crmkit.customizing import apply
from crmkit.tui.renewal import SHOWS
from crmkit.tui.screens.board import BoardScreen
from tests.tui.conftest import Seated, Seats

AREA = CustomField(entity="lead", name="area", kind="text", shown=True)


def _add(firm: Path) -> None:
    apply(open_workspace(firm), Step("", lambda found: added(found, AREA)))


def _told(s: Seated) -> list[str]:
    return [n.message for n in s.app._notifications]


async def test_a_list_shows_a_field_that_another_program_added(firm: Path, seat: Seats) -> None:
    """The columns are there within a second, with the cursor where it was."""
    async with seat() as s:
        await s.press("g", "l", "j")
        _add(firm)
        s.app.desk.watch()
        await s.settle()
        assert "Area" in s.text()
        assert s.screen.listing.cursor == 1
        assert any("shows now" in text for text in _told(s))
        await s.press("n")
        assert "custom.area" in s.screen.entries


async def test_a_form_is_left_alone_and_says_that_it_waits(firm: Path, seat: Seats) -> None:
    """What is being typed stays; it is said once, and the field comes when the form is left."""
    async with seat() as s:
        await s.press("g", "l", "n")
        s.screen.entries["name"].set_text("Half typed")
        _add(firm)
        for _ in range(2):
            s.app.desk.watch()
            await s.settle()
        assert s.screen.entries["name"].text == "Half typed"
        assert len([text for text in _told(s) if "as soon as this is closed" in text]) == 1
        s.screen.entries["phone"].set_text("030123456")
        await s.press("ctrl+s")
        s.app.desk.watch()
        await s.settle()
        assert "Area" in s.text()
        assert "Half typed" in s.text()


async def test_what_cannot_be_used_changes_nothing_here(firm: Path, seat: Seats) -> None:
    """A file spoilt by hand: the window goes on with the fields it had."""
    _add(firm)
    async with seat() as s:
        await s.press("g", "l")
        (firm / "custom.toml").write_text("x = = 1", encoding="utf-8")
        s.app.desk.watch()
        await s.settle()
        assert any("goes on with what it had" in text for text in _told(s))
        assert "Area" in s.text()


async def test_a_field_without_its_tables_says_what_to_run(firm: Path, seat: Seats) -> None:
    """Written by hand, and not upgraded yet."""
    async with seat() as s:
        change_custom(firm / "custom.toml", lambda c: evolve(c, fields=(AREA,)))
        s.app.desk.watch()
        await s.settle()
        assert any("crmkit upgrade" in text for text in _told(s))


async def test_a_form_with_a_field_of_another_kind_by_now_is_not_saved(
    firm: Path, seat: Seats
) -> None:
    """It would go where nobody looks: it is refused, and what was typed stays."""
    _add(firm)
    async with seat() as s:
        await s.press("g", "l", "n")
        for key, text in (("name", "Half typed"), ("phone", "030123456"), ("custom.area", "12")):
            s.screen.entries[key].set_text(text)
        crm = open_crm(firm)
        step = change_kind(crm.session("ada"), "lead", "area", "number")
        crm.store.close()
        apply(open_workspace(firm), step)
        await s.press("ctrl+s")
        await s.until(s.said)
        assert "of another kind" in s.said()
        assert s.screen.entries["custom.area"].text == "12"
        assert s.app.desk.session.count("lead") == 3


async def test_lists_of_ones_own_and_lists_that_are_boards(firm: Path, seat: Seats) -> None:
    """Nobody else has them; a board opens as a board, with its filter."""
    whole = (CustomView(entity="lead", label="Adas", filter="name:Ann", board=True, user="ada"),)
    change_custom(firm / "custom.toml", lambda c: evolve(c, views=whole))
    async with seat("ben") as s:
        await s.press("g", "l")
        assert "Adas" not in s.text()
    async with seat() as s:
        await s.press("g", "l")
        number = [t.label for t in s.screen.tables].index("Adas") + 1
        await s.press(str(number))
        assert isinstance(s.screen, BoardScreen)
        assert s.screen.filter == "name:Ann"


async def test_another_hosts_file_is_told_of_when_one_starts(firm: Path, seat: Seats) -> None:
    """The database was last changed with another one."""
    _add(firm)
    (firm / "custom.toml").unlink()
    async with seat() as s:
        assert any("crmkit upgrade" in text for text in _told(s))


async def test_what_is_told_several_times_is_shown_once(firm: Path, seat: Seats) -> None:
    """The same notice never stands in a stack."""
    async with seat() as s:
        await s.press("g", "l")
        for name in ("one", "two", "three"):
            part = evolve(AREA, name=name)
            apply(open_workspace(firm), Step("", lambda found, part=part: added(found, part)))
            s.app.desk.watch()
            await s.settle()
        assert [text for text in _told(s) if "shows now" in text] == [SHOWS]
