"""What goes into a pipe may end at a terminal, as over SSH: text never acts; data stays data."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from crmkit.cli import COMPLETION
from crmkit.cli.failures import guarded
from crmkit.cli.remote import run_remote
from crmkit.cli.text import guarded_output
from tests.cli.conftest import Command, Said

ACTS = "\x1b]52;c;aGk=\x07 \x9b31m \x7f\u202e\u2066 \x85"
PAYS = f"""
from crmkit.api import Extension, Facet, Plugin, choice, facet, hookimpl
plugin = Plugin("pays", version="1", requires=("leads",))
@facet("lead")
class Pays(Facet):
    pay: str = choice({"Pay" + ACTS!r}, ("Tax", {"Pay" + ACTS!r}), default="Tax")
@hookimpl
def crm_extensions():
    yield Extension("lead", facet=Pays)
"""
NOTES = "Zoë\tשלום\u200f עולם\nk\u00ad👩\u200d⚖\ufe0f\u2028a\u0301\u0302\u0303\u0304\u0305\r\nend"


@pytest.fixture
def labelled(firm: Path, crm: Command) -> None:
    """A plugin's field, whose label and choice act; without code such a label is refused."""
    path = firm / "plugins" / "pays.py"
    path.write_text(PAYS, encoding="utf-8")
    path.chmod(0o600)
    assert crm("plugin", "enable", "pays").code == 0


@pytest.fixture
def send(
    firm: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Said]:
    """Send a command from elsewhere: its output is no terminal here, and may be one there."""
    monkeypatch.setattr("crmkit.core.serving._served", True)

    def run(command: str) -> Said:
        capsys.readouterr()
        with guarded_output():
            code = guarded(lambda: run_remote(firm, "boss", command))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def acting(text: str) -> set[str]:
    return set("\x1b\x07\x9b\x7f\u202e\u2066\x85") & set(text)


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize("words", [("lead", "--help"), ("help", "lead")])
def test_help_shows_what_a_label_holds(words: tuple[str, ...], crm: Command) -> None:
    said = crm(*words)
    assert said.code == 0
    assert "␛]52" in said.out.replace("\n", "")
    assert acting(said.out) == set()


@pytest.mark.usefixtures("labelled")
@pytest.mark.parametrize("kind", ["bash_complete", "zsh_complete", "fish_complete"])
@pytest.mark.parametrize("line", ["lead set 1 pay=", "lead set 1 pa"])
def test_what_completes_a_word_is_shown(
    kind: str, line: str, firm: Path, shell: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = f"crmkit --workspace {firm} {line}"
    monkeypatch.setenv(COMPLETION, kind)
    monkeypatch.setenv("COMP_WORDS", words)
    *before, typed = words.split(" ")
    monkeypatch.setenv("COMP_CWORD", typed if kind == "fish_complete" else str(len(before)))
    said = shell()
    assert "pay=" in said.out
    assert acting(said.out) == set()


def test_json_in_a_pipe_escapes_what_would_act_and_reads_back_the_same(crm: Command) -> None:
    text = f"{ACTS}\u2028{NOTES}".replace("\r\n", "\n")
    assert crm("lead", "add", "name=A", "email=a@example.com", f"notes={text}").code == 0
    said = crm("lead", "list", "--format", "json")
    assert acting(said.out) == set()
    assert "\u2028" not in said.out
    assert said.json[0]["notes"] == text


@pytest.mark.parametrize(("form", "mark"), [("csv", ","), ("tsv", "\t")])
def test_files_that_are_sent_over_ssh_hold_nothing_that_acts_unless_asked_for(
    form: str, mark: str, crm: Command, send: Callable[..., Said]
) -> None:
    crm("lead", "add", "name=A", "email=a@example.com", f"notes={ACTS}")
    said = send(f"lead list --format {form} --columns name,notes")
    assert acting(said.out) == set()
    assert "␛]52;c;aGk=" in said.out
    raw = send(f"lead list --format {form} --columns name,notes --raw")
    (row,) = list(csv.reader(io.StringIO(raw.out, newline=""), delimiter=mark))[1:]
    assert row == ["A", ACTS]


def test_ordinary_text_goes_over_ssh_into_a_file_and_back_unchanged(
    crm: Command, send: Callable[..., Said], tmp_path: Path
) -> None:
    crm("lead", "add", "name=A", "email=a@example.com", f"notes={NOTES}")
    (before,) = crm("lead", "list", "--format", "json").json
    said = send("lead list --format csv --columns name,email,notes")
    (tmp_path / "leads.csv").write_bytes(said.out.encode())
    crm("lead", "delete", "1")
    assert crm("lead", "import", str(tmp_path / "leads.csv")).code == 0
    (after,) = crm("lead", "list", "--format", "json").json
    assert after["notes"] == before["notes"]


def test_files_into_a_pipe_on_this_machine_are_as_they_are(crm: Command) -> None:
    crm("lead", "add", "name=A", "email=a@example.com", f"notes={ACTS}")
    assert ACTS in crm("lead", "list", "--format", "csv", "--columns", "notes").out
