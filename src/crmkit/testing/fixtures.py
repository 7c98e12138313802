"""The fixtures for tests of plugins; pytest finds them in `crmkit.testing`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from crmkit.core.session import Session
    from crmkit.testing.broken import Break
    from crmkit.testing.firm import Firm
    from crmkit.testing.seat import Seats


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


@pytest.fixture
def broken(crm: Firm, monkeypatch: pytest.MonkeyPatch) -> Break:
    """Put a plugin beside the one that the test is about, which fails in a phase.

    `broken("import")`, or `broken("guard", "matter")` for what hangs on an entity, returns why it
    is off, or '' where it runs until then. The phases are `crmkit.testing.broken.PHASES`.
    """
    from crmkit.testing.broken import NAME, code

    def put(phase: str, entity: str = "lead") -> str:
        monkeypatch.delenv("CRMKIT_STRICT", raising=False)
        crm.put_beside(NAME, code(phase, crm.model.entity(entity)))
        return crm.crm.off.get(NAME, "")

    return put
