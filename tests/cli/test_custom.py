"""Fields, stages, roles and lists of the firm's own, from the shell, without code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def area(crm: Command) -> Command:
    """The shell, with a field of the firm's own on leads and one lead."""
    said = crm("custom", "field", "add", "lead", "practice_area", "--kind", "choice",
               "--choices", "Family, Tax")  # fmt: skip
    assert said.code == 0
    assert crm("lead", "add", "name=Jo", "phone=030123456", "practice_area=Family").code == 0
    return crm


def test_a_field_is_everywhere_at_once(area: Command) -> None:
    """It filters, lists, shows in JSON and history, and has its short name."""
    (lead,) = area("lead", "list", "practice_area:family", "--format", "json").json
    assert lead["practice_area"] == "Family"
    assert "practice_area" in area("lead", "history", "1").out
    assert area("lead", "set", "1", "practice_area=Crime").code == 6


def test_a_retired_field_is_hidden_and_keeps_its_values(area: Command) -> None:
    """Revived, it has them back."""
    assert area("custom", "field", "retire", "lead", "practice_area").code == 0
    assert area("lead", "list", "practice_area:Family").code == 6
    assert area("custom", "field", "revive", "lead", "practice_area").code == 0
    assert len(area("lead", "list", "practice_area:Family", "--format", "ids").lines) == 1


def test_choices_that_records_hold_are_not_taken_away(area: Command) -> None:
    """The refusal counts them; more choices may be added."""
    said = area("custom", "field", "change", "lead", "practice_area", "--choices", "Tax")
    assert (said.code, said.err) == (6, "crmkit: 1 leads are 'Family'; change those first\n")
    said = area("custom", "field", "change", "lead", "practice_area", "--choices",
                "Tax,Family,Crime", "--label", "Area")  # fmt: skip
    assert said.code == 0
    assert area("lead", "set", "1", "practice_area=Crime").code == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("lead", "name"), "lead has a field name already"),
        (("laed", "x"), "did you mean lead"),
        (("lead", "Bad-Name"), "small letters"),
        (("lead", "x", "--kind", "choice"), "list the choices"),
        (("lead", "x", "--kind", "ref"), "name the entity"),
        (("lead", "practice_area"), "already"),
    ],
)
def test_a_field_that_cannot_be_is_refused(area: Command, args: tuple[str, ...], said: str) -> None:
    """One clear line, and the file stays as it was."""
    found = area("custom", "field", "add", *args)
    assert found.code in (3, 6)
    assert said in found.err
    assert len(area("custom", "list", "--format", "json").json) == 1


def test_a_stage_is_a_column_and_is_retired_once_it_is_empty(crm: Command) -> None:
    """It stands where it was put; records in it hold it there."""
    assert crm("custom", "stage", "add", "deal", "Conflict check", "--after", "Qualified").code == 0
    states = [c["state"] for c in crm("deal", "board", "--format", "json").json]
    assert states[1:3] == ["QUALIFIED", "CONFLICT_CHECK"]
    crm("account", "add", "name=Ash")
    crm("deal", "add", "name=Estate", "account=Ash", "value=100")
    assert crm("deal", "move", "1", "conflict check").code == 0
    said = crm("custom", "stage", "retire", "deal", "Conflict check")
    assert (said.code, "move those first" in said.err) == (6, True)
    assert crm("deal", "move", "1", "LEAD").code == 0
    assert crm("custom", "stage", "change", "deal", "CONFLICT_CHECK", "--after", "LEAD",
               "--label", "Conflicts").code == 0  # fmt: skip
    board = crm("deal", "board", "--format", "json").json
    assert [(c["state"], c["label"]) for c in board][1] == ("CONFLICT_CHECK", "Conflicts")
    assert crm("custom", "stage", "retire", "deal", "CONFLICT_CHECK").code == 0
    assert "CONFLICT_CHECK" not in crm("deal", "board").out
    assert crm("custom", "stage", "revive", "deal", "CONFLICT_CHECK").code == 0


