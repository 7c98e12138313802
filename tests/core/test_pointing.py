"""The line of a plugin's source that a message about it speaks of."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.core.pointing import lines_of, place_of

SOURCE = '''"""It adds the field vat_id and the state CHECK."""
from crmkit.api import *

plugin = Plugin("acme", requires=("leads",))

@facet("lead")
class Acme(Facet):
    vat_id: str = text("VAT id")

def known(lead, ctx):
    return None

@hookimpl
def crm_extension():
    yield Extension("lead", facet=Acme, states=(State("CHECK", after="NEWE"),))
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "acme.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("no hook 'crm_extension'; did you mean crm_extensions?", 14),
        ("lead.acme.vat_id: a facet's field needs a default", 8),
        ("no state of lead 'NEWE'; did you mean NEW?", 15),
        ("state CHECK needs a fallback that exists", 15),
        ("facet Acme is of deal, not lead", 7),
        ("it requires plugin leads, which is off", 4),
    ],
)
def test_the_line_is_that_of_what_is_named(plugin: Path, message: str, line: int) -> None:
    """A docstring that speaks of it too is not what is meant."""
    assert place_of(str(plugin), message) == f"{plugin}:{line}"


def test_what_is_named_nowhere_is_of_the_file(plugin: Path) -> None:
    assert place_of(str(plugin), "something is wrong") == str(plugin)


def test_all_files_of_a_package_are_looked_at(plugin: Path) -> None:
    """The first is the one that is imported first."""
    folder = plugin.parent / "bolt"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .states import *\n", encoding="utf-8")
    (folder / "states.py").write_text("\n\nX = State('CHECK')\n", encoding="utf-8")
    found = place_of(str(folder / "__init__.py"), "state CHECK exists already")
    assert found == f"{folder / 'states.py'}:3"


def test_a_source_that_cannot_be_read_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_bytes(b"def (:\xff")
    assert place_of(str(path), "no hook 'crm_extension'") == str(path)


def test_the_lines_of_settings_are_those_of_their_section() -> None:
    text = 'name = "x"\na.days = 1\n\n[b]\n# days = 3\n"days" = 2\n[c . d]\nname = 5\n[e]\n'
    assert lines_of(text) == {
        ("", "name"): 1, ("", ""): 1, ("a", "days"): 2, ("a", ""): 2, ("b", ""): 4,
        ("b", "days"): 6, ("c", "d"): 7, ("c", ""): 7, ("e", ""): 9,
    }  # fmt: skip
