"""A firm's own plugin: off until the upgrade, then everywhere, and never the end of the rest."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from crmkit.core.errors import Fault, Refused
from tests.acceptance.office import Office

ACME = """
from crmkit.api import Extension, Facet, Guard, Plugin, State, facet, hookimpl, number, text

plugin = Plugin("acme", version="1.0", requires=("leads",))


@facet("lead")
class AcmeLead(Facet):
    vat_id: str = text("VAT id", default="", search=True, index=True, shown=True)
    grade: int | None = number("Grade", default=3)


def vat_id_known(lead, ctx):
    return None if lead[AcmeLead].vat_id else "Fill in the VAT id first."


def broken(lead, ctx):
    return 1 / 0


@hookimpl
def crm_extensions():
    yield Extension(
        "lead", facet=AcmeLead,
        states=(State("CREDIT_CHECK", after="CONTACTED", fallback="CONTACTED"),),
        guards=(Guard(vat_id_known, target="QUALIFIED"), Guard(broken, target="CONVERTED")),
    )
"""
"""What a firm writes for itself: two fields, a state, a guard, and a guard with a fault in it."""


@pytest.fixture
def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, request
) -> Iterator[Office]:
    """Ada's workspace on a database of either kind, with two leads, one of them with history."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    made.shell("lead", "add", "name=Ann Other", "company=Bow", "email=ann@example.com")
    made.shell("lead", "add", "name=Bea Other", "company=Cut", "email=bea@example.com")
    made.shell("lead", "move", "1", "CONTACTED")
    yield made
    made.close()


def switch(office: Office, on: bool) -> None:
    """Name the plugin in the configuration, or take it out."""
    toml = office.path / "crmkit.toml"
    was, now = ("[]", '["acme"]') if on else ('["acme"]', "[]")
    toml.write_text(toml.read_text().replace(f"plugins = {was}", f"plugins = {now}"))
    assert f"plugins = {now}" in toml.read_text()


@pytest.fixture
def declared(office: Office) -> Office:
    """The same with the plugin's file in its place, named, and no upgrade yet."""
    (office.path / "plugins" / "acme.py").write_text(ACME)
    switch(office, on=True)
    return office


@pytest.fixture
def upgraded(declared: Office) -> Office:
    """The same after the upgrade."""
    declared.shell("upgrade")
    return declared


def leads(office: Office, *args: str) -> list[dict[str, object]]:
    return office.shell("lead", "list", "--format", "json", *args).json


def names(office: Office, *args: str) -> list[object]:
    return [lead["name"] for lead in leads(office, *args)]


def test_before_the_upgrade_it_is_off_and_all_the_rest_works(declared: Office) -> None:
    assert declared.shell("lead", "list").err == (
        "crmkit: plugin acme is off: its tables are not made yet: run crmkit upgrade "
        "(to leave it so: crmkit plugin disable acme)\n"
    )
    doctor = declared.shell("doctor", code=1).out
    assert "acme: its tables are not made yet: run crmkit upgrade" in doctor
    shown = declared.shell("info").out
    assert "acme off  its tables are not made yet: run crmkit upgrade" in shown
    assert names(declared) == ["Ann Other", "Bea Other"]
    declared.shell("lead", "set", "1", "company=Changed")
    declared.shell("lead", "add", "name=Cy", "email=cy@example.com")
    said = declared.shell("lead", "set", "1", "vat_id=X", code=None)
    assert said.code in (2, 6)
    assert "vat_id" in said.err
    assert len(leads(declared)) == 3


def test_the_upgrade_keeps_every_value_and_every_line_of_the_journal(declared: Office) -> None:
    before, log = leads(declared), declared.shell("log", "--format", "json").out
    plan = declared.shell("upgrade", "--dry-run").out
    assert "lead__acme" in plan
    said = declared.shell("upgrade").err
    assert "table lead__acme" in said
    after = leads(declared)
    assert [{k: lead[k] for k in before[0]} for lead in after] == before
    assert [(lead["vat_id"], lead["grade"]) for lead in after] == [("", 3), ("", 3)]
    assert declared.shell("log", "--format", "json").out == log
    assert declared.shell("doctor").code == 0
    assert "up to date" in declared.shell("upgrade").err


