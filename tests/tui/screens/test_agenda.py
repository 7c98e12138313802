"""The agenda: what is when, found by keys, drawn on the firm's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crmkit.app import open_crm
from crmkit.core.crm import Crm
from crmkit.core.hours import BusinessHours
from crmkit.core.kinds.base import Locale
from crmkit.tui.screens.agenda import AgendaScreen, Span, opening, spans
from crmkit.tui.screens.form import FormScreen
from crmkit.tui.screens.record import RecordScreen
from crmkit.tui.widgets.agenda_blocks import Block, lines_of, place, week_of
from tests.tui.conftest import Seated, Seats

PLUGIN = '''
from __future__ import annotations

from datetime import datetime

from crmkit.api import Agenda, Plugin, Record, State, Workflow, entity, flow, hookimpl
from crmkit.api import moment, ref, text

plugin = Plugin("diary", requires=("roles",))
FLOW = Workflow("visit", states=(
    State("BOOKED", glyph="o", colour="blue"), State("HELD", outcome="won", glyph="*"),
))


@entity("visit", title="name", owner="host")
class Visit(Record):
    """A visit."""

    name: str = text("Name", search=True, shown=True)
    status: str = flow(FLOW, default="BOOKED", shown=True)
    starts_at: datetime = moment("Start", shown=True, index=True)
    ends_at: datetime | None = moment("End", default=None, shown=True)
    host: int | None = ref("Host", "user", default=None, shown=True)


@hookimpl
def crm_entities():
    yield Visit


@hookimpl
def crm_views():
    yield Agenda("visit", "starts_at", "ends_at", who="host", label="Visits")
'''
VISITS = (
    ("Anna Ash", "2026-11-24 10:00", "2026-11-24 11:00", "ada"),
    ("Bert Beech", "2026-11-24 10:30", "2026-11-24 11:30", "ben"),
    ("Cleo Cedar", "2026-11-24 18:00", "2026-11-24 19:00", "ben"),
    ("Dora Dogwood", "2026-11-26 09:00", "", "ada"),
    ("Emil Elm", "2026-12-01 09:00", "2026-12-01 10:00", "ada"),
)
LONDON = Locale(zone=ZoneInfo("Europe/London"), hours=BusinessHours(zone=ZoneInfo("Europe/London")))


@pytest.fixture
def visits(firm: Path) -> Crm:
    """The firm, in London, with a plugin of its own that has an agenda."""
    (firm / "plugins").mkdir(mode=0o700, exist_ok=True)
    (firm / "plugins" / "diary.py").write_text(PLUGIN, encoding="utf-8")
    (firm / "plugins" / "diary.py").chmod(0o600)
    config = firm / "crmkit.toml"
    text = config.read_text(encoding="utf-8").replace("plugins = []", 'plugins = ["diary"]')
    config.write_text(text.replace('timezone = "UTC"', 'timezone = "Europe/London"'), "utf-8")
    waiting = open_crm(firm, upgrade=True)
    waiting.store.upgrade()
    waiting.store.close()
    crm = open_crm(firm)
    assert crm.off == {}
    ada = crm.session("ada")
    for name, start, end, host in VISITS:
        texts = {"name": name, "starts_at": start, "ends_at": end, "host": host}
        ada.add("visit", ada.parse("visit", {k: v for k, v in texts.items() if v}))
    return crm


async def _open(at: Seated, day: str = "2026-11-24") -> None:
    await at.press(":")
    await at.type(f"agenda visit {day}")
    await at.press("enter")
    assert isinstance(at.screen, AgendaScreen)


def _here(at: Seated) -> str:
    block = at.screen.grid.block
    return block.title if block else ""


@pytest.mark.parametrize(("size", "columns"), [((120, 40), 5), ((80, 24), 5), ((60, 20), 0)])
async def test_a_week_has_as_many_columns_as_fit(visits: Crm, seat: Seats, size, columns) -> None:
    """On a narrow screen it is the list of one day, under the week's days."""
    async with seat(size=size) as at:
        await _open(at)
        lines = at.text().splitlines()
        assert "Visits: week 48, 23 to 29 November 2026" in lines[0]
        row = next(line for line in lines if "09:00" in line or "Anna" in line)
        assert row.count("│") == columns
        if not columns:
            assert "[Tu 24]3" in lines[1]
            assert "10:00-11:00" in at.text()
            assert "Dora" not in at.text()


