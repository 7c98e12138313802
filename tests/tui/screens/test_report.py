"""Reports on the screen: figures, bars, dividing and filtering by keys."""

from __future__ import annotations

import pytest

from crmkit.core.crm import Crm
from crmkit.tui.screens.report import bars
from tests.tui.conftest import Seats


@pytest.fixture
def scored(crm: Crm) -> Crm:
    """The firm with answers of two clients."""
    ada = crm.session("ada")
    for name, scores in (("Ash plc", (10, 9, 2)), ("Beech plc", (3, 4))):
        client = ada.add("client", name=name)
        for nps in scores:
            ada.add("satisfaction", client=client.id, nps=nps)
    return crm


async def test_figures_divided_and_filtered_by_keys(scored: Crm, seat: Seats) -> None:
    """gr lists the reports; b divides; / filters; what is wrong with a filter is said."""
    async with seat() as at:
        await at.press("g", "r")
        assert "Client satisfaction" in at.text()
        await at.press("escape", ":")
        await at.type("report satisfaction")
        await at.press("enter")
        assert dict(at.rows())["NPS"] == "-20.00"
        await at.press("b", "1")
        assert [(row[0], row[2]) for row in at.rows()] == [
            ("Ash plc", "33.33"), ("Beech plc", "-100.00"),
        ]  # fmt: skip
        await at.press("c")
        assert [row[1] for row in at.rows()] == ["33.33", "-100.00"]
        await at.press("/")
        await at.type("nps<x")
        await at.press("enter")
        await at.until(lambda: "is no score" in at.text())
        assert "nps: 'x' is no score; write 0 to 10" in at.text()
        await at.press("escape", "/")
        await at.type('client:"Ash plc"')
        await at.press("enter")
        assert [row[0] for row in at.rows()] == ["Ash plc"]
        await at.press("escape")
        assert at.screen.place() == {"screen": "home"}


async def test_a_report_needs_its_grant(scored: Crm, seat: Seats) -> None:
    """Who may run none is told so."""
    async with seat("wim") as at:
        await at.press("g", "r")
        assert "report.NAME" in at.said()


async def test_the_command_line_opens_a_report(scored: Crm, seat: Seats) -> None:
    """`:report satisfaction nps>8`, and a name that is not known."""
    async with seat(size=(60, 20)) as at:
        await at.press(":")
        await at.type("report satisfaktion")
        await at.press("enter")
        assert "did you mean satisfaction" in at.text()
        await at.press("escape", ":")
        await at.type("report satisfaction nps>8")
        await at.press("enter")
        assert dict(at.rows())["Answers"] == "2"


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([2.0, 1.0, None], ["████", "██", ""]),
        ([1.0, -1.0, 0.0], [" │█", "█│", " │"]),
        ([], []),
        ([0.0], [""]),
    ],
)
def test_bars_are_on_one_scale(values: list[float | None], drawn: list[str]) -> None:
    """Below nothing they go to the left."""
    assert bars(values, 4) == drawn
