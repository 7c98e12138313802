"""What the firm adds without code where it would be of no use, or is called otherwise later."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit import customizing
from tests.cli.conftest import Command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("role", ""), "name: write letters, digits"),
        (("role", "night shift", "lead.read"), "name: write letters, digits"),
        (("view", "lead", ""), "label: write what the list is called"),
        (("view", "lead", "x" * 41), "label: write at most 40 characters, not 41"),
        (("stage", "add", "lead", "x" * 200), "label: write at most 40 characters, not 200"),
        (("field", "add", "lead", "c", "--label", "\x1b[1m"), "label: write plain characters"),
        (("field", "add", "lead", "c", "--kind", "choice", "--choices", "a,b,A"),
         "A is there twice"),
        (("field", "add", "lead", "c", "--choices", "a,b"), "--kind choice"),
        (("field", "add", "lead", "c", "--to", "client"), "--kind ref"),
        (("field", "retire", "lead", "nope"), "no field nope of lead"),
        (("field", "change", "lead", "nope"), "--label, --kind, --choices"),
        (("stage", "add", "deal", "Winning", "--after", "Closed won"), "--outcome won or lost"),
        (("key", "set", "lead.claim", "j"),
         "j is a key of both down and run.claim, and only run.claim would answer to it"),
    ],
)  # fmt: skip
def test_what_would_be_of_no_use_is_refused_in_plain_words(
    crm: Command, words: tuple[str, ...], said: str
) -> None:
    found = crm("custom", *words)
    assert (found.code in (2, 3, 6), said in found.err) == (True, True), found.err


def test_lists_that_differ_only_in_big_letters_are_one(crm: Command) -> None:
    """It is replaced where that is asked for, and not doubled."""
    assert crm("custom", "view", "lead", "Hot").code == 0
    said = crm("custom", "view", "lead", "hot")
    assert (said.code, "have a list Hot already" in said.err) == (6, True)
    assert crm("custom", "view", "lead", "hot", "--replace").code == 0
    rows = crm("custom", "list", "--format", "json").json
    assert [row["name"] for row in rows] == ["hot"]


def test_a_stage_comes_back_by_what_people_call_it(crm: Command) -> None:
    """By its label of today, too; retired again, it says how it comes back."""
    crm("custom", "stage", "add", "deal", "Check it")
    assert crm("custom", "stage", "rename", "deal", "Check it", "--label", "Look at it").code == 0
    assert crm("custom", "stage", "retire", "deal", "Look at it").code == 0
    again = crm("custom", "stage", "retire", "deal", "Look at it")
    assert "it is retired (crmkit custom stage revive deal CHECK_IT)" in again.err
    assert crm("custom", "stage", "revive", "deal", "Look at it").code == 0
    assert crm("custom", "stage", "retire", "deal", "CHECK_IT").code == 0


def test_a_field_is_renamed_and_keeps_its_name(crm: Command) -> None:
    crm("custom", "field", "add", "lead", "area")
    assert crm("custom", "field", "rename", "lead", "area", "--label", "Practice").code == 0
    (row,) = crm("custom", "list", "--format", "json").json
    assert (row["name"], row["label"]) == ("area", "Practice")


def test_a_second_host_changes_nothing_before_it_has_the_file(
    firm: Path, crm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the firm shares would part; keys, plugins and lists of one's own may differ."""
    assert crm("custom", "field", "add", "lead", "area").code == 0
    shared = (firm / "custom.toml").read_text()
    monkeypatch.setattr(customizing.platform, "node", lambda: "second")
    (firm / "custom.toml").unlink()
    said = crm("custom", "field", "add", "lead", "other")
    assert said.code == 6
    assert "copy that one here, or let crmkit upgrade take this one" in said.err
    assert not (firm / "custom.toml").exists()
    for own in (("custom", "view", "lead", "Mine", "--own"), ("plugin", "disable", "feed")):
        assert crm(*own).code == 0
    assert "is not the one that this database was last changed with" in crm("doctor").out
    (firm / "custom.toml").write_text(shared)
    assert crm("custom", "field", "add", "lead", "other").code == 0
    assert crm("doctor").code == 0