async def test_rows_are_the_hours_and_what_there_is_beyond_them(visits: Crm, seat: Seats) -> None:
    """9 to 17, and until seven in the evening where something is on."""
    async with seat(size=(80, 40)) as at:
        await _open(at)
        assert "18:30" in at.text() or "18:00" in at.text()
        assert "08:00" not in at.text()
        await at.press("L")
        assert "week 49" in at.text()
        assert "18:00" not in at.text()


async def test_j_and_k_go_from_entry_to_entry(visits: Crm, seat: Seats) -> None:
    """Over the days of the week; at its end they say so."""
    async with seat() as at:
        await _open(at, "2026-11-23")
        found = []
        for _ in range(5):
            await at.press("j")
            found.append(_here(at))
        assert found == ["Anna Ash", "Bert Beech", "Cleo Cedar", "Dora Dogwood", "Dora Dogwood"]
        assert "nothing further this week" in at.said()
        await at.press("k")
        assert _here(at) == "Cleo Cedar"
        await at.press("enter")
        assert isinstance(at.screen, RecordScreen)
        assert at.screen.record.title == "Cleo Cedar"


async def test_days_and_weeks_are_walked(visits: Crm, seat: Seats) -> None:
    """h l [ ] and over the week's end; t is today."""
    async with seat() as at:
        await _open(at)
        await at.press("l", "l", "h")
        assert at.screen.grid.day == date(2026, 11, 25)
        await at.press("]")
        assert at.screen.grid.day == date(2026, 12, 2)
        await at.press("[", "h", "h", "h")
        assert at.screen.grid.day == date(2026, 11, 22)
        assert "week 47" in at.text()
        await at.press("t")
        session = at.screen.desk.session
        assert at.screen.grid.day == session.locale.local(session.now).date()


async def test_one_day_fills_the_screen(visits: Crm, seat: Seats) -> None:
    """d, and w back; j stays in the day."""
    async with seat(size=(60, 20)) as at:
        await _open(at)
        await at.press("d")
        assert "Tuesday 24" in at.text()
        assert "10:00 Anna Ash" in at.text()
        await at.press("j", "j", "j", "j")
        assert _here(at) == "Cleo Cedar"
        assert "this day" in at.said()
        assert "18:00" in at.text()
        await at.press("w")
        assert "[Tu 24]3" in at.text()


async def test_a_new_one_starts_at_the_free_half_hour(visits: Crm, seat: Seats) -> None:
    """The cursor goes down half an hour at a time, over an entry at once."""
    async with seat() as at:
        await _open(at)
        at.screen.grid.go(date(2026, 11, 24), 19)
        await at.press("down", "down")
        assert _here(at) == "Bert Beech"
        await at.press("down")
        assert "11:30 free" in at.text()
        await at.press("n")
        assert isinstance(at.screen, FormScreen)
        assert at.screen.entries["starts_at"].text == "2026-11-24 11:30"
        await at.type("Fay Fir")
        await at.press("ctrl+s")
        assert isinstance(at.screen, AgendaScreen)
        assert _here(at) == "Fay Fir"


async def test_only_mine_and_a_filter(visits: Crm, seat: Seats) -> None:
    """M by the agenda's own field; / narrows it."""
    async with seat() as at:
        await _open(at)
        await at.press("M")
        assert {b.title for b in at.screen.grid.of_day(date(2026, 11, 24))} == {"Anna Ash"}
        assert "host:me" in at.text()
        await at.press("M", "/")
        await at.type("name:cedar")
        await at.press("enter")
        assert {b.title for b in at.screen.grid.of_day(date(2026, 11, 24))} == {"Cleo Cedar"}


async def test_what_others_move_is_seen_with_the_cursor_on_it(visits: Crm, seat: Seats) -> None:
    """The same record is under the cursor, at its new time."""
    async with seat() as at:
        await _open(at, "2026-11-23")
        await at.press("j")
        ada = visits.session("ada")
        record = ada.find("visit", "name:anna").records[0]
        ada.set("visit", record.id, ada.parse("visit", {"starts_at": "2026-11-24 09:00"}))
        await at.press("ctrl+r")
        assert _here(at) == "Anna Ash"
        assert at.screen.grid.slot == 18


