"""Which encoding a file is in."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.exchange.encoding import (
    MIXED,
    Unreadable,
    detect_encoding,
    detect_file_encoding,
    encoding_of,
    odd_lines,
    open_text,
)

TEXT = "name,city\r\nZo\u00eb,Gen\u00e8ve\r\n"


@pytest.mark.parametrize(
    ("bytes_", "encoding"),
    [
        (b"plain", "utf-8"),
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32"),
        (TEXT.encode("cp1252"), "cp1252"),
        (b"\x80 5 \x93quoted\x94", "cp1252"),
        (TEXT.encode("latin-1") + b"\x81", "latin-1"),
        (b"a,b\n\x00,2\n", "utf-8"),
    ],
)
def test_the_bytes_say_the_encoding(bytes_: bytes, encoding: str) -> None:
    assert detect_encoding(bytes_, whole=True) == encoding
    assert detect_file_encoding(io.BytesIO(bytes_)) == encoding


def test_a_character_cut_in_two_at_the_end_of_the_head_is_still_utf8() -> None:
    assert detect_encoding("Zo\u00eb".encode()[:-1]) == "utf-8"
    assert detect_encoding("Zo\u00eb".encode()[:-1], whole=True) == "cp1252"


@pytest.mark.parametrize(
    ("late", "encoding"),
    [("\u00eb".encode(), "utf-8"), (b"\xeb.", "cp1252"), (b"\x81", "latin-1"), (b"\xc3", "cp1252")],
)
def test_a_byte_far_from_the_start_still_decides(late: bytes, encoding: str) -> None:
    assert detect_file_encoding(io.BytesIO(b"a,b\n" * 500_000 + late)) == encoding


@pytest.mark.parametrize(
    ("bytes_", "hint"),
    [
        (b"", "empty"),
        (b"\r\n \n", "empty"),
        (b"PK\x03\x04" + b"x" * 99, "spreadsheet"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\x1f\x8b\x08 a", "compressed"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 4, "not a text file"),
    ],
)
def test_what_is_no_text_is_refused_with_what_it_is(bytes_: bytes, hint: str) -> None:
    with pytest.raises(Unreadable, match=hint):
        detect_file_encoding(io.BytesIO(bytes_))


def test_an_encoding_that_is_not_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")

    for encoding in ("klingon", "hex", "\x00"):
        with pytest.raises(Unreadable, match="no encoding"):
            open_text(path, encoding)


def test_a_byte_order_mark_is_left_out_where_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("foo\n", encoding="utf-8-sig")

    with open_text(path, "utf8") as text:
        assert text.read() == "foo\n"


@given(st.binary(max_size=200))
def test_any_bytes_are_an_encoding_that_reads_them_or_are_refused(data: bytes) -> None:
    try:
        encoding = detect_file_encoding(io.BytesIO(data))
    except Unreadable:
        return
    if not encoding.startswith("utf-16") and not encoding.startswith("utf-32"):
        open_text(io.BytesIO(data), encoding).read()


@pytest.mark.parametrize(
    ("bytes_", "text", "lines"),
    [
        ("M\u00fcller\n".encode() * 300 + b"O\x92Brien\n", "O\u2019Brien", [301]),
        ("Jos\u00e9\n".encode() + b"M\xfcller\n", "Jos\u00e9\nM\u00fcller\n", [2]),
        ("\u00e9\u00e9\u00e9\n".encode() + b"a\x81\n\xe9\n", "\u00e9\na\x81\n\u00e9", [2, 3]),
    ],
)
def test_utf8_with_odd_bytes_is_no_file_of_another_encoding(
    bytes_: bytes, text: str, lines: list[int]
) -> None:
    """Else one byte in the last line would garble every name before it."""
    assert detect_file_encoding(io.BytesIO(bytes_)) == MIXED
    with open_text(io.BytesIO(bytes_)) as opened:
        assert encoding_of(opened) == MIXED
        read = opened.read()
    assert text in read
    assert read.count("M\u00fcller") == bytes_.count("M\u00fcller".encode()) + (b"M\xfc" in bytes_)
    assert list(odd_lines(io.BytesIO(bytes_))) == lines
