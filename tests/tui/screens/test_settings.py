"""The settings: what the firm adds without code, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkit.app import open_crm
from crmkit.core.crm import SYSTEM
from crmkit.core.custom import Custom, CustomField, CustomStage, read_custom
from crmkit.core.custom.editing import added
from crmkit.core.custom.steps import Step
from crmkit.core.serving import READ_ONLY
from crmkit.core.workspace import open_workspace
from crmkit.customizing import apply
from tests.tui.conftest import Seated, Seats


def _put(firm: Path, *parts: object) -> None:
    for part in parts:
        apply(open_workspace(firm), Step("", lambda found, part=part: added(found, part)))


def _custom(firm: Path) -> Custom:
    return read_custom(firm / "custom.toml")


async def _fill(s: Seated, **texts: str) -> None:
    for key, text in texts.items():
        s.screen.entries[key].set_text(text)
    await s.press("ctrl+s")


async def test_a_field_is_added_and_is_there_at_once(firm: Path, seat: Seats) -> None:
    """The tables too, after a backup; the same window shows it."""
    async with seat() as s:
        await s.press("g", ",")
        assert "No field of the firm's own yet" in s.text()
        await s.press("n")
        await _fill(s, entity="lead", name="area", kind="choice", options="Family, Tax",
                    shown="yes")  # fmt: skip
        assert "Lead has the field area" in s.said()
        assert "the data as it was is in" in s.said()
        assert s.rows() == [("Leads", "Area", "area", "choice", "Family, Tax", "column")]
        await s.press("g", "l")
        assert "Area" in s.text()
    (made,) = _custom(firm).fields
    assert made.options == ("Family", "Tax")
    assert "custom.area" in open_crm(firm).model.entity("lead").by_key


async def test_a_field_without_a_name_gets_one_of_its_label(firm: Path, seat: Seats) -> None:
    async with seat() as s:
        await s.press("g", ",", "n")
        await _fill(s, entity="lead", label="From TÜI")
        assert "Lead has the field from_tui" in s.said()
    (made,) = _custom(firm).fields
    assert (made.name, made.label) == ("from_tui", "From TÜI")


async def test_a_refusal_that_is_longer_than_a_line_is_shown_whole(firm: Path, seat: Seats) -> None:
    """As with the values that are in the way of another kind."""
    _put(firm, CustomField(entity="lead", name="area", kind="text"))
    crm = open_crm(firm)
    for n in range(4):
        crm.session(SYSTEM).add("lead", name=f"Lead {n}", phone="030123456",
                                **{"custom.area": f"words {n}"})  # fmt: skip
    crm.store.close()
    async with seat() as s:
        await s.press("g", ",", "e")
        await _fill(s, kind="number")
        (told,) = (n.message for n in s.app._notifications if "hold what is no number" in n.message)
        assert "Lead 3" in told
        assert told.endswith("Change those first")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"entity": "lead", "name": "Bad-Name"}, "small letters"),
        ({"entity": "lead", "name": "name"}, "has a field name already"),
        ({"entity": "lead", "name": "x", "kind": "choice"}, "list the choices"),
        ({"entity": "", "name": "x"}, "fill it in"),
        ({"entity": "lead", "name": ""}, "small letters"),
        ({"entity": "lead", "name": "x", "kind": "chioce"}, "did you mean choice"),
    ],
)
async def test_what_cannot_be_is_refused_and_stays_typed(
    firm: Path, seat: Seats, texts: dict[str, str], said: str
) -> None:
    """The form is still there, with what is wrong."""
    async with seat() as s:
        await s.press("g", ",", "n")
        await _fill(s, **texts)
        assert said in s.text()
        assert s.screen.entries["name"].text == texts["name"]
        assert not (firm / "custom.toml").exists()


async def test_fields_are_renamed_put_in_order_retired_and_revived(firm: Path, seat: Seats) -> None:
    """Each with one key; the list says how it stands."""
    _put(firm, CustomField(entity="lead", name="one", kind="text"),
         CustomField(entity="lead", name="two", kind="text"))  # fmt: skip
    async with seat() as s:
        await s.press("g", ",", "J")
        assert [f.name for f in _custom(firm).fields] == ["two", "one"]
        await s.press("J")
        assert "last one already" in s.said()
        await s.press("g", "g", "e")
        await _fill(s, label="Second")
        assert s.rows()[0][1] == "Second"
        await s.press("x")
        assert s.rows()[0][5] == "retired"
        assert "custom.two" not in s.app.desk.model.entity("lead").by_key
        await s.press("x")
        assert s.rows()[0][5] == ""


async def test_stages_go_to_their_place_and_are_empty_before_they_go(
    firm: Path, seat: Seats
) -> None:
    """Records in a stage are counted and named; they are to be moved first."""
    _put(firm, CustomStage(entity="lead", code="CHECK", label="Check", after="CONTACTED",
                           fallback="CONTACTED"))  # fmt: skip
    async with seat() as s:
        session = s.app.desk.session
        codes = list(session.model.workflow("lead").codes())
        session.move("lead", 1, "CHECK")
        await s.press("g", ",", "2")
        assert s.rows()[0][5] == "1"
        await s.press("x")
        assert "1 leads are in CHECK (Ann Other); move those first" in s.said()
        session.move("lead", 1, "CONTACTED")
        await s.press("J")
        codes.remove("CHECK")
        assert _custom(firm).stages[0].after == codes[codes.index("CONTACTED") + 1]
        await s.press("x")
        assert s.rows()[0][-1] == "retired"


async def test_roles_lists_and_keys(firm: Path, seat: Seats) -> None:
    """Each from its form; a key that is taken is refused."""
    async with seat() as s:
        await s.press("g", ",", "3", "n")
        await _fill(s, name="intern", grants="lead.read@own lead.create")
        assert s.rows()[0][:4] == ("intern", "", "the firm's", "lead.read@own, lead.create")
        await s.press("D")
        assert _custom(firm).roles == ()
        await s.press("4", "n")
        await _fill(s, entity="lead", label="Mine", filter="owner:me", own="yes")
        assert _custom(firm).views[0].user == "ada"
        await s.press("6")
        await s.press("/")
        await s.type("lead.claim")
        await s.press("enter")
        assert s.rows()[0][0] == "lead.claim"
        await s.press("e")
        await _fill(s, keys="n")
        assert "n" in s.said()
        assert "lead.claim" in s.text()
        await _fill(s, keys="ctrl+y")
        assert _custom(firm).keys[0].keys == ("ctrl+y",)
        assert "ctrl+y" in s.app.desk.keys.keys_for("run.claim", "entity.lead")
        assert "ctrl+y" not in s.app.desk.keys.keys_for("run.claim", "entity.contact")


async def test_a_plugin_is_switched_off_and_on(firm: Path, seat: Seats) -> None:
    """What it adds goes and comes back, in the open window."""
    (firm / "plugins" / "acme.py").write_text(
        "from crmkit.api import Plugin\nplugin = Plugin('acme', version='1')\n", encoding="utf-8"
    )
    async with seat() as s:
        await s.press("g", ",", "8")
        names = [row[0] for row in s.rows()]
        s.screen.listing.move_to(names.index("acme"))
        await s.press("x")
        assert _custom(firm).enabled == ("acme",)
        assert any(p.name == "acme" for p in s.app.desk.model.plugins)
        await s.press("x")
        assert "All data are kept" in s.text()
        await s.press("n")
        assert _custom(firm).disabled == ()
        await s.press("x", "y")
        assert _custom(firm).disabled == ("acme",)


@pytest.mark.parametrize("user", ["wim", "ben"])
async def test_others_get_a_clear_refusal(seat: Seats, user: str) -> None:
    """The grant is named, and nothing opens."""
    async with seat(user) as s:
        await s.press("g", ",")
        assert "custom.update" in s.said()
        assert "Settings" not in s.text()
        await s.press(":")
        await s.type("settings")
        await s.press("enter")
        assert "custom.update" in s.said()


async def test_an_automation_is_switched(firm: Path, seat: Seats) -> None:
    """On and off, with what it does beside it."""
    async with seat() as s:
        await s.press("g", ",", "7")
        name, state = s.rows()[0][:2]
        await s.press("x")
        (made,) = _custom(firm).switches
        assert (made.automation, made.on) == (name, state != "on")
        assert s.rows()[0][1] != state


async def test_over_the_network_they_are_read_only_and_say_so(
    firm: Path, seat: Seats, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, without a key; and what would change something is refused with the same line."""
    _put(firm, CustomField(entity="lead", name="one", kind="text"))
    before = (firm / "custom.toml").read_bytes()
    async with seat() as s:
        monkeypatch.setattr("crmkit.core.serving._served", True)
        await s.press("g", ",")
        assert s.rows()[0][2] == "one"
        assert READ_ONLY in s.text()
        for key in ("n", "e", "x"):
            await s.press(key)
            assert READ_ONLY in s.said()
            assert len(s.rows()) == 1
    assert (firm / "custom.toml").read_bytes() == before
