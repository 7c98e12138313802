"""Each role against each verb and entity, through the shell."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

import pytest

from crmkit.cli import entity as entities
from crmkit.cli import main, root
from crmkit.cli.opening import Start
from crmkit.cli.shell import Shell
from tests.cli.conftest import Said
from tests.roles_table import (
    ENTITIES,
    FLOWS,
    OWNER,
    PEOPLE,
    SEES_ASSIGNEE,
    STRANGER,
    Firm,
    Known,
    make_firm,
    reaches,
    scopes,
)

DENIED, NOT_FOUND = 5, 3
Ask = Callable[..., Said]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """The firm, which nobody writes to."""
    return make_firm(tmp_path_factory.mktemp("roles") / "firm")


@pytest.fixture(scope="module")
def works(firm: Firm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same firm, to write to."""
    return Path(shutil.copytree(firm.path, tmp_path_factory.mktemp("works") / "firm"))


@pytest.fixture(scope="module")
def opened() -> Iterator[None]:
    """Let a firm be opened once, and its commands be made once, not for each command given."""
    shells: dict[Path, Shell] = {}

    class Open(Shell):
        def __init__(self, start: Start) -> None:
            super().__init__(start)
            if start.workspace is not None:
                first = shells.setdefault(start.workspace, Shell(start))
                self.__dict__["crm"] = first.crm

        def close(self) -> None:
            """Stay open."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entities, "entity_group", cache(entities.entity_group))
        patch.setattr(root, "Shell", Open)
        yield
    for shell in shells.values():
        shell.close()


@pytest.fixture
def ask(opened: None, firm: Firm, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Give a command as a user."""

    def asked(user: str, *args: object, path: Path = firm.path) -> Said:
        capsys.readouterr()
        code = main(["--workspace", str(path), "--as", user, *map(str, args)])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return asked


@pytest.fixture
def write(ask: Ask, works: Path) -> Ask:
    """Give a command as a user in the firm that is written to."""
    return partial(ask, path=works)


def whose(firm: Firm, user: str, entity: str) -> list[Known]:
    """Return a user's own record, a stranger's, and nobody's, where there is one."""
    owners = [user, STRANGER, *([""] if entity in OWNER else [])]
    return [firm.one(entity, owner) for owner in owners]


def expect(said: Said, user: str, record: Known, verb: str) -> None:
    """Check that a verb on a record was done, refused by its grant, or met nothing."""
    if reaches(user, record, verb):
        code = 0
    elif reaches(user, record) or not scopes(user, record.entity, verb):
        code = DENIED
    else:
        code = NOT_FOUND
    assert said.code == code, (user, verb, record, said)
    if code == DENIED:
        assert f"the grant {record.entity}.{verb} is missing" in said.err
    if code:
        assert said.out == ""
        assert record.title not in said.err


def refused(said: Said, entity: str, verb: str) -> bool:
    """Whether a command was refused, naming the grant, and gave nothing away."""
    told = f"the grant {entity}.{verb} is missing" in said.err
    return said.code == DENIED and told and not said.out


each_user = pytest.mark.parametrize("user", PEOPLE)
each_entity = pytest.mark.parametrize("entity", ENTITIES)


@each_user
@each_entity
def test_lists_hold_what_one_may_read(user: str, entity: str, firm: Firm, ask: Ask) -> None:
    seen = {r.id for r in firm.reached(user, entity)}
    said = ask(user, entity, "list", "--format", "ids")
    if not scopes(user, entity, "read"):
        assert refused(said, entity, "read")
        return
    assert (said.code, set(map(int, said.lines))) == (0, seen)
    table = ask(user, entity, "list").out
    hidden = [r.title for r in firm.records if r.entity == entity and r.id not in seen]
    assert not [title for title in hidden if f"{title} " in table]


@each_user
@each_entity
def test_records_of_others_are_shown_as_far_as_one_may_read(
    user: str, entity: str, firm: Firm, ask: Ask
) -> None:
    for record in whose(firm, user, entity):
        expect(ask(user, entity, "show", record.id), user, record, "read")
    strange = firm.one(entity, STRANGER)
    expect(ask(user, entity, "history", strange.id), user, strange, "read")


@each_user
def test_search_finds_what_one_may_read(user: str, firm: Firm, ask: Ask) -> None:
    for entity in ENTITIES:
        said = ask(user, "search", f"z{entity}", "--format", "ids")
        assert said.code == 0
        assert set(said.lines) == {f"{entity}:{r.id}" for r in firm.reached(user, entity)}


@each_user
@pytest.mark.parametrize("entity", FLOWS)
def test_boards_count_and_sum_what_one_may_read(
    user: str, entity: str, firm: Firm, ask: Ask
) -> None:
    seen = firm.reached(user, entity)
    for filter in ([], [f"z{entity}"]):
        said = ask(user, entity, "board", *filter, "--format", "json")
        if not scopes(user, entity, "read"):
            assert refused(said, entity, "read")
            continue
        assert sum(column["count"] for column in said.json) == len(seen)
        if entity == "deal":
            total = sum(Decimal(column["sum"]) for column in said.json)
            assert total == sum(r.amount for r in seen)


