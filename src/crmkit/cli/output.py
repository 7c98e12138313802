"""Writing data to standard output: tables for people, JSON, CSV and TSV for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from crmkit.cli.text import escaped, fitted, one_line, safe, width

FORMATS = ("table", "json", "csv", "tsv", "ids")
SAMPLE = 500
"""How many rows a table's column widths are taken from; the rest is written as it comes."""
NARROWEST = 6
GAP = "  "
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def on_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def coloured() -> bool:
    """Whether colours may be sent: to a terminal, and not under NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return on_terminal() and not plain


def write(text: str) -> None:
    """Write a line of data; files and pipes get UTF-8 whatever the locale."""
    if on_terminal():
        encoding = sys.stdout.encoding or "utf-8"
        text = text.encode(encoding, "replace").decode(encoding)
        sys.stdout.write(f"{text}\n")
    else:
        sys.stdout.buffer.write(f"{text}\n".encode("utf-8", "backslashreplace"))


def say(message: str) -> None:
    """Write a message to standard error."""
    print(one_line(message), file=sys.stderr)


def write_rows(form: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of plain values, each by its columns' names."""
    if form == "json":
        write_json(rows)
        return
    texts = ([_text(row.get(c)) for c in columns] for row in rows)
    if form == "table":
        right = [n for n, c in enumerate(columns) if c in ("id", "count", "sum", "changes")]
        write_table(columns, texts, right)
    else:
        write_csv(columns, texts, "\t" if form == "tsv" else ",")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def write_json(objects: Iterable[Any]) -> None:
    """Write a list of objects, an object a line."""
    source = iter(objects)
    held = next(source, None)
    if held is None:
        write("[]")
        return
    write("[")
    for item in source:
        write(f"{_json(held)},")
        held = item
    write(_json(held))
    write("]")


def write_object(item: Any) -> None:
    """Write one object, indented."""
    write(_json(item, indent=2))


def _json(item: Any, indent: int | None = None) -> str:
    text = json.dumps(item, ensure_ascii=False, indent=indent, default=str)
    return escaped(text) if on_terminal() else text


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> None:
    """Write a header and rows (RFC 4180 quoting, line feeds)."""
    for row in chain([columns], rows):
        line = delimiter.join(_quoted(value, delimiter) for value in row)
        write("\n".join(map(safe, line.split("\n"))) if on_terminal() else line)


def _quoted(value: str, delimiter: str) -> str:
    if any(char in value for char in (delimiter, '"', "\n", "\r")) or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()
) -> None:
    """Write aligned columns; on a terminal they are cut to its width."""
    source = ([one_line(value) for value in row] for row in rows)
    sample = list(islice(source, SAMPLE))
    if not sample:
        return
    cut = on_terminal()
    widths = [max(width(row[n]) for row in [columns, *sample]) for n in range(len(columns))]
    if cut:
        shrink(widths, shutil.get_terminal_size().columns - len(GAP) * (len(widths) - 1))
    aligned = frozenset(right)
    head = _line(columns, widths, aligned, cut)
    write(f"{BOLD}{head}{PLAIN}" if coloured() else head)
    for row in chain(sample, source):
        write(_line(row, widths, aligned, cut))


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int], cut: bool) -> str:
    cells = []
    for n, value in enumerate(row):
        room = widths[n] if cut else max(widths[n], width(value))
        cells.append(fitted(value, room, right=n in right))
    return GAP.join(cells).rstrip()


def shrink(widths: list[int], room: int) -> None:
    """Take width from the widest columns until all fit, as far as that goes."""
    while sum(widths) > room and max(widths) > NARROWEST:
        widest = max(widths)
        widths[widths.index(widest)] = widest - 1
