"""Writing data to standard output: tables for people, JSON, CSV and TSV for programs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from crmkit.cli.text import escaped, fitted, harmless, one_line, safe_block, tamed, width
from crmkit.core.serving import served

SAMPLE = 500
"""How many rows a table's column widths are taken from; the rest is written as it comes."""
NARROWEST = 8
MAIN = 24
"""How narrow columns may get on a terminal, and the one that says what the row is about."""
GAP = "  "
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def on_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def coloured() -> bool:
    """Whether colours may be sent: to a terminal, and not under NO_COLOR."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return on_terminal() and not plain


RAW = "crmkit.raw"
"""Where click keeps that somebody asked for the bytes as they are."""


def raw() -> bool:
    """Whether the command was given with `--raw`."""
    from click import get_current_context

    context = get_current_context(silent=True)
    return context is not None and bool(context.meta.get(RAW))


def seen(data: str) -> str:
    """Return lines of a file of data as they may be sent to where standard output goes.

    What comes over SSH may end at a terminal, and in a file that is read again.
    """
    if raw():
        return data
    if on_terminal():
        return safe_block(data)
    return tamed(data) if served() else data


def write(text: str) -> None:
    """Write text for people, in which whatever would act on a terminal is shown."""
    _put(harmless(text))


def write_bytes(data: bytes) -> None:
    """Write data as it is, to a terminal too."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)


def _put(text: str) -> None:
    """Write a line as it is; files and pipes get UTF-8 whatever the locale."""
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
        write_table(columns, texts, right, len(columns) - 1)
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
        _put("[]")
        return
    _put("[")
    for item in source:
        _put(f"{_json(held)},")
        held = item
    _put(_json(held))
    _put("]")


def write_object(item: Any) -> None:
    """Write one object, indented."""
    _put(_json(item, indent=2))


def _json(item: Any, indent: int | None = None) -> str:
    return escaped(json.dumps(item, ensure_ascii=False, indent=indent, default=str))


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str) -> None:
    """Write a header and rows (RFC 4180 quoting, line feeds)."""
    as_is = raw()
    for row in chain([columns], rows):
        line = delimiter.join(_quoted(value, delimiter) for value in row)
        if as_is:
            write_bytes(f"{line}\n".encode("utf-8", "backslashreplace"))
        else:
            _put(seen(line))


def _quoted(value: str, delimiter: str) -> str:
    if any(char in value for char in (delimiter, '"', "\n", "\r")) or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def write_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Iterable[int] = (),
    main: int | None = None,
) -> None:
    """Write aligned columns; on a terminal they are cut to its width, `main` the last."""
    source = ([one_line(value) for value in row] for row in rows)
    sample = list(islice(source, SAMPLE))
    if not sample:
        return
    cut = on_terminal()
    widths = [max(width(row[n]) for row in [columns, *sample]) for n in range(len(columns))]
    if cut:
        floors = [min(w, MAIN if n == main else NARROWEST) for n, w in enumerate(widths)]
        widths = shrunk(widths, floors, shutil.get_terminal_size().columns)
        if left := columns[len(widths) :]:
            say(f"no room for {', '.join(left)}; --columns or --format json shows them")
    aligned = frozenset(right)
    head = _line(columns, widths, aligned, cut)
    write(f"{BOLD}{head}{PLAIN}" if coloured() else head)
    for row in chain(sample, source):
        write(_line(row, widths, aligned, cut))


def _line(row: Sequence[str], widths: Sequence[int], right: frozenset[int], cut: bool) -> str:
    cells = []
    for n, value in enumerate(row[: len(widths)]):
        room = widths[n] if cut else max(widths[n], width(value))
        cells.append(fitted(value, room, right=n in right))
    return GAP.join(cells).rstrip()


def shrunk(widths: Sequence[int], floors: Sequence[int], cells: int) -> list[int]:
    """Return widths that fit a terminal: the widest are narrowed, then the last left out."""
    count = len(widths)
    while count > 1 and sum(floors[:count]) + len(GAP) * (count - 1) > cells:
        count -= 1
    fitting = list(widths[:count])
    over = sum(fitting) + len(GAP) * (count - 1) - cells
    for _ in range(over):
        loose = [n for n in range(count) if fitting[n] > floors[n]]
        if not loose:
            break
        fitting[max(loose, key=lambda n: fitting[n])] -= 1
    return fitting
