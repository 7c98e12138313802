"""What others commit shows here within a second, once the hand is free."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING
from weakref import WeakSet

from attrs import evolve, frozen

from crmkit.core.errors import CrmError, Denied, NotFound, SentAway
from crmkit.core.session import Session
from crmkit.tui.presence import Presence

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk
    from crmkit.tui.screens.base import CrmScreen
    from crmkit.tui.screens.form import FormScreen

REPLACED = CrmError(
    "the database was replaced by another one: open crmkit again; what you typed is kept as a draft"
)
"""What is said where going on would mix two databases."""
QUICK = 0.1
"""Seconds that reading anew may take without a rest behind it."""
REST = 29
"""How many times as long as a slow reading took the rest behind it is."""
LONGEST = 20.0
"""Seconds of the longest rest."""


@frozen
class _Found:
    """What a look finds: the store's number, that of its file, and what became of the actor."""

    number: int
    file: int
    other_rights: bool = False
    gone: CrmError | None = None


class Live:
    """Looks each second whether something was committed; the screen in front reads it anew.

    Screens behind it do so when they come to the front. A screen with an open prompt, or with a
    card that is being carried, waits until that is done. The actor is read anew before all of
    them: one who was switched off is sent away.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.presence = Presence(desk)
        self._seen: int | None = None
        self._acts_as_of: int | None = None
        """The store's number when the actor was looked at last."""
        self._behind: WeakSet[CrmScreen] = WeakSet()
        self._looking = False
        self._trouble = ""
        self._greeted = False
        self._rest_until = 0.0
        self._file = _number_of(desk)
        self.forget()

    def look(self) -> None:
        """Look once; nothing is asked of the data where nothing was committed."""
        self._catch_up()
        if self._looking:
            return
        self._looking = True
        mine, store = self.presence.mine(), self.desk.crm.store

        def look() -> _Found:
            self.presence.exchange(mine)
            return self._look_at_actor(_Found(store.changed(), _number_of(self.desk)))

        self.desk.bridge.run(look, self._looked, self._failed)

    def _look_at_actor(self, found: _Found) -> _Found:
        if found.number == self._acts_as_of:
            return found
        try:
            other = self.desk.renew_actor()
        except (Denied, NotFound) as gone:
            return evolve(found, gone=gone)
        self._acts_as_of = found.number
        return evolve(found, other_rights=other)

    def forget(self) -> None:
        """Begin anew, as with another store, before the first screen reads anything from it."""
        self._seen = self._acts_as_of = None
        self.desk.bridge.run(self.desk.crm.store.changed, self._began, lambda error: None)

    def _began(self, number: int) -> None:
        if self._seen is None:
            self._seen = number

    def _failed(self, error: CrmError) -> None:
        """Tell what is wrong once, not each second for as long as it lasts."""
        self._looking = False
        if str(error) != self._trouble:
            self._trouble = str(error)
            self.desk.tell(error)

    def _looked(self, found: _Found) -> None:
        from crmkit.tui.screens.base import CrmScreen

        number, file = found.number, found.file
        self._looking, self._trouble = False, ""
        if self.presence.ended_by:
            self.desk.app.leave_idle(ended(self.presence.ended_by))
            return
        if found.gone is not None:
            self.desk.app.leave_idle(switched_off(found.gone))
            return
        if self._file and file and file != self._file:
            self.desk.app.leave_idle(REPLACED)
            return
        if self._seen is not None and number != self._seen:
            stack = self.desk.app.screen_stack
            self._behind.update(s for s in stack if isinstance(s, CrmScreen))
        self._seen = number
        if found.other_rights:
            self.desk.renewal.rights_changed()
        self._catch_up()
        self._greet()
        front = self.desk.app.screen
        if isinstance(front, CrmScreen) and front.stands and not front.is_left:
            self.presence.show(front)

    def _greet(self) -> None:
        """Say the message of the day to whoever did not begin with my day, where it stands."""
        if self.desk.news.strip() and not self._greeted:
            self.desk.app.notify(self.desk.news.strip(), timeout=20)
        self._greeted = True

    def _catch_up(self) -> None:
        from crmkit.tui.screens.base import CrmScreen
        from crmkit.tui.screens.form import FormScreen

        front = self.desk.app.screen
        if not isinstance(front, CrmScreen) or front not in self._behind or _busy(front):
            return
        if monotonic() < self._rest_until:
            return
        self._behind.discard(front)
        if isinstance(front, FormScreen):
            look_at_form(front)
        else:
            front.refresh_data()
        self._rest()

    def _rest(self) -> None:
        """Let the next look wait in proportion to what this one takes.

        Beside an import something changes all the time, in every session at once: keys that are
        pressed go before screens that nobody may be looking at.
        """
        began = monotonic()
        self._rest_until = began + LONGEST

        def read(_: object = None) -> None:
            took = monotonic() - began
            self._rest_until = monotonic() + (min(LONGEST, REST * took) if took > QUICK else 0)

        self.desk.bridge.run(lambda: None, read, read)


def _number_of(desk: Desk) -> int:
    """Return the number of the database's file; 0 where there is none, as on a server."""
    path = desk.workspace.database_file
    try:
        return path.stat().st_ino if path is not None else 0
    except OSError:
        return 0


def ended(by: str) -> CrmError:
    """Return what somebody is told whose session was ended."""
    return SentAway(f"an admin ended this session ({by}); what you typed is kept as a draft")


def switched_off(why: CrmError) -> CrmError:
    """Return what somebody is told who is no user any more."""
    return SentAway(f"{why}: this session has ended; what you typed is kept as a draft")


def _busy(screen: CrmScreen) -> bool:
    return not screen.stands or screen.prompt.is_open or bool(getattr(screen, "_moving", False))


def look_at_form(form: FormScreen) -> None:
    """Say in one line if the record of a form is not what it was; typing goes on."""
    before, name = form.record, form.model.name
    if before is None or form._saving:
        return

    def read(session: Session) -> str:
        now = session.get(name, before.id)
        if now.id != before.id:
            return f"this was merged into {now.id} elsewhere; what you type is still here"
        if now.version == before.version:
            return ""
        last = session.history(name, before.id, limit=1)
        who = last[0].commit.actor_name if last else "somebody"
        return f"{who} changed this meanwhile; saving asks what to keep"

    def show(said: str) -> None:
        if said and form.record is before:
            form.status.remark(said)

    def gone(error: CrmError) -> None:
        show("this was deleted or hidden elsewhere; what you type is still here")

    form.ask(read, show, gone)