async def test_dates_as_spoken_and_wrong_ones(visits: Crm, seat: Seats) -> None:
    """What is no date stays on the line to be mended."""
    async with seat() as at:
        await at.press(":")
        await at.type("agenda visit someday")
        await at.press("enter")
        assert "is not a date" in at.text()
        await at.press("escape")
        await _open(at, "tomorrow")
        session = at.screen.desk.session
        tomorrow = session.locale.local(session.now).date() + timedelta(days=1)
        assert at.screen.grid.day == tomorrow


async def test_whoever_may_read_none_has_no_agenda(visits: Crm, seat: Seats) -> None:
    """gA says so."""
    async with seat("gus") as at:
        await at.press("g", "A")
        assert "no agenda" in at.said()


async def test_only_what_changes_is_painted(visits: Crm, seat: Seats) -> None:
    """A step to the next entry of a day repaints no other day."""
    async with seat() as at:
        await _open(at)
        grid = at.screen.grid
        grid.go(date(2026, 11, 24), 20)
        await at.settle()
        regions: list = []
        grid.refresh = lambda *found, **more: regions.extend(found)
        await at.press("j")
        wide = grid._wide()
        assert regions
        assert all(r.x >= 6 + wide and r.right <= 6 + 2 * wide for r in regions if r.y > 0)


async def test_the_program_opens_on_the_agenda_it_was_left_on(visits: Crm, seat: Seats) -> None:
    """On the same day, with the same filter."""
    async with seat() as at:
        await _open(at)
        await at.press("M", "l", "q")
    async with seat() as at:
        assert isinstance(at.screen, AgendaScreen)
        assert (at.screen.grid.day, at.screen.filter) == (date(2026, 11, 25), "host:me")


# Times --------------------------------------------------------------------------------------


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-07-01 09:00", "2026-07-01 10:00", [("2026-07-01", 600, 660)]),
        # The night the clock is put forward: half an hour before 01:00, half an hour after 02:00.
        ("2026-03-29 00:30", "2026-03-29 01:30", [("2026-03-29", 30, 150)]),
        # The night it is put back: 01:45 summer time to 01:15 winter time is half an hour.
        ("2026-10-25 00:45", "2026-10-25 01:15", [("2026-10-25", 105, 135)]),
        ("2026-11-24 22:00", "2026-11-25 00:00", [("2026-11-24", 1320, 1440)]),
        ("2026-11-24 23:00", "2026-11-25 01:00",
         [("2026-11-24", 1380, 1440), ("2026-11-25", 0, 60)]),
        ("2026-11-24 10:00", None, [("2026-11-24", 600, 630)]),
        ("2026-11-24 10:00", "2026-11-24 09:00", [("2026-11-24", 600, 630)]),
    ],
)  # fmt: skip
def test_times_are_of_the_firms_clock(start: str, end: str | None, expected: list) -> None:
    """Also in the nights when it is changed, and over midnight."""
    found = spans(utc(start), utc(end) if end else None, LONDON)
    assert found == [Span(date.fromisoformat(day), low, high) for day, low, high in expected]


def test_the_firm_is_open_by_its_own_clock() -> None:
    """The hours of a summer week and a winter week are the same half-hours."""
    for day in (date(2026, 7, 1), date(2026, 11, 25)):
        assert opening(LONDON, [day])[day] == frozenset(range(18, 34))
    assert opening(LONDON, [date(2026, 11, 28)])[date(2026, 11, 28)] == frozenset()


def test_overlapping_blocks_stand_side_by_side() -> None:
    """Three at once have a third each; what comes after has the whole width again."""
    day = date(2026, 11, 24)
    times = ((600, 660), (630, 720), (630, 660), (660, 690), (720, 750))
    placed = place([Block(n, day, low, high, "") for n, (low, high) in enumerate(times)], 30)
    assert {p.block.key: (p.lane, p.lanes) for p in placed} == {
        0: (0, 3), 1: (1, 3), 2: (2, 3), 3: (0, 3), 4: (0, 1),
    }  # fmt: skip


def test_a_block_says_what_it_is_over_its_lines() -> None:
    """The clock and state where there is room; the end on a line that is left."""
    block = Block(1, date(2026, 11, 24), 600, 660, "Anna Ash about the lease", "Booked", "o")
    assert lines_of(block, 18, 3) == ["o 10:00 Anna Ash", "about the lease", "to 11:00 Booked"]
    assert lines_of(block, 7, 2) == ["Anna", "Ash about the lease"]


def test_a_week_begins_on_monday() -> None:
    assert week_of(date(2026, 11, 29))[0] == date(2026, 11, 23)
