"""Twins and pairs: side by side, what is picked is kept, nothing typed is lost, undone whole."""

from __future__ import annotations

from typing import Any

import pytest

from crmkit.api import Denied, Item
from crmkit.core.blaming import Broken
from crmkit.core.crm import Crm
from crmkit.tui.screens.duplicates import DuplicatesScreen
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.menu import MenuScreen
from crmkit.tui.screens.pair import PairScreen
from crmkit.tui.screens.record import RecordScreen
from crmkit.tui.screens.twins import TwinsScreen
from tests.tui.conftest import Seats

SIZES = [(120, 40), (60, 20)]


def person(crm: Crm, last: str, mail: str = "jo@ash.example", **more: Any) -> Any:
    ada = crm.session("ada")
    return ada.add("contact", first_name="Jo", last_name=last, email=(Item(mail),), **more)


async def typed(s: Any, entity: str = "contact", key: str = "c", **texts: str) -> None:
    """Type a new record, and save."""
    await s.press("g", key, "n")
    assert isinstance(s.screen, FormScreen)
    for name, text in texts.items():
        s.screen.entries[name].set_text(text)
    await s.press("ctrl+s")


@pytest.mark.parametrize("size", SIZES)
async def test_what_was_typed_stands_beside_what_is_there(crm: Crm, seat: Seats, size: Any) -> None:
    """Each line of what was typed, what is the same, the reason, and the keys; on any width."""
    person(crm, "Ash", job_title="Clerk")
    async with seat(size=size) as s:
        await typed(s, first_name="Jo", last_name="Ashe", email="JO@ash.example",
                    job_title="Partner")  # fmt: skip
        assert isinstance(s.screen, TwinsScreen)
        rows = {row[0]: row[1:] for row in s.rows()}
        assert rows["First name"] == ("= Jo", "= Jo")
        assert rows["Last name"] == ("  Ashe", "✓ Ash")
        assert rows["Job title"] == ("  Partner", "✓ Clerk")
        assert "same e-mail" in s.text()
        assert "keep both" in s.text()


async def test_a_typed_value_that_is_picked_replaces_the_one_that_is_there(
    crm: Crm, seat: Seats
) -> None:
    """One commit, which undo takes back."""
    person(crm, "Ash", job_title="Clerk")
    async with seat() as s:
        await typed(s, last_name="Ashe", email="jo@ash.example",
                    job_title="Partner")  # fmt: skip
        while s.screen.listing.key != "job_title":
            await s.press("j")
        await s.press("space", "enter")
        assert isinstance(s.screen, RecordScreen)
        assert "merged into Jo Ash" in s.said()
        [kept] = crm.session("ada").find("contact").records
        assert (kept.last_name, kept.job_title) == ("Ash", "Partner")  # type: ignore[attr-defined]
        await s.press("u")
        [kept] = crm.session("ada").find("contact").records
        assert kept.job_title == "Clerk"  # type: ignore[attr-defined]


async def test_an_edited_record_is_merged_with_what_was_typed_in_one_commit(
    crm: Crm, seat: Seats
) -> None:
    """Undo brings both back as they were."""
    first = person(crm, "Ash")
    other = person(crm, "Ashe", "other@ash.example")
    async with seat() as s:
        await s.press(":")
        await s.type(f"contact {other.id}")
        await s.press("enter", "e")
        s.screen.entries["email"].set_text("jo@ash.example")
        s.screen.entries["department"].set_text("Tax")
        await s.press("ctrl+s")
        assert isinstance(s.screen, TwinsScreen)
        await s.press("enter")
        kept: Any = crm.session("ada").find("contact").records
        assert [(c.id, c.last_name, c.department) for c in kept] == [(first.id, "Ash", "Tax")]
        await s.press("u")
    found: Any = crm.session("ada").find("contact", sort="id").records
    assert [(c.last_name, c.department, c.email[0].value) for c in found] == [
        ("Ash", "", "jo@ash.example"), ("Ashe", "", "other@ash.example")]  # fmt: skip


async def test_keeping_both_is_one_commit(crm: Crm, seat: Seats) -> None:
    """What is remembered goes with the record when it is undone."""
    person(crm, "Ash")
    async with seat() as s:
        await typed(s, last_name="Ashe", email="jo@ash.example")
        await s.press("a")
        assert crm.session("ada").count("contact") == 2
        assert crm.session("ada").count("distinction") == 1
        await s.press("u")
    assert crm.session("ada").count("contact") == 1
    assert crm.session("ada").count("distinction") == 0


async def test_a_lead_of_the_same_person_can_be_looked_at_and_does_not_stop_him(
    crm: Crm, seat: Seats
) -> None:
    """Another entity's record cannot be merged into; the form waits with what was typed."""
    async with seat() as s:
        await typed(s, last_name="Other", email="x@example.com")
        assert isinstance(s.screen, MenuScreen)
        assert "Ann Other (lead 1)" in s.text()
        await s.press("1")
        assert isinstance(s.screen, RecordScreen)
        await s.press("escape")
        assert s.screen.entries["last_name"].text == "Other"
        await s.press("ctrl+s", "a")
    assert crm.session("ada").count("contact") == 1


