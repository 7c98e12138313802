"""Nothing stored reaches the terminal raw: every field of every entity, on every screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from wcwidth import wcswidth

from crmkit.tui.text import OutputGuard
from tests.acceptance.infested import infest
from tests.acceptance.office import Office
from tests.acceptance.payloads import KEPT, batches, beginning, families
from tests.acceptance.recording import Recording, leaks
from tests.acceptance.tour import SIZE, Tour, seated
from tests.tui.conftest import Seated

CONJUNCTS = "\u094d"
"""Where Indic letters join, terminals do not agree on a width."""

SOME = ("lead", "contact", "consultation", "user")
"""Entities that between them have all kinds of fields; the exhaustive test sees every one."""


class Watch:
    """Looks at each screen of a tour: nothing raw is sent, every line has its width."""

    def __init__(self, recording: Recording) -> None:
        self.found: list[str] = []
        self.texts: list[str] = []
        self.screens = 0
        self._recording = recording

    def __call__(self, where: str, seat: Seated) -> None:
        self.screens += 1
        sent = self._recording.take()
        self.found += [f"{where}: {leak}" for leak in leaks(sent, SIZE)]
        for strip in seat.screen._compositor.render_strips():
            text = "".join(part.text for part in strip)
            self.texts.append(text)
            if CONJUNCTS not in text and wcswidth(text) != SIZE[0]:
                self.found.append(f"{where}: {wcswidth(text)} cells wide: {text.strip()!r}")

    def unread(self, payloads: Sequence[str]) -> list[str]:
        """Return the payloads whose first letters were on no screen."""
        seen = "\n".join(self.texts)
        return [p[:40] for p in payloads if beginning(p) not in seen]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Record what is sent while the second lock is off: the first one has to hold alone."""
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("COLORTERM", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(OutputGuard, "apply", lambda self, segments, background: segments)
    return Watch(Recording().installed(monkeypatch))


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office that is not infested yet."""
    monkeypatch.setenv("LOGNAME", "ada")
    office = Office.make(tmp_path / "firm")
    yield office
    office.close()


async def test_no_screen_lets_anything_through(office: Office, watch: Watch) -> None:
    payloads = list(families().values())
    joined = batches(payloads, 10)
    infest(office, joined)
    async with seated(office) as seat:
        tour = Tour(seat, watch, SOME)
        await tour.mine()
        await tour.lists(views=1)
        await tour.records(each=1)
        await tour.forms(each=1)
        await tour.pairs()
        await tour.search(joined[-2:])
        await tour.asking(joined[:2])
        await tour.twins(joined[2])
    assert watch.found == []
    assert watch.screens > 70


@pytest.mark.exhaustive
@pytest.mark.parametrize("states", [False, True], ids=["", "states too"])
async def test_no_payload_in_any_field_is_let_through(
    office: Office, watch: Watch, states: bool
) -> None:
    payloads = list(families().values())
    infest(office, payloads, states=states)
    async with seated(office) as seat:
        tour = Tour(seat, watch)
        await tour.mine(divided=True)
        await tour.lists()
        await tour.records(each=len(payloads))
        await tour.forms(each=10)
        await tour.pairs()
        await tour.search(payloads)
        await tour.asking(payloads)
    assert watch.found == []
    assert watch.unread(payloads) == []


async def test_writing_that_needs_its_joiners_keeps_them(office: Office, watch: Watch) -> None:
    ada = office.session()
    for text in KEPT.values():
        ada.add("contact", {"last_name": f"x {text} y"})
    async with seated(office) as seat:
        seat.app.desk.go_entity("contact")
        await seat.settle()
        shown = seat.text()
    assert [text for text in KEPT.values() if f"x {text} y" not in shown] == []
    assert leaks(watch._recording.take(), SIZE) == []
