"""Taking over what the firm adds while the program is open: a new Model, without a restart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import frozen

from crmkit.app import open_crm
from crmkit.core.crm import Crm
from crmkit.core.custom import NAME, Custom
from crmkit.core.errors import CrmError
from crmkit.core.session import Session
from crmkit.core.workspace import Workspace, open_workspace
from crmkit.customizing import remedy
from crmkit.tui.customkeys import keys_of
from crmkit.tui.keys import KeyMap
from crmkit.tui.offers import offered

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

WAITING = (
    "What the firm adds was changed. It shows as soon as this is closed; nothing typed here is "
    "lost."
)
RIGHTS = "What you may do was changed, and the screens show it now."
RIGHTS_WAIT = (
    "What you may do was changed, and holds from now on; what is open here shows it once it is "
    "closed."
)
SHOWS = "What the firm adds was changed, and shows now."
_NAMED = 12
"""How many plugins that are off are named."""
Again = Callable[[], None]


@frozen
class _Fresh:
    """The workspace as it is now, opened anew."""

    workspace: Workspace
    crm: Crm
    session: Session
    keys: KeyMap


def keys_for(workspace: Workspace, session: Session) -> KeyMap:
    """Return the keys of a session; a `custom.toml` that cannot be read gives none."""
    try:
        keys = keys_of(workspace, session.model)
    except CrmError:  # told of as the plugin custom
        keys = keys_of(workspace, session.model, Custom())
    keys.offers = partial(offered, session)
    return keys


def told_off(workspace: Workspace, off: Mapping[str, str]) -> str:
    """Return one message about plugins that are off: why, and what leaves it so; '' for none."""
    if len(off) < 2:
        return "".join(
            f"plugin {name} is off: {why} ({remedy(workspace, name)})" for name, why in off.items()
        )
    names = ", ".join([*off][:_NAMED]) + (", ..." if len(off) > _NAMED else "")
    return (
        f"{len(off)} plugins are off: {names}. To read why: crmkit doctor. To leave one so: crmkit "
        "plugin disable NAME"
    )


class Renewal:
    """Looks whether `custom.toml` was changed; once nothing is being typed, works with it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._stamp = desk.workspace.custom_stamp()
        self._wanted = self._told = self._opening = self._other_rights = False

    def look(self) -> None:
        """Take over what was changed, or say that it waits."""
        if self._other_rights and (again := self._again()) is not None:
            self._rebuild(again)
        stamp = self.desk.workspace.custom_stamp()
        if stamp != self._stamp:
            self._stamp, self._wanted, self._told = stamp, True, False
        if not self._wanted or self._opening:
            return
        if self._again() is not None:
            self._open(SHOWS)
        elif not self._told:
            self._told = True
            self.desk.app.notify(WAITING, timeout=15)

    def rights_changed(self) -> None:
        """Build the screens again for what the actor may do now, once nothing is being typed."""
        self._other_rights = True
        self.look()
        self.desk.app.notify(RIGHTS_WAIT if self._other_rights else RIGHTS, timeout=15)

    def now(self) -> None:
        """Take over what this program changed itself, with the settings in front."""
        from crmkit.tui.screens.settings_form import SettingsForm

        self._stamp = self.desk.workspace.custom_stamp()
        if isinstance(self.desk.app.screen, SettingsForm):
            self.desk.app.pop_screen()
        self._wanted = True
        if self._again() is None:
            self.look()
        else:
            self._open("")

    # The new Model -----------------------------------------------------------------------------

    def _open(self, said: str) -> None:
        self._opening, self._wanted = True, False
        self.desk.bridge.run(self._opened, partial(self._take, said), self._failed)

    def _opened(self) -> _Fresh:
        desk = self.desk
        workspace = open_workspace(desk.workspace.path)
        crm = open_crm(workspace)
        if NAME in crm.off and NAME not in desk.crm.off:
            crm.store.close()
            raise CrmError(
                f"custom.toml was changed, but cannot be used: {crm.off[NAME]}; this window goes "
                "on with what it had"
            )
        session = crm.session(crm.actor(desk.session.actor.name), via="tui")
        return _Fresh(workspace, crm, session, keys_for(workspace, session))

    def _failed(self, error: CrmError) -> None:
        self._opening = False
        self.desk.app.notify(str(error), severity="warning", timeout=15)

    def _take(self, said: str, fresh: _Fresh) -> None:
        self._opening = False
        again = self._again()
        if again is None:  # something was begun meanwhile
            self.desk.bridge.run(fresh.crm.store.close)
            self._wanted = True
            return
        desk, old = self.desk, self.desk.crm
        desk.renew(fresh.workspace, fresh.crm, fresh.session, fresh.keys)
        self._rebuild(again)
        desk.bridge.run(partial(_change_over, old, fresh.crm))
        new = {name: why for name, why in fresh.crm.off.items() if name not in old.off}
        if told := told_off(desk.workspace, new):
            desk.app.notify(told, severity="warning", timeout=15)
        if said:
            desk.app.notify(said)

    # The screens -------------------------------------------------------------------------------

    def _rebuild(self, again: list[Again]) -> None:
        self._other_rights = False
        while len(self.desk.app.screen_stack) > 1:
            self.desk.app.pop_screen()
        for open_again in again:
            open_again()

    def _again(self) -> list[Again] | None:
        """Return how to open every screen again; None where one of them is not to be left."""
        found = []
        for screen in self.desk.app.screen_stack[1:]:
            again = _again(self.desk, screen)
            if again is None:
                return None
            found.append(again)
        return found


def _again(desk: Desk, screen: Any) -> Again | None:
    from crmkit.tui.screens.base import CrmScreen
    from crmkit.tui.screens.form import FormScreen
    from crmkit.tui.screens.listing import ListScreen
    from crmkit.tui.screens.log import LogScreen
    from crmkit.tui.screens.record import RecordScreen
    from crmkit.tui.screens.settings import SettingsScreen

    if not isinstance(screen, CrmScreen) or isinstance(screen, FormScreen):
        return None
    if not screen.ready or screen.prompt.is_open:
        return None
    if isinstance(screen, RecordScreen):
        return partial(desk.open_record, screen.model.name, screen.id_, screen.ids)
    if isinstance(screen, SettingsScreen):
        return partial(desk.go_settings, **screen.again())
    if isinstance(screen, LogScreen):
        return desk.go_log
    if isinstance(screen, ListScreen) and screen.listing.marks:
        return None
    if place := screen.place():
        return partial(desk.go_place, place)
    return None


def _change_over(old: Crm, fresh: Crm) -> None:
    fresh.start()
    old.close()