@pytest.mark.parametrize(
    ("outcome", "order"),
    [
        ("open", ["QUALIFIED", "CHECK", "CONVERTED", "LOST"]),
        ("won", ["QUALIFIED", "CONVERTED", "CHECK", "LOST"]),
        ("lost", ["QUALIFIED", "CONVERTED", "LOST", "CHECK"]),
    ],
)
def test_a_stage_that_is_put_nowhere_comes_behind_those_of_its_outcome(
    crm: Command, outcome: str, order: list[str]
) -> None:
    """Work that goes on is left of where it ends."""
    assert crm("custom", "stage", "add", "lead", "Check", "--outcome", outcome).code == 0
    states = [c["state"] for c in crm("lead", "board", "--format", "json").json]
    assert [s for s in states if s in order] == order


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("foo.bar@own", "no entity 'foo'"),
        ("lead.raed", "no verb of lead 'raed'; did you mean read or erase?"),
        ("lead.read.nmae", "no field of lead 'nmae'"),
    ],
)
def test_a_grant_of_nothing_is_refused(crm: Command, grant: str, said: str) -> None:
    """A role that was misspelt would allow less than it says, or forbid nothing."""
    for args in ((grant,), ("--deny", grant)):
        found = crm("custom", "role", "intern", "lead.create", *args)
        assert (found.code, said in found.err) == (6, True), found


@pytest.mark.parametrize(
    "grant",
    [
        "report.pipeline",
        "report.*",
        "*.export",
        "lead.claim",
        "*.claim",
        "custom.update",
        "journal.read",
        "lead.merge",
        "account.merge",
        "deal.merge",
    ],
)
def test_a_grant_that_no_record_has_a_field_or_a_command_for_is_one(
    crm: Command, grant: str
) -> None:
    """Reports, verbs of every entity, and what only roles name."""
    assert crm("custom", "role", "intern", grant).code == 0


def test_doctor_names_a_grant_of_nothing(firm: Path, crm: Command) -> None:
    """The file is written by hand, too."""
    (firm / "custom.toml").write_text('[[role]]\nname = "intern"\ngrants = ["lead.raed"]\n')
    said = crm("doctor")
    assert (said.code, "role intern: lead.raed: no verb of lead" in said.out) == (1, True), said


def test_a_list_takes_the_place_of_another_only_when_that_is_said(crm: Command) -> None:
    """Somebody uses the one that is there."""
    hot = ("custom", "view", "lead", "Hot", "--filter")
    assert crm(*hot, "next_call<=today").code == 0
    said = crm(*hot, "status:QUALIFIED")
    assert (said.code, "--replace" in said.err) == (6, True)
    assert crm(*hot, "status:QUALIFIED", "--replace").code == 0
    [row] = crm("custom", "list", "--format", "json").json
    assert row["detail"] == "status:QUALIFIED"


def test_roles_and_lists_of_the_firms_own(crm: Command) -> None:
    """A role is held like any other; a list is one of its entity's views."""
    assert crm("custom", "role", "intern", "lead.read@own", "lead.create").code == 0
    assert crm("user", "add", "tim", "--role", "intern").code == 0
    assert crm("lead", "add", "name=Jo", "phone=030123456", by="tim").code == 0
    assert crm("contact", "list", by="tim").code == 5
    assert crm("custom", "role", "intern", "lead read").code == 6
    assert crm("custom", "view", "lead", "Hot", "--filter", "next_call<=today").code == 0
    assert crm("custom", "view", "lead", "Hot", "--filter", "nxt:1").code == 6
    assert crm("custom", "view", "lead", "Hot", "--remove").code == 0
    assert crm("custom", "view", "lead", "Hot", "--remove").code == 3


