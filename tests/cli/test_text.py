"""Text from data reaches a terminal seen, not obeyed."""

from __future__ import annotations

import json

import pytest

from crmkit.cli.text import cut, escaped, fitted, one_line, safe, width


def test_plain_text_is_left_alone() -> None:
    assert safe("Müller & Söhne, 東京 €5") == "Müller & Söhne, 東京 €5"


@pytest.mark.parametrize(
    "char", ["\x1b", "\x00", "\x07", "\x7f", "\x9b", "\u202e", "\u2066", "\u200b", "\ufeff"]
)
def test_what_a_terminal_would_obey_is_shown(char: str) -> None:
    shown = safe(f"a{char}b")
    assert char not in shown
    assert len(shown) > len("ab")


def test_a_message_stays_on_one_line() -> None:
    assert one_line("one\ntwo\r\nthree") == "one two three"


def test_escaped_json_is_the_same_json() -> None:
    data = {"text": "a\u202eb\x9bc\U000e0041d", "plain": "Zoë"}
    text = escaped(json.dumps(data, ensure_ascii=False, indent=2))
    assert "\u202e" not in text
    assert "\x9b" not in text
    assert "Zoë" in text
    assert json.loads(text) == data


def test_wide_characters_take_two_cells() -> None:
    assert width("東京") == 4


@pytest.mark.parametrize("text", ["abcdef", "東京都千代田区", "a東b京c都", "Zoë Zoë Zoë"])
@pytest.mark.parametrize("cells", [1, 2, 3, 5, 20])
def test_fitted_text_is_exactly_as_wide_as_asked(text: str, cells: int) -> None:
    assert width(fitted(text, cells)) == cells


def test_cut_text_ends_in_an_ellipsis() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
