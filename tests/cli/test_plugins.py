"""Plugins from the shell: listed, shown, enabled, disabled; the broken ones named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

ACME = """
from crmkit.api import *
print("imported")
plugin = Plugin("acme", version="2.1", requires=("leads",), summary="A firm's own")

@facet("lead")
class AcmeLead(Facet):
    vat_id: str = text("VAT id", default="")

@hookimpl
def crm_extensions():
    yield Extension("lead", facet=AcmeLead)
"""


@pytest.fixture
def acme(firm: Path) -> Path:
    """A firm's plugin in its place, not yet enabled."""
    path = firm / "plugins" / "acme.py"
    path.write_text(ACME, encoding="utf-8")
    return path


def state(crm: Command, name: str) -> tuple[str, str]:
    (row,) = [r for r in crm("plugin", "list", "--format", "json").json if r["name"] == name]
    return row["state"], row["why"]


def test_a_plugin_runs_once_it_is_enabled_and_keeps_its_data(acme: Path, crm: Command) -> None:
    """Enabling shows the tables; disabling hides the field; enabled again, the values are back."""
    assert state(crm, "acme") == ("disabled", "")
    assert "vat_id" not in crm("lead", "--help").out
    said = crm("plugin", "enable", "acme")
    assert "table lead__acme" in said.err
    assert state(crm, "acme") == ("on", "")
    assert "lead.vat_id" in crm("plugin", "show", "acme").out
    assert crm("lead", "add", "name=Jo", "phone=030123456", "vat_id=DE1").code == 0
    assert crm("plugin", "disable", "acme").code == 0
    assert state(crm, "acme") == ("disabled", "")
    said = crm("lead", "list", "vat_id:DE1")
    assert (said.code, "vat_id" in said.err) == (6, True)
    assert crm("plugin", "enable", "acme").code == 0
    assert crm("lead", "list", "vat_id:DE1", "--format", "ids").lines[-1] == "1"


def test_listing_disabling_and_safe_mode_import_nothing_of_the_firms(
    acme: Path, crm: Command
) -> None:
    """A plugin that prints when it is imported stays silent."""
    assert crm("plugin", "enable", "acme").err.count("imported") == 1
    acme.touch()
    assert crm("lead", "list").err.count("imported") == 1
    acme.touch()
    assert "imported" not in crm("plugin", "list").err
    assert "imported" not in crm("--safe", "lead", "list").err
    assert "imported" not in crm("plugin", "disable", "acme").err