def test_the_field_is_in_list_filter_sort_search_csv_and_json(upgraded: Office) -> None:
    upgraded.shell("lead", "set", "2", "vat_id=DE 123", "grade=1")
    upgraded.shell("lead", "set", "1", "vat_id=AT 9")
    assert names(upgraded, "vat_id:123") == ["Bea Other"]
    assert names(upgraded, "grade<=2") == ["Bea Other"]
    assert names(upgraded, "acme.grade:3") == ["Ann Other"]
    assert names(upgraded, "--sort", "vat_id") == ["Ann Other", "Bea Other"]
    assert names(upgraded, "--sort", "-vat_id") == ["Bea Other", "Ann Other"]
    assert names(upgraded, "--sort", "grade") == ["Bea Other", "Ann Other"]
    assert "DE 123" in upgraded.shell("lead", "list").out
    rows = list(csv.DictReader(io.StringIO(upgraded.shell("lead", "list", "--format", "csv").out)))
    assert {row["name"]: row["vat_id"] for row in rows} == {
        "Ann Other": "AT 9",
        "Bea Other": "DE 123",
    }
    shown = upgraded.shell("lead", "show", "2", "--format", "json").json
    assert (shown["vat_id"], shown["grade"]) == ("DE 123", 1)
    assert "Bea Other" in upgraded.shell("search", "123").out


