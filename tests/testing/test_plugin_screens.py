"""Screens of a plugin's own: opened only where the firm trusts them, imported only then."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmkit.api import PluginScreen
from crmkit.testing import Firm
from tests.core.plugin_maker import module_of

WALL = """
from textual.screen import Screen
from textual.widgets import Static

class Wall(Screen):
    BINDINGS = [("escape", "app.pop_screen", "back")]
    def __init__(self, session):
        super().__init__()
        self.session = session
    def compose(self):
        yield Static(f"{self.session.count('lead')} leads on the wall", markup=False)

class Broken(Screen):
    def __init__(self, session):
        raise ValueError("oh")

def Nothing(session):
    return 7
"""
SCREENS = tuple(
    PluginScreen(name.lower(), f"The {name}", f"walls_of_a_test:{name}")
    for name in ("Wall", "Broken", "Nothing", "Missing")
)
plugin = [module_of("walled", {"crm_views": SCREENS})]


@pytest.fixture(autouse=True)
def wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module of the screens, which nothing has imported yet."""
    (tmp_path / "walls_of_a_test.py").write_text(WALL, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("walls_of_a_test", None)


def _trust(crm: Firm) -> None:
    path = crm.path / "crmkit.toml"
    path.write_text('trusted_screens = ["walled"]\n' + path.read_text(), encoding="utf-8")


def test_without_trust_it_is_refused_and_not_imported(crm: Firm, pilot: Any) -> None:
    """The line to write is told."""

    async def look() -> None:
        async with pilot() as seat:
            text = await seat.show(seat.desk.go_screen, "wall")
            assert "which crmkit.toml does not trust" in text
            assert "walls_of_a_test" not in sys.modules

    asyncio.run(look())


def test_trusted_it_opens_from_the_palette_and_reads_through_a_session(
    crm: Firm, pilot: Any
) -> None:
    """It is imported then, and not before."""
    _trust(crm)
    crm.make("lead")

    async def look() -> None:
        async with pilot() as seat:
            assert "walls_of_a_test" not in sys.modules
            seat.screen.do("palette.screen.wall")
            await seat.settle()
            assert "1 leads on the wall" in seat.text()
            await seat.press("escape")
            assert "on the wall" not in seat.text()

    asyncio.run(look())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "screen broken of plugin walled failed: ValueError: oh"),
        ("nothing", "screen nothing of plugin walled failed: TypeError"),
        ("missing", "screen missing of plugin walled failed: AttributeError"),
        ("wal", "did you mean wall"),
    ],
)
def test_one_that_cannot_be_made_is_a_message(crm: Firm, pilot: Any, name: str, said: str) -> None:
    """The program goes on."""
    _trust(crm)

    async def look() -> None:
        async with pilot(size=(200, 40)) as seat:
            assert said in await seat.show(seat.desk.go_screen, name)

    asyncio.run(look())
