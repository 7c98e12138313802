"""Records through the shell: added, listed, changed, moved, deleted, restored, undone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from crmkit.core.model import Model
from tests.cli.conftest import Command


def added(crm: Command, *args: str, by: str = "") -> str:
    said = crm(*args, by=by)
    # A record that seems to be there already is named, and added all the same.
    twins = [line for line in said.err.splitlines() if "same " in line or "merge them" in line]
    assert (said.code, said.err.splitlines()) == (0, twins)
    assert said.lines[0].isdecimal()
    return said.lines[0]


@pytest.fixture
def lead(crm: Command) -> str:
    return added(
        crm, "lead", "add", "name=Ada Lovelace", "company=Analytical Ltd", "phone=+49 30 901820",
        "source=Referral", "next_call=2030-05-06 09:30", "notes=-first line\nsecond",
    )  # fmt: skip


def test_add_prints_the_id_and_show_gives_the_values_back(crm: Command, lead: str) -> None:
    shown = crm("lead", "show", lead, "--format", "json").json
    assert shown["id"] == int(lead)
    assert shown["version"] == 1
    assert shown["name"] == "Ada Lovelace"
    assert shown["phone"] == "+4930901820"
    assert shown["next_call"] == "2030-05-06T09:30:00Z"
    assert shown["notes"] == "-first line\nsecond"
    assert shown["owner"]["entity"] == "user"
    assert shown["client"] is None


def test_show_is_readable_field_by_field(crm: Command, lead: str) -> None:
    lines = crm("lead", "show", lead).lines
    assert lines[0].split() == ["id", lead]
    assert any(line.split() == ["name", "Ada", "Lovelace"] for line in lines)
    assert any(line.strip() == "second" for line in lines)


@pytest.mark.parametrize("form", ["table", "json", "csv", "tsv", "ids"])
def test_an_empty_list_is_empty_data(form: str, crm: Command) -> None:
    said = crm("lead", "list", "--format", form)
    assert said.code == 0
    assert len(said.lines) <= 1


def test_a_list_in_every_format(crm: Command, lead: str) -> None:
    assert crm("lead", "list", "--format", "ids").out == f"{lead}\n"
    assert [r["name"] for r in crm("lead", "list", "--format", "json").json] == ["Ada Lovelace"]
    rows = list(csv.DictReader(io.StringIO(crm("leads", "list", "--format", "csv").out)))
    assert rows[0]["id"] == lead
    assert rows[0]["status"] == "NOT_CONTACTED"
    assert rows[0]["notes"] == "-first line\nsecond"
    tabbed = crm("lead", "list", "--columns", "name,source", "--format", "tsv")
    assert tabbed.lines == ["name\tsource", "Ada Lovelace\tReferral"]
    assert "Ada Lovelace" in crm("lead", "list").lines[1]


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        (["source:Referral"], True),
        (["-source:Referral"], False),
        (["-source:Event", "company:analytical"], True),
        (["owner:me source:Event"], False),
        (["lovel"], True),
    ],
)
def test_filters(filter: list[str], found: bool, crm: Command, lead: str) -> None:
    said = crm("lead", "list", *filter, "--format", "ids")
    assert (said.code, bool(said.out)) == (0, found)


def test_a_filter_that_means_nothing_is_one_sentence(crm: Command) -> None:
    said = crm("lead", "list", "stauts:LOST")
    assert (said.code, said.out) == (6, "")
    assert "status" in said.err
    assert len(said.err.splitlines()) == 1


def test_sorting_and_limit(crm: Command) -> None:
    ids = [added(crm, "account", "add", f"name={name}") for name in "bca"]
    names = ("account", "list", "--format", "ids")
    assert crm(*names, "--sort", "name").lines == [ids[2], ids[0], ids[1]]
    assert crm(*names, "--sort", "-name", "--limit", "2").lines == [ids[1], ids[0]]


@pytest.mark.parametrize("entity", ["account", "contact", "deal"])
def test_what_csv_says_add_reads_back_unchanged(entity: str, crm: Command, model: Model) -> None:
    account = added(crm, "account", "add", "name=Acme (Europe); GmbH, Co", "notes= a\n\n=1 | b ")
    added(
        crm, "contact", "add", "last_name=Zoë", "email=z@example.com (work) | y@example.com",
        f"account={account} (director)", "address=Main St 1; Berlin; ; 10115; Germany",
    )  # fmt: skip
    added(crm, "deal", "add", "name=Big, deal", f"account={account}", "value=1234567.89 USD",
          "expected_close=2031-02-03", "probability=15", "stage=PROPOSAL")  # fmt: skip
    derived = {f.key for f in model.entity(entity).fields if not f.typed}
    row = next(csv.DictReader(io.StringIO(crm(entity, "list", "--format", "csv").out)))
    given = {k: v for k, v in row.items() if k != "id" and k not in derived}
    copy = added(crm, entity, "add", *(f"{k}={v}" for k, v in given.items()))
    shown = [crm(entity, "show", id, "--format", "json").json for id in (row["id"], copy)]
    first, second = ({k: v[k] for k in given} for v in shown)
    assert second == first


def test_set_changes_and_clears(crm: Command, lead: str) -> None:
    said = crm("lead", "set", lead, "company=", "notes=-5")
    assert (said.code, said.out) == (0, "")
    shown = crm("lead", "show", lead, "--format", "json").json
    assert (shown["company"], shown["notes"], shown["version"]) == ("", "-5", 2)


@pytest.mark.parametrize(
    "words", [("set", "company=Analytical Ltd"), ("move", "NOT_CONTACTED")], ids=" ".join
)
def test_what_changes_nothing_says_so(crm: Command, lead: str, words: tuple[str, str]) -> None:
    """It is no commit: the next undo takes back what was before it."""
    said = crm("lead", words[0], lead, words[1])
    assert said.code == 0
    assert "nothing changed" in said.err
    assert "version 1" in said.err


def test_set_of_several_is_one_commit_or_nothing(crm: Command, lead: str) -> None:
    other = added(crm, "lead", "add", "name=B", "email=b@example.com")
    assert crm("lead", "set", lead, "999", other, "company=New").code == 3
    assert crm("lead", "list", "company:New", "--format", "ids").out == ""
    before = len(crm("log", "--format", "json").json)
    assert crm("lead", "set", lead, other, "company=New").code == 0
    log = crm("log", "--format", "json").json
    assert (len(log), log[0]["changes"]) == (before + 1, 2)


def test_an_older_version_is_a_conflict_that_shows_every_side(crm: Command, lead: str) -> None:
    assert crm("lead", "set", lead, "company=Theirs").code == 0
    said = crm("lead", "set", lead, "company=Mine", "--version", "1")
    assert (said.code, said.out) == (4, "")
    side = next(line for line in said.err.splitlines() if line.strip().startswith("company"))
    assert "mine: Mine" in side
    assert "theirs: Theirs" in side
    assert "base: Analytical Ltd" in side
    assert crm("lead", "show", lead, "--format", "json").json["company"] == "Theirs"


def test_a_version_is_of_one_record_only(crm: Command, lead: str) -> None:
    assert crm("lead", "set", lead, "99", "company=x", "--version", "1").code == 2


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (["add", "company=x"], 6, "name"),
        (["add", "name=x"], 6, "phone"),
        (["add", "name=x", "source=Nowhere"], 6, "source"),
        (["add", "nmae=x"], 6, "name"),
        (["add", "name"], 2, "FIELD=VALUE"),
        (["add"], 2, "FIELD=VALUE"),
        (["set", "company=x"], 2, "number"),
        (["set", "1"], 2, "FIELD=VALUE"),
        (["set", "1", "wrong"], 2, "wrong"),
        (["set", "999", "company=x"], 3, "999"),
        (["show", "999"], 3, "999"),
        (["show", "abc"], 2, "abc"),
        (["move", "1"], 2, "CONTACTED"),
        (["move", "1", "NOWHERE"], 6, "NOWHERE"),
        (["delete", "999"], 3, "999"),
        (["list", "--columns", "nmae"], 6, "name"),
        (["list", "--sort", "nmae"], 6, "name"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(
    args: list[str], code: int, word: str, crm: Command, lead: str
) -> None:
    said = crm("lead", *args)
    assert (said.code, said.out) == (code, "")
    assert word in said.err
    assert said.err.startswith("crmkit: ")


def test_move_asks_for_what_the_state_needs(crm: Command, lead: str) -> None:
    refused = crm("lead", "move", lead, "LOST")
    assert refused.code == 6
    assert "lost_reason" in refused.err
    assert crm("lead", "move", "LOST", "lost_reason=Too dear", lead).code == 0
    shown = crm("lead", "show", lead, "--format", "json").json
    assert (shown["status"], shown["lost_reason"]) == ("LOST", "Too dear")


def test_a_state_may_be_written_by_its_label(crm: Command, lead: str) -> None:
    assert crm("lead", "move", lead, "not contacted").code == 0
    assert crm("lead", "move", lead, "contacted").code == 0
    assert crm("lead", "show", lead, "--format", "json").json["status"] == "CONTACTED"


def test_delete_restore_and_undo(crm: Command, lead: str) -> None:
    assert crm("lead", "delete", lead).code == 0
    assert crm("lead", "show", lead).code == 3
    assert crm("lead", "list", "--deleted", "--format", "ids").lines == [lead]
    assert crm("lead", "restore", lead).code == 0
    assert crm("lead", "show", lead).code == 0
    assert crm("lead", "set", lead, "company=Wrong").code == 0
    said = crm("undo")
    assert (said.code, said.out) == (0, "")
    assert "Undid" in said.err.capitalize()
    assert crm("lead", "show", lead, "--format", "json").json["company"] == "Analytical Ltd"


def test_history_tells_what_was_done_newest_first(crm: Command, lead: str) -> None:
    crm("lead", "set", lead, "company=New")
    told = crm("lead", "history", lead, "--format", "json").json
    assert [entry["what"] for entry in told] == ["update", "create"]
    assert told[0]["before"] == {"company": "Analytical Ltd"}
    assert told[0]["after"] == {"company": "New"}
    assert told[0]["via"] == "cli"
    assert any("Analytical Ltd" in line and "New" in line
               for line in crm("lead", "history", lead).lines)  # fmt: skip


def test_a_board_has_every_state_in_order_with_decimal_sums(crm: Command) -> None:
    account = added(crm, "account", "add", "name=Acme")
    for value, stage in (("100.10", "LEAD"), ("0.20", "LEAD"), ("7", "CLOSED_WON")):
        added(crm, "deal", "add", "name=d", f"account={account}", f"value={value}",
              f"stage={stage}")  # fmt: skip
    board = crm("deal", "board", "--format", "json").json
    assert [c["state"] for c in board] == [
        "LEAD", "QUALIFIED", "PROPOSAL", "NEGOTIATION", "CLOSED_WON", "CLOSED_LOST",
    ]  # fmt: skip
    assert board[0] == {
        "state": "LEAD", "label": "Lead", "count": 2, "sum": "100.30", "currency": "EUR",
    }  # fmt: skip
    assert [c["count"] for c in board] == [2, 0, 0, 0, 1, 0]
    assert board[1]["sum"] in ("0", "0.00")
    assert crm("deal", "board", "value>50", "--format", "json").json[0]["count"] == 1
    assert crm("deal", "board").lines[0].split() == ["state", "label", "count", "sum", "currency"]


def test_a_board_without_money_has_counts(crm: Command, lead: str) -> None:
    first = crm("lead", "board", "--format", "json").json[0]
    assert first == {"state": "NOT_CONTACTED", "label": "Not contacted", "count": 1, "sum": None,
                     "currency": None}  # fmt: skip


def test_a_command_of_an_entity_takes_its_parameters_as_options(crm: Command, lead: str) -> None:
    action = added(crm, "action", "add", "subject=Call Ada", f"about=lead:{lead}",
                   "due=tomorrow 15:00", "owner=me")  # fmt: skip
    said = crm("action", "complete", action, "--outcome", "-She agreed")
    assert (said.code, said.out) == (0, "")
    shown = crm("action", "show", action, "--format", "json").json
    assert (shown["status"], shown["outcome"]) == ("DONE", "-She agreed")
    assert shown["about"] == {"entity": "lead", "id": int(lead), "title": "Ada Lovelace"}
    again = crm("action", "complete", action)
    assert again.code == 6
    assert len(again.err.splitlines()) == 1


def test_search_finds_across_entities(crm: Command, lead: str) -> None:
    added(crm, "account", "add", "name=Lovelace & Sons")
    hits = crm("search", "lovel", "--format", "json").json
    assert {hit["entity"] for hit in hits} == {"lead", "account"}
    assert crm("search", "lovel", "--entity", "lead", "--format", "ids").lines == [f"lead:{lead}"]
    assert crm("search", "nothing").out == ""


def test_data_that_would_act_on_a_terminal_is_kept_and_shown_harmlessly(crm: Command) -> None:
    name = "\x1b[31mred\u202e"
    id = added(crm, "account", "add", f"name={name}")
    assert crm("account", "show", id, "--format", "json").json["name"] == name
    assert "\x1b" not in crm("account", "list").out


def test_import_lands_rows_in_one_commit_that_undo_takes_back(crm: Command, nowhere: Path) -> None:
    file = nowhere / "leads.csv"
    file.write_text("Who,Firm,Phone,Status\nAda,A Ltd,+49 30 901820,New\nBob,B Ltd,,New\n")
    args = ("lead", "import", str(file), "--map", "name=Who", "--map", "company=Firm",
            "--value", "status:New=CONTACTED", "--set", "source=Event")  # fmt: skip
    tried = crm(*args, "--dry-run")
    assert (tried.code, tried.out) == (0, "")
    assert crm("lead", "list", "--format", "ids").out == ""
    said = crm(*args, "--rejects", str(nowhere / "rejects.csv"))
    assert said.code == 0
    assert "2 rows: 1 imported, 1 rejected" in said.err
    found = crm("lead", "list", "--format", "json").json
    assert [(r["name"], r["status"], r["source"]) for r in found] == [("Ada", "CONTACTED", "Event")]
    assert "Bob" in (nowhere / "rejects.csv").read_text()
    assert crm("undo").code == 0
    assert crm("lead", "list", "--format", "ids").out == ""


def test_an_import_of_nothing_good_fails(crm: Command, nowhere: Path) -> None:
    file = nowhere / "leads.csv"
    file.write_text("name\nAda\n")
    assert crm("lead", "import", str(file)).code == 6
    assert crm("lead", "import", str(nowhere / "none.csv")).code in (2, 3)
    assert json.loads(crm("lead", "list", "--format", "json").out) == []
