"""For authors of plugins: a workspace, roles and the terminal as fixtures, and a contract to keep.

This module is a plugin of pytest. It is found by itself where crmkit is installed, and imports
nothing of crmkit until a test asks for a fixture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmkit.testing.fixtures import acting, broken, crm, pilot

if TYPE_CHECKING:
    from crmkit.testing.contract import PluginContract
    from crmkit.testing.firm import Firm

__all__ = ["Firm", "PluginContract", "acting", "broken", "crm", "pilot"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, when it is asked for."""
    if name == "PluginContract":
        from crmkit.testing.contract import PluginContract

        return PluginContract
    if name == "Firm":
        from crmkit.testing.firm import Firm

        return Firm
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
