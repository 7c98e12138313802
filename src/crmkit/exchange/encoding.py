"""Which encoding a file is in: decided by its bytes, by rules that give the same answer always.

A byte order mark decides. Without one, every second byte NUL means UTF-16; what is valid UTF-8
is UTF-8, and so is what is so but for odd bytes, as where files of two kinds were put together:
those are read as cp1252. Anything else is cp1252 (Windows), or Latin-1 where a byte means nothing
in cp1252. Other encodings have no such marks, and have to be named by who imports the file.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MIXED = "utf-8, odd bytes as cp1252"
"""UTF-8 in which some bytes are none."""
_ODD = "crmkit.odd"
"""The error handler that reads those."""

HEAD = 1 << 16
"""Bytes that are looked at for a byte order mark, UTF-16, and signs of a file that is no text."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_IN_CP1252 = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
_CONTROLS = bytes([*range(9), *range(14, 27), *range(28, 32), 127])
_OTHER_FILES = (
    (b"PK\x03\x04", "a spreadsheet or an archive; save it as CSV first"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document; save it as CSV first"),
    (b"%PDF", "a PDF; a CSV file is needed"),
    (b"\x1f\x8b", "compressed; unpack it first"),
    (b"SQLite format 3\0", "a database; export it as CSV first"),
)


class Unreadable(ValueError):
    """A file that cannot be read as a table, and why, in one line."""


def open_binary(source: Path | str | BinaryIO) -> BinaryIO:
    """Return a file open for reading from its start; Unreadable where there is none.

    A stream that cannot be read twice (a pipe) is copied to a temporary file first.
    """
    if not isinstance(source, Path | str):
        if source.seekable():
            source.seek(0)
            return source
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - it is the caller's to close
        while chunk := source.read(1 << 20):
            copy.write(chunk)
        copy.seek(0)
        return copy
    try:
        return Path(source).open("rb")
    except FileNotFoundError:
        raise Unreadable(f"there is no file {source}") from None
    except IsADirectoryError:
        raise Unreadable(f"{source} is a folder; name a file in it") from None
    except PermissionError:
        raise Unreadable(f"{source} may not be read; ask for the right to read it") from None
    except OSError as error:
        raise Unreadable(f"{source} cannot be read: {error.strerror}") from None
    except ValueError:
        raise Unreadable(f"{str(source)!r} is no name of a file") from None


def detect_encoding(head: bytes, *, whole: bool = False) -> str:
    """Return the encoding of a file from its first bytes, as Python names it.

    `whole` says that there are no more bytes. Unreadable where the bytes are no text.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    for start, what in _OTHER_FILES:
        if head.startswith(start):
            raise Unreadable(f"it is {what}")
    if wide := _wide(head):
        return wide
    utf8 = _is_utf8(head, whole)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > (max(64, len(head) * 0.15) if utf8 else max(8, len(head) * 0.01)):
        raise Unreadable("it is not a text file; a CSV file is needed")
    if utf8:
        return "utf-8"
    return "latin-1" if len(head.translate(None, _NOT_IN_CP1252)) < len(head) else "cp1252"


def detect_file_encoding(file: BinaryIO) -> str:
    """Return the encoding of a whole file, which is read once if it has no byte order mark.

    A file may be ASCII for a long time before the first byte that tells. Unreadable where it is
    empty or no text. The file is left at its start.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head.strip(b"\r\n\t \0"):
        raise Unreadable("it is empty")
    found = detect_encoding(head, whole=len(head) < HEAD)
    if found == "utf-8" and not _all_utf8(file):
        found = "cp1252"
    if found in ("cp1252", "latin-1") and _mostly_utf8(file):
        found = MIXED
    if found == "cp1252" and not _all_cp1252(file):
        found = "latin-1"
    file.seek(0)
    return found


def _all_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    while chunk := file.read(1 << 20):
        if not _goes_on(decoder, chunk):
            return False
    return _goes_on(decoder, b"", final=True)


def _mostly_utf8(file: BinaryIO) -> bool:
    """Whether there are as many letters of UTF-8 as odd bytes: text of one byte has hardly any."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    letters = odd = 0
    file.seek(0)
    while chunk := file.read(1 << 20):
        text = decoder.decode(chunk)
        odd += text.count("\ufffd")
        letters += len(text) - len(text.encode("ascii", "ignore"))
    return letters - odd >= max(odd, 1)


def odd_lines(file: BinaryIO) -> Iterator[int]:
    """Yield the numbers of the lines, from 1, that have bytes which are not UTF-8."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        if not _is_utf8(line, whole=True):
            yield number


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    odd = error.object[error.start : error.end]
    return "".join(bytes([b]).decode(_one_byte(b)) for b in odd), error.end


def _one_byte(byte: int) -> str:
    return "latin-1" if byte in _NOT_IN_CP1252 else "cp1252"


codecs.register_error(_ODD, _as_cp1252)


def encoding_of(text: io.TextIOWrapper) -> str:
    """Return the encoding in which a text was opened by `open_text`."""
    return MIXED if text.errors == _ODD else text.encoding


def _all_cp1252(file: BinaryIO) -> bool:
    file.seek(0)
    while chunk := file.read(1 << 20):
        if len(chunk.translate(None, _NOT_IN_CP1252)) < len(chunk):
            return False
    return True


def open_text(source: Path | str | BinaryIO, encoding: str | None = None) -> io.TextIOWrapper:
    """Return a file open as text, its line ends untouched, in the given or detected encoding.

    Unreadable where there is no such file or encoding, or the file is no text.
    """
    file = open_binary(source)
    try:
        known = encoding or detect_file_encoding(file)
        if known == MIXED:
            return io.TextIOWrapper(file, encoding="utf-8", errors=_ODD, newline="")
        return io.TextIOWrapper(file, encoding=with_mark(known), newline="")
    except BaseException:
        if isinstance(source, Path | str):
            file.close()
        raise


def with_mark(encoding: str) -> str:
    """Return the encoding that leaves out a byte order mark; Unreadable for one not known."""
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)
    except (LookupError, ValueError):
        raise Unreadable(f"there is no encoding {encoding!r}; name one such as cp1252") from None
    return "utf-8-sig" if name == "utf-8" else name


def _wide(head: bytes) -> str:
    """Return which UTF-16 without a mark the bytes are, '' for none: Latin text has NULs."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half < 2 or even + odd < half * 0.4:
        return ""
    if odd > half * 0.4 and even <= half * 0.02:
        return "utf-16-le"
    if even > half * 0.4 and odd <= half * 0.02:
        return "utf-16-be"
    return ""


def _is_utf8(head: bytes, whole: bool) -> bool:
    return _goes_on(codecs.getincrementaldecoder("utf-8")(), head, final=whole)


def _goes_on(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
