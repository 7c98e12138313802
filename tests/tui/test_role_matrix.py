"""Each role against each verb and entity, on the screen: one app a role, by keys."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input

from crmkit.tui.app import CrmApp
from crmkit.tui.screens.board import BoardScreen
from crmkit.tui.screens.browse import BrowseScreen
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.home import HomeScreen
from crmkit.tui.screens.menu import MenuScreen
from crmkit.tui.screens.palette import PaletteScreen
from tests.roles_table import (
    ENTITIES,
    FLOWS,
    PEOPLE,
    STRANGER,
    Firm,
    Known,
    make_firm,
    reaches,
    scopes,
)
from tests.tui.conftest import Seated

ROUNDS = 3
"""A key, its answer, the count of rows, the rows: each comes after the one before."""


class Quick(Seated):
    """The running program, which is looked at as soon as it has done what it was asked."""

    async def settle(self, rounds: int = ROUNDS) -> None:
        """Wait until no key waits, and the data's answers are on the screen."""
        assert self.app.desk is not None
        for _ in range(rounds):
            done = asyncio.Event()
            self.app.desk.bridge.run(lambda: True, lambda _, done=done: done.set())
            await done.wait()
            await self.pilot.pause()
            while self.app._typed._since is not None:
                await asyncio.sleep(0.001)

    async def press(self, *keys: str) -> None:
        """Type keys, and wait until what they do is done."""
        await self.pilot.press(*keys)
        await self.settle()

    async def tap(self, *keys: str) -> None:
        """Type keys that ask the data for nothing that is looked at."""
        await self.pilot.press(*keys)
        await self.settle(1)


async def at_once(least: float = 0.0) -> None:
    """Stand in for Textual's wait until the process is idle: what is waited for is known here."""
    await asyncio.sleep(0.001)