def test_nobody_gives_what_he_has_not(crm: Command) -> None:
    """A manager makes roles of his own grants; he neither widens nor changes his own role."""
    assert crm("custom", "role", "intern", "lead.read@own", "lead.create", by="boss").code == 0
    for args in (("intern", "*.*"), ("intern", "user.update"), ("crm_manager", "lead.read")):
        said = crm("custom", "role", *args, by="boss")
        assert said.code == 5, said
        assert "himself" in said.err
    assert crm("custom", "role", "crm_manager", "user.read").code == 0


def test_only_those_who_may_change_what_the_firm_adds(crm: Command) -> None:
    """The grant is custom.update: of admins and CRM managers."""
    add = ("custom", "field", "add", "lead", "x")
    said = crm(*add, by="supervisor")
    assert (said.code, "custom.update" in said.err) == (5, True)
    assert crm(*add, by="boss").code == 0


BAD = {
    "x = = 1": "line 1",
    "[fields]\n": "line 1: no section 'fields'; did you mean field",
    '[[field]]\nentity = "lead"\n': "line 1: [[field]] name is missing",
    '[[field]]\nentity = "lead"\nname = "x"\nkind = "chioce"\n': "line 4: [[field]] kind: no kind",
    '[[field]]\nentity = "lead"\nname = 5\nkind = "text"\n': "line 3: [[field]] name: write text",
    '[[field]]\nentity="lead"\nname="x"\nkind="text"\nshow=true\n': "line 5: [[field]] no key",
    '[[field]]\nentity = "laed"\nname = "x"\nkind = "text"\n': "did you mean lead",
    '[[stage]]\nentity = "deal"\ncode = "x"\n': "line 3: [[stage]] code: write capital",
    '[[stage]]\nentity = "deal"\ncode = "X"\nafter = "NOWHERE"\nfallback = "LEAD"\n': "NOWHERE",
    '[[role]]\nname = "r"\ngrants = ["lead read"]\n': "is not a grant",
    '[[view]]\nentity = "lead"\nlabel = "L"\nfilter = "(("\n': "view 'L'",
    "[plugins]\nenabled = 5\n": "line 1: [plugins]: write enabled",
    "field = 5\n": "line 1: write [[field]]",
    '[[key]]\nkeys = ["c"]\n': "line 1: [[key]] action is missing",
    '[[key]]\naction = "new"\nkeys = "c"\n': "line 3: [[key]] keys: write a list",
    '[[columns]]\nentity = "lead"\ncolumns = ["nmae"]\n': "did you mean name",
    '[[columns]]\nentity = "lead"\ncolumn = ["name"]\n': "line 3: [[columns]] no key 'column'",
    '[[view]]\nentity = "lead"\nlabel = "L"\nboard = "yes"\n': "line 4: [[view]] board: write",
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_file_is_named_by_its_line_and_the_rest_runs(
    firm: Path, crm: Command, text: str
) -> None:
    """The program starts without what the file adds, and says why."""
    (firm / "custom.toml").write_text(text, encoding="utf-8")
    said = crm("lead", "list")
    assert said.code == 0
    assert "plugin custom is off" in said.err
    assert BAD[text] in said.err
    assert (firm / "custom.toml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ('action = "lead.nosuch"\nkeys = ["j"]', ":2: custom.toml gives keys to lead.nosuch"),
        ('action = "lead.claim"\nkeys = ["ctrl+ctrl"]', ":2: lead.claim: "),
        ('action = "lead.claim"\nkeys = [""]', ":2: lead.claim: "),
    ],
)
def test_doctor_names_keys_that_do_nothing(firm: Path, crm: Command, key: str, told: str) -> None:
    (firm / "custom.toml").write_text(f"[[key]]\n{key}\n", encoding="utf-8")
    said = crm("doctor")
    assert (said.code, f"custom.toml{told}" in said.out) == (1, True), said.out


def test_a_word_of_python_is_no_name(crm: Command) -> None:
    said = crm("custom", "field", "add", "lead", "class")
    assert (said.code, "class is a word of Python's" in said.err) == (6, True)


