"""The tutorial of docs/plugins.md, done to the letter."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Command, nowhere, shell

__all__ = ["nowhere", "shell"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugins.md"
SAID = "Check for a conflict of interest first, and tick 'No conflict'."


def blocks(title: str) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each example under a title."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    yield from re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)


def test_the_tutorial_ends_with_a_working_plugin(
    shell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command does what it says; the one that is refused says the sentence."""
    done = []
    for language, text in blocks("Ten minutes: a field, a stage and a rule"):
        if language == "python":
            (tmp_path / "firm" / "plugins" / "conflicts.py").write_text(text, encoding="utf-8")
            assert len([line for line in text.splitlines() if line.strip()]) <= 20
            continue
        for line in text.splitlines():
            words = shlex.split(line)
            if words[0] == "export":
                name, value = words[1].split("=", 1)
                monkeypatch.setenv(name, value.replace("$PWD", str(tmp_path)))
                continue
            done.append((line, shell(*words[1:])))
    refused = [(line, said.err) for line, said in done if said.code]
    assert [line for line, _ in refused] == ["crmkit lead move 1 qualified"]
    assert SAID in refused[0][1]
    assert SAID in PAGE.read_text(encoding="utf-8")
    found = {line: said.out for line, said in done if not said.code}
    assert "Ann Other" in found["crmkit lead list other_party:bob"]
    assert "QUALIFIED" in found["crmkit lead history 1"]


def test_every_link_of_the_page_leads_somewhere() -> None:
    """To a file that is there, and to a title in it."""
    for target in re.findall(r"\]\(([^)#]*)(?:#[^)]*)?\)", PAGE.read_text(encoding="utf-8")):
        assert not target or (PAGE.parent / target).exists(), target
