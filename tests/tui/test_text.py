"""Text from data cannot act on the terminal, and takes exactly the cells it is given."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.widgets import Static

from crmkit.core.visible import MARKS, safe, safe_block
from crmkit.tui.text import OutputGuard, fit, width
from crmkit.tui.theme import install

ANYTHING = st.text(st.characters())  # lone surrogates too
NASTY = st.text(
    st.sampled_from("ab \n\t\x00\x1b\x07\x7f\x9b\u0301\u0300\u20dd\u200d\u200c\u202e\u2066\ufe0f"
                    "\U0001f468\u0915\u094d\u0637\u738b\ud800\ufeff\u3164"),
    max_size=12,
)  # fmt: skip
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_harmless(text: str) -> bool:
    return all(
        unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
        and char not in BIDI
        and not 0xE0000 <= ord(char) <= 0xE0FFF
        and ord(char) & 0xFFFE != 0xFFFE
        for char in text
    )


@given(ANYTHING | NASTY)
def test_nothing_that_acts_on_a_terminal_is_left(text: str) -> None:
    assert is_harmless(safe(text))


@given(ANYTHING | NASTY)
def test_safe_text_is_safe_already(text: str) -> None:
    assert safe(safe(text)) == safe(text)
    assert safe_block(safe_block(text)) == safe_block(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_is_left_alone(text: str) -> None:
    assert safe(text) == text == safe_block(text)


@given(ANYTHING | NASTY)
def test_no_character_carries_more_than_a_few_marks(text: str) -> None:
    run = 0
    for char in safe(text):
        run = run + 1 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 0
        assert run <= MARKS + 1 or unicodedata.category(char) == "Cf"


@given(ANYTHING | NASTY, st.integers(0, 30), st.booleans())
def test_fitted_text_takes_exactly_its_cells(text: str, cells: int, right: bool) -> None:
    assert cell_len(fit(safe(text), cells, right=right)) == cells


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("two\nlines", "two↵lines"),
        ("a\tb", "a␉b"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x9b2J", "␦2J"),
        ("user\u202egpj.exe", "user↔gpj.exe"),
        ("\u2066left\u2069", "↔left↔"),
        ("soft\u00adhyphen", "soft·hyphen"),
        ("\ufeffbom", "·bom"),
        ("zero\u200bwidth", "zero·width"),
        ("\U000e0041tag", "·tag"),
        ("\ud800", "\ufffd"),
        ("\U0001ffff", "\ufffd"),
        ("\U0001f1e9\U0001f1ea \U0001f1e9", "\U0001f1e9\U0001f1ea D"),
        ("\u3164", "·"),
        ("a\u200db", "a·b"),
        ("a" + 9 * "\u0301", "a" + MARKS * "\u0301"),
        ("\u0301", "\u25cc\u0301"),
    ],
)
def test_is_shown_as(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",
        "क्‍ष",
        "👨‍👩‍👧",
        "👩🏽‍❤️‍💋‍👨",
        "Ängström & Söhne",
        "王小明法律事務所",
        "Việt Nam",
        "ที่นี่",
        "שָׁלוֹם",
    ],
)
def test_scripts_and_emoji_are_kept(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "cells", "right", "shown"),
    [
        ("short", 8, False, "short   "),
        ("12,50", 8, True, "   12,50"),
        ("much too long", 8, False, "much to…"),
        ("王小明", 4, False, "王 …"),
        ("王小明", 5, False, "王小…"),
        ("x", 0, False, ""),
        ("xy", 1, False, "…"),
    ],
)
def test_is_cut_and_padded_to(text: str, cells: int, right: bool, shown: str) -> None:
    assert fit(text, cells, right=right) == shown


def test_a_block_keeps_its_lines() -> None:
    assert safe_block("one\r\n\ttwo\x1b\nthree\x85four") == "one\n    two␛\nthree␦four"


def test_every_naughty_string_is_harmless(shared: Path) -> None:
    strings = json.loads((shared / "data" / "text" / "blns.json").read_text(encoding="utf-8"))
    assert len(strings) > 400
    for text in strings:
        assert is_harmless(safe(text))
        assert is_harmless(safe_block(text).replace("\n", ""))
        assert width(fit(safe(text), 20)) == 20


def test_the_guard_lets_clean_lines_pass_as_they_are() -> None:
    segments = [Segment("clean "), Segment("Ängström 王")]
    assert OutputGuard().apply(segments, Color(0, 0, 0)) is segments


@given(NASTY)
def test_the_guard_leaves_no_control_and_no_other_width(text: str) -> None:
    [guarded] = OutputGuard().apply([Segment(text)], Color(0, 0, 0))
    assert is_harmless(guarded.text)
    assert cell_len(guarded.text) == cell_len(text)


async def test_the_guard_stands_behind_every_widget() -> None:
    class Careless(App[None]):
        def __init__(self) -> None:
            super().__init__()
            install(self)

        def compose(self) -> ComposeResult:
            yield Static(Content("title \x1b]52;c;AAAA\x07 \x9b31m \u202eend"))

    async with Careless().run_test(size=(60, 5)) as pilot:
        strips = pilot.app.screen._compositor.render_strips()
        sent = "".join(segment.text for strip in strips for segment in strip)
        assert "title" in sent
        assert is_harmless(sent)
