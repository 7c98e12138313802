"""Data on standard output: JSON, CSV and tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import pytest

from crmkit.cli import output
from crmkit.cli.text import width


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_one_list_with_an_object_a_line(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    objects = [{"n": n, "text": "Zoë\n"} for n in range(count)]
    output.write_json(iter(objects))
    assert json.loads(capsys.readouterr().out) == objects


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_reads_back_as_it_was(delimiter: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["a", 'say "hi"', "two\nlines"], [" edge ", "a,b\tc", ""], ["\r", "=1+1", "\u202e"]]
    output.write_csv(["x", "y", "z"], rows, delimiter)
    text = capsys.readouterr().out
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert read == [["x", "y", "z"], *rows]


def test_a_table_is_aligned_and_plain_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(["id", "name"], [["1", "Anna"], ["10", "Bob\x1b[31m"]], right=[0])
    assert capsys.readouterr().out == "id  name\n 1  Anna\n10  Bob␛[31m\n"


def test_a_table_in_a_pipe_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(["note"], [["x" * 500]])
    assert "x" * 500 in capsys.readouterr().out


@pytest.mark.usefixtures("terminal")
def test_a_table_fits_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_table(["id", "name", "note"], [["1", "Anna " * 9, "東京 " * 30]])
    head, row = capsys.readouterr().out.splitlines()
    assert head.startswith("\x1b[1m")
    assert width(row) <= 40
    assert "…" in row


@pytest.mark.usefixtures("terminal")
def test_no_color_means_no_colour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    output.write_table(["id"], [["1"]])
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("form", ["csv", "json", "table"])
def test_no_format_sends_controls_of_data_to_a_terminal(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    output.write_rows(form, ["name"], [{"name": "\x1b]52;c;x\x07\u202e\x9b"}])
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(shown)


def test_rows_beyond_the_sample_are_written_as_they_come(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def rows() -> Iterator[list[str]]:
        for n in range(output.SAMPLE + 2):
            yield [str(n)]

    output.write_table(["n"], rows())
    assert len(capsys.readouterr().out.splitlines()) == output.SAMPLE + 3


@pytest.mark.usefixtures("terminal")
def test_on_a_narrow_terminal_the_main_column_stays_and_the_last_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "36")
    row = ["1", "Ada Lovelace of London", "x" * 30, "y" * 30]
    output.write_table(["id", "name", "notes", "other"], [row], main=1)
    said = capsys.readouterr()
    assert said.out.splitlines()[1] == "1   Ada Lovelace of London  xxxxxxx…"
    assert "no room for other" in said.err
