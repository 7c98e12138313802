"""Automations in the shell: written without code, tried, switched on, and taken up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.core.custom.automations import read_effect, read_trigger, spelt, written
from tests.cli.conftest import Command

RING = ("automation", "add", "ring", "lead", "--on", "created", "--where", "source:Website",
        "--do", 'action kind=call subject="Ring {title}" due=+1d')  # fmt: skip


def test_one_is_written_tried_and_switched_on(crm: Command, firm: Path) -> None:
    crm("lead", "add", "name=Zoë", "email=zoe@example.com", "source=Website")
    assert "it is off: crmkit automation on ring" in crm(*RING).err
    tried = crm("automation", "try", "ring", "--since", "7d", "--format", "json").json
    assert [(row["title"], row["does"]) for row in tried] == [("Zoë", ["add action Ring Zoë"])]
    assert crm("action", "list", "--format", "json").json == []
    crm("automation", "on", "ring")
    crm("lead", "add", "name=Bo", "email=bo@example.com", "source=Website")
    crm("lead", "add", "name=Cy", "email=cy@example.com", "source=Event")
    found = crm("action", "list", "--format", "json").json
    assert [action["subject"] for action in found] == ["Ring Bo"]
    assert "automation ring" in crm("log").out
    shown = crm("automation", "show", "ring").out
    assert "done     lead 2" in shown
    text = (firm / "custom.toml").read_text()
    assert "[[automation]]" in text
    assert "switch = " in text


def test_it_is_off_again_and_then_gone(crm: Command, firm: Path) -> None:
    crm(*RING)
    crm("automation", "on", "ring")
    crm("automation", "off", "ring")
    crm("lead", "add", "name=Bo", "email=bo@example.com", "source=Website")
    assert crm("action", "list", "--format", "json").json == []
    crm("automation", "drop", "ring")
    assert "ring " not in crm("automation", "list").out
    assert "[[automation]]" not in (firm / "custom.toml").read_text()


def test_a_plugins_own_is_switched_and_not_dropped(crm: Command, firm: Path) -> None:
    crm("automation", "on", "ring_new_leads")
    crm("lead", "add", "name=Bo", "email=bo@example.com", "source=Website")
    assert len(crm("action", "list", "--format", "json").json) == 1
    said = crm("automation", "drop", "ring_new_leads").err
    assert "crmkit automation off ring_new_leads" in said


def test_one_that_keeps_failing_is_suspended_and_taken_up_again(
    crm: Command, caplog: pytest.LogCaptureFixture
) -> None:
    crm("automation", "add", "bad", "lead", "--on", "created", "--do", "set next_call={name}")
    crm("automation", "on", "bad")
    for name in "abcd":
        crm("lead", "add", f"name={name}", f"email={name}@example.com")
    (said,) = caplog.messages
    assert "automation bad is suspended after 3 failures in a row" in said
    assert "next_call: 'c' is not a date" in said
    states = {row["name"]: row["on"] for row in crm("automation", "list", "--format", "json").json}
    assert states["bad"] == "suspended"
    again = "crmkit automation resume bad"
    assert again in crm("doctor").out
    assert crm("doctor").code == 1
    assert again in crm("automation", "on", "bad").err
    crm("automation", "resume", "bad")
    assert again not in crm("doctor").out
    states = {row["name"]: row["on"] for row in crm("automation", "list", "--format", "json").json}
    assert states["bad"] == "on"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--on", "sometimes", "--do", "set notes=x"), "'sometimes' is no trigger; write one of"),
        (("--on", "moved to WON", "--do", "set notes=x"), "no state of lead 'WON'"),
        (("--on", "created", "--do", "sing"), "no effect 'sing'"),
        (("--on", "created", "--do", "set colour=red"), "no field of lead 'colour'"),
        (("--on", "created", "--do", "set notes"), "write key=value, not 'notes'"),
        (("--on", "created", "--do", 'set notes="x'), "no closing quotation"),
        (("--on", "created", "--do", "set notes=x", "--where", "nme:x"), "no field 'nme'"),
        (("--on", "created", "--do", "set next_call=31feb"), "next_call: "),
        (("--on", "created", "--do", "set status=ASLEEP"), "ASLEEP"),
        (("--on", "created", "--do", "set id=5"), "id: it is filled in by the program"),
        (("--on", "created", "--do", "set version=5"), "version: it is filled in by the program"),
        (("--on", "created", "--do", "set name="), "name: it cannot be left empty"),
        (("--on", "created", "--do", 'action subject="Ring {title"'), "has a brace too many"),
        (("--on", "created", "--do", "action subject={}"), "has a brace too many"),
        (("--on", "created", "--do", "notify to=role:nope text=x"), "there is no role nope"),
        (("--on", "created", "--do", "notify to=nobody text=x"), "no user is called 'nobody'"),
        (("--on", "created", "--do", "notify to=me,nobody text=x"), "no user is called 'nobody'"),
        (("--on", "created", "--do", "assign to=nobody"), "no user is called 'nobody'"),
        (("--on", "created", "--do", "action subject=x kind=frob"), "kind: "),
        (("--on", "created", "--do", "action subject=x due=31feb"), "due: "),
        (("--on", "created", "--do", "create record=nothing"), "nothing"),
        (("--on", "created", "--do", "create record=contact colour=red"), "'colour'"),
        (("--on", "created", "--do", "command name=reopen"), "reopen"),
    ],
)
def test_nonsense_is_told_and_nothing_is_written(
    crm: Command, firm: Path, args: tuple[str, ...], said: str
) -> None:
    assert said in crm("automation", "add", "odd", "lead", *args).err
    assert not (firm / "custom.toml").exists() or "odd" not in (firm / "custom.toml").read_text()


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("on", 'on = "now and then"', "line 4: [[automation]] on: 'now and then' is no trigger"),
        ("do", 'do = ["=x"]', "[[automation]] do: '=x' names no effect"),
        ("do", "do = []", "[[automation]] do: say what it does"),
        ("do", 'do = "set notes=x"', "[[automation]] do: write a list such as"),
    ],
)
def test_a_fault_in_the_file_is_told_with_its_line(
    crm: Command, firm: Path, line: str, wrong: str, said: str
) -> None:
    lines = {"on": 'on = "created"', "do": 'do = ["set notes=x"]', line: wrong}
    (firm / "custom.toml").write_text(
        '[[automation]]\nname = "a"\nentity = "lead"\n' + "\n".join(lines.values()) + "\n"
    )
    (firm / "custom.toml").chmod(0o600)
    assert said in crm("lead", "list").err


def test_nobody_else_may_write_or_try_them(crm: Command, firm: Path) -> None:
    assert "custom.update is missing" in crm(*RING, by="worker").err
    assert crm("automation", "try", "ring_new_leads", by="worker").code == 5


@pytest.mark.parametrize(
    "text",
    [
        "created", "updated", "updated value,notes", "moved", "moved to QUALIFIED",
        "moved to QUALIFIED from CONTACTED", "moved from CONTACTED", "in CONTACTED for 7d",
        "at next_call", "2d before expected_close", "1h after next_call",
    ],
)  # fmt: skip
def test_a_trigger_is_written_as_it_was_read(text: str) -> None:
    assert written(read_trigger(text)) == text


def test_an_effect_is_spelt_as_it_was_read() -> None:
    text = "notify to=anna 'text={title} waits'"
    assert spelt(read_effect(text)) == text
    assert read_effect('notify to=anna text="{title} waits"') == read_effect(text)


def test_a_manager_writes_what_he_may_do_himself(crm: Command, firm: Path) -> None:
    assert crm(*RING, by="boss").code == 0


@pytest.mark.parametrize(
    ("entity", "does", "missing"),
    [
        ("user", "set roles=admin", "user.read"),
        ("lead", "create record=user name=eve roles=admin", "user.create"),
        ("lead", "create record={source} name=eve", "*.create"),
    ],
)
def test_nobody_gets_further_by_an_automation_than_himself(
    crm: Command, firm: Path, entity: str, does: str, missing: str
) -> None:
    """An automation acts with the rights of an admin; its writer must have those that it needs."""
    command = ("automation", "add", "mine", entity, "--on", "created", "--do", does)
    said = crm(*command, by="boss")
    assert said.code == 5
    assert f"the grant {missing} is missing" in said.err
    assert not (firm / "custom.toml").exists()


def test_one_that_is_there_is_only_written_anew_when_that_is_said_and_is_off_then(
    crm: Command, firm: Path
) -> None:
    add = ("automation", "add", "ring", "lead", "--on", "created", "--do")
    crm(*add, "set notes=first")
    crm("automation", "on", "ring")
    said = crm(*add, "set notes=second")
    assert said.code != 0
    assert "--replace" in said.err
    assert "notes=first" in crm("automation", "show", "ring").out
    crm(*add, "set notes=second", "--replace")
    shown = crm("automation", "show", "ring").out
    assert "notes=second" in shown
    assert "state   off" in shown


def test_doctor_names_an_automation_whose_people_or_dates_are_not_there(
    crm: Command, firm: Path
) -> None:
    (firm / "custom.toml").write_text(
        '[[automation]]\nname = "odd"\nentity = "lead"\non = "created"\n'
        'do = ["notify to=nobody text=x"]\n'
    )
    said = crm("doctor")
    assert said.code == 1
    assert "automation odd: notify: " in said.out
    assert "nobody" in crm("automation", "on", "odd").err
