"""A workspace with a small firm in it, and the installed program to use it with."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmkit.app import init
from crmkit.core.fields import Item
from tests.acceptance.sshds import Site, demand_honest_use, lacking, site

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
def firm(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a few leads and deals."""
    monkeypatch.setenv("LOGNAME", "ada")
    crm = init(Path(env["CRMKIT_WORKSPACE"]))
    ada = crm.session("ada")
    ben = ada.add("user", name="ben", roles=(Item("crm_supervisor"),))
    for name, company, owner in (
        ("Ann Other", "Bow & Sons", ada.actor.id),
        ("Zoë Müller", "Müller GmbH", ben.id),
        ("José Núñez", "Núñez y Cía", ada.actor.id),
    ):
        ada.add("lead", name=name, company=company, owner=owner, email="someone@example.com")
    crm.store.close()
    return Path(env["CRMKIT_WORKSPACE"])


@pytest.fixture(scope="session")
def _two_sshd() -> Iterator[Site]:
    assert not lacking(), lacking()
    with site() as found:
        demand_honest_use(found)
        yield found


@pytest.fixture
def here(_two_sshd: Site) -> Iterator[Site]:
    """A server with two real sshd: one with our door, and one that is weak."""
    yield _two_sshd
    _two_sshd.release()
