"""A folder of plugins, as their author would have one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmkit.testing.finding import found
from crmkit.testing.firm import Firm, made

HEAD = """
from crmkit.api import *
plugin = Plugin("acme", requires=("leads",))
"""
FirmOf = Callable[..., Firm]


@pytest.fixture
def firm_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FirmOf]:
    """Return a firm with a plugin `acme` of the given code."""
    monkeypatch.setenv("CRMKIT_STRICT", "1")
    monkeypatch.setenv("LOGNAME", "ada")
    open_now: list[Firm] = []

    def build(code: str, name: str = "acme") -> Firm:
        path = tmp_path / "plugins" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + code, encoding="utf-8")
        plugins = found([path], tmp_path / "tests" / "test_acme.py")
        open_now.append(Firm(made(plugins, tmp_path / "firm"), plugins))
        return open_now[-1]

    yield build
    for firm in open_now:
        firm.close()
