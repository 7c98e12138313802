"""Commands of the shell that plugins bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.cli.entity import entity_group
from crmkit.cli.failures import guarded
from crmkit.cli.remote import run_remote
from crmkit.cli.root import OWN
from crmkit.core.bringing import VERBS, verbs_of
from crmkit.core.model import Model
from crmkit.testing import reference
from tests.cli.conftest import Command
from tests.core.plugin_maker import firm_host

HEAD = """
from crmkit.api import *
plugin = Plugin("acme", requires=("leads",))
"""
FAILING = """
def oh(session, said):
    raise KeyError("oh")

def odd(session, said):
    return 5

def slowly(session, said):
    yield {"id": 1}
    raise KeyError("late")
"""
YIELDED = """
    yield ShellCommand("oh", oh)
    yield ShellCommand("odd", odd)
    yield ShellCommand("slowly", slowly)
    yield ShellCommand("hello", lambda session, said: f"Hello, {session.actor.name}", remote=True)
"""


@pytest.fixture
def acme(firm: Path, crm: Command) -> Path:
    """A firm's plugin with commands, of which most are broken."""
    path = firm / "plugins" / "acme.py"
    example = reference.example("crm_cli").rstrip()
    path.write_text(HEAD + FAILING + example + YIELDED, encoding="utf-8")
    (firm / "custom.toml").write_text('[plugins]\nenabled = ["acme"]\n', encoding="utf-8")
    return path


def test_a_command_of_a_plugin_is_one_of_the_shells(acme: Path, crm: Command) -> None:
    """Its arguments, options, formats, help and errors are as those of others."""
    for name, source in (("Jo", "Event"), ("Bo", "Website")):
        crm("lead", "add", f"name={name}", f"email={name}@example.com", f"source={source}")
    (row,) = crm("lately", "event", "--days", "2", "--format", "json").json
    assert row == {"id": 1, "name": "Jo", "status": "NOT_CONTACTED"}
    assert crm("lately", "--format", "csv").lines == ["id,name,status", "2,Bo,NOT_CONTACTED"]
    assert "number" in crm("lately", "--days", "x").err
    assert crm("lately", "--days", "0").code == 6
    assert crm("lately", "--dasy", "3").code == 2
    assert "[SOURCE]" in crm("lately", "--help").out
    assert "lately" in crm("--help").out.partition("Of plugins:")[2]
    assert crm("lately", by="guest").code == 5
    assert crm("hello").out.startswith("Hello, ")


def test_one_that_fails_says_which_plugin_and_which_line(acme: Path, crm: Command) -> None:
    lines = acme.read_text().splitlines()
    for name, said in (("oh", "oh"), ("slowly", "late")):
        failed = crm(name)
        assert (failed.code, failed.out) == (1, "")
        line = next(n for n, text in enumerate(lines, 1) if f'KeyError("{said}")' in text)
        place = f"{acme}:{line}"
        assert failed.err == (
            f"crmkit: command {name} of plugin acme failed: KeyError: '{said}' ({place}); "
            "to switch it off: crmkit plugin disable acme\n"
        )
    assert "returned int, which is neither text" in crm("odd").err


def test_from_elsewhere_only_those_are_there_that_say_so(
    acme: Path, firm: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(lambda: run_remote(firm, "boss", "hello")) == 0
    assert guarded(lambda: run_remote(firm, "boss", "report")) == 0
    capsys.readouterr()
    for words in ("oh", "oh --help", "lately"):
        assert guarded(lambda words=words: run_remote(firm, "boss", words)) == 2
        assert capsys.readouterr().out == ""


def test_a_clash_of_names_is_the_newcomers_fault_and_names_both_sides() -> None:
    from crmkit.api import ShellCommand, params, text

    @params
    class Said:
        """One word."""

        word: str = text("Word", default="")

    for command, said in (
        (ShellCommand("report", len), "command report is already plugin reports's"),
        (ShellCommand("doctor", len), "command doctor is already the program's own"),
        (ShellCommand("leads", len), "command leads is already plugin leads's, for its records"),
        (ShellCommand("My Word", len), "small letters"),
        (ShellCommand("x", len, params=Said, arguments=("wrod",)), "did you mean word"),
    ):
        host = firm_host(crm_cli=[command])
        assert said in host.off["acme"]
        assert "report" in [one.name for one in host.model.shell]


def test_every_command_of_the_program_is_known_to_be_taken() -> None:
    assert set(OWN) == VERBS


def test_every_command_on_records_is_known_to_be_taken(model: Model) -> None:
    for entity in model.shown:
        declared = {command.name.replace("_", "-") for command in entity.commands}
        assert verbs_of(entity) == entity_group(entity).commands.keys() - declared
