"""Whoever comes in over the network finds no way from the screen to files, programs and URLs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from crmkit import __main__ as program
from crmkit.core import serving
from crmkit.tui.app import CrmApp
from crmkit.tui.confined import ConfinedApp


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is a served session."""
    monkeypatch.setattr(serving, "_served", True)


def test_the_program_is_such_an_app() -> None:
    assert issubclass(CrmApp, ConfinedApp)


@pytest.mark.usefixtures("served")
async def test_a_served_session_writes_no_screenshot(tmp_path: Path) -> None:
    app: ConfinedApp[None] = ConfinedApp()
    async with app.run_test():
        app.action_screenshot(path=str(tmp_path))
        app.save_screenshot(path=str(tmp_path))
        app.deliver_text(Path(__file__), save_directory=tmp_path)
        app.deliver_binary(Path(__file__), save_directory=tmp_path)
        for _ in range(20):
            await app.workers.wait_for_complete()
    assert list(tmp_path.iterdir()) == []


async def test_elsewhere_a_screenshot_is_written(tmp_path: Path) -> None:
    app: ConfinedApp[None] = ConfinedApp()
    async with app.run_test():
        app.save_screenshot(path=str(tmp_path))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.usefixtures("served")
async def test_a_served_session_neither_stops_nor_opens_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[object] = []
    monkeypatch.setattr(os, "kill", lambda *args: done.append(args))
    monkeypatch.setattr("webbrowser.open", lambda *args, **more: done.append(args))
    app: ConfinedApp[None] = ConfinedApp()
    async with app.run_test():
        app.action_suspend_process()
        app.open_url("https://example.com")
        with pytest.raises(PermissionError), app.suspend():
            pass
    assert done == []


def test_what_the_environment_says_to_textual_is_not_heard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DRIVER", "LOG", "SCREENSHOT", "PRESS", "DEVTOOLS"):
        monkeypatch.setenv(f"TEXTUAL_{name}", "evil")
    monkeypatch.setattr(sys, "argv", ["crmkit", "--version"])
    with pytest.raises(SystemExit):
        program.main()
    assert [name for name in os.environ if name.startswith("TEXTUAL_")] in (
        [], ["TEXTUAL_DISABLE_KITTY_KEY"],
    )  # fmt: skip
    assert "crmkit" in capsys.readouterr().out
