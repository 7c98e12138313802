"""Themes: dark, light and mono, and the named styles that widgets draw with.

All colours are of the 256-colour palette, so that a plain SSH session shows what a local terminal
shows. No style is told from another by its colour alone: a glyph or a word always stands with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import BUILTIN_THEMES, Theme

from crmkit.tui.text import OutputGuard

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
        background="#ffffff", surface="#eeeeee", panel="#e4e4e4",
    ),
    Theme(
        name=MONO, dark=True, primary="ansi_default", secondary="ansi_default",
        accent="ansi_default", warning="ansi_default", error="ansi_default",
        success="ansi_default", foreground="ansi_default", background="ansi_default",
        surface="ansi_default", panel="ansi_default", ansi=True,
        # Textual's own style sheets need the names; the colours are never sent.
        variables=BUILTIN_THEMES["ansi-dark"].variables
        | {"input-cursor-text-style": "reverse", "block-cursor-text-style": "reverse"},
    ),
)  # fmt: skip

_DARK = {
    "text": "", "cursor": "#1c1c1c on #5fafd7", "cursor-blur": "on #3a3a3a",
    "header": "bold #87afd7 on #303030", "muted": "#8a8a8a", "title": "bold #eeeeee",
    "overdue": "bold #ff8787", "due": "#ffd787", "won": "#87d787", "lost": "#af8787",
    "open": "#87afd7", "warning": "#ffd787", "error": "bold #ff8787", "accent": "#d7af5f",
    "mark": "bold #ffd787", "badge": "#87afaf", "grey": "#9e9e9e", "blue": "#87afff",
    "cyan": "#5fd7d7", "yellow": "#ffd787", "magenta": "#d787d7", "green": "#87d787",
    "red": "#ff8787", "block": "#d0d0d0 on #303030", "field": "on #262626",
    "section": "bold #5fafd7",
}  # fmt: skip
_LIGHT = {
    "text": "", "cursor": "#ffffff on #005f87", "cursor-blur": "on #d0d0d0",
    "header": "bold #005f87 on #e4e4e4", "muted": "#626262", "title": "bold #000000",
    "overdue": "bold #af0000", "due": "#875f00", "won": "#005f00", "lost": "#875f5f",
    "open": "#005faf", "warning": "#875f00", "error": "bold #af0000", "accent": "#875f00",
    "mark": "bold #875f00", "badge": "#005f5f", "grey": "#626262", "blue": "#0000af",
    "cyan": "#005f87", "yellow": "#875f00", "magenta": "#870087", "green": "#005f00",
    "red": "#af0000", "block": "#1c1c1c on #dadada", "field": "on #eeeeee",
    "section": "bold #005f87",
}  # fmt: skip
_MONO = dict.fromkeys(_DARK, "") | {
    "cursor": "reverse", "cursor-blur": "underline", "header": "bold underline", "title": "bold",
    "muted": "dim", "overdue": "bold", "error": "bold", "warning": "bold",
    "mark": "bold", "lost": "dim", "section": "bold",
}  # fmt: skip

_STYLES = {
    theme: {name: Style.parse(text) for name, text in table.items()}
    for theme, table in ((DARK, _DARK), (LIGHT, _LIGHT), (MONO, _MONO))
}
_NOTHING = Style()


def styles(theme: str) -> Mapping[str, Style]:
    """Return the named styles of a theme; those of the dark one for a theme not ours."""
    return _STYLES.get(theme, _STYLES[DARK])


def style(theme: str, name: str) -> Style:
    """Return one named style; nothing for a name that is not known."""
    return styles(theme).get(name, _NOTHING)


def install(app: App[Any], theme: str = DARK) -> None:
    """Give an app the themes, choose one (mono under NO_COLOR), and filter what it sends."""
    for known in THEMES:
        app.register_theme(known)
    app.theme = MONO if app.no_color else theme
    # Stock Textual answers NO_COLOR with greys, or with the codes of the default colours.
    app._filters[:] = [f for f in app._filters if not isinstance(f, Monochrome | NoColor)]
    app._filters += [NoColours() if app.no_color else ShortColours(), OutputGuard()]


class ShortColours(LineFilter):
    """Sends the colours of the 256-colour palette by their number: half the bytes."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in the same colours."""
        return [Segment(t, s and _by_number(s), control) for t, s, control in segments]


class NoColours(LineFilter):
    """Sends bold, dim, underline and reverse, and no colour at all."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without their colours."""
        return [Segment(t, s and s.without_color, control) for t, s, control in segments]


@lru_cache(2048)
def _by_number(style: Style) -> Style:
    numbered = Style.from_color(_numbered(style.color), _numbered(style.bgcolor))
    return style + numbered if numbered else style


def _numbered(color: RichColor | None) -> RichColor | None:
    number = None if color is None or color.triplet is None else _PALETTE.get(color.triplet)
    return None if number is None else RichColor.from_ansi(number)


def _palette() -> dict[tuple[int, ...], int]:
    """Return the numbers of the colours 16 to 255 of xterm's palette: a cube, and greys."""
    steps = (0, 95, 135, 175, 215, 255)
    cube = [(r, g, b) for r in steps for g in steps for b in steps]
    greys = [(level, level, level) for level in range(8, 239, 10)]
    return {colour: number for number, colour in enumerate(cube + greys, 16)}


_PALETTE = _palette()
