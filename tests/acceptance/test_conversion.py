"""A lead converted in the shell and taken back: the files that it exports are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.office import Office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Office]:
    """A workspace on a database of either kind, with a lead and those it may be merged into."""
    monkeypatch.setenv("LOGNAME", "ada")
    url = "" if database_url.startswith("sqlite") else database_url
    made = Office.make(tmp_path / "firm", database=url)
    session = made.session()
    account = session.add("account", name="Bow Ltd").id
    session.add("client", name="Bow", account=account, status="PROSPECT")
    session.add(
        "lead", name="Ann Other", company="Bow & Sons", email="ann@bow.example", notes="Räksmörgås"
    )
    yield made
    made.close()


def exported(office: Office) -> dict[str, str]:
    """Every entity as CSV."""
    names = [e.name for e in office.crm.model.shown if e.name != "user"]
    return {name: office.shell(name, "list", "--format", "csv").out for name in names}


@pytest.mark.parametrize("merged", [[], ["--client", "Bow", "--deal-value", "1200 GBP"]])
def test_undo_leaves_the_exports_as_they_were(office: Office, merged: list[str]) -> None:
    before = exported(office)
    office.shell("lead", "convert", "1", *merged)
    between = exported(office)
    changed = {name for name in before if before[name] != between[name]}
    assert changed == {"lead", "client", "contact", "account"} | ({"deal"} if merged else set())

    office.shell("undo")
    assert exported(office) == before


def test_undo_says_what_it_leaves_and_why(office: Office) -> None:
    office.shell("lead", "convert", "1")
    conversion = office.session().log(limit=1)[0].id
    office.shell("client", "set", "2", "tax_id=GB 1")
    said = office.shell("undo", str(conversion), code=None)

    assert "Client Bow & Sons stays: Tax id changed since" in said.err + said.out
    assert "contact Ann Other stays: client Bow & Sons needs it" in said.err + said.out


def test_a_second_conversion_points_to_the_client(office: Office) -> None:
    office.shell("lead", "convert", "1")
    again = office.shell("lead", "convert", "1", code=6)
    assert "it became client 2 Bow & Sons (crmkit client show 2)" in again.err
    moved = office.shell("lead", "move", "1", "CONVERTED", code=None)
    assert moved.code in (0, 6)
