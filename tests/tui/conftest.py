"""A firm with a few leads, and the program on it under Textual's pilot."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from crmkit.app import init, open_crm
from crmkit.core.crm import Crm
from crmkit.core.fields import Item
from crmkit.tui.app import CrmApp


class Seated:
    """The running program, and short ways to use and read it."""

    def __init__(self, app: CrmApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self):
        return self.app.screen

    async def settle(self) -> None:
        """Wait until the data's thread and the event loop have nothing left to do."""
        for _ in range(6):
            if self.app._exit:  # nobody answers any more
                return
            await self._round()

    async def _round(self) -> None:
        done: list[bool] = []
        assert self.app.desk is not None
        self.app.desk.bridge.run(lambda: True, done.append)
        for _ in range(400):
            await self.pilot.pause(0.005)
            if done or self.app._exit:
                break
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def until(self, what: Callable[[], object]) -> None:
        """Wait for what takes more than a moment on a busy machine."""
        for _ in range(500):
            if what():
                return
            await self.pilot.pause(0.02)

    async def type(self, text: str) -> None:
        await self.pilot.press(*(("space" if c == " " else c) for c in text))
        await self.settle()

    def said(self) -> str:
        return self.screen.status._message

    def rows(self) -> list[tuple[str, ...]]:
        listing = self.screen.listing
        found = [listing._chunks.known(i) for i in range(listing.total)]
        return [row.cells for row in found if row is not None]

    def text(self) -> str:
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(s.text for s in line) for line in lines)


Seats = Callable[..., AbstractAsyncContextManager[Seated]]


@pytest.fixture
def firm(made_firm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of the test's own."""
    monkeypatch.setenv("LOGNAME", "ada")
    return Path(shutil.copytree(made_firm, tmp_path / "firm"))


@pytest.fixture(scope="session")
def made_firm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of ada's, with leads of hers, of ben's and of nobody's."""
    place = tmp_path_factory.mktemp("made") / "firm"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LOGNAME", "ada")
        crm = init(place)
    ada = crm.session("ada")
    for name, role in (("ben", "crm_supervisor"), ("wim", "crm_worker"), ("gus", "guest")):
        ada.add("user", {"name": name, "roles": (Item(role),)})
    ben = crm.actor("ben").id
    for name, owner in (("Ann Other", ada.actor.id), ("Zoë Müller", ben), ("Pool Lead", None)):
        ada.add("lead", {"name": name, "email": "x@example.com", "owner": owner,
                         "company": f"{name} Ltd"})  # fmt: skip
    crm.store.close()
    return place


@pytest.fixture
def crm(firm: Path) -> Crm:
    """The same workspace, as another process would open it."""
    return open_crm(firm)


@pytest.fixture
def seat(firm: Path, monkeypatch: pytest.MonkeyPatch) -> Seats:
    """Open the program for a user, in a terminal of some size; keys may wait for longer."""
    monkeypatch.setattr("crmkit.tui.typeahead.PATIENCE", 5.0)

    @asynccontextmanager
    async def opened(user: str = "ada", size: tuple[int, int] = (120, 40)) -> AsyncIterator[Seated]:
        app = CrmApp(firm, user)
        async with app.run_test(size=size) as pilot:
            for _ in range(400):
                await pilot.pause(0.01)
                if app.desk is not None and len(app.screen_stack) > 1:
                    break
            seated = Seated(app, pilot)
            await seated.settle()
            yield seated

    return opened
