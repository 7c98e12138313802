"""`crmkit doctor` says which walls a machine has; to lack one is a fault where it is required."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crmkit.cli import main
from crmkit.server import landlock, seccomp


@pytest.fixture
def doctor(firm: Path, capsys: pytest.CaptureFixture[str]):
    def run() -> dict[str, object]:
        capsys.readouterr()
        main(["--workspace", str(firm), "doctor", "--format", "json"])
        return next(r for r in json.loads(capsys.readouterr().out) if r["check"] == "walls")

    return run


def test_a_machine_with_all_walls(doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 5)
    monkeypatch.setattr(seccomp, "possible", lambda: "")
    found = doctor()
    assert found["ok"] is True
    assert "seccomp" in found["detail"]
    assert "Landlock 5" in found["detail"]


@pytest.mark.parametrize("required", [True, False])
def test_a_machine_without_one(
    doctor, firm: Path, monkeypatch: pytest.MonkeyPatch, required: bool
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 0)
    monkeypatch.setattr(seccomp, "possible", lambda: "")
    if required:
        with (firm / "crmkit.toml").open("a") as file:
            file.write("\n[server]\nrequire_sandbox = true\n")
    found = doctor()
    assert found["ok"] is (not required)
    assert "Linux 5.13" in found["detail"]
