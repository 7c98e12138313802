"""Broken plugins: the program starts, says which it is, and no data changes."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crmkit.app import open_crm
from crmkit.core import importing
from crmkit.core.errors import Fault
from crmkit.core.session import Session
from tests.core.broken_plugins import (
    HEAD,
    LOADING,
    MATTER,
    NONSENSE,
    OFF,
    WRONG,
    Open,
    dump,
    extension,
    hook,
    place_in,
)

NOWHERE = (
    "no text at all", "a hang at import", "no plugin object", "no facet at all",
    "a kind that is no Exception's",
)  # fmt: skip
"""Faults that no line of the plugin is to blame for, or none that is known."""


@pytest.mark.parametrize("fault", LOADING)
def test_a_plugin_that_cannot_be_loaded_is_off_by_name(
    fault: str, firm: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest runs, nothing is written, and the reason says which file it is."""
    monkeypatch.setattr(importing, "PATIENCE", 0.2 if "hang" in fault else 20.0)
    before = dump(firm)
    code, said = LOADING[fault]
    crm = opened(acme=code)
    assert crm.off.keys() == {"acme"}
    assert said in crm.off["acme"]
    file = str(firm / "plugins" / "acme.py")
    assert file in crm.off["acme"]
    if fault not in NOWHERE:
        assert re.search(re.escape(file) + r":[1-9]", crm.off["acme"])
    assert "\n" not in crm.off["acme"]
    ada = crm.session("ada")
    assert [lead.title for lead in ada.find("lead")] == ["Ann Other"]
    assert dump(firm) == before
    assert ada.move("lead", 1, "QUALIFIED").version == 2


def test_plugins_that_require_each_other_are_off(opened: Open) -> None:
    """Each is named; what requires one of them is off too."""
    one, two, three = (
        f"from crmkit.api import *\nplugin = Plugin({name!r}, requires=({other!r},))\n"
        for name, other in (("one", "two"), ("two", "one"), ("three", "one"))
    )
    off = opened(one=one, two=two, three=three).off
    assert off.keys() == {"one", "two", "three"}
    assert "require each other" in off["one"]


def test_of_two_plugins_that_clash_the_later_is_off(opened: Open) -> None:
    """The first keeps what both want."""
    code = HEAD + MATTER + hook("entities", "yield Matter")
    crm = opened(upgrade=True, acme=code, bolt=code.replace('"acme"', '"bolt"'))
    assert "entity matter is already plugin acme's" in crm.off["bolt"]
    assert crm.session("ada").add("matter", name="Lease").id == 1


@pytest.mark.parametrize("loose", ["plugins/acme.py", "plugins"])
def test_a_plugin_that_others_may_write_is_not_imported(
    firm: Path, opened: Open, loose: str
) -> None:
    """The reason says how to mend it."""
    (firm / "plugins" / "acme.py").touch()
    (firm / loose).chmod(stat.S_IRWXU | stat.S_IWOTH)
    crm = opened(acme="raise SystemExit\n")
    assert "chmod go-w" in crm.off["acme"]


def test_mended_it_is_on_again(opened: Open) -> None:
    """A file that was changed is imported anew."""
    assert opened(acme=LOADING["a syntax error"][0]).off
    assert not opened(acme=HEAD).off


FACET = (
    "@facet('lead')\nclass F(Facet):\n    x: int = number('X', default=0, derived=True)\n"
    "def all_of_it(change, ctx):\n    return [change.record]\n"
)


def add(ada: Session) -> None:
    ada.add("lead", name="Bo", email="bo@example.com")


def lose(ada: Session) -> None:
    ada.move("lead", 1, "LOST", {"lost_reason": "x"})


def export(ada: Session) -> None:
    from crmkit.cli.entity_export import _written

    model = ada.model.entity("lead")
    _written(model.exports[0], list(ada.find("lead")), ada)


RUNNING: dict[str, tuple[str, Callable[[Session], Any]]] = {
    "a check": (extension("checks=(fail,)"), add),
    "a fill": (extension("fills=(fail,)"), add),
    "a reaction": (extension("reactions=(fail,)"), add),
    "a guard": (extension("guards=(Guard(fail, target='LOST'),)"), lose),
    "a derived value": (
        FACET + extension("facet=F, derived=(Derived('x', ('lead',), all_of_it, fail),)"), add,
    ),
    "whose derived value": (
        FACET + extension("facet=F, derived=(Derived('x', ('lead',), fail, fail),)"), add,
    ),
    "a command": (
        hook("commands", "yield Command('look', 'lead', fail)"),
        lambda ada: ada.run("lead.look", 1),
    ),
    "whether a command applies": (
        hook("commands", "yield Command('look', 'lead', len, when=fail)"),
        lambda ada: ada.run("lead.look", 1),
    ),
    "a command's form": (
        hook("commands", "yield Command('look', 'lead', len, prefill=fail)"),
        lambda ada: ada.propose("lead.look", 1),
    ),
    "a command's proposals": (
        hook("commands", "yield Command('look', 'lead', len, proposals=fail)"),
        lambda ada: ada.propose("lead.look", 1),
    ),
    "a report": (
        hook("reports", "yield Report(name='odd', label='Odd', run=fail)"),
        lambda ada: ada.report("odd"),
    ),
    "a condition": (
        hook("conditions", "yield Condition('lead', 'odd', fail)"),
        lambda ada: ada.count("lead", "is:odd"),
    ),
    "a matcher": (
        hook("matchers", "yield Matcher('lead', near=fail, pairs=fail)"),
        lambda ada: ada.duplicates("lead", {"name": "Ann"}),
    ),
    "a matcher of pairs": (
        hook("matchers", "yield Matcher('lead', near=fail, pairs=fail)"),
        lambda ada: ada.pairs("lead"),
    ),
    "an export": (hook("exports", "yield Export('lead', 'odd', fail)"), export),
}  # fmt: skip
ANY_ANSWER = {"a reaction", "a command", "whether a command applies"}
"""Where any answer will do."""


