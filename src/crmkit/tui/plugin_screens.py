"""Screens of a plugin's own: imported when they are opened, where the firm trusts them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from textual.screen import Screen

from crmkit.core.errors import Fault, Refused
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
    try:
        made = getattr(import_module(module, found.package), name)(session)
        if not isinstance(made, Screen):
            raise TypeError(f"{found.target} is no Screen of Textual's")
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise Fault(f"screen {found.name} of plugin {found.owner} failed: {told}") from error
    return made