def test_fields_and_stages_are_put_in_order(crm: Command) -> None:
    """By places; a stage stays behind the first one."""
    for name in ("one", "two"):
        assert crm("custom", "field", "add", "lead", name).code == 0
    assert crm("custom", "field", "move", "lead", "two", "--by", "-1").code == 0
    names = [row["name"] for row in crm("custom", "list", "--format", "json").json]
    assert names == ["two", "one"]
    assert crm("custom", "field", "move", "lead", "two", "--by", "-1").code == 6
    assert crm("custom", "stage", "add", "deal", "Check", "--after", "LEAD").code == 0
    assert crm("custom", "stage", "move", "deal", "Check").code == 0
    states = [c["state"] for c in crm("deal", "board", "--format", "json").json]
    assert states[:3] == ["LEAD", "QUALIFIED", "CHECK"]
    said = crm("custom", "stage", "move", "deal", "Check", "--by", "-2")
    assert (said.code, "first stage" in said.err) == (6, True)


def test_columns_of_plain_lists(crm: Command) -> None:
    """Named ones; unknown ones are refused; none is as they come out of the box."""
    crm("lead", "add", "name=Jo", "phone=030123456")
    plain = crm("lead", "list", "--format", "csv").lines[0]
    assert crm("custom", "columns", "lead", "name,status,owner").code == 0
    shown = crm("lead", "list").out.splitlines()[0].split()
    assert [w.lower() for w in shown if w.lower() in ("name", "status", "owner", "phone")] == [
        "name", "status", "owner",
    ]  # fmt: skip
    said = crm("custom", "columns", "lead", "name,statsu")
    assert (said.code, "did you mean status" in said.err) == (6, True)
    assert crm("custom", "columns", "lead").code == 0
    assert crm("lead", "list", "--format", "csv").lines[0] == plain


def _keys(crm: Command, action: str) -> str:
    rows = crm("custom", "key", "list", action, "--format", "json").json
    return next(row["keys"] for row in rows if row["action"] == action)


def test_keys_are_given_and_clashes_refused(crm: Command) -> None:
    """A command's key is its own entity's; what others have there is not taken from them."""
    assert crm("custom", "key", "set", "lead.claim", "ctrl+y").code == 0
    assert _keys(crm, "lead.claim") == "ctrl+y"
    for action, key, said in (
        ("lead.claim", "n", "n is"), ("lead.clam", "c", "did you mean lead.claim"),
        ("lead.claim", "no such key", "no key"), ("go.home", "gl", "gl is both"),
    ):  # fmt: skip
        found = crm("custom", "key", "set", action, key)
        assert found.code in (3, 6), found.err
        assert said in found.err
    assert crm("custom", "key", "reset", "lead.claim").code == 0
    assert _keys(crm, "lead.claim") != "ctrl+y"


def test_a_list_of_ones_own_needs_no_grant(crm: Command) -> None:
    """It is stored under the user's name; the shared one of the same name is another."""
    assert crm("custom", "view", "lead", "Hot", "--own", by="worker").code == 0
    said = crm("custom", "view", "lead", "Hot", by="worker")
    assert (said.code, "custom.update" in said.err) == (5, True)
    (row,) = crm("custom", "list", "--format", "json").json
    assert row["label"] == "Hot (of worker)"
    assert crm("custom", "view", "lead", "Hot", "--remove").code == 3
    assert crm("custom", "view", "lead", "Hot", "--own", "--remove", by="worker").code == 0


