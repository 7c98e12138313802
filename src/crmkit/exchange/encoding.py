"""Which encoding a file is in: decided by its bytes, by rules that give the same answer always.

A byte order mark decides. Without one, every second byte NUL means UTF-16; what is valid UTF-8
is UTF-8; anything else is cp1252 (Windows), or Latin-1 where a byte means nothing in cp1252.
Other encodings have no such marks, and have to be named by who imports the file.
"""

from __future__ import annotations

import codecs
import io
import tempfile
from pathlib import Path
from typing import BinaryIO

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
        known = detect_file_encoding(file) if encoding is None else with_mark(encoding)
        return io.TextIOWrapper(file, encoding=known, newline="")
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