Seat = Callable[[str], AbstractAsyncContextManager[Quick]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return make_firm(tmp_path_factory.mktemp("roles") / "firm")


@pytest.fixture
def firm(made: Firm, tmp_path: Path) -> Firm:
    """A firm of the test's own."""
    return Firm(Path(shutil.copytree(made.path, tmp_path / "firm")), made.records)


@pytest.fixture
def seat(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Seat:
    """Open the program for a user."""
    monkeypatch.setattr("textual.app.wait_for_idle", at_once)
    monkeypatch.setattr("textual.pilot.wait_for_idle", at_once)

    @asynccontextmanager
    async def opened(user: str) -> AsyncIterator[Quick]:
        app = CrmApp(firm.path, user)
        async with app.run_test(size=(100, 24)) as pilot:
            for _ in range(400):
                await pilot.pause(0.005)
                if app.desk is not None and len(app.screen_stack) > 1:
                    break
            seated = Quick(app, pilot)
            await seated.settle()
            yield seated

    return opened


async def go(at: Quick, entity: str) -> None:
    """Go to an entity's list by its key, and there to the view that holds all."""
    model = at.app.desk.model.entity(entity)
    await at.press("g", model.spec.key)
    assert isinstance(at.screen, BrowseScreen)
    everything = [table.label for table in at.screen.tables].index("All")
    if at.screen.view != everything:
        await at.press(str(everything + 1))


def keys(at: Quick) -> set[object]:
    """Return the ids of the records that the list holds."""
    chunks = at.screen.listing._chunks
    found = [chunks.known(i) for i in range(at.screen.listing.total)] if chunks else []
    return {row.key for row in found if row is not None}


def is_refused(at: Quick, entity: str, verb: str) -> bool:
    """Whether the status line says which grant is missing."""
    return f"the grant {entity}.{verb} is missing" in at.said()


async def offers(at: Quick) -> set[str]:
    """Return what the palette offers."""
    await at.tap("ctrl+p")
    assert isinstance(at.screen, PaletteScreen)
    found = {entry.label for entry in at.screen._entries}
    await at.tap("escape")
    return found


SHOWN = [user for user, roles in PEOPLE.items() if user in roles or user == "overseer"]
"""Every role by itself, and one that adds up; the shell is tried with all of them."""
each_user = pytest.mark.parametrize("user", SHOWN)


@each_user
async def test_the_screens_hold_a_user_to_his_roles(user: str, firm: Firm, seat: Seat) -> None:
    async with seat(user) as at:
        await home(at, user, firm)
        await palette_and_hint(at, user)
        for entity in ENTITIES:
            if scopes(user, entity, "read"):
                await rows_and_work(at, user, entity, firm)
            else:
                await nothing(at, entity)
        await searching(at, user, firm)


async def home(at: Quick, user: str, firm: Firm) -> None:
    """My day has sections of what one may read, and counts no more than that."""
    assert isinstance(at.screen, HomeScreen)
    text = at.text()
    pool = [r for r in firm.reached(user, "lead") if not r.owner]
    if scopes(user, "lead", "read"):
        assert (f"Unassigned leads ({len(pool)})" in text) == bool(pool)
    else:
        assert "leads (" not in text
    for record in firm.records:
        if not reaches(user, record):
            assert record.title not in text


async def palette_and_hint(at: Quick, user: str) -> None:
    """Lists, boards and forms are offered to those who may use them."""
    offered = await offers(at)
    model = at.app.desk.model
    await at.press("g")
    at.screen._hint_timer.stop()
    at.screen.desk.keys.reset()
    follow = at.screen.desk.keys.feed(at.screen.active_scopes(), "g").follow
    at.screen.desk.keys.reset()
    for entity in ENTITIES:
        here, read = model.entity(entity), bool(scopes(user, entity, "read"))
        assert (here.plural in offered) is read
        assert (here.plural in follow.values()) is read
        assert any(label.startswith(f"{here.plural}: ") for label in offered) is read
        assert (f"Board: {here.plural}" in offered) is (read and entity in FLOWS)
        may = bool(scopes(user, entity, "create"))
        assert (f"New {here.label.lower()}" in offered) is may


async def nothing(at: Quick, entity: str) -> None:
    """A list that one may not read is empty, and says why; nothing can be made in it."""
    await at.press("g", at.app.desk.model.entity(entity).spec.key)
    assert is_refused(at, entity, "read")
    assert not at.screen.listing.total
    assert f"Z{entity}" not in at.text()
    await at.tap("n")
    assert is_refused(at, entity, "create")
    if entity in FLOWS:
        at.screen.do("go.board")
        await at.settle()
        assert is_refused(at, entity, "read")
        assert not at.screen.board.columns


async def rows_and_work(at: Quick, user: str, entity: str, firm: Firm) -> None:
    """A list holds what one may read, and each key does what one may do."""
    await go(at, entity)
    seen = firm.reached(user, entity)
    assert keys(at) == {r.id for r in seen}
    assert at.screen.listing.total == len(seen)
    await making(at, user, entity)
    for owner in (STRANGER, *differing(user, entity)):
        record = firm.one(entity, owner)
        if reaches(user, record):
            await working(at, user, record)
    if entity in FLOWS:
        await board(at, user, entity, firm)


def differing(user: str, entity: str) -> list[str]:
    """Return the owners whose records may fare otherwise than a stranger's."""
    held = {s for verb in ("read", "update", "move", "delete") for s in scopes(user, entity, verb)}
    return [*([user] if "own" in held else []), *([""] if "pool" in held else [])]


async def making(at: Quick, user: str, entity: str) -> None:
    """`n` opens a form to those who may make a record."""
    await at.tap("n")
    if scopes(user, entity, "create"):
        assert isinstance(at.screen, FormScreen)
        assert at.screen.fields
        await at.tap("escape")
    else:
        assert is_refused(at, entity, "create")
    assert isinstance(at.screen, BrowseScreen)


async def working(at: Quick, user: str, record: Known) -> None:
    """`e`, `m`, `D` and the keys of commands do on a record what one may do with it."""
    at.screen.listing.move_to_key(record.id)
    await at.settle()
    assert at.screen.targets() == [(record.entity, record.id)]
    await at.press("e")
    if reaches(user, record, "update"):
        assert isinstance(at.screen, FormScreen)
        await at.tap("escape")
    else:
        assert is_refused(at, record.entity, "update")
    assert isinstance(at.screen, BrowseScreen)
    if record.entity in FLOWS:
        await moving(at, user, record)
    await at.press("D")
    if reaches(user, record, "delete"):
        assert at.screen.prompt.is_open
        await at.tap("escape")
    else:
        assert is_refused(at, record.entity, "delete")
    assert record.id in keys(at)


async def moving(at: Quick, user: str, record: Known) -> None:
    """`m` and a number move a record there, and `u` back, for those who may move it."""
    states = at.app.desk.model.entity(record.entity).flow.flow.codes()
    number = str(states.index(FLOWS[record.entity][0]) + 1)
    await at.tap("m")
    if scopes(user, record.entity, "move"):
        assert isinstance(at.screen, MenuScreen)
        await at.press(number)
    assert isinstance(at.screen, BrowseScreen)
    if reaches(user, record, "move"):
        assert at.said() == f"{record.title} → {FLOWS[record.entity][0]}"
        await at.press("u")
        assert at.said().startswith("undone")
    else:
        assert is_refused(at, record.entity, "move")


async def board(at: Quick, user: str, entity: str, firm: Firm) -> None:
    """A board counts and sums what one may read."""
    await at.press("b")
    assert isinstance(at.screen, BoardScreen)
    seen = firm.reached(user, entity)
    assert sum(column.count for column in at.screen.board.columns) == len(seen)
    first = next(c for c in at.screen.board.columns if c.state == FLOWS[entity][1])
    assert first.count == len(seen)
    if entity == "deal":
        total = sum(r.amount for r in seen)
        assert first.total.replace(",", "").startswith(f"{total}.00") or str(total) in first.total
    for record in firm.records:
        if record.entity == entity and not reaches(user, record):
            assert f"{record.title} " not in at.text()


async def searching(at: Quick, user: str, firm: Firm) -> None:
    """The search finds what one may read."""
    at.app.desk.go_search()
    await at.settle()
    for entity in ("lead", "action", "deal"):
        at.screen.query_one("#search", Input).value = f"z{entity}"
        await at.settle()
        assert keys(at) == {(entity, r.id) for r in firm.reached(user, entity)}
