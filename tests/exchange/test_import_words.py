"""Words of choices and states: known by code or label, asked for, mapped, or all refused."""

from __future__ import annotations

import pytest

from crmkit.core.errors import Invalid, Usage
from crmkit.core.session import Session
from crmkit.exchange.importer import ImportOptions, Question
from tests.exchange.conftest import Import

HEAD = "Name,Phone,Status,Source\n"


def statuses(session: Session) -> list[str]:
    return [lead.status for lead in session.find("lead", sort="id")]


@pytest.mark.parametrize("word", ["QUALIFIED", "qualified", "Qualified", "not contacted"])
def test_a_code_or_label_counts_as_known(session: Session, bring: Import, word: str) -> None:
    bring("lead", f"{HEAD}Ann,+1 650 253 0000,{word},\n")
    assert statuses(session) == [word.upper().replace(" ", "_")]


def test_all_unknown_words_are_refused_at_once_with_their_counts(
    session: Session, bring: Import
) -> None:
    rows = "Ann,1,Hot,Radio\nBob,2,Hot,\nCy,3,Cold,\n"
    with pytest.raises(Invalid) as refused:
        bring("lead", HEAD + rows)
    assert "'Hot' (2), 'Cold' (1)" in refused.value.problems["status"]
    assert "--value status:'Hot'=CODE" in refused.value.problems["status"]
    assert "'Radio' (1)" in refused.value.problems["source"]
    assert session.count("lead") == 0


def test_mapped_words_stand_for_what_is_said(session: Session, bring: Import) -> None:
    rows = "Ann,650 253 0000,Hot,\nBob,650 253 0001,cold,\n"
    bring("lead", HEAD + rows, values=["status:hot=QUALIFIED", "status:Cold=Contacted"])
    assert statuses(session) == ["QUALIFIED", "CONTACTED"]


def test_a_star_stands_for_every_other_word(session: Session, bring: Import) -> None:
    rows = "Ann,650 253 0000,Lost,\nBob,650 253 0001,Whatever,\n"
    bring("lead", HEAD + rows, values=["status:*=CONTACTED"])
    assert statuses(session) == ["LOST", "CONTACTED"]


def test_a_word_that_stands_for_nothing_leaves_the_default(session: Session, bring: Import) -> None:
    bring("lead", f"{HEAD}Ann,650 253 0000,?,?\n", values=["status:?=", "source:?="])
    lead = session.find("lead").records[0]
    assert (lead.status, lead.source) == ("NOT_CONTACTED", "Other")


def test_a_replacement_that_is_itself_unknown_is_refused(bring: Import) -> None:
    with pytest.raises(Invalid, match="no value 'WARM'"):
        bring("lead", f"{HEAD}Ann,1,Hot,\n", values=["status:Hot=WARM"])


def test_whoever_sits_there_is_asked_once_for_each_word(session: Session, bring: Import) -> None:
    asked: list[Question] = []

    def answer(question: Question) -> str | None:
        asked.append(question)
        return "qualified"

    bring("lead", f"{HEAD}Ann,650 253 0000,Hot,\nBob,650 253 0001,Hot,\n", ask=answer)
    assert statuses(session) == ["QUALIFIED", "QUALIFIED"]
    assert [(q.field, q.text, q.count) for q in asked] == [("status", "Hot", 2)]


def test_a_question_left_open_refuses_the_import(bring: Import) -> None:
    with pytest.raises(Invalid, match="'Hot' \\(1\\)"):
        bring("lead", f"{HEAD}Ann,1,Hot,\n", ask=lambda question: None)


def test_several_words_of_a_repeating_choice_are_divided(session: Session, bring: Import) -> None:
    bring("contact", "Last name,Category\nByron,Technical; decision maker\n")
    found = session.find("contact").records[0].category
    assert [item.value for item in found] == ["TECHNICAL", "DECISION_MAKER"]


def test_replacements_work_for_any_field(session: Session, bring: Import) -> None:
    bring("account", "Name,Industry\nAcme,n/a\nBeta,Law\n", values=["industry:N/A="])
    assert [a.industry for a in session.find("account", sort="id")] == ["", "Law"]


@pytest.mark.parametrize(
    "options",
    [{"map": ["name"]}, {"set": ["=x"]}, {"values": ["status=x"]}, {"values": ["status:=x"]}],
)
def test_options_that_are_not_understood_say_how_to_write_them(
    options: dict[str, list[str]],
) -> None:
    with pytest.raises(Usage, match="write it as"):
        ImportOptions.from_texts(**options)


def test_a_text_with_an_equals_sign_may_be_mapped() -> None:
    options = ImportOptions.from_texts(values=['stage:"a=b"=LEAD'])
    assert options.values == (("stage", "a=b", "LEAD"),)
