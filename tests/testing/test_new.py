"""A new plugin works as it is written: its tests pass, it is enabled, it keeps its promises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import crmkit
from tests.cli.conftest import Command, crm, firm, made, nowhere, shell

__all__ = ["crm", "firm", "made", "nowhere", "shell"]

SOURCE = Path(crmkit.__file__).parents[1]
HEAD = "from crmkit.api import *\nplugin = Plugin('firm_x')\n"


def run_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a plugin's tests as its author would, with crmkit on the path."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "crmkit.testing", "-p", "no:cacheprovider"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTEST_ADDOPTS": ""},
    )  # fmt: skip


def test_a_new_plugin_of_one_file_passes_its_tests(crm: Command, firm: Path) -> None:
    """And it can be enabled, so that its field is there."""
    said = crm("plugin", "new", "firm_x", "--for", "lead")
    assert said.code == 0
    assert "crmkit plugin enable firm_x" in said.err
    done = run_tests(firm / "plugins")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert crm("plugin", "enable", "firm_x").code == 0
    assert "lead.reference" in crm("plugin", "show", "firm_x").out


def test_a_new_package_passes_its_tests(shell: Command, tmp_path: Path) -> None:
    """Without a workspace, in a folder of its own."""
    assert shell("plugin", "new", "firm_y", "--for", "client", "--package").code == 0
    done = run_tests(tmp_path / "firm_y")
    assert done.returncode == 0, done.stdout
    assert 'firm_y = "firm_y"' in (tmp_path / "firm_y" / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("name", "entity", "said"),
    [
        ("firm-x", "lead", "small letters"),
        ("class", "lead", "a word of Python"),
        ("json", "lead", "module of Python"),
        ("click", "lead", "the installed package click"),
        ("rich", "lead", "the installed package rich"),
        ("charset_normalizer", "lead", "the installed package charset"),
        ("attr", "lead", "a module that is installed"),
        ("a__b", "lead", "at most 40 small letters, digits and single _"),
        ("a" * 85, "lead", "at most 40 small letters"),
        ("leads", "lead", "a plugin of the program"),
        ("firm_x", "laed", "did you mean lead"),
        ("known", "lead", "a plugin of the workspace"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    crm: Command, firm: Path, name: str, entity: str, said: str
) -> None:
    """And nothing is written."""
    (firm / "plugins" / "known.py").write_text("", encoding="utf-8")
    answer = crm("plugin", "new", name, "--for", entity)
    assert answer.code != 0
    assert said in answer.err
    assert [p.name for p in (firm / "plugins").rglob("*")] == ["known.py"]


def test_what_is_there_is_not_overwritten(crm: Command, shell: Command, tmp_path: Path) -> None:
    """A second package of the name is refused."""
    for code in (0, 2):
        assert shell("plugin", "new", "firm_y", "--for", "lead", "--package").code == code


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("def broken(:\n", 1, "SyntaxError"),
        (HEAD + "@hookimpl\ndef crm_job():\n    return []\n", 4, "did you mean crm_jobs"),
        (HEAD + "@hookimpl\ndef crm_views():\n    yield Table('laed', 'L')\n", 5, "'laed'"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_not_checked(
    crm: Command, firm: Path, code: str, line: int, said: str
) -> None:
    """Why is said once, with the line, and no promise is called broken."""
    path = firm / "plugins" / "firm_x.py"
    path.write_text(code, encoding="utf-8")
    answer = crm("plugin", "check", "firm_x")
    assert (answer.code, answer.out) == (6, "")
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert f"{path}:{line})" in answer.err


def test_a_plugin_is_held_to_its_promises(crm: Command, firm: Path) -> None:
    """Each is told, and the one that is broken says where."""
    crm("plugin", "new", "firm_x", "--for", "lead")
    path = firm / "plugins" / "firm_x.py"
    path.write_text(path.read_text() + "\nimport crmkit.core.errors\n", encoding="utf-8")
    said = crm("plugin", "check", "firm_x")
    assert said.code == 6
    assert "BROKEN  it imports only the api: firm_x.py:" in said.out
    assert said.out.count("ok   ") == 11
    assert "breaks 1 of 12 promises" in said.err
    assert crm("plugin", "check", "firm_z").code == 3
