"""Numbers, the board, the report and the terminal."""

import asyncio

import pytest

from crmkit.api import Invalid, Link, Money, Refused
from crmkit.testing import PluginContract

plugin = "matters"


class TestContract(PluginContract):
    """It keeps the promises of every plugin."""


def test_numbers_follow_one_another_in_each_year_and_none_comes_twice(crm):
    first, second = crm.make("matter"), crm.make("matter")
    assert [first.number, second.number] == ["M-2026-0001", "M-2026-0002"]
    crm.admin.delete("matter", second.id)
    assert crm.make("matter").number == "M-2026-0003"
    crm.clock.advance(days=60)
    assert crm.make("matter").number == "M-2027-0001"


def test_a_number_of_one_s_own_is_kept_and_not_given_twice(crm):
    assert crm.make("matter", number="OLD-7").number == "OLD-7"
    with pytest.raises(Invalid, match="OLD-7 already"):
        crm.make("matter", number="OLD-7")


def test_a_number_that_came_by_a_file_is_passed_over(crm):
    crm.make("matter", number="M-2026-0001")
    crm.make("matter", number="M-2026-0003")
    assert [crm.make("matter").number for _ in range(2)] == ["M-2026-0002", "M-2026-0004"]


def test_rows_of_a_file_get_a_number_each(crm, tmp_path):
    crm.make("client", name="Acme")
    path = tmp_path / "matters.csv"
    path.write_text("name,client\nLease,Acme\nWill,Acme\nSale,Acme\n")
    said = crm.shell("matter", "import", str(path))
    assert said.code == 0, said.err
    assert sorted(m.number[-4:] for m in crm.admin.find("matter")) == ["0001", "0002", "0003"]


def test_a_matter_is_opened_from_its_client(crm, acting):
    client = crm.make("client", name="Acme")
    kim = acting("account_manager")
    matter = kim.run("client.open_matter", client.id, {"name": "Lease"})
    assert (matter.client, matter.lawyer) == (client.id, kim.actor.id)
    assert matter.title == "M-2026-0001 Lease"
    crm.make("action", subject="Draft", about=Link("matter", matter.id))
    assert crm.admin.count("action", f"about:matter:{matter.id}") == 1


def test_the_client_s_screen_lists_his_matters(crm, pilot):
    client = crm.make("client", name="Acme")
    assert "Matters" not in [section.label for section in crm.admin.panels(client)]
    matter = crm.make("matter", client=client.id, name="Lease", fee=Money(100_00, "GBP"))
    crm.make("matter", name="Another client's")
    lines = {s.label: s.lines for s in crm.admin.panels(client)}["Matters"]
    assert [line.text for line in lines] == ["1 of 1", "Lease, Opened, 100.00 GBP"]
    assert lines[1].opens == ("matter", matter.id)
    assert "M-2026-0001" in crm.shell("client", "show", str(client.id)).out

    async def look():
        async with pilot(size=(120, 90)) as seat:
            text = await seat.show(seat.desk.open_record, "client", client.id)
            assert "Lease, Opened, 100.00 GBP" in text

    asyncio.run(look())


def test_the_board_asks_for_the_fee_and_stamps_the_end(crm):
    matter = crm.make("matter", fee=None)
    with pytest.raises(Invalid, match="fee"):
        crm.admin.move("matter", matter.id, "ENGAGED")
    crm.admin.move("matter", matter.id, "ENGAGED", {"fee": Money(100_00, "GBP")})
    assert crm.admin.move("matter", matter.id, "CLOSED").closed_on == crm.now.date()
    with pytest.raises(Refused, match="cannot go from CLOSED"):
        crm.admin.move("matter", matter.id, "ON_HOLD")
    assert [c.count for c in crm.admin.board("matter")] == [0, 0, 0, 1, 0]


def test_the_report_adds_up_what_its_reader_may_see(crm, acting):
    for area, fee in (("Family", 100), ("Family", 200), ("Probate", 50)):
        crm.make("matter", area=area, fee=Money(fee, "GBP"))
    rows = [tuple(row.values()) for row in crm.admin.report("matters").rows]
    assert rows == [("Family", 2, 2, Money(300, "GBP")), ("Probate", 1, 1, Money(50, "GBP"))]
    assert crm.admin.report("matters", "area:Family").rows[0]["matters"] == 2
    assert acting("account_manager").report("matters").rows != ()


def test_the_terminal_shows_the_board_and_the_report(crm, pilot):
    crm.make("matter", name="Lease of Mill Lane", area="Property")

    async def look():
        async with pilot() as seat:
            assert "M-2026-0001" in await seat.show(seat.desk.go_board, "matter")
            assert "Property" in await seat.show(seat.desk.go_report, "matters")

    asyncio.run(look())


def test_switched_off_matters_are_gone_and_switched_on_they_are_back(crm):
    matter = crm.make("matter", name="Lease")
    crm.reopen(disabled=["matters"])
    assert crm.shell("matter", "list").code == 2
    crm.reopen()
    assert crm.admin.get("matter", matter.id).number == "M-2026-0001"
    assert crm.make("matter").number == "M-2026-0002"