def test_a_plugin_is_left_out_by_the_environment(
    acme: Path, crm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CRMKIT_DISABLE names those for this run."""
    crm("plugin", "enable", "acme")
    monkeypatch.setenv("CRMKIT_DISABLE", "acme,satisfaction")
    assert crm("lead", "list", "vat_id:x").code == 6
    assert crm("satisfaction", "list").code == 2


def test_a_built_in_plugin_and_what_stands_on_it_can_be_off(crm: Command) -> None:
    """Those that need it are off too: the list says so, and no command does."""
    asked = crm("plugin", "disable", "deals")
    assert asked.code == 2
    assert "These need deals, and go off with it: actions, " in asked.err
    assert "say --yes" in asked.err
    assert crm("deal", "list").code == 0
    assert crm("plugin", "disable", "deals", "--yes").code == 0
    assert crm("deal", "list").code == 2
    said = crm("lead", "list")
    assert said.code == 0
    assert "is off" not in said.err
    assert state(crm, "actions") == ("off", "it requires plugin deals, which is off")
    assert "it requires plugin deals, which is off" in crm("plugin", "show", "actions").err
    said = crm("plugin", "enable", "actions")
    assert (said.code, "plugin actions stays off" in said.err) == (6, True)
    assert crm("plugin", "enable", "deals").code == 0
    assert crm("deal", "list").code == 0


def test_what_needs_a_plugin_of_the_firms_is_known_without_importing_it(
    acme: Path, crm: Command, firm: Path
) -> None:
    """Through others too; one that is off does not count."""
    for name, needs in (("bolt", "acme"), ("clip", "bolt"), ("dock", "clip")):
        code = f'from crmkit.api import Plugin\nplugin = Plugin("{name}", requires=("{needs}",))\n'
        (firm / "plugins" / f"{name}.py").write_text(code + "print('imported')\n", "utf-8")
    for name in ("acme", "bolt", "clip"):
        assert crm("plugin", "enable", name).code == 0
    said = crm("plugin", "disable", "acme")
    assert "go off with it: bolt, clip." in said.err
    assert "imported" not in said.out


def test_a_file_called_as_a_plugin_of_the_programs_own_is_named(crm: Command, firm: Path) -> None:
    """It would never run, without a word."""
    (firm / "plugins").mkdir(exist_ok=True)
    (firm / "plugins" / "leads.py").write_text(ACME, encoding="utf-8")
    for words in (("lead", "list"), ("doctor",), ("plugin", "list")):
        said = crm(*words)
        assert "crmkit has a plugin leads of its own" in said.out + said.err
    assert crm("plugin", "disable", "leads.py").code == 0
    assert "of its own" not in crm("lead", "list").err


@pytest.mark.parametrize("loose", ["plugins/acme.py", "plugins"])
def test_a_file_that_others_may_write_is_refused(
    acme: Path, firm: Path, crm: Command, loose: str
) -> None:
    """The refusal says how to mend it."""
    crm("plugin", "enable", "acme")
    (firm / loose).chmod(0o777)
    said = crm("lead", "list")
    assert "chmod go-w" in said.err
    assert "imported" not in said.out
    assert state(crm, "acme")[0] == "off"


def test_a_grant_of_a_plugins_on_nothing_is_told_by_doctor(acme: Path, crm: Command) -> None:
    """It may be of a verb that the plugin's code asks for, so that the plugin runs."""
    rules = "('lead.fly', 'lead.read.nmae', 'lead.read')"
    code = f"{ACME}\n@hookimpl\ndef crm_policy():\n    yield Role('pilot', {rules})\n"
    acme.write_text(code, encoding="utf-8")
    assert crm("plugin", "enable", "acme").code == 0
    said = crm("doctor")
    assert said.code == 1
    assert "role pilot of plugin acme: lead.fly: no verb of lead 'fly'" in said.out
    assert "role pilot of plugin acme: lead.read.nmae: no field of lead 'nmae'" in said.out


def test_a_plugin_may_grant_what_is_of_one_that_is_off(acme: Path, crm: Command) -> None:
    code = f"{ACME}\n@hookimpl\ndef crm_policy():\n    yield Role('x', ('deal.read',))\n"
    acme.write_text(code, encoding="utf-8")
    assert crm("plugin", "enable", "acme").code == 0
    assert crm("plugin", "disable", "deals", "--yes").code == 0
    assert state(crm, "acme") == ("on", "")


def test_of_two_sources_of_a_name_it_is_told_which_is_taken(
    acme: Path, crm: Command, firm: Path
) -> None:
    """In the list, and by doctor where it runs."""
    twin = acme.with_suffix("")
    twin.mkdir()
    (twin / "__init__.py").write_text(ACME, encoding="utf-8")
    told = f"{acme} is taken, and not {twin / '__init__.py'}; rename one of them"
    assert state(crm, "acme") == ("disabled", told)
    assert crm("doctor").code == 0
    crm("plugin", "enable", "acme")
    assert state(crm, "acme") == ("on", told)
    said = crm("doctor")
    assert (said.code, told in said.out) == (1, True)


def test_a_file_that_hides_a_package_is_told_of(
    acme: Path, crm: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        info = tmp_path / f"acme_{name}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Name: acme-{name}\nVersion: 1\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[crmkit]\nacme = acme_{name}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    why = state(crm, "acme")[1]
    assert why.startswith(f"{acme} is taken, and not acme_")
    assert "acme_one" in why
    assert "acme_two" in why


def test_plugins_run_while_the_rest_of_the_custom_file_is_broken(
    acme: Path, crm: Command, firm: Path
) -> None:
    """And what cannot be done before it is mended is not advised."""
    crm("plugin", "enable", "acme")
    crm("plugin", "disable", "feed")
    file = firm / "custom.toml"
    whole = file.read_text(encoding="utf-8")
    for broken in ("[[field]]\nentity = 'lead'\n", "[[view]\n"):
        file.write_text(f"{whole}\n{broken}", encoding="utf-8")
        said = crm("lead", "list")
        assert "plugin acme" not in said.err
        assert f"plugins can be switched once {file} is mended" in said.err
        assert "plugin disable" not in said.err
        assert (state(crm, "acme")[0], state(crm, "feed")[0]) == ("on", "disabled")
        assert crm("plugin", "disable", "acme").code == 1


@pytest.mark.parametrize("verb", ["enable", "disable", "show"])
def test_a_plugin_that_is_not_there_is_not_found(crm: Command, verb: str) -> None:
    """What is near is named."""
    said = crm("plugin", verb, "leeds")
    assert (said.code, "did you mean leads" in said.err) == (3, True)


def test_a_broken_plugin_is_not_enabled(acme: Path, crm: Command) -> None:
    """Nothing is changed, and the line of the fault is told."""
    acme.write_text(ACME + "\nraise ValueError('oh')\n", encoding="utf-8")
    said = crm("plugin", "enable", "acme")
    assert said.code == 6
    assert "ValueError: oh" in said.err
    assert f"{acme}:" in said.err
    assert state(crm, "acme") == ("disabled", "")


def test_a_plugin_that_breaks_later_is_named_in_list_and_doctor(acme: Path, crm: Command) -> None:
    """The list knows it from the last start; the rest runs."""
    crm("plugin", "enable", "acme")
    acme.write_text("import not_there\n", encoding="utf-8")
    assert crm("lead", "list").code == 0
    assert state(crm, "acme")[0] == "off"
    assert "not_there" in state(crm, "acme")[1]
    assert "not_there" in crm("doctor").out


@pytest.mark.parametrize(
    ("name", "sort", "what"),
    [
        ("satisfaction", "kinds", "satisfaction.score"),
        ("satisfaction", "guards", "satisfaction * to ANSWERED"),
        ("reports", "shell", "report"),
        ("automations", "effects", "assign"),
        ("feed", "hooks", "crm_notify"),
        ("feed", "listeners", "feed"),
        ("claims", "commands", "lead claim"),
        ("complaints", "settings", "deadlines"),
        ("complaints", "lists", "complaint Breached"),
        ("complaints", "panels", "client Complaints"),
        ("complaints", "home", "complaint Complaints near a deadline"),
        ("complaints", "conditions", "complaint is:breached"),
        ("complaints", "badges", "complaint badge"),
        ("complaints", "checks", "complaint received_by_now"),
        ("complaints", "fills", "complaint received_now"),
        ("satisfaction", "reactions", "satisfaction follow_up"),
        ("satisfaction", "derived", "client.last_asked"),
        ("consultations", "agendas", "consultation Agenda"),
        ("consultations", "exports", "consultation ics"),
        ("duplicates", "matchers", "lead duplicates"),
        ("roles", "checks", "roles"),
    ],
)
def test_all_that_a_plugin_brings_is_shown(crm: Command, name: str, sort: str, what: str) -> None:
    assert what in crm("plugin", "show", name, "--format", "json").json[sort]
    line = next(x for x in crm("plugin", "show", name).lines if x.split()[0] == sort)
    assert what in line


def test_what_the_firm_added_to_other_entities_stays_while_a_plugin_is_off(crm: Command) -> None:
    """What is of the plugin's entities is hidden with them, and comes back with them."""
    for entity in ("lead", "contact"):
        assert crm("custom", "field", "add", entity, "area").code == 0
    assert crm("custom", "view", "lead", "Areas", "--filter", "area:x").code == 0
    assert crm("plugin", "disable", "leads", "--yes").code == 0
    said = crm("contact", "list", "area:x")
    assert (said.code, said.err) == (0, "")
    assert crm("custom", "field", "add", "contact", "shoe").code == 0
    assert crm("plugin", "enable", "leads").code == 0
    assert crm("lead", "list", "area:x").code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "acme"), 3, "plugin acme is switched off; first: crmkit plugin enable acme"),
        (("show", "custom"), 3, "the firm has added nothing of its own yet"),
        (("show", "users"), 0, ""),
        (("check", "leads"), 6, "leads is a part of crmkit"),
        (("check", "acne"), 3, "did you mean acme?"),
        (("disable", "users"), 6, "users belongs to the core, and is always on"),
    ],
)
def test_a_plugin_of_which_nothing_can_be_said_is_told_apart(
    acme: Path, crm: Command, words: tuple[str, ...], code: int, said: str
) -> None:
    """One that is off, one of the program's own, one of the core, and one that is not there."""
    found = crm("plugin", *words)
    assert (found.code, said in found.err) == (code, True), found.err


WALL = """
from crmkit.api import *
plugin = Plugin("wall", requires=("leads",))
@hookimpl
def crm_policy(): yield Role("crm_worker", (Deny("lead.read", where="source:Event"),))
"""


def test_switching_off_what_forbids_something_is_asked_for(firm: Path, crm: Command) -> None:
    """Itself, or with one that it needs; the roles are named."""
    (firm / "plugins" / "wall.py").write_text(WALL, encoding="utf-8")
    assert crm("plugin", "enable", "wall").code == 0
    for name in ("wall", "leads"):
        asked = crm("plugin", "disable", name)
        assert asked.code == 2
        assert "What plugin wall forbids is no longer forbidden" in asked.err
        assert ": crm_worker." in asked.err
    assert crm("plugin", "disable", "wall", "--yes").code == 0
    assert "forbids" not in crm("plugin", "disable", "leads").err
