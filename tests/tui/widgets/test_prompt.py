"""The prompt: what was typed stays, earlier lines come back, escape gives up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Static

from crmkit.tui.widgets.prompt import Prompt

from .conftest import Bench, watch


@asynccontextmanager
async def shown() -> AsyncIterator[tuple[Prompt, Pilot[None], Bench]]:
    prompt = Prompt()
    bench = Bench(prompt)
    async with bench.run_test(size=(60, 20)) as pilot:
        watch(prompt, bench)
        yield prompt, pilot, bench


async def test_is_out_of_the_way_until_it_asks() -> None:
    async with shown() as (prompt, pilot, _):
        assert not prompt.display
        prompt.ask("filter", "/")
        await pilot.pause()
        assert prompt.display
        assert prompt.line.has_focus
        prompt.close()
        await pilot.pause()
        assert not prompt.display


async def test_hands_over_what_was_typed_with_its_purpose() -> None:
    async with shown() as (prompt, pilot, bench):
        prompt.ask("command", ":")
        await pilot.press("4", "2", "enter")
        [submitted] = bench.told(Prompt.Submitted)
        assert (submitted.purpose, submitted.text) == ("command", "42")
        assert [m.text for m in bench.told(Prompt.Changed)] == ["4", "42"]


async def test_a_given_text_is_edited_not_replaced() -> None:
    async with shown() as (prompt, pilot, _):
        prompt.ask("filter", "/", "owner:me")
        await pilot.press("space", "x")
        assert prompt.line.value == "owner:me x"


async def test_an_error_keeps_what_was_typed() -> None:
    async with shown() as (prompt, pilot, _):
        prompt.ask("filter", "/", "stauts:NEW")
        prompt.fail("there is no field [stauts]\x1b")
        await pilot.pause()
        error = prompt.query_one("#prompt-error", Static)
        assert error.display
        assert "[stauts]␛" in str(error.render())
        assert prompt.line.value == "stauts:NEW"
        assert prompt.size.height == 2
        prompt.fail("")
        await pilot.pause()
        assert prompt.size.height == 1


async def test_escape_gives_up() -> None:
    async with shown() as (prompt, pilot, bench):
        prompt.ask("filter", "/")
        await pilot.press("x", "escape")
        assert [m.purpose for m in bench.told(Prompt.Cancelled)] == ["filter"]


async def test_up_and_down_go_through_earlier_lines_and_back_to_the_draft() -> None:
    async with shown() as (prompt, pilot, _):
        for text in ("one", "two", "two"):
            prompt.ask("command", ":")
            await pilot.press(*text, "enter")
        prompt.ask("command", ":")
        await pilot.press("d", "r", "up")
        assert prompt.line.value == "two"
        await pilot.press("up", "up")
        assert prompt.line.value == "one"
        await pilot.press("down", "down")
        assert prompt.line.value == "dr"


async def test_each_purpose_remembers_its_own_lines() -> None:
    async with shown() as (prompt, pilot, _):
        prompt.ask("command", ":")
        await pilot.press("q", "enter")
        prompt.ask("filter", "/")
        await pilot.press("up")
        assert prompt.line.value == ""
