"""The filter language, as text and tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.core.errors import Invalid
from crmkit.core.query import All, Any, No, Phrase, Term, parse, quoted


def test_terms_side_by_side_must_all_hold() -> None:
    assert parse("status:QUALIFIED owner:me") == All(
        (Term("status", ":", ("QUALIFIED",)), Term("owner", ":", ("me",)))
    )


def test_an_empty_filter_asks_for_nothing() -> None:
    assert parse("   ") == All(())


def test_a_quoted_phrase_keeps_its_blanks() -> None:
    assert parse('"free words"') == Phrase("free words")


def test_a_minus_negates_a_term_a_word_and_a_group() -> None:
    assert parse('-source:Event -word -"two words" -(a or b)') == All(
        (
            No(Term("source", ":", ("Event",))),
            No(Phrase("word")),
            No(Phrase("two words")),
            No(Any((Phrase("a"), Phrase("b")))),
        )
    )


@pytest.mark.parametrize("op", [":", "=", "!=", "<", "<=", ">", ">="])
def test_every_operator_is_read(op: str) -> None:
    assert parse(f"value{op}5000") == Term("value", op, ("5000",))


def test_commas_give_alternatives_and_quotes_hold_blanks() -> None:
    assert parse('source:Event,"Cold Call"') == Term("source", ":", ("Event", "Cold Call"))


def test_or_binds_weaker_than_side_by_side() -> None:
    assert parse("a b or c") == Any((All((Phrase("a"), Phrase("b"))), Phrase("c")))


def test_words_that_only_begin_with_or_are_words() -> None:
    assert parse("orchard order") == All((Phrase("orchard"), Phrase("order")))


def test_a_field_without_a_value_asks_for_empty_ones() -> None:
    assert parse("owner: next_call:today") == All(
        (Term("owner", ":", ()), Term("next_call", ":", ("today",)))
    )


def test_a_link_keeps_its_colon() -> None:
    assert parse("about:lead:42") == Term("about", ":", ("lead:42",))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('"open', "quote that is not closed"),
        ('name:"open', "quote that is not closed"),
        ("(a or b", "not closed"),
        ("a)", "not opened"),
        ("(" * 60 + "a" + ")" * 60, "too many parentheses"),
    ],
)
def test_a_filter_that_cannot_be_read_says_why(text: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        parse(text)
    except Invalid as error:
        assert str(error)


@given(st.text(st.characters(exclude_characters='"'), min_size=1, max_size=20))
def test_a_quoted_value_is_read_back(value: str) -> None:
    assert parse(f"field:{quoted(value)}") == Term("field", ":", (value,))
