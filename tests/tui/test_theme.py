"""Themes: readable, in 256 colours, and without any colour where none is wanted."""

from __future__ import annotations

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widgets import Input, Static

from crmkit.tui.theme import (
    DARK,
    LIGHT,
    MONO,
    THEMES,
    NoColours,
    ShortColours,
    install,
    style,
    styles,
)


class Small(App[None]):
    """An app with the themes."""

    def __init__(self) -> None:
        super().__init__()
        install(self)

    def compose(self) -> ComposeResult:
        yield Static("text")
        yield Input("typed")


def luminance(color: RichColor) -> float:
    """Relative luminance, WCAG 2.1."""
    assert color.triplet is not None
    parts = [part / 255 for part in color.triplet]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: RichColor, other: RichColor) -> float:
    """Contrast ratio, WCAG 2.1: 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [t for t in THEMES if t.name != MONO], ids=lambda t: t.name)
def test_every_named_style_can_be_read(theme: object) -> None:
    known = {t.name: t for t in THEMES}[theme.name]  # type: ignore[attr-defined]
    ground, text = RichColor.parse(known.background), RichColor.parse(known.foreground)
    for name, own in styles(known.name).items():
        ratio = contrast(own.color or text, own.bgcolor or ground)
        assert ratio >= 4.5, f"{name}: {ratio:.1f}"


def test_all_themes_know_the_same_names() -> None:
    assert styles(DARK).keys() == styles(LIGHT).keys() == styles(MONO).keys()
    assert {"cursor", "cursor-blur", "header", "muted", "overdue", "due", "won", "lost", "open",
            "warning", "error", "accent", "mark", "badge"} <= styles(DARK).keys()  # fmt: skip


def test_an_unknown_name_or_theme_does_no_harm() -> None:
    assert style(DARK, "no such style") == Style()
    assert styles("textual-light") == styles(DARK)


def test_mono_is_made_of_attributes() -> None:
    for name, own in styles(MONO).items():
        assert own.color is None, name
        assert own.bgcolor is None, name
    assert style(MONO, "cursor").reverse


def test_colours_of_the_palette_are_sent_by_number() -> None:
    [short] = ShortColours().apply(
        [Segment("x", Style.parse("bold #5fafd7 on #1c1c1c"))], Color(0, 0, 0)
    )
    assert short.style is not None
    assert short.style.render("x") == "\x1b[1;38;5;74;48;5;234mx\x1b[0m"


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_every_colour_of_ours_is_of_the_palette(theme: str) -> None:
    for name, own in styles(theme).items():
        [short] = ShortColours().apply([Segment("x", own)], Color(0, 0, 0))
        assert short.style is not None
        for color in (short.style.color, short.style.bgcolor):
            assert color is None or color.number is not None, name


def test_without_colours_the_attributes_stay() -> None:
    [plain] = NoColours().apply(
        [Segment("x", Style.parse("bold reverse red on blue"))], Color(0, 0, 0)
    )
    assert plain.style is not None
    assert plain.style.render("x") == "\x1b[1;7mx\x1b[0m"


async def test_no_color_sends_no_colour_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with Small().run_test(size=(40, 10)) as pilot:
        assert pilot.app.theme == MONO
        strips = pilot.app.screen._compositor.render_strips()
        sent = [segment.style for strip in strips for segment in strip if segment.style]
        assert not any(style.color or style.bgcolor for style in sent)
        assert any(style.reverse for style in sent), "the cursor of the input cannot be seen"


async def test_the_theme_can_be_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    async with Small().run_test(size=(40, 10)) as pilot:
        assert pilot.app.theme == DARK
        pilot.app.theme = LIGHT
        await pilot.pause()
        assert pilot.app.screen.styles.background == Color.parse("#ffffff")
