"""The reference in docs/ is what the code says, and its examples work."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import crmkit.api
from crmkit.core import hookspecs
from crmkit.core.asking import HOOKS, declared
from crmkit.core.hooked import CALLED
from crmkit.core.host import Source, load, module_source
from crmkit.plugins import BUILT_IN
from crmkit.testing import reference

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = """
from crmkit.api import *
plugin = Plugin("acme", requires=("actions", "clients", "contacts", "leads", "accounts"))
"""


def module(code: str) -> ModuleType:
    made = ModuleType("acme")
    exec(code, vars(made))
    return made


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_pages_are_fresh(name: str) -> None:
    """Whoever changes a hook or a kind makes them anew."""
    fresh = (DOCS / name).read_text(encoding="utf-8") == reference.PAGES[name]()
    assert fresh, "make them anew: python -m crmkit.testing.reference docs"


def test_every_hook_is_described() -> None:
    """What the host asks for is what is specified."""
    assert {n for n in vars(hookspecs) if n.startswith("crm_")} == {*HOOKS, *CALLED}


@pytest.mark.parametrize("hook", [*HOOKS, *CALLED])
def test_every_example_works_as_it_stands(hook: str) -> None:
    """It is loaded with the built-in plugins, and its hook yields something."""
    code = HEAD + reference.example(hook)
    sources = [module_source(name, f"crmkit.plugins.{name}") for name in BUILT_IN]
    host = load([*sources, Source("acme", lambda: module(code))])
    assert host.off == {}
    found = declared(module(code), "acme")
    if hook in CALLED:
        assert [one.name for one in found.hooked] == [hook]
    else:
        assert getattr(found, HOOKS[hook][0]) != ()


@pytest.mark.parametrize("hook", [*HOOKS, *CALLED])
def test_every_hook_is_used_by_a_built_in_plugin(hook: str) -> None:
    """None is there that only strangers use."""
    modules = [import_module(f"crmkit.plugins.{name}") for name in BUILT_IN]
    assert [m.__name__ for m in modules if hasattr(m, hook)] != []


def test_all_that_is_described_can_be_imported_from_the_api() -> None:
    """Every class and every field function."""
    classes = re.findall(r"^## (\w+)$", reference.hooks(), re.MULTILINE)
    makers = re.findall(r"^## `(\w+)`$", reference.kinds(), re.MULTILINE)
    assert len(classes) > 15
    assert len(makers) > 15
    assert [n for n in (*classes, *makers) if n not in crmkit.api.__all__] == []
