"""Rules of the house that a machine can check."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(
    path
    for folder in ("src", "tests", "bench", "plugins_example")
    for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [p for p in FILES if p.stem in ("utils", "helpers", "misc", "common")] == []


@pytest.mark.parametrize("module", ["crmkit.__main__", "crmkit.cli", "crmkit.api"])
def test_heavy_libraries_are_imported_only_where_they_are_used(module: str) -> None:
    heavy = "sqlalchemy", "alembic", "textual", "click", "phonenumbers", "email_validator"
    code = f"import {module}, sys; print(*[m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
