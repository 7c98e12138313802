"""A shell to give commands to, on a workspace of its own."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from crmkit.cli import main
from crmkit.cli.opening import VARIABLE, Start
from crmkit.cli.shell import Shell
from crmkit.core.model import Model

PEOPLE = {
    "worker": "crm_worker",
    "supervisor": "crm_supervisor",
    "boss": "crm_manager",
    "guest": "guest",
}


@frozen
class Said:
    """What a command left: its exit code, its data and its messages."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The data, read as JSON."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The data, line by line."""
        return self.out.splitlines()


Command = Callable[..., Said]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests off whatever workspace the person who runs them has."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("CRMKIT_DEBUG", raising=False)
    monkeypatch.setenv("CRMKIT_SAFE", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the shell without any workspace."""

    def run(*args: str) -> Said:
        capsys.readouterr()
        code = main(list(args))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a user for each of PEOPLE, made once and copied for every test."""
    folder = tmp_path_factory.mktemp("made") / "firm"
    assert main(["init", str(folder), "--currency", "EUR", "--region", "DE"]) == 0
    for name, role in PEOPLE.items():
        assert main(["--workspace", str(folder), "user", "add", name, "--role", role]) == 0
    return folder


@pytest.fixture
def firm(made: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own."""
    return Path(shutil.copytree(made, tmp_path / "firm"))


@pytest.fixture
def crm(firm: Path, shell: Command) -> Command:
    """Run the shell on the workspace; `by` names the user to act as."""

    def run(*args: str, by: str = "") -> Said:
        return shell("--workspace", str(firm), *(["--as", by] if by else []), *args)

    return run


@pytest.fixture(scope="session")
def model() -> Model:
    """What the built-in plugins declare."""
    return Shell(Start()).model
