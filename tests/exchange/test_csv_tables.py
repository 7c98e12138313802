"""Tables out of CSV files: what outsiders wrote, and what can be wrong with a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from crmkit.exchange.csvfile import SourceRow, Table, Unreadable, read_table, unique_names

SPECTRUM = [
    *("comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "location_coordinates"),
    *("newlines", "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8"),
]


def table(text: str | bytes, **options: str) -> Table:
    return read_table(io.BytesIO(text if isinstance(text, bytes) else text.encode()), **options)


def cells(found: Table) -> list[list[str]]:
    return [row.cells for row in found.rows]


@pytest.mark.parametrize("name", SPECTRUM)
def test_csv_spectrum_is_read_as_its_json_says(shared: Path, name: str) -> None:
    folder = shared / "data/csv/csv-spectrum"
    expected = json.loads((folder / f"json/{name}.json").read_text(encoding="utf-8"))
    found = read_table(folder / f"csvs/{name}.csv")
    rows = [dict(zip(found.columns, row.cells, strict=True)) for row in found.rows]
    if name == "location_coordinates":
        # Its JSON is of one row, and gives a phone number that is not the one in the CSV.
        expected = [expected | {"Contact Phone Number": "2095257564"}]

    assert rows == expected


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        ("test_utf16_big.csv", ["a", "b", "c"], [["1", "2", "3"], ["4", "5", "\u02a4"]]),
        ("test_latin1.csv", ["a", "b", "c"], [["1", "2", "3"], ["4", "5", "\u00a9"]]),
        ("test_utf8_bom.csv", ["foo", "bar", "baz"], [["1", "2", "3"], ["4", "5", "\u02a4"]]),
        ("test_utf8.csv", ["foo", "bar", "baz"], [["1", "2", "3"], ["4", "5", "\u02a4"]]),
        ("null_byte.csv", ["a", "b", "c"], [["\x00", "2", "3"]]),
        ("blanks.csv", list("abcdef"), [["", "NA", "N/A", "NONE", "NULL", "."]]),
        ("optional_quote_characters.csv", ["a", "b", "c"], [["1", "2", "3"]]),
        ("dummy.tsv", ["a", "b", "c"], [["1", "2", "3"]]),
        ("test_header_newline.csv", ["start end", "b", "c"], [["d", "e", "f"]]),
        ("test_precision.csv", ["a"], [["1.234567"]]),
        ("date_like_number.csv", ["a"], [["4.5"]]),
        ("no_header_row.csv", ["1", "2", "3"], []),
        ("test_join_short_rows.csv", ["a", "b", "c"],
         [["1", "cat", ""], ["dog", "c", ""], ["3", "b", "c"]]),
        ("join_short.csv", ["a", "b", "c", "b2", "c2"], [["1", "b", "", "b", "c"]] * 2),
        ("test_date_format.csv", ["a"], [["02/01/2014"], ["31/12/2012"]]),
        ("test_literal_order.csv", ["a", "b"], [["192", "1"], ["27", "2"], ["3", "3"]]),
        ("testxls_unicode_converted.csv", ["a", "b", "c"], [["1.0", "2.0", "3.0"]]),
    ],
)  # fmt: skip
def test_csvkit_files(shared: Path, name: str, columns: list[str], rows: list[list[str]]) -> None:
    found = read_table(shared / "data/csv/csvkit" / name)

    assert found.columns == columns
    assert cells(found) == rows


def test_csvkit_rows_of_four_two_and_three_cells_under_three_columns(shared: Path) -> None:
    assert list(read_table(shared / "data/csv/csvkit/bad.csv").rows) == [
        SourceRow(2, ["1", "27", "", "I'm too long!"], "it has 4 cells for 3 columns"),
        SourceRow(3, ["", "I'm too short!", ""]),
        SourceRow(4, ["0", "mixed types.... uh oh", "17"]),
    ]


def test_csvkit_an_empty_file_is_refused(shared: Path) -> None:
    with pytest.raises(Unreadable, match="empty"):
        read_table(shared / "data/csv/csvkit/empty.csv")


@pytest.mark.parametrize(
    ("path", "columns", "rows"),
    [
        ("deals/salesforce_opportunity.csv", 45, 219),
        ("deals/salesforce_opportunity_history.csv", 4, 584),
        ("deals/npsp_dev_opportunity.csv", 9, 342),
        ("contacts_csv/npsp_1k_account.csv", 9, 1223),
        ("contacts_csv/npsp_1k_contact.csv", 9, 1024),
        ("contacts_csv/npsp_1k_relationship.csv", 4, 1308),
        ("contacts_csv/outlook_style_actions.csv", 22, 3),
        ("contacts_csv/takbok_sample1.csv", 129, 16),
        ("contacts_csv/takbok_sample2.csv", 129, 100),
        ("complaints/cfpb_rows_0001_2000.csv", 14, 2000),
        ("complaints/prepdata_complaints.csv", 8, 100),
        ("nps/other_airlines.csv", 3, 5723),
        ("duplicates/febrl_dataset3.csv", 11, 5000),
        ("duplicates/chicago_sites.csv", 6, 3337),
        ("names/sec_companies_even_cik.csv", 3, 3939),
        ("csv/csvkit/realdata/FY09_EDU_Recipients_by_State.csv", 10, 53),
    ],
)
def test_real_files_are_whole(shared: Path, path: str, columns: int, rows: int) -> None:
    found = read_table(shared / "data" / path)
    read = list(found.rows)

    assert (len(found.columns), len(read)) == (columns, rows)
    assert [row for row in read if row.problem] == []
    assert found.read == found.size


def test_real_files_without_a_header(shared: Path) -> None:
    sdn = read_table(shared / "data/names/ofac_sdn_older.csv", header=False)

    assert sdn.columns[11] == "column 12"
    assert sum(1 for _ in sdn.rows) == 7379


def test_spaces_after_delimiters_are_no_part_of_the_cells(shared: Path) -> None:
    febrl = read_table(shared / "data/duplicates/febrl_dataset1.csv")

    assert febrl.columns[:3] == ["rec_id", "given_name", "surname"]
    assert next(febrl.rows).cells[:4] == ["rec-223-org", "", "waller", "6"]


def test_the_rows_can_be_read_again() -> None:
    found = table("a,b\n1,2\n")

    assert cells(found) == cells(found) == [["1", "2"]]


def test_rows_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 100_000 + b"\xff\n")
    found = read_table(path, encoding="ascii")
    rows = found.rows

    assert next(rows).cells == ["1", "2"]
    assert found.read < found.size / 2
    with pytest.raises(Unreadable, match="not in ascii"):
        list(rows)


def test_names_of_columns_are_made_unique() -> None:
    header = ["Name", "", "Name", " E-mail\n 2 ", "Name (2)", "Name"]

    assert unique_names(header) == [
        "Name", "column 2", "Name (3)", "E-mail 2", "Name (2)", "Name (4)",
    ]  # fmt: skip


def test_cells_too_many_are_a_problem_unless_they_are_blank() -> None:
    found = list(table("a,b\n1,2, ,\n1,2,3\n").rows)

    assert found == [
        SourceRow(2, ["1", "2"]),
        SourceRow(3, ["1", "2", "3"], "it has 3 cells for 2 columns"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_blank_lines(end: str) -> None:
    found = list(table(end.join(["", "a,b", "", '1,"x', 'y"', "", "2,z", ""])).rows)

    assert found == [SourceRow(4, ["1", f"x{end}y"]), SourceRow(7, ["2", "z"])]


def test_a_header_alone_is_a_table_without_rows() -> None:
    assert table("a,b").columns == ["a", "b"]
    assert cells(table("a,b\n")) == []


def test_a_huge_cell_is_read() -> None:
    assert cells(table(f"a,b\n{'x' * 3_000_000},2\n"))[0][1] == "2"


def test_a_quote_never_closed_costs_one_row_where_rows_follow() -> None:
    found = list(table('a,b,c\n1,2,3\n4,"five,6\n7,8,9\n10,11,12\n').rows)

    assert [row.line for row in found] == [2, 3, 4, 5]
    assert [bool(row.problem) for row in found] == [False, True, False, False]
    assert found[1].cells == ["4", '"five', "6"]


def test_a_quote_never_closed_takes_the_lines_that_are_no_rows() -> None:
    found = list(table('a,b,c\n1,2,3\n4,5,"a note\nof lines\ncut off').rows)

    assert [row.line for row in found] == [2, 3]
    assert found[1].problem == "a quotation mark is opened and not closed"
    assert found[1].cells == ['4,5,"a note\nof lines\ncut off']


def test_a_stray_quote_does_not_swallow_the_rows_up_to_the_next() -> None:
    found = list(table('a,b\n1,"inch\n2,x\n3,y\n4,5" pipe\n6,z\n').rows)

    assert [row.cells[0] for row in found] == ["1", "2", "3", "4", "6"]
    assert [bool(row.problem) for row in found] == [True, False, False, False, False]


def test_quotes_in_the_middle_of_a_cell_are_text() -> None:
    assert cells(table('a,b\n5" pipe,he said "hi"\n')) == [['5" pipe', 'he said "hi"']]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["Name", "Amount, EUR", "Note"], ["Zo\u00eb", "1,5", "a; b"], ["Jo", "2,5", "c | d"]]
    text = "\n".join(delimiter.join(f'"{c}"' if delimiter in c else c for c in row) for row in rows)
    found = table(text)

    assert found.delimiter == delimiter
    assert cells(found) == rows[1:]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("sep=;\na;b\n1;2\n", [["1", "2"]]),
        ("a\n1;2\n3;4\n", [["1;2"], ["3;4"]]),
        ("'a','b'\n'1,5','x'\n'2,5','y'\n", [["1,5", "x"], ["2,5", "y"]]),
        ('a,b\n"say \\"hi\\", jo",2\n', [['say "hi", jo', "2"]]),
        ('a,b\n"{""x"": ""\\""}",2\n', [['{"x": "\\"}', "2"]]),
        ("a, b\n1, 2\n3, 4\n", [["1", "2"], ["3", "4"]]),
        ("a,b\n1, 2\n3,4\n", [["1", " 2"], ["3", "4"]]),
    ],
)
def test_dialects(text: str, rows: list[list[str]]) -> None:
    assert cells(table(text)) == rows


def test_lines_are_counted_from_the_first_of_the_file() -> None:
    assert next(table("sep=;\na;b\n1;2\n").rows).line == 3


def test_a_stream_that_cannot_seek_is_read_like_a_file() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    found = read_table(Pipe(b"a,b\n1,2\n"))

    assert cells(found) == cells(found) == [["1", "2"]]


def test_a_stream_stays_open() -> None:
    stream = io.BytesIO(b"a,b\n1,2\n")
    list(read_table(stream).rows)

    assert not stream.closed


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(delimiter: str) -> None:
    with pytest.raises(Unreadable, match="one character"):
        table("a,b\n", delimiter=delimiter)


def test_what_is_no_file_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "blank.csv").touch()
    (tmp_path / "book.xlsx").write_bytes(b"PK\x03\x04rest")
    for name, hint in [
        ("", "is a folder"), ("none.csv", "there is no file"), ("blank.csv", "is empty"),
        ("book.xlsx", "save it as CSV"), ("\x00", "no name of a file"),
    ]:  # fmt: skip
        with pytest.raises(Unreadable, match=hint) as refused:
            read_table(tmp_path / name)
        assert len(str(refused.value).splitlines()) == 1


def test_a_header_with_a_quote_never_closed_is_refused() -> None:
    with pytest.raises(Unreadable, match="header"):
        table('a,"b\nno rows here')
