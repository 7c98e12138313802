"""Nothing stored reaches the terminal raw from the shell: each command, in each format."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from wcwidth import wcswidth

from crmkit.cli import COMPLETION, main
from crmkit.cli.text import OutputGuard
from tests.acceptance.infested import entities, infest, write_csv
from tests.acceptance.office import Office
from tests.acceptance.payloads import batches, beginning, families, storable
from tests.acceptance.recording import leaks

FAMILIES = families()
COLUMNS = 160
WIPED = "\r\x1b[K"
"""What a progress bar begins with."""


class _Terminal(io.TextIOWrapper):
    """Standard output that goes to a terminal; what cannot be encoded fails, as there."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        return True

    def sent(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


class Shell:
    """A shell in a terminal."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.found: list[str] = []

    def run(self, *args: str) -> str:
        """Give a command; look at all that it sends; return it."""
        out, err = _Terminal(), _Terminal()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(["--workspace", str(self.office.path), *args])
        sent = out.sent() + err.sent()
        said = " ".join(args)[:60].encode("unicode_escape").decode()
        text = sent.replace(WIPED, "")
        self.found += [f"{said}: {leak}" for leak in leaks(text, allowed="\n")]
        assert "Traceback" not in sent
        return sent

    def everything(self, some: Sequence[str] = ()) -> None:
        """Look at all that there is, or only at some entities."""
        crm = self.office.crm
        for model in entities(crm.session("ada")):
            ids = [r.id for r in crm.session("ada").find(model.name, sort="id", limit=1000)]
            if some and model.name not in some:
                continue
            for form in ("table", "json", "csv", "tsv", "ids"):
                self.run(model.name, "list", "--format", form, "--limit", "0")
            for form in ("table", "json"):
                self.run(model.name, "show", str(ids[-1]), "--format", form)
                self.run(model.name, "history", str(ids[0]), "--format", form)
            self.run(model.name, "show", str(ids[0]))
            if model.flow is not None:
                self.run(model.name, "board")
            for export in model.exports:
                self.run(model.name, "export", "--format", export.format)
            if model.matchers:
                self.run(model.name, "duplicates")
        for name in crm.model.reports:
            self.run("report", name)
        for form in ("table", "json", "csv", "tsv"):
            self.run("log", "--limit", "1000", "--format", form)
        for words in (["info"], ["doctor"], ["plugin", "list"], ["audit", "verify"], ["report"],
                      ["access", "ada", "lead", "1"], ["--help"], ["lead", "--help"]):  # fmt: skip
            self.run(*words)

    def asked(self, payload: str) -> None:
        """Use a text wherever a person may type one, mostly where it is wrong."""
        for words in (
            [payload], ["lead", payload], ["lead", "show", payload], ["search", payload],
            ["lead", "list", payload], ["lead", "list", f"name:{payload}"],
            ["lead", "list", f"{payload}:1"], ["lead", "list", "--sort", payload],
            ["lead", "list", "--columns", payload], ["lead", "list", "--format", payload],
            ["lead", "add", f"{payload}=x"], ["lead", "add", f"email={payload}"],
            ["lead", "set", "1", f"status={payload}"], ["lead", "set", "1", f"owner={payload}"],
            ["lead", "move", "1", payload], ["lead", "delete", payload], ["undo", payload],
            ["access", payload, "lead"], ["access", "ada", payload], ["help", payload],
            ["report", payload], ["report", "pipeline", payload], ["plugin", "enable", payload],
            ["user", "add", "x", "--role", payload], ["lead", "import", f"{payload[:30]}.csv"],
            ["--as", payload, "lead", "list"], ["--workspace", payload, "lead", "list"],
            ["custom", "field", payload],
        ):  # fmt: skip
            if "\0" not in payload:  # no argument can hold it
                self.run(*words)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office, seen from a terminal of some width."""
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(COLUMNS))
    monkeypatch.delenv("NO_COLOR", raising=False)
    office = Office.make(tmp_path / "firm")
    yield office
    office.close()


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second lock is off: the first one has to hold alone."""
    monkeypatch.setattr(OutputGuard, "write", lambda self, text: self._stream.write(text))


@pytest.mark.usefixtures("unguarded")
def test_no_command_lets_anything_through(office: Office) -> None:
    infest(office, batches(list(FAMILIES.values()), 20), states=True)
    shell = Shell(office)
    shell.everything(("contact", "consultation", "user"))
    assert shell.found == []


@pytest.mark.exhaustive
@pytest.mark.usefixtures("unguarded")
def test_no_payload_in_any_field_is_let_through(office: Office) -> None:
    infest(office, list(FAMILIES.values()), states=True)
    shell = Shell(office)
    shell.everything()
    assert shell.found == []


@pytest.mark.usefixtures("unguarded")
def test_what_is_asked_for_wrongly_is_told_without_being_let_through(office: Office) -> None:
    shell = Shell(office)
    office.session().add("lead", {"name": "A", "email": "a@example.com"})
    for payload in batches([p[:200] for p in FAMILIES.values()], 40):
        shell.asked(payload)
    assert shell.found == []


def test_text_stays_readable_and_columns_stay_in_line(office: Office) -> None:
    short = [p for p in FAMILIES.values() if storable(p) and len(p) < 200]
    ada = office.session()
    for payload in short:
        ada.add("lead", {"name": payload, "email": "a@example.com", "company": "The company"})
    shell = Shell(office)
    lines = shell.run("lead", "list", "--limit", "0", "--columns", "name,company").splitlines()
    assert _unread(short, "\n".join(lines)) == []
    rows = [line for line in lines if "The company" in line and "\u094d" not in line]
    assert len(rows) > 60
    assert len({wcswidth(line[: line.index("The company")]) for line in rows}) == 1
    assert shell.found == []


def _unread(payloads: Sequence[str], text: str) -> list[str]:
    return [p for p in payloads if beginning(p) not in text]


@pytest.mark.usefixtures("unguarded")
def test_an_import_tells_of_its_rows_without_letting_them_through(
    office: Office, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    columns = ("name", "company", "words", "mail", "owner", "next_call")
    write_csv(file, [p[:200] for p in FAMILIES.values()], columns)
    shell = Shell(office)
    told = shell.run("lead", "import", str(file), "--map", "source=words")
    assert "column words holds 114 unknown values" in told
    shell.run("lead", "import", str(file), "--map", "email=mail")
    shell.run("lead", "import", str(file), "--set", "email=a@example.com", "--map", "phone=mail")
    write_csv(file, [p[:200] for p in FAMILIES.values()], columns[:2])
    shell.run("lead", "import", str(file), "--set", "email=a@example.com")
    assert office.session().count("lead") > 80
    shell.run("lead", "list")
    assert shell.found == []


@pytest.mark.usefixtures("unguarded")
def test_what_completes_a_word_is_not_let_through(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    infest(office, batches(list(FAMILIES.values()), 20))
    shell = Shell(office)
    for kind in ("bash_complete", "zsh_complete", "fish_complete"):
        monkeypatch.setenv(COMPLETION, kind)
        for line in ("", "lead list ", "lead add ", "lead list owner:", "lead set 1 owner="):
            words = f"crmkit --workspace {office.path} {line}"
            monkeypatch.setenv("COMP_WORDS", words)
            monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
            shell.run()
    assert shell.found == []


@pytest.mark.parametrize("name", FAMILIES)
def test_the_guard_of_a_terminal_lets_no_payload_through(name: str) -> None:
    stream = _Terminal()
    OutputGuard(stream).write(f"\x1b[1mbold\x1b[0m {FAMILIES[name]}\n")
    assert leaks(stream.sent(), allowed="\n") == []
    assert stream.sent().startswith("\x1b[1mbold\x1b[0m Q")
