"""A form's fields: painted by one widget, typed on one line that goes from field to field."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget

from crmkit.core.fields import Field
from crmkit.core.kinds.choices import ChoiceKind
from crmkit.core.kinds.words import NoteKind, TextKind
from crmkit.tui.widgets.entry import Entry, Offer
from crmkit.tui.widgets.sheet import AREA, Pad, Paper, Pen, Sheet
from tests.tui.widgets.conftest import SIZES, Bench, painted

DESK: Any = SimpleNamespace()


def fields(*names: str, heading: str = "", **more: Any) -> list[Entry]:
    """Return a plain line for each name; the first one stands below a heading."""
    return [
        Entry(Field(name=name, label=name.title(), kind=TextKind(500), default="", **more), DESK,
              heading if n == 0 else "")
        for n, name in enumerate(names)
    ]  # fmt: skip


def area(name: str = "notes") -> Entry:
    """Return a field of several lines."""
    return Entry(Field(name=name, label=name.title(), kind=NoteKind(), default=""), DESK)


async def rest(pilot: Pilot[Any]) -> None:
    """Wait until what was asked for is drawn."""
    for _ in range(3):
        await pilot.pause()


def lines(sheet: Sheet) -> list[str]:
    """Return what is on the paper."""
    return painted(sheet.query_one(Paper))


async def test_what_is_typed_stays_with_its_field() -> None:
    name, town = entries = fields("name", "town")
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        name.set_text("Ann")
        town.set_text("Ely")
        name.focus_input()
        await pilot.press("end", "a")
        sheet.step(1)
        await rest(pilot)
        assert (name.text, town.text) == ("Anna", "Ely")
        assert "Anna" in lines(sheet)[0]
        await pilot.press("Y", "o")  # what is selected on coming there is replaced
        sheet.step(1)
        assert (name.text, town.text) == ("Anna", "Yo")
        assert sheet.here is name


async def test_there_are_as_many_widgets_however_many_fields() -> None:
    counts = []
    for number in (2, 200):
        entries = fields(*(f"f{n}" for n in range(number)))
        async with Bench(sheet := Sheet(entries)).run_test():
            counts.append(len(sheet.query(Widget)))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("size", SIZES)
async def test_the_field_that_one_is_at_is_in_sight_and_the_line_lies_over_it(size: Any) -> None:
    entries = [*fields(*(f"f{n}" for n in range(30)), heading="First"), area(),
               *fields("x", "y", heading="Second")]  # fmt: skip
    async with Bench(sheet := Sheet(entries)).run_test(size=size) as pilot:
        entries[0].focus_input()
        await rest(pilot)
        assert "First" in lines(sheet)[0]
        for entry in entries:
            if entry is not entries[0]:
                sheet.step(1)
            await rest(pilot)
            over = sheet.query_one(Pad if entry.is_area else Pen)
            y = over.region.y - sheet.region.y
            assert entry.label in lines(sheet)[y]
            assert lines(sheet)[y].startswith("› ")
            assert y >= 0
            assert y + over.region.height <= size[1] - 1
        assert any("Second" in line for line in lines(sheet))
        assert lines(sheet)[0].endswith("↑")
        sheet.step(1)
        await rest(pilot)
        assert "First" in lines(sheet)[0]
        assert lines(sheet)[-3].endswith("↓")


async def test_lines_of_an_area_are_kept_with_the_place_in_them() -> None:
    notes, name = entries = [area(), *fields("name")]
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        notes.set_text("one\ntwo\nthree")
        notes.focus_input()
        await pilot.press("down", "end", "!")
        sheet.step(1)
        await rest(pilot)
        assert notes.text == "one\ntwo!\nthree"
        assert [line[11:20].strip() for line in lines(sheet)[:AREA]] == [
            "one", "two!", "three", "", ""]  # fmt: skip
        sheet.step(-1)
        await pilot.press("?")
        assert notes.text == "one\ntwo!?\nthree"
        assert name.text == ""


async def test_a_long_text_is_cut_and_kept_whole() -> None:
    name, _ = entries = fields("name", "town")
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        name.set_text("x" * 10_000)
        entries[1].focus_input()
        await rest(pilot)
        assert "x…" in lines(sheet)[0]
        assert len(lines(sheet)[0]) == 60
        name.focus_input()
        await pilot.press("end", "y")
        assert name.text == "x" * 10_000 + "y"


async def test_controls_in_what_was_stored_are_shown_and_kept() -> None:
    name, _ = entries = [*fields("name"), area()]
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        for entry in entries:
            entry.set_text("a\x1b[2J\u202eb")
        await rest(pilot)
        assert not any("\x1b" in line or "\u202e" in line for line in lines(sheet))
        name.focus_input()
        await rest(pilot)
        sheet.step(1)
        assert name.text == "a\x1b[2J\u202eb"


async def test_problems_and_offers_stand_below_their_field() -> None:
    name, town = entries = fields("name", "town")
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        name.focus_input()
        name.show_problem("fill it in, " * 8)
        town.offer([Offer("1", "1  Ely"), Offer("2", "2  York")])
        await rest(pilot)
        shown = [line.strip() for line in lines(sheet)]
        assert shown[1].startswith("✗ fill it in")
        at = next(n for n, line in enumerate(shown) if line.startswith("Town"))
        assert at > 2  # the problem takes as many lines as it needs
        assert shown[at + 1 : at + 3] == ["1  Ely", "2  York"]
        town.set_text("2")
        name.show_problem("")
        await rest(pilot)
        shown = [line.strip() for line in lines(sheet)]
        assert shown[1].startswith("Town")
        assert shown[3] == "› 2  York"


async def test_the_help_of_the_field_that_one_is_at_stands_at_the_bottom() -> None:
    kind = Entry(Field(name="kind", label="Kind", kind=ChoiceKind(["Family", "Tax"]),
                       default="Tax", help="What it is about"), DESK)  # fmt: skip
    name, kind = entries = [*fields("name"), kind]
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        name.focus_input()
        await rest(pilot)
        before = lines(sheet)
        sheet.step(1)
        await rest(pilot)
        now = lines(sheet)
        assert now[-2].strip() == "What it is about; one of Family, Tax"
        assert "What it is about" not in "".join(before)
        assert [n for n in range(20) if before[n] != now[n]] == [0, 1, 18]


async def test_a_click_goes_to_the_field_and_the_place_in_it() -> None:
    name, town = entries = fields("name", "town")
    async with Bench(sheet := Sheet(entries)).run_test(size=(60, 20)) as pilot:
        town.set_text("London")
        name.focus_input()
        await rest(pilot)
        await pilot.click(Paper, offset=(sheet._left + 3, 1))
        await pilot.press("-")
        assert sheet.here is town
        assert town.text == "Lon-don"
        await pilot.click(Paper, offset=(3, 10))
        assert sheet.here is town


async def test_only_what_is_typed_is_completed() -> None:
    kind = Entry(Field(name="kind", label="Kind", kind=ChoiceKind(["Family", "Fam"]),
                       default="Fam"), DESK)  # fmt: skip
    async with Bench(sheet := Sheet([kind])).run_test(size=(60, 20)) as pilot:
        kind.set_text("Fam")
        kind.focus_input()
        await pilot.press("end", "right")
        assert kind.text == "Fam"
        await pilot.press("i")
        await rest(pilot)
        await pilot.press("right")
        assert kind.text == "Family"
        assert sheet.here is kind


async def test_lines_that_are_pasted_stay_in_their_field() -> None:
    name, town = entries = fields("name", "town")
    bench = Bench(Sheet(entries))
    async with bench.run_test(size=(60, 20)) as pilot:
        town.focus_input()
        bench.post_message(events.Paste("12 High St\nLondon"))
        await rest(pilot)
        assert (name.text, town.text) == ("", "12 High St London")
