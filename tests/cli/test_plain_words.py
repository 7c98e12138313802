"""What is said of small mistakes: in the words of whoever made them, with the way on."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lead", "show", "abc"), "'abc' is not a whole number"),
        (("lead", "show", "0"), "0 is not 1 or more"),
        (("log", "--limit", "x"), "'x' is not a whole number"),
        (("demo", "--records", "0"), "0 is not from 1 to 1,000,000"),
        (("help", "filters", "extra"), "filters is a topic by itself: crmkit help filters"),
        (("custom", "field", "add", "lead", "who", "--kind", "ref"), "--to ENTITY"),
        (("custom", "field", "add", "lead", "what", "--kind", "choice"), "--choices A,B"),
    ],
)
def test_a_slip_is_told_in_plain_words(crm: Command, words: tuple[str, ...], said: str) -> None:
    answer = crm(*words)
    assert answer.code in (2, 6)
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("name", ["third-look", "Third look", "THIRD_LOOK", "third look"])
def test_a_stage_is_known_by_any_spelling(crm: Command, name: str) -> None:
    """Retired and live."""
    assert crm("custom", "stage", "add", "lead", "Third look", "--after", "contacted").code == 0
    for verb in ("retire", "revive"):
        said = crm("custom", "stage", verb, "lead", name)
        assert (said.code, "THIRD_LOOK is" in said.err) == (0, True)


def test_what_comes_through_a_pipe_is_called_so(
    crm: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In messages and in the journal; the copy that is made of it means nothing to people."""
    for content, code in (("", 6), ("Name,Email\nBob,bob@example.com\n", 0)):
        path = tmp_path / "in.csv"
        path.write_text(content, encoding="utf-8")
        with path.open("rb") as source:
            monkeypatch.setattr("builtins.open", _opening(source))
            said = crm("lead", "import", "-")
            monkeypatch.undo()
        assert said.code == code
        assert "crmkit-" not in said.err
    assert "Import leads from standard input" in crm("log").out


def _opening(source: io.BufferedReader):
    real = open

    def opened(file, *args, **named):
        return source if file == 0 else real(file, *args, **named)

    return opened


def test_a_key_that_lists_use_already_is_doubted(crm: Command, firm: Path) -> None:
    """`j` goes down wherever there is a list, so it would hardly ever quit."""
    config = firm / "crmkit.toml"
    text = config.read_text(encoding="utf-8").replace("[keys]", '[keys]\nquit = ["j"]')
    config.write_text(text, encoding="utf-8")
    said = crm("doctor")
    assert said.code == 1
    assert said.out.count("j is a key of both quit and down, and only down would answer to it") == 1


def test_a_conversion_names_the_client_that_it_may_have_been(crm: Command) -> None:
    """Afterwards too: a script is not asked, and undo is near."""
    same = ("email=ann@example.com",)
    crm("client", "add", "name=Ann Other", "account_manager=boss", *same)
    crm("lead", "add", "name=Ann Other", *same)
    said = crm("lead", "convert", "1")
    assert said.code == 0
    assert "client 1 Ann Other looks like the same" in said.err
    assert "undo this, and say --client 1" in said.err
    crm("undo")
    merged = crm("lead", "convert", "1", "--client", "1")
    assert merged.code == 0
    assert "looks like the same" not in merged.err or "--client" not in merged.err
