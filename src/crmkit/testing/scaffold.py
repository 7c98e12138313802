"""Writing a plugin's first files: one that works, with tests that pass."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from crmkit.core.errors import Fault, Invalid, Usage
from crmkit.core.model import EntityModel

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELDS = ("reference", "remark", "own_reference")


def demand_name(name: str, taken: Mapping[str, str]) -> None:
    """Raise Invalid unless a plugin may have the name; `taken` are names, and whose they are."""
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise Invalid(f"{name!r} is no name for a plugin; write small letters, digits and _")
    if name in sys.stdlib_module_names:
        raise Invalid(f"{name} is a module of Python; name the plugin otherwise")
    if name in taken:
        raise Invalid(f"{name} is {taken[name]}; name the plugin otherwise")


def new_file(folder: Path, name: str, entity: EntityModel) -> list[Path]:
    """Write a plugin of one file and its test into a workspace's folder of plugins."""
    return _written(
        {
            folder / f"{name}.py": "plugin.py",
            folder / "tests" / f"test_{name}.py": "test_plugin.py",
        },
        _words(name, entity),
    )


def new_package(folder: Path, name: str, entity: EntityModel) -> list[Path]:
    """Write a plugin that is a package, with its tests, into a new folder of its name."""
    root = folder / name
    return _written(
        {
            root / "pyproject.toml": "pyproject.toml",
            root / "README.md": "README.md",
            root / name / "__init__.py": "plugin.py",
            root / "tests" / f"test_{name}.py": "test_plugin.py",
        },
        _words(name, entity),
    )


def _words(name: str, entity: EntityModel) -> dict[str, str]:
    field = next((f for f in _FIELDS if f not in entity.by_key), f"{name}_reference")
    return {
        "name": name,
        "entity": entity.name,
        "plural": entity.plural.lower(),
        "cls": "".join(part.capitalize() for part in name.split("_")),
        "field": field,
        "label": field.replace("_", " ").capitalize(),
        "requires": f'"{entity.plugin}",' if entity.plugin != "users" else "",
    }


def _written(wanted: Mapping[Path, str], words: Mapping[str, str]) -> list[Path]:
    for path in wanted:
        if path.exists():
            raise Usage(f"{path} is there already")
    templates = files("crmkit.testing") / "templates"
    try:
        for path, template in wanted.items():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            text = (templates / f"{template}.txt").read_text(encoding="utf-8")
            path.write_text(Template(text).substitute(words), encoding="utf-8")
            path.chmod(0o644)
    except OSError as error:
        raise Fault(f"{error.filename} cannot be written: {error.strerror}") from None
    return list(wanted)
