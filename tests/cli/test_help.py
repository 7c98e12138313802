"""Help says what there is, without a workspace too."""

from __future__ import annotations

import pytest

from crmkit.cli.root import OWN
from crmkit.cli.topics import TOPICS
from crmkit.core.model import Model
from tests.cli.conftest import Command


def test_help_names_every_command_and_every_entity(shell: Command, model: Model) -> None:
    said = shell("--help")
    assert said.code == 0
    for name in [*OWN, *(e.name for e in model.shown)]:
        assert f"\n  {name} " in said.out


def test_an_entitys_help_lists_fields_with_kind_need_and_choices(shell: Command) -> None:
    text = " ".join(shell("lead", "--help").out.split())
    assert "name text; required." in text
    assert "one of Website, Referral, LinkedIn" in text
    assert "last_activity moment; filled in by the program." in text


@pytest.mark.parametrize("name", [*OWN, "lead list", "deal move", "action complete", "user add"])
def test_every_command_has_help(name: str, shell: Command) -> None:
    asked = shell(*name.split(), "--help")
    assert (asked.code, asked.err) == (0, "")
    assert "Usage: crmkit" in asked.out
    assert shell("help", *name.split()).out.split() == asked.out.split()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_text(topic: str, shell: Command) -> None:
    assert len(shell("help", topic).lines) > 3


def test_help_lists_the_roles(shell: Command) -> None:
    assert "crm_supervisor" in shell("help", "roles").out


def test_a_command_becomes_options(shell: Command) -> None:
    assert "--outcome NOTE" in shell("action", "complete", "--help").out


def test_an_entity_answers_to_its_plural(shell: Command) -> None:
    assert shell("leads", "--help").out.split()[3:] == shell("lead", "--help").out.split()[3:]


@pytest.mark.parametrize(
    ("args", "near"),
    [
        (["laed", "list"], "lead"),
        (["lead", "lst"], "list"),
        (["lead", "list", "--fromat", "json"], "--format"),
        (["help", "filtres"], "filters"),
    ],
)
def test_a_slip_is_answered_with_what_is_near(args: list[str], near: str, shell: Command) -> None:
    said = shell(*args)
    assert said.code in (2, 3)
    assert near in said.err
    assert len(said.err.splitlines()) == 1


def test_version(shell: Command) -> None:
    assert shell("--version").out.startswith("crmkit ")


def test_the_shell_completes_entities(shell: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_CRMKIT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "crmkit le")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert "plain,lead" in shell().out