def test_another_hosts_file_is_noticed(firm: Path, crm: Command) -> None:
    """Two hosts on one database: doctor and info say which file it was last changed with."""
    assert crm("custom", "field", "add", "lead", "area").code == 0
    assert crm("doctor").code == 0
    text = (firm / "custom.toml").read_text(encoding="utf-8")
    (firm / "custom.toml").unlink()
    said = crm("doctor", "--format", "json")
    assert said.code == 1
    (found,) = [row for row in said.json if row["check"] == "custom"]
    assert "crmkit upgrade" in found["detail"]
    assert "crmkit upgrade" in crm("info").out
    (firm / "custom.toml").write_text(text, encoding="utf-8")
    assert crm("doctor").code == 0
    (firm / "custom.toml").write_text(text.replace("area", "field"), encoding="utf-8")
    assert crm("upgrade").code == 0
    assert crm("doctor").code == 0


@pytest.mark.parametrize(
    ("kind", "text", "then", "value"),
    [
        ("tags", "Family, Tax", (), ["Family", "Tax"]),
        ("number", "42", (), 42),
        ("choice", "Tax", ("--choices", "Family,Tax"), "Tax"),
        ("note", "Tax", (), "Tax"),
        ("flag", "yes", (), True),
        ("date", "2026-03-01", (), "2026-03-01"),
        ("money", "12.50", (), None),
    ],
)
def test_another_kind_brings_the_values_over(
    crm: Command, kind: str, text: str, then: tuple[str, ...], value: object
) -> None:
    """In one commit, after a backup; deleted records and the history too."""
    assert crm("custom", "field", "add", "lead", "area").code == 0
    for name in ("Jo", "Al"):
        assert crm("lead", "add", f"name={name}", "phone=030123456", f"area={text}").code == 0
    crm("lead", "add", "name=Bo", "phone=030123456")
    assert crm("lead", "delete", "2").code == 0
    said = crm("custom", "field", "change", "lead", "area", "--kind", kind, *then)
    assert said.code == 0, said.err
    assert "the data as it was is in" in said.err
    lead = crm("lead", "show", "1", "--format", "json").json
    if value is not None:
        found = lead["area"]
        assert (
            [i["value"] for i in found] if isinstance(found, list) and found
            and isinstance(found[0], dict) else found
        ) == value  # fmt: skip
    assert crm("lead", "restore", "2").code == 0
    assert crm("lead", "show", "2", "--format", "json").json["area"] == lead["area"]
    assert text.split(",")[0] in crm("lead", "history", "1").out
    assert crm("doctor").code == 0
    assert len(crm("lead", "list", "area:any", "--format", "ids").lines) == (
        3 if kind == "flag" else 2
    )


def test_what_was_of_another_kind_is_not_put_back(crm: Command) -> None:
    """Undo says so, and the value that stands stays."""
    crm("custom", "field", "add", "lead", "area")
    crm("lead", "add", "name=Jo", "phone=030123456", "area=7 8")
    crm("lead", "set", "1", "area=12")
    assert crm("custom", "field", "change", "lead", "area", "--kind", "number").code == 0
    said = crm("undo", "--help")
    newest = crm("log", "--format", "json").json[0]["id"]
    said = crm("undo", str(newest))
    assert crm("lead", "show", "1", "--format", "json").json["area"] == 12, said
    crm("undo", str(newest - 1))
    assert crm("lead", "show", "1", "--format", "json").json["area"] == 12
    assert "7 8" in crm("lead", "history", "1").out


def test_another_kind_is_refused_with_a_count_and_examples(firm: Path, crm: Command) -> None:
    """Nothing is changed: neither the file nor the values."""
    crm("custom", "field", "add", "lead", "area")
    for n, text in enumerate(["12", *"abcdefg"]):
        crm("lead", "add", f"name=L{n}", "phone=030123456", f"area={text}")
    before = (firm / "custom.toml").read_bytes()
    said = crm("custom", "field", "change", "lead", "area", "--kind", "number")
    assert said.code == 6
    assert "7 of 8 leads hold what is no number" in said.err
    assert said.err.count("'") == 2 * 5 or "L5" in said.err
    assert "L6" not in said.err
    assert (firm / "custom.toml").read_bytes() == before
    assert crm("lead", "list", "area:12", "--format", "ids").lines == ["1"]
