"""What is behind the wall is nowhere; what is not is untouched."""

import asyncio

import pytest

from crmkit.api import Denied, Invalid, Item, Link, NotFound
from crmkit.testing import PluginContract

plugin = "ethical_wall"


class TestContract(PluginContract):
    """It keeps the promises of every plugin."""


@pytest.fixture
def wall(crm):
    """Two clients behind the wall and one that is not, with something about each."""
    made = {}
    for name, walled in (("Acme", True), ("Bolt", True), ("Corner Shop", False)):
        client = crm.make("client", name=name, walled=walled)
        deal = crm.make("deal", name=f"{name} deal", client=client.id)
        crm.make("lead", name=f"{name} lead", client=client.id)
        crm.make("complaint", complainant=Link("client", client.id))
        crm.make("action", subject=f"Call {name}", about=Link("client", client.id))
        crm.make("action", subject=f"Draft for {name}", about=Link("deal", deal.id))
        made[name] = client
    return made


@pytest.fixture
def outside(acting):
    return acting("crm_manager", "walled_off")


def test_lists_and_counts_leave_it_out(crm, wall, outside):
    for entity, all_of_them in (
        ("client", 3), ("deal", 3), ("lead", 3), ("complaint", 3), ("action", 6),
    ):  # fmt: skip
        assert crm.admin.count(entity) == all_of_them
        assert outside.count(entity) == all_of_them // 3
        assert len(outside.find(entity)) == all_of_them // 3


def test_boards_reports_and_search_leave_it_out(wall, outside):
    assert sum(column.count for column in outside.board("deal")) == 1
    assert [hit.title for hit in outside.search("acme")] == []
    assert {hit.title for hit in outside.search("corner")} >= {"Corner Shop", "Corner Shop deal"}
    assert sum(row["count"] for row in outside.report("actions").rows) == 2


def test_files_and_references_leave_it_out(wall, outside):
    assert [c.name for c in outside.find("client", export=True)] == ["Corner Shop"]
    assert outside.titles([("client", wall["Acme"].id)]) == {("client", 1): "client 1"}
    with pytest.raises(NotFound):
        outside.get("client", wall["Acme"].id)
    with pytest.raises(NotFound):
        outside.set("client", wall["Acme"].id, {"name": "Mine"})


def test_the_shell_leaves_it_out(crm, wall, outside):
    said = crm.shell("client", "list", "--format", "json", by=outside.actor.name)
    assert said.err == ""
    assert [row["name"] for row in said.json] == ["Corner Shop"]


def test_a_client_goes_behind_the_wall_with_all_about_it_and_comes_back(crm, wall, outside):
    shop = wall["Corner Shop"].id
    compliance = crm.acting("compliance")
    compliance.set("client", shop, {"walled": True})
    assert [outside.count(entity) for entity in ("client", "deal", "lead", "action")] == [0] * 4
    crm.make("action", subject="Later", about=Link("client", shop))
    assert outside.count("action") == 0
    compliance.undo()
    assert [outside.count(entity) for entity in ("client", "deal", "lead")] == [1, 1, 1]


def test_once_a_client_is_behind_the_wall_somebody_looks_back(crm, wall):
    shop = wall["Corner Shop"].id
    crm.acting("compliance").set("client", shop, {"walled": True})
    (found,) = crm.admin.find("action", f'about:client:{shop} "until now"')
    assert found.subject == "Ask who has worked for Corner Shop until now"
    assert crm.admin.history("action", found.id)[0].commit.actor_name == "automation wall_built"
    crm.admin.set("client", shop, {"name": "The Corner Shop"})
    assert crm.admin.count("action", f'about:client:{shop} "until now"') == 1


def test_one_s_own_work_goes_behind_the_wall_too(crm, wall):
    someone = crm.acting("crm_manager", "walled_off", name="kim")
    crm.make("deal", name="Kim's", client=wall["Acme"].id, salesperson=someone.actor.id)
    assert someone.count("deal", "salesperson:me") == 0


def test_only_who_may_builds_the_wall(crm, wall):
    with pytest.raises(Denied):
        crm.acting("account_manager").set("client", wall["Corner Shop"].id, {"walled": True})


