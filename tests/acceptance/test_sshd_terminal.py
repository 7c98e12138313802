"""At the terminal of a session over a real sshd: what keys and odd terminals can do."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.acceptance.sshds import Attack, Site, Way, compare, needs_sshd, run, wait_for
from tests.acceptance.terminal import Terminal

pytestmark = needs_sshd

STOCK = """\
from textual.app import App
from textual.widgets import Static

class Stock(App):
    BINDINGS = [("ctrl+z", "suspend_process", "")]

    def compose(self):
        yield Static("My day, Ann Other")

Stock().run()
"""
"""A program as Textual makes it, with its palette, and a key to stop it."""


def _session(here: Site, way: Way) -> Terminal:
    if way is not here.weak:
        return way.terminal()
    (here.place / "stock.py").write_text(STOCK)
    (here.place / "stock" / "Downloads").mkdir(parents=True, exist_ok=True)
    command = f"env HOME={here.place}/stock {sys.executable} {here.place}/stock.py"
    return here.as_root().terminal(command=command)


def _stopped(here: Site, way: Way, tmp: Path) -> bool:
    """A stopped program on a line without a shell is never taken up again."""
    with _session(here, way) as terminal:
        terminal.wait_any("My day", "? keys")
        terminal.press("ctrl+z")
        if wait_for(lambda: _any_stopped(here), 2):
            return True
        terminal.press("g", "l")
        terminal.wait("Ann Other")
        return False


def _any_stopped(here: Site) -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = str(here.place).encode() in (folder / "cmdline").read_bytes()
            if ours and (folder / "stat").read_text().rpartition(") ")[2][0] == "T":
                return True
        except OSError:
            continue
    return False


def _pictured(here: Site, way: Way, tmp: Path) -> bool:
    def pictures() -> set[Path]:
        return set(here.place.rglob("*.svg"))

    before = pictures()
    with _session(here, way) as terminal:
        terminal.wait_any("My day", "? keys")
        terminal.press("ctrl+p")
        terminal.type("screenshot")
        terminal.press("enter")
        return wait_for(lambda: pictures() - before)


ATTACKS: dict[str, Attack] = {"ctrl+z": _stopped, "a picture from the palette": _pictured}


@pytest.mark.parametrize("name", ATTACKS)
def test_keys_lead_nowhere(name: str, here: Site, tmp_path: Path) -> None:
    compare(ATTACKS[name], here, tmp_path)


@pytest.mark.parametrize(
    "term", ["dumb", "", "vt100", "no-such-terminal", "$(touch /tmp/x)", "x" * 10_000, "a\x1b[2J"]
)
def test_an_odd_terminal_is_served_or_turned_away_in_words(term: str, here: Site) -> None:
    with here.ours.terminal(TERM=term) as terminal:
        said = terminal.wait_any("? keys", "crmkit:")
        assert "Traceback" not in said


def test_a_certificate_opens_for_whom_it_names_and_for_nobody_else(here: Site) -> None:
    keys = here.place / "keys"

    def certified(principal: str) -> bytes:
        run("ssh-keygen", "-q", "-s", keys / "authority", "-I", "x", "-n", principal,
            "-V", "+1h", keys / "naive.pub")  # fmt: skip
        said = here.certified.send("lead add name=Certified email=certified@example.com")
        return said.stdout + said.stderr

    assert certified("ben").strip().isdigit()
    crm = here.crm()
    assert crm.session("ada").log(limit=1)[0].actor_name == "ben"
    crm.store.close()
    for stranger in ("root", "ben --as ada", "nobody-known"):
        assert b"ermission denied" in certified(stranger)
    (keys / "naive-cert.pub").unlink()
