"""Loading plugins: the whole Model is checked at once, and what fails is off, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.core.errors import Fault
from crmkit.core.host import Source, folder_sources, load, module_source
from crmkit.plugins import BUILT_IN

HEAD = """
from crmkit.api import *
plugin = Plugin("acme", version="1", requires=("leads",))
"""


def built_in() -> list[Source]:
    return [module_source(name, f"crmkit.plugins.{name}") for name in BUILT_IN]


def off(folder: Path, code: str, name: str = "acme") -> str:
    """Return why a plugin of this code is off ('' if it is on)."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    host = load([*built_in(), *folder_sources(folder).values()])
    assert "lead" in host.model.entities
    return host.off.get(name, "")


def test_a_facet_of_a_firms_plugin_joins_the_entity(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        HEAD + '@facet("lead")\nclass AcmeLead(Facet):\n'
        '    vat_id: str = text("VAT id", default="")\n'
        "@hookimpl\ndef crm_extensions():\n    yield Extension('lead', facet=AcmeLead)\n"
    )
    host = load([*built_in(), *folder_sources(tmp_path).values()])
    assert host.off == {}
    lead = host.model.entity("lead")
    assert lead.field("vat_id") is lead.field("acme.vat_id")
    assert lead.field("vat_id").owner == "acme"


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import not_there\n", "not_there"),
        ("x = 1\n", "has no `plugin = Plugin"),
        (HEAD + "@hookimpl\ndef crm_extension():\n    return []\n", "did you mean crm_extensions"),
        (HEAD.replace('version="1"', "api=99"), "API 99"),
        (HEAD.replace("leads", "nothing"), "requires plugin nothing"),
        (
            HEAD + "@facet('lead')\nclass F(Facet):\n    x: str = text('X')\n"
            "@hookimpl\ndef crm_extensions():\n    yield Extension('lead', facet=F)\n",
            "needs a default",
        ),
        (
            HEAD + "@hookimpl\ndef crm_extensions():\n    yield Extension('laed')\n",
            "did you mean lead",
        ),
        (
            HEAD + "@hookimpl\ndef crm_extensions():\n"
            "    yield Extension('lead', states=(State('NEW', after='CONTACTED'),))\n",
            "needs a fallback",
        ),
        (
            HEAD + "@hookimpl\ndef crm_extensions():\n"
            "    yield Extension('lead', states=(State('LOST', fallback='CONTACTED'),))\n",
            "exists already",
        ),
        (
            HEAD + "@hookimpl\ndef crm_extensions():\n"
            "    yield Extension('lead', guards=(Guard(len, target='NOWHERE'),))\n",
            "NOWHERE",
        ),
        (
            HEAD + "@entity('lead', title='name')\nclass L(Record):\n    name: str = text('N')\n"
            "@hookimpl\ndef crm_entities():\n    yield L\n",
            "already plugin leads's",
        ),
        (
            HEAD + "@entity('case', title='name')\nclass C(Record):\n    name: str = text('N')\n"
            "    x: int | None = ref('X', 'nothing', default=None)\n"
            "@hookimpl\ndef crm_entities():\n    yield C\n",
            "points at nothing",
        ),
        (
            HEAD + "@hookimpl\ndef crm_commands():\n    yield Command('complete', 'action', len)\n",
            "already plugin actions's",
        ),
        (
            HEAD + "@hookimpl\ndef crm_policy():\n    yield Role('x', (Grant('nonsense'),))\n",
            "entity.verb",
        ),
        (
            HEAD + "@hookimpl\ndef crm_views():\n    yield Table('lead', 'Bad', filter='(a')\n",
            "not closed",
        ),
        (HEAD + "@hookimpl\ndef crm_views():\n    raise RuntimeError('boom')\n", "boom"),
    ],
)
def test_a_broken_plugin_is_off_with_the_reason(tmp_path: Path, code: str, complaint: str) -> None:
    assert complaint in off(tmp_path, code)


def test_the_line_to_mend_is_named(tmp_path: Path) -> None:
    reason = off(tmp_path, HEAD + "\n\nraise ValueError('here')\n")
    assert "acme.py:6" in reason


def test_what_requires_a_broken_plugin_is_off_too(tmp_path: Path) -> None:
    (tmp_path / "daughter.py").write_text(
        "from crmkit.api import *\nplugin = Plugin('daughter', requires=('acme',))\n"
    )
    (tmp_path / "acme.py").write_text("raise ValueError\n")
    host = load([*built_in(), *folder_sources(tmp_path).values()])
    assert host.off.keys() == {"acme", "daughter"}
    assert "acme, which is off" in host.off["daughter"]


def test_plugins_that_require_each_other_are_off(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / f"{name}.py").write_text(
            f"from crmkit.api import *\nplugin = Plugin({name!r}, requires=({other!r},))\n"
        )
    host = load([*built_in(), *folder_sources(tmp_path).values()])
    assert host.off.keys() == {"one", "two"}
    assert "require each other" in host.off["one"]


def test_every_fault_is_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text(
        HEAD + "@hookimpl\ndef crm_extensions():\n"
        "    yield Extension('laed')\n    yield Extension('deel')\n"
    )
    reason = load([*built_in(), *folder_sources(tmp_path).values()]).off["acme"]
    assert "laed" in reason
    assert "deel" in reason


def test_a_fault_of_the_built_in_plugins_stops_the_start() -> None:
    with pytest.raises(Fault, match="requires plugin"):
        load([module_source("leads", "crmkit.plugins.leads")])


def test_listing_a_folder_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "acme.py").write_text("raise SystemExit('imported')\n")
    assert folder_sources(tmp_path).keys() == {"acme"}
