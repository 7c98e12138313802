"""A workspace with a small firm in it, and the installed program to use it with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Crmkit = Callable[..., subprocess.CompletedProcess[str]]
PROGRAM = [sys.executable, "-m", "crmkit"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment in which the program finds its workspace and nobody else's."""
    return {
        "CRMKIT_WORKSPACE": str(tmp_path / "firm"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "HOME": str(tmp_path),
        "LOGNAME": "ada",
        "USER": "ada",
    }


@pytest.fixture
def crmkit(env: dict[str, str]) -> Crmkit:
    """Run the program as a person does in the shell."""

    def run(*args: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*PROGRAM, *args], capture_output=True, text=True, env={**os.environ, **env},
            stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture
def firm(crmkit: Crmkit, env: dict[str, str]) -> Path:
    """A workspace with a few leads and deals."""
    place = Path(env["CRMKIT_WORKSPACE"])
    crmkit("init", str(place))
    crmkit("user", "add", "ben", "--role", "crm_supervisor")
    for name, company, owner in (
        ("Ann Other", "Bow & Sons", "ada"),
        ("Zoë Müller", "Müller GmbH", "ben"),
        ("José Núñez", "Núñez y Cía", "ada"),
    ):
        crmkit("lead", "add", f"name={name}", f"company={company}", f"owner={owner}",
               "email=someone@example.com")  # fmt: skip
    return place
