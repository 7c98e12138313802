"""What is missed points back: to the plugin that is off, or to what the firm has retired."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.core.absent import Brought
from crmkit.core.purge import Note
from tests.cli.conftest import Command

ACME = '''
from crmkit.api import *
plugin = Plugin("acme", requires=("leads", "reports"))
@entity("vessel", title="name")
class Vessel(Record):
    """A ship."""
    name: str = text("Name")
@facet("lead")
class Ours(Facet):
    vat_id: str = text("Tax number", default="")
def sail(lead, ctx, said): return "it sails"
def none(asked): return Sheet(columns=(Column("name", "Name"),), rows=())
@hookimpl
def crm_entities(): yield Vessel
@hookimpl
def crm_extensions():
    yield Extension("lead", facet=Ours, states=(State("AT_SEA", label="On the sea",
                    after="CONTACTED", fallback="CONTACTED"),))
@hookimpl
def crm_conditions(): yield Condition("lead", "wet", "status:AT_SEA")
@hookimpl
def crm_commands(): yield Command("set_sail", "lead", sail, label="Set sail", grant="update")
@hookimpl
def crm_reports(): yield Report(name="ships", label="Ships", run=none)
@hookimpl
def crm_policy(): yield Role("sailor", ("lead.read",))
'''
BACK = "plugin acme is off (crmkit plugin enable acme)"


@pytest.fixture
def left(firm: Path, crm: Command) -> Command:
    """The shell of a firm that has two plugins of its own off."""
    for name, code in (("acme", ACME), ("bolt", ACME.split("\n@", 1)[0].replace("acme", "bolt"))):
        (firm / "plugins" / f"{name}.py").write_text(code, encoding="utf-8")
        assert crm("plugin", "enable", name).code == 0
    assert crm("lead", "add", "name=Jo", "phone=030123456").code == 0
    assert "it sails" in crm("lead", "set-sail", "1").err
    for name in ("acme", "bolt"):
        assert crm("plugin", "disable", name).code == 0
    return crm


def test_whatever_a_plugin_brought_points_back_to_it(left: Command, tmp_path: Path) -> None:
    """Each with the exit code of what is not there, and no other plugin is named."""
    for words, code in (
        (("vessel", "list"), 2), (("vessels", "list"), 2),
        (("lead", "set-sail", "1"), 2), (("report", "ships"), 3),
        (("search", "x", "--entity", "vessel"), 3),
        (("lead", "set", "1", "vat_id=4"), 6), (("lead", "list", "vat-id:4"), 6),
        (("lead", "list", "acme.vat_id:4"), 6), (("lead", "list", "--columns", "vat_id"), 6),
        (("lead", "list", "status:AT_SEA"), 6), (("lead", "list", "is:wet"), 6),
        (("lead", "move", "1", "on the sea"), 6), (("user", "add", "al", "--role", "sailor"), 6),
    ):  # fmt: skip
        said = left(*words)
        assert (said.code, BACK in said.err, "bolt" in said.err) == (code, True, False), said.err
    assert BACK not in left("lead", "list", "nothing_such:1").err
    assert "did you mean lead?" in left("laed", "list").err


def test_a_column_of_a_file_points_back_by_the_fields_label_too(
    left: Command, tmp_path: Path
) -> None:
    """The rest of the file is imported all the same."""
    file = tmp_path / "leads.csv"
    file.write_text("name,phone,Tax number,shoe size\nAl,030123457,DE4,44\n", encoding="utf-8")
    said = left("lead", "import", str(file))
    assert said.code == 0
    assert f"column Tax number: {BACK}" in said.err + said.out
    assert "column shoe size" not in said.err + said.out


def test_once_the_plugin_is_on_again_nothing_points_back(left: Command) -> None:
    assert left("plugin", "enable", "acme").code == 0
    assert left("lead", "set", "1", "vat_id=4").code == 0
    assert left("lead", "list", "is:wet").code == 0


def test_what_the_firm_has_retired_says_how_it_comes_back(crm: Command) -> None:
    """Fields and stages; by their labels too."""
    crm("custom", "field", "add", "lead", "area", "--label", "Practice")
    crm("custom", "stage", "add", "lead", "Check it")
    crm("custom", "field", "retire", "lead", "area")
    crm("custom", "stage", "retire", "lead", "Check it")
    crm("lead", "add", "name=Jo", "phone=030123456")
    for words in (("lead", "set", "1", "area=x"), ("lead", "list", "practice:x")):
        assert "it is retired (crmkit custom field revive lead area)" in crm(*words).err
    said = crm("lead", "list", "status:CHECK_IT")
    assert "it is retired (crmkit custom stage revive lead CHECK_IT)" in said.err
    assert crm("custom", "field", "revive", "lead", "area").code == 0
    assert crm("lead", "list", "area:x").code == 0


def test_a_note_of_an_older_version_is_read() -> None:
    """It knows nothing of what was brought."""
    assert Note.read('{"states": [], "references": [], "kinds": {}}') == Note()
    note = Note(brought=(Brought("field", "lead", "acme.vat_id", "VAT id"),))
    assert Note.read(note.text()) == note
