"""What may be given from elsewhere: verbs on data, by the user of the key, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from crmkit.cli.failures import guarded
from crmkit.cli.remote import ALLOWED, Remote, _root, run_remote
from crmkit.cli.root import OWN
from crmkit.core.serving import READ_ONLY
from tests.cli.conftest import Command, Said

Send = Callable[..., Said]


@pytest.fixture
def send(firm: Path, capsys: pytest.CaptureFixture[str]) -> Send:
    """Send a command, as sshd hands it on."""

    def run(command: str, by: str = "boss") -> Said:
        capsys.readouterr()
        code = guarded(lambda: run_remote(firm, by, command))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def test_records_are_written_and_read(send: Send) -> None:
    said = send("lead add 'name=Ada Lovelace' email=ada@example.com")
    assert (said.code, said.out) == (0, "1\n")
    (row,) = send("lead list --format json").json
    assert row["name"] == "Ada Lovelace"
    assert send("leads list name:ada --format ids").out == "1\n"
    assert "Ada Lovelace" in send("search ada").out
    assert send("lead show 99").code == 3


def test_policy_is_that_of_who_sent_it(send: Send) -> None:
    assert send("lead list", by="guest").code == 5
    assert send("user key list", by="boss").code == 5
    assert send("lead list", by="nobody").code == 3


def test_a_file_comes_in_by_standard_input_only(
    send: Send, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = b"name,email\nAda,ada@example.com\nBen,ben@example.com\n"
    own = tmp_path / "rows.csv"
    own.write_bytes(rows)
    for path in (str(own), "/etc/passwd", "rows.csv", "./-"):
        said = send(f"lead import {path}")
        assert said.code == 2
        assert "there are no files here" in said.err
    with own.open("rb") as source:
        monkeypatch.setattr("builtins.open", _opening(source))
        assert send("lead import -").code == 0
    assert len(send("lead list --format ids").lines) == 2


def _opening(source: io.BufferedReader) -> Callable[..., object]:
    real = open

    def opened(file: object, *args: object, **options: object) -> object:
        return source if file == 0 else real(file, *args, **options)  # type: ignore[call-overload]

    return opened


@pytest.mark.parametrize(
    "command",
    [
        "lead import - --rejects /tmp/x",
        "lead import - --rejects -",
        "consultation export --format ics --output x.ics",
        "consultation export --format ics -o -",
        "user key add worker /etc/passwd",
    ],
)
def test_no_word_is_a_path(send: Send, command: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    said = send(command)
    assert said.code == 2
    assert "no files here" in said.err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", sorted(OWN.keys() - ALLOWED))
def test_commands_that_are_not_about_records_are_not_there(send: Send, name: str) -> None:
    for words in (name, f"{name} list", f"{name} --help", f"help {name}"):
        said = send(words)
        assert said.code in (2, 3)
        assert said.out == ""


@pytest.mark.parametrize("words", ["custom list", "automation list"])
def test_settings_are_said_to_be_elsewhere(send: Send, words: str) -> None:
    assert send(words).err == f"crmkit: {READ_ONLY}\n"


@pytest.mark.parametrize(
    "command",
    [
        "sh", "sh -c id", "/bin/sh", "-- --as worker lead list", "--as worker lead list",
        "--workspace /tmp lead list", "--safe lead list", "-- sh", "--version", "python -c 1",
        "/usr/lib/openssh/sftp-server", "scp -t .", "rsync --server .", "internal-sftp", "''",
        "lead", "--help=x", "lead list --as worker", "lead 'list",
    ],
)  # fmt: skip
def test_whatever_else_is_sent_is_refused(send: Send, command: str) -> None:
    send("lead add name=Kept email=kept@example.com")
    said = send(command)
    if command != "lead":
        assert said.code == 2
    assert "Kept" not in said.out


@pytest.mark.parametrize(
    "tail", ["; touch x", "&& touch x", "| touch x", "> x", "$(touch x)", "`touch x`", "\ntouch x"]
)
def test_what_means_something_to_a_shell_is_a_word(send: Send, tail: str, nowhere: Path) -> None:
    before = sorted(nowhere.rglob("x"))
    send(f"lead list {tail}")
    said = send(f"lead add email=x@example.com 'name=A {tail}'")
    assert said.code == 0
    assert sorted(nowhere.rglob("x")) == before
    assert send("lead list --format json").json[0]["name"] == f"A {tail}"


def test_variables_and_patterns_stay_as_they_are(send: Send) -> None:
    send("lead add 'name=$HOME ~ *' email=x@example.com")
    assert send("lead list --format json").json[0]["name"] == "$HOME ~ *"
    send("lead set 1 name=$HOME")
    assert send("lead list --format json").json[0]["name"] == "$HOME"


def test_the_shell_at_home_keeps_its_files(crm: Command, send: Send, tmp_path: Path) -> None:
    """What narrows commands for one narrows them for nobody else in the process."""
    send("lead import x.csv")
    file = tmp_path / "rows.csv"
    file.write_text("name,email\nAda,ada@example.com\n")
    assert crm("lead", "import", str(file)).code == 0


def test_help_names_only_what_may_be_given(send: Send) -> None:
    said = send("--help")
    assert said.code == 0
    assert "lead" in said.out
    assert "plugin" not in said.out
    assert isinstance(_root(), Remote)
