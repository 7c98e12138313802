"""A screen that crashes ends the program with one line: nothing of what it held is printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crmkit.app import init
from tests.acceptance.terminal import Terminal

PLUGIN = """
from crmkit.api import Plugin, PluginScreen, hookimpl
plugin = Plugin("walled", version="1")
@hookimpl
def crm_views():
    yield PluginScreen("wall", "The wall", "walled_screen:Wall")
"""
SCREEN = """
from textual.screen import Screen
from textual.widgets import Static

class Wall(Screen):
    def __init__(self, session):
        super().__init__()
    def compose(self):
        yield Static("a wall that falls")
    def on_key(self, event):
        secret = "what only the judge may know"
        raise RuntimeError("it fell")
"""


@pytest.mark.parametrize("debug", ["0", "1"])
def test_a_screen_that_crashes_ends_in_one_line(
    debug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    place = tmp_path / "firm"
    init(place).store.close()
    path = place / "plugins" / "walled.py"
    path.write_text(PLUGIN, encoding="utf-8")
    path.chmod(0o600)
    (tmp_path / "walled_screen.py").write_text(SCREEN, encoding="utf-8")
    config = place / "crmkit.toml"
    config.write_text('trusted_screens = ["walled"]\n' + config.read_text(), encoding="utf-8")
    (place / "custom.toml").write_text('[plugins]\nenabled = ["walled"]\n', encoding="utf-8")
    env = {"CRMKIT_WORKSPACE": str(place), "CRMKIT_DEBUG": debug, "PYTHONPATH": str(tmp_path)}
    with Terminal([sys.executable, "-m", "crmkit"], env) as terminal:
        terminal.wait("My day")
        terminal.press("ctrl+p")
        terminal.type("The wall")
        terminal.press("enter")
        terminal.wait("a wall that falls")
        before = len(terminal.output)
        terminal.press("x")
        terminal.wait("RuntimeError: it fell")
        assert terminal.process.wait(30) == 1
        said = terminal.output[before:].decode()
        assert "CRMKIT_DEBUG=1 shows where" in said
        assert "only the judge" not in said
        assert ("Traceback" in said) == (debug == "1")
