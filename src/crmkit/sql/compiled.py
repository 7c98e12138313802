"""Functions written out and compiled once for each entity: its rows to values and back.

A loop over columns, with a test for each of what is to be done to it, costs three times as much
on every record that is read. attrs makes its `__init__` in the same way. The text of a function
holds names of fields, which are checked to be plain words, and no value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from crmkit.sql.types import Convert


@frozen
class Value:
    """One field's value in a row: its name, how many columns it takes, and how it is converted.

    `load` gets the column, or all of them as a tuple, and never None; `encode` a value that goes
    into one column; `store` a value or None, for one or several columns. None is no conversion.
    """

    name: str
    width: int
    load: Convert | None
    encode: Convert | None
    store: Callable[[Any], tuple[Any, ...]] | None


Group = tuple[Sequence[Value], Sequence[str]]
"""The values of an object in their order, and the names of its repeating fields."""


def reader(groups: Sequence[Group]) -> Callable[[Sequence[Any]], tuple[dict[str, Any], ...]]:
    """Return a function from a row to the dictionaries of its objects, in order."""
    scope: dict[str, Any] = {}
    made: list[str] = []
    columns: list[str] = []
    for values, repeating in groups:
        parts = []
        for value in values:
            mine = [f"c{len(columns) + n}" for n in range(value.width)]
            columns += mine
            parts.append(f"{value.name!r}: {_loaded(value, mine, scope)}")
        parts += [f"{name!r}: ()" for name in repeating]
        made.append("{" + ", ".join(parts) + "}")
    lines = [f"({', '.join(columns)},) = row", f"return ({', '.join(made)},)"]
    read: Callable[[Sequence[Any]], tuple[dict[str, Any], ...]]
    read = _function("read", "row", lines, scope)
    return read


def _loaded(value: Value, columns: Sequence[str], scope: dict[str, Any]) -> str:
    if value.load is None:
        return columns[0]
    load = f"load_{columns[0]}"
    scope[load] = value.load
    given = columns[0] if value.width == 1 else f"({', '.join(columns)})"
    return f"None if {columns[0]} is None else {load}({given})"


def writer(values: Sequence[Value]) -> Callable[[Mapping[str, Any]], list[Any]]:
    """Return a function from an object's dictionary to its row."""
    scope: dict[str, Any] = {}
    parts = []
    for n, value in enumerate(values):
        found = f"values[{value.name!r}]"
        if value.encode is not None:
            scope[f"encode_{n}"] = value.encode
            parts.append(f"None if (v := {found}) is None else encode_{n}(v)")
        elif value.store is not None:
            scope[f"store_{n}"] = value.store
            parts.append(f"*store_{n}({found})")
        else:
            parts.append(found)
    write: Callable[[Mapping[str, Any]], list[Any]]
    write = _function("write", "values", [f"return [{', '.join(parts)}]"], scope)
    return write


def _function(name: str, argument: str, lines: Sequence[str], scope: dict[str, Any]) -> Any:
    text = "\n    ".join([f"def {name}({argument}):", *lines])
    exec(compile(text, f"<{name}>", "exec"), scope)
    return scope[name]
