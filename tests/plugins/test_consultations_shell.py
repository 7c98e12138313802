"""Consultations in the shell, and who may do what with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from icalendar import Calendar

from tests.acceptance.office import Office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A workspace with a prospect, and a user of each kind."""
    monkeypatch.setenv("LOGNAME", "ada")
    made = Office.make(tmp_path / "firm")
    made.shell("prospect", "add", "name=Ida Moss", "phone=+442079460000")
    for role in ("crm_manager", "account_manager", "crm_worker", "contributor", "manager"):
        made.shell("user", "add", role.replace("_", "-"), "--role", role)
    yield made
    made.close()


def status(office: Office) -> str:
    (row,) = office.shell("consultation", "list", "--format", "json").json
    return str(row["status"])


def test_from_the_request_to_the_client(office: Office) -> None:
    office.shell("consultation", "add", "who=prospect:1", "type=Advice", "fee=150 EUR")
    office.shell("consultation", "book", "1", "tomorrow 15:00", "--minutes", "45")
    office.shell("consultation", "confirm", "1")
    office.shell("consultation", "hold", "1", "CLIENT", "--result", "A will", "--fee-status",
                 "credited", "--follow-up", "Send terms", "--due", "+3d")  # fmt: skip
    (row,) = office.shell("consultation", "list", "--format", "json").json
    assert (row["status"], row["who"]["entity"]) == ("HELD", "client")
    (client,) = office.shell("client", "list", "--format", "json").json
    assert client["name"] == "Ida Moss"
    told = office.shell("report", "consultations", "--by", "owner", "--format", "json").json
    assert [(r["owner"], r["held"], r["conversion"]) for r in told] == [("ada", 1, 100.0)]
    office.shell("undo")
    assert status(office) == "CONFIRMED"


def test_missed_and_declined_then_booked_anew_and_cancelled(office: Office) -> None:
    office.shell("consultation", "add", "who=prospect:1", "status=BOOKED", "starts_at=tomorrow")
    office.shell("consultation", "no-show", "1", "--plan", "no")
    assert office.shell("action", "list", "--format", "json").json == []
    office.shell("consultation", "rebook", "1", "+3d 10:00")
    assert status(office) == "BOOKED"
    office.shell("consultation", "cancel", "1", "She is ill")
    assert status(office) == "CANCELLED"
    said = office.shell("consultation", "move", "1", "HELD", code=None)
    assert said.code != 0
    assert "cannot go from CANCELLED to HELD; from here it can go to REQUESTED, BOOKED" in said.err


def test_a_file_comes_in_and_goes_out_for_calendars(office: Office, tmp_path: Path) -> None:
    """Its rows that overlap are reported with their line; the others are events."""
    file, calendar = tmp_path / "old.csv", tmp_path / "mine.ics"
    file.write_text(
        "With,Starts,Status,Held by,Minutes\n"
        "Ida Moss,2030-01-07 10:00,BOOKED,ada,60\n"
        "Ida Moss,2030-01-07 10:30,BOOKED,ada,60\n"
        "Ida Moss,2030-01-07 11:00,CONFIRMED,ada,60\n"
    )
    said = office.shell("consultation", "import", str(file), code=None)
    assert "2 imported, 1 rejected" in said.err + said.out
    assert "ada has another row of the file" in said.err + said.out
    office.shell("consultation", "export", "is:mine", "--format", "ics", "-o", str(calendar))
    events = Calendar.from_ical(calendar.read_bytes()).walk("VEVENT")
    assert [f"{e.decoded('DTSTART'):%H:%M}" for e in events] == ["10:00", "11:00"]


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("ada", "list add book export report"),
        ("crm-manager", "list add book export report"),
        ("account-manager", "list add book"),
        ("crm-worker", "list"),
        ("contributor", "list"),
        ("manager", ""),
    ],
)
def test_each_role_does_what_it_may(office: Office, role: str, may: str) -> None:
    """All else is refused, and the grant named."""
    office.shell("consultation", "add", "who=prospect:1")
    tries = {
        "list": ("consultation", "list"),
        "add": ("consultation", "add", "who=prospect:1"),
        "book": ("consultation", "book", "1", "tomorrow 15:00"),
        "export": ("consultation", "export", "--format", "ics", "-o", str(office.path / "a.ics")),
        "report": ("report", "consultations"),
    }
    for name, args in tries.items():
        said = office.shell(*args, by=role, code=None)
        assert (said.code == 0) == (name in may.split()), (role, name, said)
        assert said.code == 0 or "grant" in said.err
