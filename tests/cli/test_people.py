"""Users, what their roles let them do through the shell, and how that is explained."""

from __future__ import annotations

import pytest

from tests.cli.conftest import PEOPLE, Command


def test_users_are_added_with_roles_and_listed(crm: Command) -> None:
    said = crm("user", "add", "zoe", "--role", "crm_worker", "--role", "staff", "--team", "munich",
               "--full-name", "Zoë Z", "--email", "zoe@example.com")  # fmt: skip
    assert said.code == 0
    shown = crm("user", "show", said.lines[0], "--format", "json").json
    assert [item["value"] for item in shown["roles"]] == ["crm_worker", "staff"]
    assert (shown["team"], shown["full_name"]) == ("munich", "Zoë Z")
    names = {row["name"] for row in crm("user", "list", "--format", "json").json}
    assert {"zoe", *PEOPLE} <= names


def test_a_role_that_does_not_exist_is_refused_with_what_is_near(crm: Command) -> None:
    said = crm("user", "add", "zoe", "--role", "crm_wroker")
    assert (said.code, said.out) == (6, "")
    assert "crm_worker" in said.err


def test_users_are_changed_by_name(crm: Command) -> None:
    assert crm("user", "set", "worker", "--role", "crm_manager").code == 0
    assert crm("lead", "add", "name=x", "email=x@example.com", by="worker").code == 0
    assert crm("user", "set", "worker", "active=no").code == 0
    assert crm("lead", "list", by="worker").code == 5


def test_a_user_who_does_not_exist_cannot_act(crm: Command) -> None:
    said = crm("lead", "list", by="nobody")
    assert said.code == 3
    assert "crmkit user add nobody" in said.err


@pytest.mark.parametrize(
    ("by", "codes"),
    [
        ("worker", {"add": 5, "list": 0, "set": 5, "move": 5, "delete": 5}),
        ("supervisor", {"add": 0, "list": 0, "set": 0, "move": 0, "delete": 5}),
        ("boss", {"add": 0, "list": 0, "set": 0, "move": 0, "delete": 0}),
        ("guest", {"add": 5, "list": 5, "set": 5, "move": 5, "delete": 5}),
    ],
)
def test_roles_allow_what_they_should(by: str, codes: dict[str, int], crm: Command) -> None:
    account = crm("account", "add", "name=Acme").lines[0]
    deal = crm("deal", "add", "name=Big", f"account={account}").lines[0]
    asked = {
        "add": ["name=Other", f"account={account}"],
        "list": [],
        "set": [deal, "competitor=x"],
        "move": [deal, "QUALIFIED"],
        "delete": [deal],
    }
    found = {verb: crm("deal", verb, *args, by=by) for verb, args in asked.items()}
    assert {verb: said.code for verb, said in found.items()} == codes
    for verb, said in found.items():
        if said.code:
            grant = {"add": "create", "list": "read", "set": "update"}.get(verb, verb)
            assert f"deal.{grant}" in said.err
            assert said.out == ""


def test_others_leads_are_neither_listed_nor_counted_nor_found(crm: Command) -> None:
    owned = crm("lead", "add", "name=Secret", "email=s@example.com", "owner=boss").lines[0]
    free = crm("lead", "add", "name=Secrecy", "email=t@example.com", "owner=").lines[0]
    assert crm("lead", "list", "--format", "ids", by="worker").lines == [free]
    assert crm("lead", "show", owned, by="worker").code == 3
    assert crm("search", "secre", "--format", "ids", by="worker").lines == [f"lead:{free}"]
    counts = [c["count"] for c in crm("lead", "board", "--format", "json", by="worker").json]
    assert sum(counts) == 1
    assert crm("lead", "history", owned, by="worker").code == 3


def test_a_field_without_grant_is_neither_shown_nor_set(crm: Command) -> None:
    free = crm("lead", "add", "name=Free", "email=t@example.com", "owner=").lines[0]
    assert "owner" not in crm("lead", "show", free, "--format", "json", by="supervisor").json
    assert crm("lead", "list", "--columns", "owner", by="supervisor").code == 5
    assert crm("lead", "list", "--sort", "owner", by="supervisor").code == 5
    said = crm("lead", "set", free, "owner=boss", by="supervisor")
    assert said.code == 5
    assert "lead.update.owner" in said.err


def test_access_explains_every_verb(crm: Command) -> None:
    account = crm("account", "add", "name=Acme").lines[0]
    told = {v["verb"]: v for v in crm("access", "supervisor", "account", account,
                                      "--format", "json").json}  # fmt: skip
    assert told["update"]["allowed"] is True
    assert "crm_supervisor" in told["update"]["because"]
    assert told["delete"]["allowed"] is False
    assert crm("access", "supervisor", "account").lines[0].split() == ["verb", "allowed", "because"]
    assert crm("access", "nobody", "account").code == 3
    assert crm("access", "supervisor", "acount").code == 3


def test_changing_a_user_who_does_not_exist_is_not_found(crm: Command) -> None:
    said = crm("user", "set", "nobody", "active=no")
    assert (said.code, said.err) == (3, "crmkit: no user is called 'nobody'\n")


@pytest.mark.parametrize("name", ["u\x1b]52;c", "u\u202eb", " bob", "bob ", "a\tb"])
def test_a_login_is_made_of_what_can_be_seen(crm: Command, name: str) -> None:
    said = crm("user", "add", name)
    assert (said.code, "login name" in said.err) == (6, True)
