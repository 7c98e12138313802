"""Where in a plugin's source, or in custom.toml, a fault of what it declares is: the line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_TOML = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([\w\-]+)')
_HEAD = re.compile(r"\s*\[+([^\[\]]+)\]+")
_SAID = re.compile(r"\s*([\w\-.\"' ]+?)\s*=")
_WORD = re.compile(r"[A-Za-z_][\w]*(?:[.\-][\w]+)*|'[^']*'|\d+")


def place_of(path: str, message: str) -> str:
    """Return `file:line` of what a message about a plugin speaks of; the file alone where unclear.

    Names in the message are looked for among the names and the texts in the source: those in quotes
    first, then in their order. `path` is the plugin's file, or the `__init__.py` of its package, or
    a TOML file of declarations.
    """
    start = Path(path)
    files = sorted(start.parent.rglob("*.py")) if start.name == "__init__.py" else [start]
    lines: dict[str, str] = {}
    for file in [start, *(f for f in files if f != start)]:
        for name, line in _written(file) if file.suffix == ".toml" else _named(file):
            lines.setdefault(name, f"{file}:{line}")
    return next((lines[word] for word in _words(message) if word in lines), path)


def _words(message: str) -> Iterator[str]:
    """Yield the words that may be names, the likeliest first."""
    found = [match[0] for match in _WORD.finditer(message)]
    quoted = [word.strip("'") for word in found if word.startswith("'")]
    plain = [word for word in found if not word.startswith("'")]
    marked = [word for word in plain if re.search(r"[._A-Z0-9]", word)]
    for word in (*quoted, *marked, *plain):
        yield word
        yield from reversed(re.split(r"[.\-]", word)[1:])


def _named(file: Path) -> Iterator[tuple[str, int]]:
    """Yield every name that a source defines, and every text and number in it, with its line."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return
    documented = {id(text) for text in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Constant) and id(node) not in documented:
            yield str(node.value), node.lineno


def _written(file: Path) -> Iterator[tuple[str, int]]:
    """Yield every name and every text of a TOML file, with its line."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for number, line in enumerate(lines, 1):
        if not line.lstrip().startswith("#"):
            for match in _TOML.finditer(line):
                yield next(filter(None, match.groups()), ""), number


def lines_of(text: str) -> dict[tuple[str, str], int]:
    """Return the lines of a TOML text that say each (section, name); a section's own is `''`.

    What stands above all sections is in the section `''`.
    """
    found: dict[tuple[str, str], int] = {}
    above: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEAD.match(line):
            above = _path(head[1])
            names = above
        elif said := _SAID.match(line):
            names = (*above, *_path(said[1]))
            names = names if len(names) > 1 else ("", *names)
        else:
            continue
        found.setdefault((names[0], (*names, "")[1]), number)
        found.setdefault((names[0], ""), number)
    return found


def _path(text: str) -> tuple[str, ...]:
    return tuple(part.strip(" \"'") for part in text.split("."))


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