def test_a_team_is_shut_out_as_soon_as_one_joins_it(crm):
    early = crm.acting("crm_worker", name="early", team="B").actor.id
    path = crm.path / "crmkit.toml"
    path.write_text(path.read_text() + '\n[ethical_wall]\nteams = ["B"]\n')
    crm.reopen()
    late = crm.make("user", name="late", team="B", roles=(Item("crm_worker"),))
    assert "walled_off" in [item.value for item in late.roles]
    assert crm.crm.tick()[0] == ["1 users shut out by the ethical wall"]
    assert crm.crm.tick()[0] == []
    assert "walled_off" in [item.value for item in crm.value(crm.admin.get("user", early), "roles")]


def test_switched_off_all_is_seen_and_switched_on_it_is_hidden_again(crm, wall, outside):
    crm.reopen(disabled=["ethical_wall"])
    assert crm.acting("crm_manager", name=outside.actor.name).count("client") == 3
    crm.reopen()
    assert crm.acting(name=outside.actor.name).count("client") == 1


def test_the_terminal_leaves_it_out(crm, wall, outside, pilot):
    async def look():
        async with pilot(name=outside.actor.name) as seat:
            clients = await seat.show(seat.desk.go_entity, "client")
            board = await seat.show(seat.desk.go_board, "deal")
            for text in (clients, board):
                assert "Corner Shop" in text
                assert "Acme" not in text
                assert "Bolt" not in text

    asyncio.run(look())


def test_merging_asks_on_which_side_of_the_wall_the_client_is(crm, wall, outside):
    shop, acme = wall["Corner Shop"].id, wall["Acme"].id
    for keep, lose in ((acme, shop), (shop, acme)):
        with pytest.raises(Invalid, match="say which of the values holds"):
            crm.admin.merge("client", keep, [lose])
    said = crm.shell("custom", "role", "merger", "client.read", "client.update", "client.merge")
    assert said.code == 0, said.err
    crm.close()
    with pytest.raises(Denied, match="walled"):
        crm.acting("merger").merge("client", shop, [acme], {"walled": False})
    crm.admin.merge("client", shop, [acme], {"walled": True})
    assert [outside.count(entity) for entity in ("client", "deal", "lead", "action")] == [0] * 4


def test_what_is_about_a_walled_client_is_not_merged_into_what_is_not(crm, wall):
    (walled,), (free,) = crm.admin.find("deal", "Acme"), crm.admin.find("deal", "Corner")
    with pytest.raises(Invalid, match="make what they are about alike"):
        crm.admin.merge("deal", free.id, [walled.id])


def test_who_is_shut_out_does_not_come_in_while_the_wall_is_down(crm, wall, outside, monkeypatch):
    name = outside.actor.name
    monkeypatch.setenv("CRMKIT_DISABLE", "ethical_wall")
    said = crm.shell("client", "list", by=name)
    assert said.code == 5
    assert said.out == ""
    assert "crmkit plugin disable ethical_wall" in said.err
    assert crm.shell("client", "list").code == 0


def test_the_journal_and_automations_do_not_name_it_to_an_admin_behind_the_wall(crm, wall):
    shop = wall["Corner Shop"].id
    crm.acting("compliance").set("client", shop, {"walled": True})
    number = crm.admin.log(limit=1)[0].id
    admin = crm.acting("admin", "walled_off", name="zed")
    told = " ".join(commit.label for commit in admin.log())
    assert "Corner Shop" not in told
    assert "Acme" not in told
    with pytest.raises(NotFound, match="no commit"):
        admin.undo(number)
    for verb in (("try", "wall_built", "--since", "30d"), ("show", "wall_built")):
        said = crm.shell("automation", *verb, by="zed")
        assert said.code == 0, said.err
        assert "Corner Shop" not in said.out
        assert f"client {shop}" not in said.out
        assert f"client {shop}" in " ".join(crm.shell("automation", *verb).out.split())
    with pytest.raises(Invalid, match=f"no client {shop}"):
        admin.add("action", subject="x", about=Link("client", shop))
