"""For authors of plugins: a workspace, roles and the terminal as fixtures, and a contract to keep.

This module is a plugin of pytest. It is found by itself where crmkit is installed, and imports
nothing of crmkit until a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from crmkit.core.session import Session
    from crmkit.testing.contract import PluginContract
    from crmkit.testing.firm import Firm
    from crmkit.testing.seat import Seats

__all__ = ["Firm", "PluginContract", "acting", "crm", "pilot"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for."""
    if name == "PluginContract":
        from crmkit.testing.contract import PluginContract

        return PluginContract
    if name == "Firm":
        from crmkit.testing.firm import Firm

        return Firm
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@pytest.fixture
def crm(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Firm]:
    """A firm of its own, with the plugin that the test class or module names in `plugin`.

    Its clock stands still, and a fault of the plugin is raised at once.
    """
    from crmkit.testing.finding import found, wanted
    from crmkit.testing.firm import Firm, made

    for name in ("CRMKIT_SAFE", "CRMKIT_DISABLE", "CRMKIT_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRMKIT_STRICT", "1")
    monkeypatch.setenv("LOGNAME", "ada")
    plugins = found(wanted(request), request.path)
    firm = Firm(made(plugins, tmp_path / "firm"), plugins)
    yield firm
    firm.close()


@pytest.fixture
def acting(crm: Firm) -> Callable[..., Session]:
    """Return a session of somebody with the given roles (and in a team), made on first use."""
    return crm.acting


@pytest.fixture
def pilot(crm: Firm, monkeypatch: pytest.MonkeyPatch) -> Seats:
    """Open the terminal for a role: `async with pilot(role="crm_worker") as seat`."""
    from crmkit.testing.seat import seats

    return seats(crm, monkeypatch)
