"""The commands of docs/customizing.md run as they stand there."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

from crmkit.app import open_crm
from crmkit.core.custom import read_custom
from tests.cli.conftest import Command

PAGE = Path(__file__).resolve().parents[2] / "docs" / "customizing.md"


def _block(language: str) -> str:
    return PAGE.read_text(encoding="utf-8").split(f"```{language}\n")[1].split("```")[0]


def test_the_commands_run(crm: Command) -> None:
    """Each with exit code 0, in their order."""
    for line in _block("sh").splitlines():
        said = crm(*shlex.split(line)[1:])
        assert said.code == 0, (line, said.err)


def test_the_file_is_read(firm: Path, crm: Command) -> None:
    """And brought in by an upgrade."""
    text = _block("toml")
    (firm / "custom.toml").write_text(text, encoding="utf-8")
    assert crm("upgrade").code == 0
    found = read_custom(firm / "custom.toml")
    assert found.as_toml() == tomllib.loads(text)
    with_it = open_crm(firm)
    assert "custom" not in with_it.off
    with_it.store.close()
