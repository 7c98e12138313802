"""The shell's way to a person's rights: what is kept is told, and erased on request."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def client(crm: Command) -> str:
    """A client with a history and an action."""
    id = crm("client", "add", "name=Quillon Zubrowka", "account_manager=worker").lines[0]
    crm("client", "set", id, "name=Quillon Brobdingnag")
    crm("action", "add", "subject=Ring Quillon", f"about=client:{id}", "owner=worker")
    return id


def test_all_that_is_kept_is_told_in_every_format(crm: Command, client: str) -> None:
    said = crm("client", "personal", client, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    name = next(row for row in rows if row["entity"] == "client" and row["field"] == "name")
    assert (name["value"], name["former"]) == ("Quillon Brobdingnag", "Quillon Zubrowka")
    whole = crm("client", "personal", client, "--format", "json").json
    assert [one["entity"] for one in whole] == ["client", "action"]
    assert whole[1]["values"]["subject"] == "Ring Quillon"
    assert "Ring Quillon" in crm("client", "personal", client).out


def test_records_that_may_not_be_exported_are_counted(
    crm: Command, client: str, firm: Path
) -> None:
    (firm / "custom.toml").write_text(
        '[[role]]\nname = "crm_worker"\ngrants = ["client.export@own"]\n'
    )
    said = crm("client", "personal", client, "--format", "json", by="worker")
    assert [one["entity"] for one in said.json] == ["client"]
    assert "1 more records are about it, which you may not export" in said.err


def test_it_is_erased_where_one_says_yes(crm: Command, client: str) -> None:
    asked = crm("client", "erase", client)
    assert asked.code == 2
    assert "1 client, 1 action" in asked.err
    assert "say --yes" in asked.err
    assert "Quillon" in crm("client", "show", client).out
    done = crm("client", "erase", client, "--yes")
    assert done.code == 0
    assert "erased in 1 client, 1 action and in 3 older commits" in done.err
    for words in (("show", client), ("history", client), ("list",)):
        assert "Quillon" not in crm("client", *words).out
    assert "Quillon" not in crm("log").out
    assert crm("audit", "verify", "--records").code == 0


def test_who_lacks_the_grant_is_told_which(crm: Command, client: str) -> None:
    said = crm("client", "erase", client, "--yes", by="worker")
    assert said.code == 5
    assert "client.erase" in said.err
    assert "Quillon" in crm("client", "show", client).out


def test_an_erasure_is_not_undone(crm: Command, client: str) -> None:
    crm("client", "erase", client, "--yes")
    said = crm("undo")
    assert said.code == 6
    assert "what was erased does not come back" in said.err


def test_nothing_is_erased_while_a_plugin_is_off_that_may_keep_more(
    crm: Command, client: str, firm: Path
) -> None:
    """Its fields would be left behind without a word."""
    crm("custom", "field", "add", "client", "nickname", "--personal")
    crm("client", "set", client, "nickname=Quilly")
    crm("plugin", "disable", "custom")
    said = crm("client", "erase", client, "--yes")
    assert said.code == 6
    assert "plugin custom is off" in said.err
    assert "crmkit plugin enable custom" in said.err
    crm("plugin", "enable", "custom")
    told = crm("client", "personal", client, "--format", "json").json
    assert told[0]["values"]["custom.nickname"] == "Quilly"
    assert crm("client", "erase", client, "--yes").code == 0
    assert "Quilly" not in crm("client", "show", client).out


def test_who_may_be_the_same_person_is_named_and_left_as_he_is(crm: Command, client: str) -> None:
    """The contact that a client was made with is erased by itself, or not."""
    contact = crm("contact", "add", "last_name=Zubrowka").lines[0]
    crm("client", "set", client, f"primary_contact={contact}")
    told = f"not covered: contact {contact} Zubrowka"
    assert told in crm("client", "personal", client).err
    done = crm("client", "erase", client, "--yes")
    assert told in done.err
    assert f"crmkit contact erase {contact}" in done.err
    assert "Zubrowka" in crm("contact", "show", contact).out
