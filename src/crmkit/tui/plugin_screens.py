"""Screens of a plugin's own: imported when they are opened, where the firm trusts them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import resolve_name
from typing import Any

from textual.screen import Screen

from crmkit.core.blaming import blaming
from crmkit.core.errors import Refused
from crmkit.core.session import Session
from crmkit.core.showing import PluginScreen


def demand_trust(found: PluginScreen, trusted: tuple[str, ...]) -> None:
    """Raise Refused unless the workspace's configuration trusts the plugin with screens."""
    if found.owner not in trusted:
        raise Refused(
            f"{found.label} is a screen of plugin {found.owner}'s own, which crmkit.toml does not "
            f'trust; to do so, write there: trusted_screens = ["{found.owner}"]'
        )


def opened(found: PluginScreen, session: Session) -> Screen[Any]:
    """Import the screen and make it; Fault names the plugin where that fails."""
    module, _, name = found.target.partition(":")
    module = resolve_name(module, found.package)
    with blaming(found.owner, f"screen {found.name}", module, lets="none"):
        made = getattr(import_module(module), name)(session)
        if not isinstance(made, Screen):
            raise TypeError(f"{found.target} is no Screen of Textual's")
    return made
