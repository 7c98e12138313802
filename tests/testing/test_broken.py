"""The fixture `broken`: a plugin that fails where it is told to, and everything else goes on."""

from __future__ import annotations

import pytest

from crmkit.core.errors import CrmError
from crmkit.testing.broken import PHASES, Break
from crmkit.testing.firm import Firm
from crmkit.testing.seat import Seats

plugin = ()
OFF = ("syntax", "import", "declare", "merge")
REFUSING = ("check", "fill", "reaction")


@pytest.mark.parametrize("phase", PHASES)
def test_it_fails_in_its_phase_and_nowhere_else(phase: str, crm: Firm, broken: Break) -> None:
    why = broken(phase)
    assert ("broken.py" in why) == (phase in OFF)
    assert bool(why) == (phase in OFF)
    if phase in REFUSING:
        with pytest.raises(CrmError, match="broken"):
            crm.make("lead")
    else:
        assert crm.make("lead").id
    assert crm.make("client").id


@pytest.mark.parametrize(
    ("phase", "said"),
    [("guard", ("lead", "move", "1", "contacted")), ("command", ("lead", "break", "1")),
     ("condition", ("lead", "list", "is:broken")), ("report", ("report", "broken"))],
)  # fmt: skip
def test_what_fails_says_whose_it_is(
    phase: str, said: tuple[str, ...], crm: Firm, broken: Break
) -> None:
    broken(phase)
    crm.make("lead")
    found = crm.shell(*said)
    assert found.code
    assert "broken" in found.err
    assert "Traceback" not in found.err


def test_it_hangs_on_the_entity_that_is_named(crm: Firm, broken: Break) -> None:
    assert broken("check", "client") == ""
    assert crm.make("lead").id
    with pytest.raises(CrmError, match="broken"):
        crm.make("client")


def test_a_phase_that_there_is_not_is_named(broken: Break) -> None:
    with pytest.raises(ValueError, match="did you mean import"):
        broken("imprt")


async def test_the_terminal_opens_beside_it(crm: Firm, broken: Break, pilot: Seats) -> None:
    broken("panel")
    crm.make("lead")
    async with pilot() as seat:
        await seat.press("g", "l", "enter")
        assert "broken" in seat.text()
