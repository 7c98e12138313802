"""Nobody reads or writes by an automation what is denied him."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command


@pytest.fixture
def walled(crm: Command, firm: Path) -> Command:
    """The shell, as a manager whom another role denies some things."""
    denies = ("client.create", "lead.read.phone", "action.create")
    options = [part for deny in denies for part in ("--deny", deny)]
    assert crm("custom", "role", "walled", "lead.read", *options).code == 0
    added = crm("user", "add", "mona", "--role", "crm_manager", "--role", "walled")
    assert added.code == 0, added.err
    return lambda *args, by="mona": crm(*args, by=by)


def _add(crm: Command, does: str, *more: str, on: str = "created") -> tuple[int, str]:
    said = crm("automation", "add", "mine", "lead", "--on", on, "--do", does, *more)
    return said.code, said.err


def test_a_denial_counts_as_it_does_for_himself(walled: Command) -> None:
    code, err = _add(walled, "create record=client name=x")
    assert (code, "client.create" in err) == (5, True), err
    code, err = _add(walled, "action subject=x")
    assert (code, "action.create" in err) == (5, True), err
    code, err = _add(walled, "create record={source} name=x")
    assert code == 5, err


def test_what_he_may_not_read_is_not_told_to_him(walled: Command) -> None:
    """Neither in a text, nor by when it happens or for which records."""
    code, err = _add(walled, 'notify to=mona text="{phone}"')
    assert (code, "lead.read.phone" in err) == (5, True), err
    code, err = _add(walled, "notify to=mona text=x", on="updated phone")
    assert (code, "lead.read.phone" in err) == (5, True), err
    code, err = _add(walled, "notify to=mona text=x", "--where", "phone:030")
    assert code != 0, err


def test_what_is_not_denied_is_written(walled: Command) -> None:
    code, err = _add(walled, 'notify to=mona text="{name}"')
    assert code == 0, err


def test_what_is_written_into_what_it_adds_is_asked_for_too(walled: Command, crm: Command) -> None:
    """A field that only some may fill in is no freer because an automation fills it in."""
    denied = ("contact.create.email",)
    crm("custom", "role", "walled", "lead.read", *("--deny", *denied))
    code, err = _add(walled, "create record=contact last_name=x email=a@example.com")
    assert (code, "contact.create.email" in err) == (5, True), err
