"""Who else is here: said seldom, read when somebody said something, shown where it matters."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable
from typing import TYPE_CHECKING

from attrs import evolve

from crmkit.core import presence
from crmkit.core.presence import Present
from crmkit.core.serving import in_house
from crmkit.tui.widgets.board import BoardView
from crmkit.tui.widgets.record_list import RecordList
from crmkit.tui.widgets.title import TitleLine

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk
    from crmkit.tui.screens.base import CrmScreen

BEAT = 25.0
"""Seconds after which one says that one is still here."""
LEAST = 2.0
"""Seconds between two times at which one says where one is."""
AGAIN = 5.0
"""Seconds after which one looks though nobody said anything: somebody may be gone."""


class Presence:
    """What one says of oneself, and what is known of others."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.others: list[Present] = []
        self.ended_by = ""
        self._place = presence.folder(desk.workspace.path)
        self._since = time.time()
        self._said: Present | None = None
        self._said_at = self._read_at = 0.0
        self._tried_at = 0.0
        self._stamp = 0
        self._shown: tuple[object, ...] = ()
        self._warned: set[tuple[str, int]] = set()

    def mine(self) -> Present:
        """Return where one is now."""
        from crmkit.tui.screens.base import CrmScreen

        app = self.desk.app
        found = Present(os.getpid(), self.desk.session.actor.name, self._since, app.touched)
        for screen in reversed(app.screen_stack):
            if isinstance(screen, CrmScreen) and screen.stands and (where := _where(screen)):
                place, entity, id, editing = where
                return evolve(found, place=place, entity=entity, id=id, editing=editing)
        return found

    # On the data's thread --------------------------------------------------------------------

    def exchange(self, mine: Present) -> None:
        """Say where one is, if that is new; read where others are, if that is."""
        now = time.time()
        moved = self._said is None or evolve(mine, active=self._said.active) != self._said
        due = now - self._said_at >= (LEAST if moved else BEAT)
        if due and now - self._tried_at >= LEAST:  # a full disk is not tried each second
            self._tried_at = now
            if presence.announce(self._place, mine):
                self._said, self._said_at = mine, now
        try:
            stamp = self._place.stat().st_mtime_ns
        except OSError:
            return
        rested = now - self._read_at >= LEAST
        if (stamp != self._stamp and rested) or now - self._read_at >= AGAIN:
            self._stamp, self._read_at = stamp, now
            self.others = [p for p in presence.everybody(self._place) if p.pid != os.getpid()]
            # What lies in the workspace any session may have written: the house needs no notes.
            self.ended_by = "" if in_house() else presence.ended_by(self._place)

    # On the screen ---------------------------------------------------------------------------

    def show(self, screen: CrmScreen) -> None:
        """Show on a screen who else is where it is; what shows already is not sent again."""
        if not screen.query(TitleLine):  # it is about to go
            return
        where = _where(screen)
        shown = screen, where, self.others
        if shown == self._shown:
            return
        self._shown = shown
        if where and where[2]:
            place, entity, id, _ = where
            text, style = self.about(entity, id)
            screen.title_line.company(text, style)
            key = entity, id
            if style != "warning":
                self._warned.discard(key)
            elif place == "form" and key not in self._warned and screen.status.remark(text):
                self._warned.add(key)
        entity = where[1] if where else ""
        for widget in (*screen.query(RecordList), *screen.query(BoardView)):
            keys: set[Hashable] = {(p.entity, p.id) for p in self.others if p.id}
            if where and not where[2]:
                keys |= {p.id for p in self.others if p.id and p.entity == entity}
            widget.show_others(frozenset(keys))

    def about(self, entity: str, id: int) -> tuple[str, str]:
        """Return who else is at a record, and the style to say it in."""
        here = [p for p in self.others if (p.entity, p.id) == (entity, id)]
        editing = list(dict.fromkeys(p.user for p in here if p.editing))
        if editing:
            return f"{_names(editing)} editing this", "warning"
        names = list(dict.fromkeys(p.user for p in here))
        return (f"{_names(names)} here too", "badge") if names else ("", "")

    def leave(self) -> str:
        """Be here no more; return who ended the session, if anybody did."""
        by = presence.ended_by(self._place)
        presence.leave(self._place)
        return by


def _names(names: list[str]) -> str:
    said = " and ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"
    return f"{said} {'is' if len(names) == 1 else 'are'}"


def _where(screen: CrmScreen) -> tuple[str, str, int, bool] | None:
    """Return what a screen is of: its kind, the entity, the record (0 for none), if edited."""
    from crmkit.tui.screens.form import FormScreen
    from crmkit.tui.screens.record import RecordScreen

    if isinstance(screen, FormScreen):
        return "form", screen.model.name, screen.id_ or 0, screen.id_ is not None
    if isinstance(screen, RecordScreen):
        return "record", screen.model.name, screen.id_, False
    place = screen.place()
    kind = str(place.get("screen", ""))
    return (kind, str(place.get("entity", "")), 0, False) if kind else None
