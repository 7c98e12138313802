"""What stands behind a command is sorted out as it was meant."""

from __future__ import annotations

import click
import pytest

from crmkit.cli.options import FieldNames, Words, sort_out
from crmkit.core.errors import Usage
from crmkit.core.model import Model
from tests.cli.conftest import Command


def test_ids_values_and_words_may_stand_in_any_order(model: Model) -> None:
    given = sort_out(model.entity("lead"), ["owner=me", "3", "LOST", "lead:4", "#5", "company="])
    assert given.ids == (3, 4, 5)
    assert given.values == {"owner": "me", "company": ""}
    assert given.words == ("LOST",)


def test_a_value_keeps_its_equals_signs_dashes_and_lines(model: Model) -> None:
    given = sort_out(model.entity("lead"), ["notes=-a=b\n--c"])
    assert given.values == {"notes": "-a=b\n--c"}


def test_a_repeating_field_may_be_given_several_times(model: Model) -> None:
    given = sort_out(model.entity("user"), ["roles=staff", "roles=guest"])
    assert given.values == {"roles": "staff | guest"}


def test_a_single_value_given_twice_is_refused(model: Model) -> None:
    with pytest.raises(Usage, match="company is given twice"):
        sort_out(model.entity("lead"), ["company=a", "company=b"])


def test_dashes_stand_for_underscores(model: Model) -> None:
    assert sort_out(model.entity("lead"), ["next-call=fri"]).values == {"next_call": "fri"}


def echo(*args: str) -> list[str]:
    seen: list[str] = []

    @click.command("echo", cls=Words)
    @click.argument("words", nargs=-1)
    @click.option("--sort", default="")
    @click.option("--all", "every", is_flag=True)
    def run(words: tuple[str, ...], sort: str, every: bool) -> None:
        seen.extend([*words, f"sort {sort}", f"all {every}"])

    with run.make_context("echo", list(args)) as ctx:
        run.invoke(ctx)
    return seen


@pytest.mark.parametrize("word", ["-source:Event", "-5", '-"two words"', "-s", "-(a:1 or b:2)"])
def test_words_may_begin_with_a_dash(word: str) -> None:
    assert echo(word, "--all") == [word, "sort ", "all True"]


def test_an_options_value_may_begin_with_dashes() -> None:
    assert echo("--sort", "-value") == ["sort -value", "all False"]
    assert echo("--sort", "--value") == ["sort --value", "all False"]


def test_behind_two_dashes_everything_is_a_word() -> None:
    assert echo("--", "--all") == ["--all", "sort ", "all False"]


def test_an_unknown_long_option_is_no_word() -> None:
    with pytest.raises(click.NoSuchOption, match="--srot"):
        echo("--srot", "x")


def test_h_alone_asks_for_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.Exit):
        echo("-h")
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "after", "offered"),
    [
        ("next", "=", ["next_call="]),
        ("status=Q", "=", ["status=QUALIFIED"]),
        ("status:Q", ":", ["status:QUALIFIED"]),
        ("last_", "=", []),
        ("nonsense=", "=", []),
    ],
)
def test_tab_completes_fields_and_choices(
    typed: str, after: str, offered: list[str], model: Model
) -> None:
    names = FieldNames(model.entity("lead"), after)
    command = click.Command("x")
    items = names.shell_complete(click.Context(command), click.Argument(["x"]), typed)
    assert [item.value for item in items] == offered


def test_a_verbs_parameters_may_be_written_as_fields_are(crm: Command) -> None:
    """Behind the one that stands by itself, and instead of it; a value that looks so stays one."""
    assert crm("lead", "add", "name=One", "phone=030123456").code == 0
    for words in (("Rang", "kind=EMAIL"), ("kind=EMAIL", "text=Rang"), ("--text", "kind=CALL")):
        assert crm("lead", "log", "1", *words).code == 0
    found = crm("action", "list", "--format", "json", "--sort", "id").json
    assert [(row["subject"], row["kind"]) for row in found[:2]] == [("Rang", "EMAIL")] * 2
    assert found[2]["subject"] == "kind=CALL"
