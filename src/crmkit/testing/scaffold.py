"""Writing a plugin's first files: one that works, with tests that pass."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from string import Template

from crmkit.core.errors import Fault, Invalid, Usage
from crmkit.core.faults import name_fault
from crmkit.core.model import EntityModel

_FIELDS = ("reference", "remark", "own_reference")


def demand_name(name: str, taken: Mapping[str, str]) -> None:
    """Raise Invalid unless a plugin may have the name; `taken` are names, and whose they are."""
    if fault := name_fault(name):
        raise Invalid(f"{name!r} is no name for a plugin; {fault}")
    if whose := taken.get(name) or _whose(name):
        raise Invalid(f"{name} is {whose}; name the plugin otherwise")


def _whose(name: str) -> str:
    """Return what Python, or a package that is installed, means by a name; '' for nothing."""
    if keyword.iskeyword(name):
        return "a word of Python's own"
    if name in sys.stdlib_module_names:
        return "a module of Python"
    with suppress(PackageNotFoundError):
        return f"the installed package {distribution(name).name}"
    spec = find_spec(name)
    # A folder that only happens to lie where Python looks is no module.
    return "a module that is installed" if spec is not None and spec.origin else ""


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
