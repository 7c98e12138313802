"""What is written reads back to the same cells."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.exchange.csvfile import read_table
from crmkit.exchange.writer import table_line, write_table

CELL = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"',;\t|\n\r \\=\ufeff\x0b\u2028")
)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=8)
)


def read_back(rows: list[list[str]], delimiter: str, said: str | None) -> list[list[str]]:
    written = io.StringIO(newline="")
    header = [f"field {at}" for at in range(len(rows[0]))]
    assert write_table(written, header, rows, delimiter=delimiter) == len(rows)
    file = io.BytesIO(written.getvalue().encode())
    found = read_table(file, encoding="utf-8", delimiter=said)
    return [row.cells for row in found.rows]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@given(rows=ROWS)
def test_every_cell_comes_back(delimiter: str, rows: list[list[str]]) -> None:
    assert read_back(rows, delimiter, delimiter) == rows


def test_naughty_strings_come_back_without_naming_the_dialect(shared: Path) -> None:
    naughty = json.loads((shared / "data/text/blns.json").read_text(encoding="utf-8"))
    rows = [[str(at), text, text] for at, text in enumerate(naughty)]

    assert read_back(rows, ",", None) == rows


@given(rows=ROWS)
def test_others_read_it_alike(rows: list[list[str]]) -> None:
    text = "".join(table_line(row) for row in rows)

    assert list(csv.reader(io.StringIO(text, newline=""))) == rows


def test_quotes_stand_only_where_they_are_needed() -> None:
    assert table_line(["a", "b c", "d,e", 'f"g', "", "=1+1"]) == 'a,b c,"d,e","f""g",,=1+1\n'
    assert table_line([""]) == '""\n'