@pytest.mark.parametrize("failing", WRONG)
@pytest.mark.parametrize("part", RUNNING)
def test_what_fails_as_it_runs_is_refused_by_name(
    part: str, failing: str, firm: Path, opened: Open
) -> None:
    """One error that people can read, with the place in the plugin; nothing is kept."""
    nonsense = WRONG[failing] is NONSENSE
    if nonsense and part in ANY_ANSWER:
        return
    code, do = RUNNING[part]
    crm = opened(upgrade=True, acme=HEAD + WRONG[failing] + code)
    assert not crm.off
    before = dump(firm)
    with pytest.raises(Fault, match="of plugin acme failed: ") as failed:
        do(crm.session("ada"))
    said = str(failed.value)
    assert "\n" not in said
    assert ("oh" in said) != nonsense
    assert place_in(firm, "def fail" if nonsense else "raise", said)
    assert OFF in said
    assert dump(firm) == before


CUSTOM = {
    "no TOML": ("# ours\n[[field]\n", 2, "Expected"),
    "half of it": ("# ours\nenabled = [", 2, "Invalid value"),
    "what is no UTF-8": ("# ours\n# \udce9\n", 2, "no UTF-8"),
    "an unknown part": ("\n[[feild]]\nentity = 'lead'\n", 2, "did you mean field"),
    "a part that is none": ("field = 5\n", 1, "write [[field]] above each field"),
    "an unknown key": (
        "[[field]]\nentity='lead'\nname='x'\nkind='text'\ncolour='red'\n", 5, "no key 'colour'",
    ),
    "a value of another type": (
        "[[field]]\nentity='lead'\nname='x'\nkind='text'\nshown='yes'\n", 5, "true or false",
    ),
    "an unknown kind": ("[[field]]\nentity='lead'\nname='x'\nkind='txt'\n", 4, "mean text"),
    "a name that cannot be": (
        "[[field]]\nentity='lead'\nname='My Field'\nkind='text'\n", 3, "small letters",
    ),
    "a choice without options": (
        "[[field]]\nentity='lead'\nname='x'\nkind='choice'\n", 1, "list the choices",
    ),
    "no name": ("[[field]]\nentity='lead'\nkind='text'\n", 1, "name is missing"),
    "a field called as one of the entity": (
        "[[field]]\nentity='lead'\nname='status'\nkind='text'\n", 3, "is there already",
    ),
    "a field called id": ("[[field]]\nentity='lead'\nname='id'\nkind='text'\n", 3, "already"),
    "a field called as a word of Python": (
        "[[field]]\nentity='lead'\nname='class'\nkind='text'\n", 3, "a word of Python's",
    ),
    "two fields of one name": (
        "[[field]]\nentity='lead'\nname='x'\nkind='text'\n"
        "[[field]]\nentity='lead'\nname='x'\nkind='number'\n", 5, "lead x is there twice",
    ),
    "two views of one name": (
        "[[view]]\nentity='lead'\nlabel='A'\n[[view]]\nentity='lead'\nlabel='A'\n", 4,
        "lead A is there twice",
    ),
    "a view with an unknown sort": (
        "[[view]]\nentity='lead'\nlabel='A'\nsort='-nmae'\n", 3, "did you mean name",
    ),
    "a view with an unknown column": (
        "[[view]]\nentity='lead'\nlabel='A'\ncolumns=['nmae']\n", 3, "did you mean name",
    ),
    "columns that are not there": (
        "[[columns]]\nentity='lead'\ncolumns=['nmae']\n", 3, "did you mean name",
    ),
    "an unknown entity": ("[[field]]\nname='x'\nkind='text'\nentity='laed'\n", 4, "mean lead"),
    "a stage there is": (
        "[[stage]]\nentity='lead'\ncode='LOST'\nafter='CONTACTED'\n", 3, "exists already",
    ),
    "a stage after nothing": (
        "[[stage]]\nentity='lead'\ncode='CHECK'\nafter='NOWHERE'\n", 4, "no state of lead",
    ),
    "a grant that is none": ("[[role]]\nname='x'\ngrants=['nonsense']\n", 3, "is not a grant"),
    "a view with a broken filter": (
        "[[view]]\nentity='lead'\nlabel='Odd'\nfilter='(a'\n", 3, "not closed",
    ),
}  # fmt: skip
"""What is wrong with custom.toml, its text, the line that is to be named, and what is said."""


def test_a_custom_file_that_nests_without_end_is_off_and_told(firm: Path) -> None:
    (firm / "custom.toml").write_text(f"a = {'[' * 5000}{']' * 5000}\n", encoding="utf-8")
    crm = open_crm(firm)
    assert "custom.toml" in crm.off["custom"]
    assert crm.session("ada").count("lead") == 1
    crm.store.close()


@pytest.mark.parametrize("fault", CUSTOM)
def test_a_broken_custom_file_is_off_and_told(fault: str, firm: Path) -> None:
    """The program starts without it, the line is named, and nothing is written."""
    before = dump(firm)
    text, line, said = CUSTOM[fault]
    (firm / "custom.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    crm = open_crm(firm)
    assert crm.off.keys() == {"custom"}
    why = crm.off["custom"]
    assert "\n" not in why
    assert said in why
    file = re.escape(str(firm / "custom.toml"))
    assert re.search(rf"{file}(, line |:){line}\b", why)
    assert crm.session("ada").count("lead") == 1
    crm.store.close()
    assert dump(firm) == before