def test_a_file_brings_the_field_in(upgraded: Office, tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    file.write_text("Name,Mail,VAT\nCy,cy@example.com,FR 1\nDi,di@example.com,\n")
    upgraded.shell(
        "lead", "import", str(file), "--map", "name=Name", "--map", "email=Mail",
        "--map", "vat_id=VAT",
    )  # fmt: skip
    assert {lead["name"]: lead["vat_id"] for lead in leads(upgraded, "created_at:today")} == {
        "Ann Other": "", "Bea Other": "", "Cy": "FR 1", "Di": "",
    }  # fmt: skip


def test_the_field_is_in_the_journal_and_undo_takes_it_back(upgraded: Office) -> None:
    upgraded.shell("lead", "set", "1", "vat_id=OLD")
    upgraded.shell("lead", "set", "1", "vat_id=NEW", "company=New Bow")
    history = json.loads(upgraded.shell("lead", "history", "1", "--format", "json").out)
    assert "NEW" in json.dumps(history[0])
    assert "OLD" in json.dumps(history[0])
    upgraded.shell("undo")
    lead = upgraded.shell("lead", "show", "1", "--format", "json").json
    assert (lead["vat_id"], lead["company"]) == ("OLD", "Bow")
    upgraded.shell("audit", "verify")


def test_with_the_plugin_off_all_goes_on_and_on_again_the_values_are_back(
    upgraded: Office,
) -> None:
    upgraded.shell("lead", "set", "1", "vat_id=AT 9", "grade=1")
    changed = json.loads(upgraded.shell("log", "--format", "json").out)[0]["id"]
    switch(upgraded, on=False)
    assert "vat_id" not in leads(upgraded)[0]
    assert upgraded.shell("doctor").code == 0
    upgraded.shell("lead", "add", "name=Cy", "email=cy@example.com")
    upgraded.shell("lead", "set", "1", "company=Meanwhile")
    upgraded.shell("lead", "delete", "2")
    upgraded.shell("lead", "restore", "2")
    assert "vat_id" in upgraded.shell("lead", "history", "1").out
    assert upgraded.shell("undo", str(changed), code=None).code != 1
    upgraded.shell("audit", "verify")

    switch(upgraded, on=True)
    found = {lead["name"]: (lead["vat_id"], lead["grade"]) for lead in leads(upgraded)}
    assert found == {"Ann Other": ("AT 9", 1), "Bea Other": ("", 3), "Cy": ("", 3)}
    upgraded.shell("lead", "set", "3", "vat_id=FR 1")
    assert names(upgraded, "vat_id:fr") == ["Cy"]
    assert "Cy" in upgraded.shell("search", "fr").out
    assert upgraded.shell("doctor").code == 0


def test_its_state_has_its_place_and_stays_visible_while_the_plugin_is_off(
    upgraded: Office,
) -> None:
    upgraded.shell("lead", "move", "1", "CREDIT_CHECK")
    board = upgraded.shell("lead", "board", "--format", "json").json
    assert [(c["state"], c["count"]) for c in board][:4] == [
        ("NOT_CONTACTED", 1), ("CONTACTED", 0), ("CREDIT_CHECK", 1), ("QUALIFIED", 0),
    ]  # fmt: skip
    switch(upgraded, on=False)
    board = upgraded.shell("lead", "board", "--format", "json").json
    assert {"CREDIT_CHECK": 1}.items() <= {c["state"]: c["count"] for c in board}.items()
    assert sum(c["count"] for c in board) == 2
    assert "Ann Other" in names(upgraded, "is:open")
    upgraded.shell("lead", "set", "1", "company=Still here")
    upgraded.shell("lead", "move", "1", "CREDIT_CHECK", code=6)
    upgraded.shell("lead", "move", "1", "CONTACTED")
    assert upgraded.shell("doctor").code == 0


def test_its_guard_refuses_and_one_with_a_fault_says_no_and_names_the_plugin(
    upgraded: Office,
) -> None:
    session = upgraded.session()
    with pytest.raises(Refused, match="Fill in the VAT id first"):
        session.move("lead", 1, "QUALIFIED")
    assert session.get("lead", 1).status == "CONTACTED"
    said = upgraded.shell("lead", "move", "1", "QUALIFIED", code=None)
    assert said.code not in (0, 1)
    assert said.err == "crmkit: Fill in the VAT id first.\n"
    upgraded.shell("lead", "set", "1", "vat_id=AT 9")
    upgraded.shell("lead", "move", "1", "QUALIFIED")

    with pytest.raises(Fault, match="guard broken on lead of plugin acme failed: ZeroDivision"):
        session.run("lead.convert", 1)
    assert session.get("lead", 1).status == "QUALIFIED"
    switch(upgraded, on=False)
    upgraded.shell("lead", "convert", "1")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_field_is_in_the_form_the_list_and_the_timeline(upgraded: Office) -> None:
    async with upgraded.seat() as s:
        await s.press("g", "l", "6")
        assert "VAT id" in s.text()
        await s.press("enter", "e")
        s.screen.entries["acme.vat_id"].set_text("AT 9")
        await s.press("ctrl+s")
        shown = s.text()
        assert "saved" in s.said()
        assert "VAT id" in shown
        assert "AT 9" in shown
        assert "VAT id: - → AT 9" in shown
        await s.press("escape", "n")
        entries = s.screen.entries
        assert entries["acme.grade"].text == "3"
        entries["name"].set_text("Cy")
        entries["email"].set_text("cy@example.com")
        entries["acme.vat_id"].set_text("FR 1")
        await s.press("ctrl+s")
        await s.press("slash", "ctrl+u")
        await s.type("vat_id:fr")
        await s.press("enter")
        assert [row[0] for row in s.rows()] == ["Cy"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_plugin_that_waits_for_the_upgrade_is_told_on_the_screen(declared: Office) -> None:
    async with declared.seat() as s:
        await s.press("g", "l")
        assert len(s.rows()) == 2
        told = [n.message for n in s.app._notifications]
        assert told == [
            "plugin acme is off: its tables are not made yet: run crmkit upgrade "
            "(to leave it so: crmkit plugin disable acme)"
        ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("plugin = (", "SyntaxError"),
        ("raise RuntimeError('no')", "RuntimeError: no"),
        ("x = 1", "it has no `plugin = Plugin(...)`"),
        (ACME.replace('default="", search', "search"), "needs a default"),
        (ACME.replace('after="CONTACTED"', 'after="CONTACTET"'), "CONTACTED"),
        (ACME.replace('"leads",', '"leeds",'), "requires plugin leeds"),
        (ACME.replace("api import", "apy import"), "ModuleNotFoundError"),
    ],
    ids=["syntax", "raises", "no plugin", "required field", "unknown state", "requires", "import"],
)
def test_a_plugin_at_fault_is_off_and_named_and_nothing_else_is(
    office: Office, fault: str, told: str
) -> None:
    (office.path / "plugins" / "acme.py").write_text(fault)
    switch(office, on=True)
    said = office.shell("doctor", code=1).out
    assert "acme: " in said
    assert told in office.shell("info").out
    assert names(office) == ["Ann Other", "Bea Other"]
    office.shell("lead", "add", "name=Cy", "email=cy@example.com")