async def test_a_possible_twin_is_a_line_at_the_foot_and_never_stops_him(
    crm: Crm, seat: Seats
) -> None:
    """The likeliest is named with its number and the reason."""
    person(crm, "Ashworth")
    async with seat() as s:
        await s.press("g", "c", "n")
        s.screen.entries["first_name"].set_text("Jo")
        s.screen.entries["last_name"].set_text("Ashwort")
        s.screen._keep()
        await s.settle()
        assert s.said().startswith("possible: Jo Ashworth (contact 1), name")
        await s.press("ctrl+s")
    assert crm.session("ada").count("contact") == 2


async def test_only_what_has_a_matcher_is_looked_through(seat: Seats) -> None:
    """`:duplicates action` names what can be."""
    async with seat() as s:
        await s.press(":")
        await s.type("duplicates action")
        await s.press("enter")
        assert "duplicates are looked for of" in s.text()
        assert s.screen.prompt.is_open


async def test_who_may_not_look_for_twins_may_save(crm: Crm, seat: Seats, firm: Any) -> None:
    """A search that fails stops nobody."""
    async with seat() as s:

        def fails(*args: Any, **more: Any) -> Any:
            raise Denied("no")

        s.app.desk.session.duplicates = fails
        await typed(s, last_name="Ashe", email="jo@ash.example")
    assert crm.session("ada").count("contact") == 1


async def test_where_a_plugin_cannot_look_for_twins_it_is_named_and_the_record_is_saved(
    crm: Crm, seat: Seats
) -> None:
    """What was typed is not lost."""
    async with seat() as s:

        def fails(*args: Any, **more: Any) -> Any:
            raise Broken("finding duplicates of contact of plugin acme failed", "acme")

        s.app.desk.session.duplicates = fails
        await typed(s, last_name="Ashe", email="jo@ash.example")
        await s.settle()
        assert "saved" in s.said()
        assert "of plugin acme failed" in s.said()
    assert crm.session("ada").count("contact") == 1


# Pair by pair -------------------------------------------------------------------------------


async def looked(s: Any) -> None:
    for _ in range(400):
        await s.pilot.pause(0.01)
        if s.screen.ready:
            break
    await s.settle()


async def pairs(s: Any) -> list[tuple[str, ...]]:
    await s.press("ctrl+p")
    await s.type("duplicates: contacts")
    await s.press("enter")
    await looked(s)
    assert isinstance(s.screen, DuplicatesScreen)
    return s.rows()


async def test_after_a_merge_the_next_pair_comes_and_what_became_one_is_passed_over(
    crm: Crm, seat: Seats
) -> None:
    """Of three that are one, two merges are enough; then the list is empty."""
    for last in ("Ash", "Ashe", "Ashes"):
        person(crm, last)
    async with seat() as s:
        assert len(await pairs(s)) == 3
        await s.press("enter", "enter")
        assert isinstance(s.screen, PairScreen)
        assert "merged into" in s.said()
        await s.press("enter")
        assert isinstance(s.screen, DuplicatesScreen)
        assert s.screen.listing.total == 0
        assert crm.session("ada").count("contact") == 1
        await s.press("u")
        assert crm.session("ada").count("contact") == 2


async def test_undo_brings_the_pair_back_and_the_pairs_between_stay(crm: Crm, seat: Seats) -> None:
    """`p` and `n` go to and fro; u goes to the pair that was settled last."""
    person(crm, "Ash")
    person(crm, "Ashe")
    person(crm, "Birch", "b@birch.example")
    person(crm, "Birche", "b@birch.example")
    async with seat() as s:
        count = len(await pairs(s))
        assert count >= 2
        await s.press("enter", "n")
        second = s.screen.records
        await s.press("enter", "u")
        assert [r.id for r in s.screen.records] == [r.id for r in second]
        assert "undone: Merge contact" in s.said()
        await s.press("p")
        assert s.screen.at == 0
        await s.press("escape")
        assert len(s.rows()) == count


async def test_keeping_both_says_when_it_cannot_be_remembered(crm: Crm, seat: Seats) -> None:
    """The pair stays, and the reason is told."""
    one, two = person(crm, "Ash"), person(crm, "Ashe")
    async with seat() as s:
        await pairs(s)
        await s.press("enter")
        crm.session("ada").delete("contact", two.id)
        await s.press("d")
        assert isinstance(s.screen, PairScreen)
        assert f"no contact {two.id}" in s.said() or f"there is no contact {two.id}" in s.said()
    assert crm.session("ada").get("contact", one.id).id == one.id


async def test_the_keys_of_a_pair_can_be_remapped_and_are_in_help(
    seat: Seats, crm: Crm, firm: Any
) -> None:
    """They are bindings as all others are."""
    person(crm, "Ash")
    person(crm, "Ashe")
    toml = firm / "crmkit.toml"
    toml.write_text(toml.read_text() + '"pair.apart" = ["x"]\n', encoding="utf-8")
    async with seat() as s:
        await pairs(s)
        await s.press("enter")
        assert " x keep both" in s.text()
        await s.press("x")
    assert crm.session("ada").count("distinction") == 1
