import json, pytest
from tests.tui.conftest import *
from crmkit.tui import state
from crmkit.tui.screens.browse import BrowseScreen
from crmkit.tui.screens.home import HomeScreen

async def test_answers_after_leaving(seat):
    async with seat() as s:
        for keys in ("gl", "gd", "ga", "gl", "gh"):
            for k in keys: await s.pilot.press(k)
        for _ in range(5):
            await s.pilot.press("g"); await s.pilot.press("l")
            await s.pilot.press("b"); await s.pilot.press("escape")
            await s.pilot.press("g"); await s.pilot.press("l"); await s.pilot.press("enter"); await s.pilot.press("escape")
        await s.settle()

async def test_late_answer(seat):
    import threading
    gate = threading.Event()
    async with seat() as s:
        await s.press("g","l","6")
        s.app.desk.bridge.run(gate.wait)
        await s.pilot.press("enter"); await s.pilot.pause(0.05)
        await s.pilot.press("escape"); await s.pilot.pause(0.2)
        gate.set()
        await s.settle()
        assert isinstance(s.screen, BrowseScreen)

async def test_late_board(seat):
    import threading
    gate = threading.Event()
    async with seat() as s:
        await s.press("g","l","6")
        s.app.desk.bridge.run(gate.wait)
        await s.pilot.press("b"); await s.pilot.pause(0.05)
        await s.pilot.press("g", "h"); await s.pilot.pause(0.2)
        gate.set()
        await s.settle()

@pytest.mark.parametrize("place", [
    {"screen":"browse","entity":"lead","cursor":"x"}, {"screen":"browse","entity":"lead","view":1.5},
    {"screen":"browse","entity":"lead","filter":5}, {"screen":"browse","entity":"lead","sort":["a"]},
    {"screen":"browse","entity":"lead","filter":"nosuch:1"}, {"screen":"board","entity":"lead","filter":"nosuch:1"},
    {"screen":"board","entity":"contact"}, {"screen":"board","entity":"lead","cursor":7}, {"screen": 3, "entity": None}, []])
async def test_broken(seat, firm, place):
    from crmkit.core.workspace import open_workspace
    folder = open_workspace(firm).state
    folder.mkdir(parents=True, exist_ok=True)
    (folder/"place.json").write_text(json.dumps(place))
    async with seat() as s:
        await s.settle()
        print(type(s.screen), s.said())

async def test_colon(seat):
    async with seat() as s:
        for cmd in ("home","lead","board lead","home","lead 2","home","w","theme dark","lead company:x","filter foo:", ):
            await s.press("colon"); await s.type(cmd); await s.press("enter")
            print(cmd, "->", type(s.screen).__name__, repr(s.said()), s.screen.prompt.is_open)
            if s.screen.prompt.is_open: await s.press("escape")

async def test_record_jump(seat):
    async with seat() as s:
        await s.press("g","l","6","enter","colon"); await s.type("2"); await s.press("enter")
        print(type(s.screen).__name__, s.screen.id_)

async def test_empty_home_n(seat):
    async with seat("ben") as s:
        await s.press("n"); print(type(s.screen).__name__, s.said())
        await s.press("g","c","M"); print(type(s.screen).__name__, s.said(), s.screen.filter)

async def test_help_real(seat):
    async with seat() as s:
        await s.press("g","a","question_mark")
        for r in s.rows(): print(r)
