"""Without a command the terminal UI opens, on the workspace that is meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crmkit.cli import opening
from crmkit.cli.opening import Start, bare, find_workspace
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("args", "start"),
    [
        ([], Start()),
        (["--workspace", "x"], Start(Path("x"))),
        (["--workspace=x", "--as=anna"], Start(Path("x"), "anna")),
        (["--as", "anna"], Start(None, "anna")),
        (["lead", "list"], None),
        (["--workspace", "x", "info"], None),
        (["--help"], None),
        (["--workspace"], None),
    ],
)
def test_only_the_options_before_a_command_open_the_tui(
    args: list[str], start: Start | None
) -> None:
    assert bare(args) == start


def workspace(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "crmkit.toml").write_text("")
    return folder


def test_the_option_comes_first_then_the_environment_then_the_folder_then_ones_own(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_workspace(None) is None
    own = workspace(opening.data_folder())
    assert find_workspace(None) == own
    here = workspace(nowhere / "firm")
    below = here / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_workspace(None) == here
    monkeypatch.setenv("CRMKIT_WORKSPACE", "/elsewhere")
    assert find_workspace(None) == Path("/elsewhere")
    assert find_workspace(Path("/named")) == Path("/named")


def test_without_workspace_and_terminal_it_says_how_to_make_one(shell: Command) -> None:
    said = shell()
    assert said.code == 2
    assert said.out == ""
    assert "crmkit init DIR" in said.err
    assert len(said.err.splitlines()) == 1


def test_commands_too_say_how_to_make_a_workspace(shell: Command) -> None:
    said = shell("lead", "list")
    assert (said.code, said.out) == (2, "")
    assert "crmkit init DIR" in said.err


def test_a_named_folder_that_is_no_workspace_is_not_found(shell: Command, nowhere: Path) -> None:
    said = shell("--workspace", str(nowhere), "lead", "list")
    assert said.code == 3
    assert "is no workspace" in said.err


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> list[Path]:
    opened: list[Path] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt="": answer)

    def run(place: Path, as_user: str | None = None) -> int:
        opened.append(place)
        return 0

    monkeypatch.setattr(opening, "run_tui", run)
    return opened


def test_on_a_terminal_it_offers_to_make_the_first_workspace(
    shell: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = on_a_terminal(monkeypatch, "")
    assert shell().code == 0
    assert opened == [opening.data_folder()]
    assert (opening.data_folder() / "crmkit.toml").is_file()


def test_who_declines_the_offer_gets_no_workspace(
    shell: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = on_a_terminal(monkeypatch, "n")
    assert shell().code == 2
    assert opened == []
    assert not opening.data_folder().exists()


def test_the_way_to_the_tui_imports_neither_click_nor_sqlalchemy() -> None:
    code = (
        "import sys, crmkit.cli.failures, crmkit.cli.opening;"
        "print({'click', 'sqlalchemy', 'textual'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
