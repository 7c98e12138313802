"""Kinds of fields that plugins bring are as good as the core's."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from crmkit.app import init, open_crm
from crmkit.core.crm import Crm
from crmkit.core.custom import change_custom
from crmkit.core.custom.parts import CustomField
from crmkit.core.errors import Invalid
from crmkit.testing import reference
from tests.core.broken_plugins import HEAD, hook
from tests.testing.test_reference import module

STARS = HEAD + reference.example("crm_field_kinds")
FACET = """
@facet("lead")
class F(Facet):
    liked: int | None = stars("Liked", default=None, index=True)
""" + hook("extensions", "yield Extension('lead', facet=F)")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of ada's."""
    place = tmp_path_factory.mktemp("kinds") / "firm"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOGNAME", "ada")
        init(place).store.close()
    return place


@pytest.fixture
def opened(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Crm]:
    """Open a copy of the workspace with a firm's plugin and custom fields."""
    monkeypatch.setenv("LOGNAME", "ada")
    firm = Path(shutil.copytree(made, tmp_path / "firm"))

    def go(code: str, *custom: CustomField) -> Crm:
        (firm / "plugins" / "acme.py").write_text(code, encoding="utf-8")
        enabled = ("acme",) if code else ()
        change_custom(firm / "custom.toml", lambda c: evolve(c, enabled=enabled, fields=custom))
        crm = open_crm(firm, upgrade=True)
        crm.store.upgrade()
        return crm

    return go


def test_a_field_of_a_plugins_kind_is_typed_stored_found_and_sorted(
    opened: Callable[..., Crm],
) -> None:
    crm = opened(STARS + FACET)
    assert crm.off == {}
    ada = crm.session("ada")
    for name, text in (("Ann", "**"), ("Bo", "5"), ("Cy", "")):
        values = ada.parse("lead", {"name": name, "email": f"{name}@example.com", "liked": text})
        ada.add("lead", values)
    field = ada.model.entity("lead").field("liked")
    assert [lead.get(field) for lead in ada.find("lead", "liked>=**")] == [2, 5]
    assert [lead.title for lead in ada.find("lead", "liked:none")] == ["Cy"]
    assert [lead.title for lead in ada.find("lead", sort="-liked", limit=1)] == ["Bo"]
    assert ada.display(ada.get("lead", 2), field) == "*****"
    with pytest.raises(Invalid, match="one to five stars"):
        ada.parse("lead", {"liked": "9"})
    crm.store.close()


def test_custom_fields_may_be_of_it_and_are_hidden_while_its_plugin_is_off(
    opened: Callable[..., Crm],
) -> None:
    """What they hold is there again with the plugin."""
    rated = CustomField(entity="lead", name="rated", kind="acme.stars")
    plain = CustomField(entity="lead", name="area", kind="text")
    crm = opened(STARS, rated, plain)
    ada = crm.session("ada")
    ada.add("lead", name="Ann", email="a@example.com", rated=3, area="Tax")
    crm.store.close()
    crm = opened("", rated, plain)
    assert crm.off == {}
    assert "custom.rated" not in crm.model.entity("lead").by_key
    assert crm.session("ada").count("lead", "area:tax") == 1
    crm.store.close()
    crm = opened(STARS, rated, plain)
    assert crm.session("ada").count("lead", "rated=***") == 1
    crm.store.close()


def test_a_kind_that_its_plugin_does_not_have_is_a_fault_of_the_file(
    opened: Callable[..., Crm],
) -> None:
    crm = opened(STARS, CustomField(entity="lead", name="rated", kind="acme.star"))
    assert "no kind of field 'acme.star'; did you mean acme.stars" in crm.off["custom"]
    crm.store.close()


def broken(old: str, new: str) -> str:
    assert old in STARS
    return STARS.replace(old, new)


BROKEN = {
    "the program's own name": (broken('name = "stars"', 'name = "money"'), "the program's own"),
    "another plugin's name": (
        broken('name = "stars"', 'name = "score"'), "score is already plugin satisfaction's",
    ),
    "a name that cannot be": (broken('name = "stars"', 'name = "My Stars"'), "small letters"),
    "no example": (broken('example = "***"', 'example = ""'), "give it an example"),
    "an example that it refuses": (
        broken('example = "***"', 'example = "lots"'), "kind stars: ValueError",
    ),
    "text that is not read back": (
        broken('return "*" * value', 'return "1"'), "is read as something else",
    ),
    "too many columns": (
        broken('(("", Stored.INTEGER),)', '(("", Stored.INTEGER), ("_b", Stored.TEXT))'),
        "it stores 1 values in 2 columns",
    ),
    "a constructor of another kind": (
        broken("return of_kind(label, StarsKind(),", "return of_kind(label, FieldKind(),"),
        "makes no field of StarsKind",
    ),
    "no kind at all": (
        broken("NewKind(StarsKind,", "NewKind(5,"), "is no kind of field; inherit from FieldKind",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_kind_is_off_by_name(fault: str) -> None:
    """The rest runs."""
    from crmkit.core.host import Source, load, module_source
    from crmkit.plugins import BUILT_IN

    code, said = BROKEN[fault]
    sources = [module_source(n, f"crmkit.plugins.{n}") for n in BUILT_IN]
    host = load([*sources, Source("acme", lambda: module(code))])
    assert said in host.off["acme"]
    assert "lead" in host.model.entities