@each_user
@each_entity
def test_files_hold_what_one_may_export(user: str, entity: str, firm: Firm, ask: Ask) -> None:
    for form in ("csv", "tsv"):
        said = ask(user, entity, "list", "--format", form, "--columns", "id")
        if not scopes(user, entity, "read"):
            assert refused(said, entity, "read")
        elif not scopes(user, entity, "export"):
            assert refused(said, entity, "export")
        else:
            seen = [str(r.id) for r in firm.reached(user, entity, "export")]
            assert set(said.lines[1:]) == set(seen)
    if scopes(user, entity, "read"):
        listed = ask(user, entity, "list", "--format", "json").json
        assert {row["id"] for row in listed} == {r.id for r in firm.reached(user, entity)}


@each_user
@each_entity
def test_records_are_added_by_those_who_may(user: str, entity: str, firm: Firm, write: Ask) -> None:
    account = firm.one("account", "").id
    values = {
        "contact": ["last_name=New"], "lead": ["name=New", "email=new@example.com"],
        "deal": ["name=New", f"account={account}"],
        "action": ["subject=New", f"about=account:{account}"],
    }  # fmt: skip
    said = write(user, entity, "add", *values.get(entity, ["name=New"]))
    if scopes(user, entity, "create"):
        assert said.code == 0, said
    else:
        assert refused(said, entity, "create")


@each_user
@each_entity
def test_records_are_changed_moved_and_deleted_by_those_who_may(
    user: str, entity: str, firm: Firm, write: Ask
) -> None:
    for record in whose(firm, user, entity):
        expect(write(user, entity, "set", record.id, "notes=seen"), user, record, "update")
        for state in FLOWS.get(entity, ()):  # there, and back
            expect(write(user, entity, "move", record.id, state), user, record, "move")
        expect(write(user, entity, "delete", record.id), user, record, "delete")
        if reaches(user, record, "delete"):
            assert write(user, entity, "show", record.id).code == NOT_FOUND
            assert write(user, entity, "restore", record.id).code == 0
        elif entity != "contact":
            assert write(user, entity, "restore", record.id).code in (DENIED, NOT_FOUND)


@each_user
def test_commands_are_for_those_who_may_give_them(user: str, firm: Firm, write: Ask) -> None:
    for record in whose(firm, user, "action"):
        for verb in ("complete", "reopen"):
            expect(write(user, "action", verb, record.id), user, record, verb)
    pooled = firm.one("lead", "")
    expect(write(user, "lead", "claim-for", pooled.id, user), user, pooled, "claim_for")
    if reaches(user, pooled, "claim_for"):
        assert write("admin", "lead", "release", pooled.id).code == 0
    for record in whose(firm, user, "lead"):
        expect(write(user, "lead", "assign", record.id, "staff"), user, record, "assign")
        if reaches(user, record, "assign"):
            back = write("admin", "lead", "set", record.id, f"owner={record.owner}")
            assert back.code == 0


@each_user
def test_the_assignee_is_for_lead_management(user: str, firm: Firm, ask: Ask, write: Ask) -> None:
    if not scopes(user, "lead", "read"):
        return
    mine, may = firm.one("lead", user), bool(set(SEES_ASSIGNEE) & set(PEOPLE[user]))
    assert ("owner" in ask(user, "lead", "show", mine.id, "--format", "json").json) is may
    if may:
        assert ask(user, "lead", "list", f"owner:{user}", "--format", "ids").code == 0
        assert write(user, "lead", "set", mine.id, f"owner={user}").code == 0
    else:
        listed = ask(user, "lead", "list", f"owner:{STRANGER}", "--format", "ids")
        assert refused(listed, "lead", "read.owner")
        assert write(user, "lead", "set", mine.id, "owner=").code == DENIED


@each_user
def test_users_are_for_admins_and_for_oneself(user: str, ask: Ask, write: Ask) -> None:
    listed = ask(user, "user", "list", "--format", "json")
    if user == "admin":
        assert {*PEOPLE, STRANGER} <= {row["name"] for row in listed.json}
        assert write(user, "user", "set", user, "full_name=Me").code == 0
    elif user == "staff":
        assert [row["name"] for row in listed.json] == [user]
        assert write(user, "user", "set", user, "full_name=Me").code == 0
        said = write(user, "user", "set", user, "--role", "admin")
        assert refused(said, "user", "update.roles")
    else:
        assert refused(listed, "user", "read")
        assert write(user, "user", "set", user, "--role", "admin").code == DENIED
    assert (write(user, "user", "add", f"{user}2").code == 0) is (user == "admin")


@each_user
def test_access_is_explained_to_oneself_and_to_who_may_read_users(
    user: str, firm: Firm, ask: Ask
) -> None:
    for record in (firm.one("lead", STRANGER), firm.one("account", user)):
        expect(ask(user, "access", user, record.entity, record.id), user, record, "read")
    other = ask(user, "access", STRANGER, "account", firm.one("account", user).id)
    assert other.code == 0 if user == "admin" else refused(other, "user", "read")
    told = ask(user, "access", user, "lead", "--format", "json").json
    assert {v["verb"] for v in told if v["allowed"]} >= {
        verb for verb in ("create", "read", "update", "move") if scopes(user, "lead", verb)
    }
