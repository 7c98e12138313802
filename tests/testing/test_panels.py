"""Panels: sections that plugins put on a record's screen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crmkit.api import Link, Panel
from crmkit.testing import Firm
from tests.core.plugin_maker import module_of


def _calls(client: Any, told: Any) -> Any:
    yield "just a text\nin two"
    yield "Calls", told.count("action", f"about:client:{client.id}")
    for action in told.find("action", f"about:client:{client.id}", limit=3):
        yield "", action.subject, action
    yield "Link", "the client", Link("client", client.id)


def _broken(client: Any, told: Any) -> Any:
    yield "before"
    raise ValueError("oh")


def _endless(client: Any, told: Any) -> Any:
    while True:
        yield "on and on"


PANELS = (
    Panel("client", "Calls", _calls),
    Panel("client", "Broken", _broken),
    Panel("client", "Endless", _endless),
    Panel("client", "Odd", lambda client, told: [7]),
    Panel("client", "Empty", lambda client, told: None),
    Panel("client", "Users", lambda client, told: [u.name for u in told.find("user")]),
)
plugin = [module_of("panelled", {"crm_views": PANELS})]


@pytest.fixture
def shown(crm: Firm) -> Any:
    """A client with an action; returns its panels' lines by label, as somebody sees them."""
    client = crm.make("client", name="Acme")
    crm.make("action", subject="Ring", about=Link("client", client.id))

    def look(session: Any = None) -> dict[str, Any]:
        who = session or crm.admin
        record = who.get("client", client.id)
        return {s.label: s for s in who.panels(record)}

    return look


def _lines(section: Any) -> list[tuple[str, str, Any]]:
    return [(line.label, line.text, line.opens) for line in section.lines]


def test_lines_are_texts_labels_and_what_they_open(shown: Any) -> None:
    """Each is one line, whatever is in it."""
    assert _lines(shown()["Calls"]) == [
        ("", "just a text in two", None),
        ("Calls", "1", None),
        ("", "Ring", ("action", 1)),
        ("Link", "the client", ("client", 1)),
    ]


def test_a_panel_that_fails_says_so_and_others_are_shown(shown: Any) -> None:
    """The message names the plugin."""
    found = shown()
    ((label, said, opens),) = _lines(found["Broken"])
    assert said.startswith(f"panel Broken of plugin panelled failed: ValueError: oh ({__file__}:")
    assert (label, opens) == ("plugin panelled", None)
    assert found["Broken"].failed
    assert len(found["Endless"].lines) == 50
    assert "yields texts and tuples, and not 7" in found["Odd"].lines[0].text


def test_a_panel_without_lines_or_leave_is_left_out(crm: Firm, shown: Any) -> None:
    """It reads what the actor may read, and no more."""
    assert "Empty" not in shown()
    someone = crm.acting("account_manager")
    assert "Users" in shown()
    assert "Users" not in shown(someone)


def test_the_shell_shows_panels_below_the_fields(crm: Firm, shown: Any) -> None:
    """The data for programs stays as it is."""
    said = crm.shell("client", "show", "1")
    assert "\nCalls\n" in said.out
    assert "\n  Calls  1\n" in said.out
    assert "oh" in said.out
    assert "Calls" not in crm.shell("client", "show", "1", "--format", "json").out


def test_the_terminal_shows_panels_and_opens_what_they_point_at(
    crm: Firm, shown: Any, pilot: Any
) -> None:
    """Enter on a line goes to the record."""

    async def look() -> None:
        async with pilot(size=(120, 90)) as seat:
            text = await seat.show(seat.desk.open_record, "client", 1)
            assert "Calls" in text
            assert "plugin panelled" in text
            assert "panel Broken of" in text
            keys = [row.key for row in seat.screen.details._source.rows]
            seat.screen.details.move_to(keys.index(("action", 1)))
            await seat.press("enter")
            assert seat.screen.model.name == "action"

    asyncio.run(look())


def test_the_firm_s_own_panels_tell_of_complaints_and_satisfaction(crm: Firm, shown: Any) -> None:
    """A client without any has neither."""
    assert {"Complaints", "Satisfaction"}.isdisjoint(shown())
    crm.make("complaint", subject="Late again", complainant=Link("client", 1))
    score = crm.make("satisfaction", client=1, nps=9)
    crm.admin.move("satisfaction", score.id, "ANSWERED", {"nps": 9})
    found = shown()
    assert _lines(found["Complaints"]) == [
        ("Open", "1 of 1", None), ("Received", "Late again", ("complaint", 1)),
    ]  # fmt: skip
    assert _lines(found["Satisfaction"])[0] == ("NPS", "100.0 of 1 answers", None)
    assert _lines(found["Satisfaction"])[1][2] == ("satisfaction", score.id)
