"""Themes: dark, light and mono, and the named styles that widgets draw with."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.theme import Theme

DARK, LIGHT, MONO = "crmkit-dark", "crmkit-light", "crmkit-mono"

THEMES = (
    Theme(
        name=DARK, dark=True, primary="#5fafd7", secondary="#87afaf", accent="#d7af5f",
        warning="#d7af5f", error="#ff8787", success="#87d787", foreground="#d0d0d0",
        background="#1c1c1c", surface="#262626", panel="#303030",
    ),
    Theme(
        name=LIGHT, dark=False, primary="#005f87", secondary="#5f8787", accent="#875f00",
        warning="#875f00", error="#af0000", success="#005f00", foreground="#1c1c1c",
        background="#ffffff", surface="#f2f2f2", panel="#e4e4e4",
    ),
    Theme(
        name=MONO, dark=True, primary="ansi_default", secondary="ansi_default",
        accent="ansi_default", warning="ansi_default", error="ansi_default",
        success="ansi_default", foreground="ansi_default", background="ansi_default",
        surface="ansi_default", panel="ansi_default", ansi=True,
    ),
)  # fmt: skip

_NAMES = (
    "text", "cursor", "cursor-blur", "header", "muted", "title", "overdue", "due", "won", "lost",
    "open", "warning", "error", "accent", "mark", "badge", "grey", "blue", "cyan", "yellow",
    "magenta", "green", "red",
)  # fmt: skip

_DARK = {
    "cursor": "#1c1c1c on #5fafd7", "cursor-blur": "on #3a3a3a",
    "header": "bold #87afd7 on #303030",
    "muted": "#8a8a8a", "title": "bold #eeeeee", "overdue": "bold #ff8787", "due": "#ffd787",
    "won": "#87d787", "lost": "#af8787", "open": "#87afd7", "warning": "#ffd787",
    "error": "bold #ff8787", "accent": "#d7af5f", "mark": "bold #ffd787", "badge": "#87afaf",
    "grey": "#9e9e9e", "blue": "#87afff", "cyan": "#5fd7d7", "yellow": "#ffd787",
    "magenta": "#d787d7", "green": "#87d787", "red": "#ff8787",
}  # fmt: skip
_LIGHT = {
    "cursor": "#ffffff on #005f87", "cursor-blur": "on #d0d0d0",
    "header": "bold #005f87 on #e4e4e4",
    "muted": "#626262", "title": "bold #000000", "overdue": "bold #af0000", "due": "#875f00",
    "won": "#005f00", "lost": "#875f5f", "open": "#005faf", "warning": "#875f00",
    "error": "bold #af0000", "accent": "#875f00", "mark": "bold #875f00", "badge": "#005f5f",
    "grey": "#626262", "blue": "#0000af", "cyan": "#005f87", "yellow": "#875f00",
    "magenta": "#870087", "green": "#005f00", "red": "#af0000",
}  # fmt: skip
_MONO = {
    "cursor": "reverse", "cursor-blur": "underline", "header": "bold", "title": "bold",
    "overdue": "bold", "due": "bold", "error": "bold", "mark": "bold", "won": "", "lost": "",
}  # fmt: skip


def _styles(table: Mapping[str, str]) -> dict[str, Style]:
    return {name: Style.parse(table.get(name, "")) for name in _NAMES}


_STYLES = {DARK: _styles(_DARK), LIGHT: _styles(_LIGHT), MONO: _styles(_MONO)}
_NOTHING = Style()


def styles(theme: str) -> Mapping[str, Style]:
    """Return the named styles of a theme; those of the dark one for a theme not ours."""
    return _STYLES.get(theme, _STYLES[DARK])


def style(theme: str, name: str) -> Style:
    """Return one named style; nothing for a name that is not known."""
    return styles(theme).get(name, _NOTHING)
