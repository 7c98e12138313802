"""The desk one works at: the session, the keys, the way between screens, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

from crmkit.app import open_crm, whoami
from crmkit.core import state
from crmkit.core.config import Config
from crmkit.core.crm import Crm
from crmkit.core.errors import CrmError
from crmkit.core.session import Session
from crmkit.core.workspace import Workspace, open_workspace
from crmkit.customizing import difference
from crmkit.tui.bridge import Bridge
from crmkit.tui.keys import KeyMap
from crmkit.tui.live import Live, ended
from crmkit.tui.offers import refusal
from crmkit.tui.renewal import Renewal, keys_for, told_off

if TYPE_CHECKING:
    from crmkit.core.showing import Agenda
    from crmkit.tui.app import CrmApp

T = TypeVar("T")
POLL = 1.0
"""Seconds between looks for what others changed."""
TICK = timedelta(minutes=5)
"""How often what time brings is run while a terminal is open."""


class Desk:
    """Everything that screens share."""

    def __init__(
        self, app: CrmApp, workspace: Workspace, crm: Crm, session: Session, keys: KeyMap
    ) -> None:
        self.app = app
        self.workspace = workspace
        self.crm = crm
        self.session = session
        self.model = session.model
        self._others: WeakSet[Session] = WeakSet()
        self.keys = keys
        self.bridge = Bridge(app, self.tell)
        self.renewal = Renewal(self)
        self.live = Live(self)
        self.news = self.config.server.motd
        """The message of the day, until it was shown."""

    @classmethod
    def open(cls, app: CrmApp, path: Path, as_user: str | None) -> Desk:
        """Open a workspace for whoever runs the program; every CrmError is the user's to read."""
        workspace = open_workspace(path)
        crm = open_crm(workspace)
        session = crm.session(whoami(crm, workspace, as_user), via="tui")
        crm.start()
        # The modules of the first screens come here, off the event loop.
        from crmkit.tui.screens import board, browse, home  # noqa: F401

        return cls(app, workspace, crm, session, keys_for(workspace, session))

    def renew(self, workspace: Workspace, crm: Crm, session: Session, keys: KeyMap) -> None:
        """Work with what the firm adds now; screens that are open belong to what was before."""
        self.workspace, self.crm, self.session, self.keys = workspace, crm, session, keys
        self.model = session.model
        self.live.forget()

    @property
    def config(self) -> Config:
        """The workspace's configuration."""
        return self.workspace.config

    @property
    def folder(self) -> Path:
        """Where the program keeps what is this user's: his place, and what he types."""
        return self.workspace.state_of(self.session.actor.name)

    # The data --------------------------------------------------------------------------------

    def ask(
        self,
        work: Callable[[Session], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[CrmError], None] | None = None,
    ) -> None:
        """Ask the session for something off the event loop; the answer comes to `then`."""
        self.bridge.run(lambda: work(self.session), then, failed)

    def ask_aside(
        self,
        work: Callable[[Session], T],
        then: Callable[[T], None],
        failed: Callable[[CrmError], None],
    ) -> None:
        """Ask for something that takes long, with a session of its own: others need not wait."""
        own = self._own_session()
        self.bridge.run_aside(lambda: work(own), then, failed)

    def _own_session(self) -> Session:
        """Return a session for a piece of work, or a screen, that others need not wait for."""
        made = self.crm.session(self.session.actor, via="tui")
        self._others.add(made)
        return made

    def renew_actor(self) -> bool:
        """Let every session act as the user is now; return what `Session.renew` does."""
        for other in list(self._others):
            other.renew()
        return self.session.renew()

    def run(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run work on the data's thread (what lists and boards fetch with)."""
        self.bridge.run(work, then)

    def tell(self, error: CrmError) -> None:
        """Show an error on the screen in front."""
        from crmkit.tui.screens.base import CrmScreen

        screen = self.app.screen
        if isinstance(screen, CrmScreen):
            screen.say(str(error), "error")
        else:
            self.app.notify(str(error), severity="error", markup=False)

    def watch(self) -> None:
        """Look whether others changed something, and where they are."""
        self.live.look()
        self.renewal.look()

    def tick(self) -> None:
        """Run what time brings, if no other program on this data did."""
        self.bridge.run_aside(
            lambda: self.crm.tick_in_turn(TICK), lambda done: None, lambda error: None
        )

    def refresh(self) -> None:
        """Let every screen read its data anew, with the cursor where it is."""
        from crmkit.tui.screens.base import CrmScreen

        for screen in self.app.screen_stack:
            if isinstance(screen, CrmScreen):
                screen.refresh_data()

    # The way between screens -----------------------------------------------------------------

    def go_home(self) -> None:
        """Show my day."""
        from crmkit.tui.screens.home import HomeScreen

        self._show(HomeScreen(self))

    def go_entity(self, entity: str, **place: Any) -> None:
        """Show the list of an entity."""
        from crmkit.tui.screens.browse import BrowseScreen

        self._show(BrowseScreen(self, entity, **place))

    def go_view(self, entity: str, number: int) -> None:
        """Show one of an entity's saved lists, or the board that it is."""
        table = self.model.entity(entity).tables_of(self.session.actor.name)[number]
        if table.board:
            self.go_board(entity, filter=table.filter)
        else:
            self.go_entity(entity, view=number)

    def go_board(self, entity: str, **place: Any) -> None:
        """Show the board of an entity's workflow."""
        from crmkit.tui.screens.board import BoardScreen

        if self.model.entity(entity).flow is None:
            self.tell(CrmError(f"{self.model.entity(entity).plural} have no workflow, so no board"))
        else:
            self._show(BoardScreen(self, entity, **place))

    def go_search(self, text: str = "") -> None:
        """Search everywhere."""
        from crmkit.tui.screens.search import SearchScreen

        self.app.push_screen(SearchScreen(self, text))

    def go_log(self) -> None:
        """Show what was done."""
        from crmkit.tui.screens.log import LogScreen

        self.app.push_screen(LogScreen(self))

    def go_settings(self, **place: Any) -> None:
        """Show what the firm adds without code, to those who may change it."""
        from crmkit.core.custom.steps import demand
        from crmkit.tui.screens.settings import SettingsScreen

        try:
            demand(self.session)
        except CrmError as error:
            self.tell(error)
        else:
            self.app.push_screen(SettingsScreen(self, **place))

    def go_duplicates(self, entity: str) -> None:
        """Show the pairs of an entity that may be one."""
        from crmkit.tui.screens.duplicates import DuplicatesScreen

        self.app.push_screen(DuplicatesScreen(self, entity))

    def go_report(self, name: str, filter: str = "", by: str = "") -> None:
        """Show a report."""
        from crmkit.tui.screens.report import ReportScreen

        self.app.push_screen(ReportScreen(self, name, filter, by))

    def go_screen(self, name: str) -> None:
        """Show a screen of a plugin's own, with a session of its own."""
        from crmkit.tui.plugin_screens import demand_trust, opened

        try:
            found = self.model.screen(name)
            demand_trust(found, self.config.trusted_screens)
            screen = opened(found, self._own_session())
        except CrmError as error:
            self.tell(error)
        else:
            self.app.push_screen(screen)

    def go_triage(self, entity: str, filter: str = "", sort: str = "") -> None:
        """Go through what a filter finds, a key each; '' sorts as the list of it does."""
        from crmkit.tui.screens.triage import TriageScreen

        lists = [t.sort for t in self.model.entity(entity).tables if t.filter == filter]
        self.app.push_screen(TriageScreen(self, entity, filter, sort or (*lists, "")[0]))

    def go_agenda(self, agenda: Agenda, day: date | None = None, filter: str = "") -> None:
        """Show an agenda, today or on another day."""
        from crmkit.tui.screens.agenda import AgendaScreen

        self._show(AgendaScreen(self, agenda, day=day, filter=filter))

    def open_record(
        self, entity: str, id: int, siblings: list[int] | None = None, said: str = ""
    ) -> None:
        """Open a record; `siblings` are the ids of the list it was opened from.

        What is `said` was done just before.
        """
        from crmkit.tui.screens.record import RecordScreen

        self.app.push_screen(RecordScreen(self, entity, id, siblings or [id], said))

    def open_form(
        self,
        entity: str,
        id: int | None = None,
        preset: Mapping[str, str] | None = None,
        saved: Callable[[int], None] | None = None,
    ) -> None:
        """Open the form of a record, or of a new one with some fields filled in.

        Who may do neither with any record is told so at once, before he types.
        """
        if denied := refusal(self.session, entity, "create" if id is None else "update"):
            self.tell(denied)
            return
        from crmkit.tui.screens.form import FormScreen

        self.app.push_screen(FormScreen(self, entity, id, preset or {}, saved))

    def _show(self, screen: Any) -> None:
        """Show a main screen in place of whatever is open above the home screen."""
        while len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        if len(self.app.screen_stack) == 2:
            self.app.switch_screen(screen)
        else:
            self.app.push_screen(screen)

    # What is kept ----------------------------------------------------------------------------

    def resume(self) -> None:
        """Go back to where the program was left; offer what was being typed."""
        self.go_place(state.read(self.folder, state.PLACE))
        if faults := self.keys.faults:
            more = f" (and {len(faults) - 1} more: crmkit doctor)" if len(faults) > 1 else ""
            self.app.notify(f"{faults[0]}{more}", severity="warning", timeout=15)
        self.bridge.run(lambda: difference(self.workspace, self.crm.store), self._warn)
        if told := told_off(self.workspace, self.crm.off):
            self.app.notify(told, severity="warning", timeout=15)
        self.bridge.run(_import_the_rest)
        self.app.set_interval(POLL, self.watch)
        self.app.set_interval(TICK.total_seconds(), self.tick)
        draft = state.left_draft(self.folder)
        if draft:
            self._offer(draft)

    def _warn(self, text: str) -> None:
        if text:
            self.app.notify(text, severity="warning", timeout=20)

    def go_place(self, place: Mapping[str, Any]) -> None:
        """Go to a place that a screen has told; my day where it is no more."""
        entity = str(place.get("entity", ""))
        kept: dict[str, Any] = {
            k: place[k] for k in ("filter", "sort", "view", "cursor") if k in place
        }
        try:
            self._resume(str(place.get("screen", "")), entity, kept)
        except (CrmError, TypeError, ValueError):
            self.go_home()

    def _resume(self, screen: str, entity: str, kept: dict[str, Any]) -> None:
        if entity not in self.model.entities or screen not in ("browse", "board", "agenda"):
            self.go_home()
        elif screen == "agenda":
            day = date.fromisoformat(str(kept.get("cursor")))
            found = self.model.entity(entity).agendas
            self.go_agenda(found[0], day, str(kept.get("filter", ""))) if found else self.go_home()
        elif screen == "board":
            kept.pop("view", None)
            self.go_board(entity, **kept)
        else:
            self.go_entity(entity, **kept)

    def _offer(self, draft: Mapping[str, Any]) -> None:
        entity, id = str(draft.get("entity", "")), draft.get("id")
        values = draft.get("values")
        if entity in self.model.entities and isinstance(values, dict):
            from crmkit.tui.screens.form import FormScreen

            number = id if isinstance(id, int) else None
            screen = FormScreen(self, entity, number, {str(k): str(v) for k, v in values.items()})
            screen.restored = True
            self.app.push_screen(screen)

    def save_work(self) -> None:
        """Keep where one is, and what is being typed."""
        from crmkit.tui.screens.base import CrmScreen

        for screen in self.app.screen_stack:
            if isinstance(screen, CrmScreen) and (place := screen.place()):
                state.write(self.folder, state.PLACE, place)
        for screen in self.app.screen_stack:
            if isinstance(screen, CrmScreen) and (draft := screen.draft()):
                state.keep_draft(self.folder, draft)

    def forget_draft(self) -> None:
        """What was typed is saved, or given up."""
        state.forget_draft(self.folder)

    def quit(self) -> None:
        """End the program, keeping where one is."""
        self.save_work()
        self.app.exit(0)

    def close(self) -> CrmError | None:
        """Let go of the data; return what there is to tell of why the session ends."""
        self.bridge.close()
        self.crm.close()
        by = self.live.presence.leave()
        return ended(by) if by else None


def _import_the_rest() -> None:
    """Import the other screens once the first rows are asked for: opening them is then quick."""
    from crmkit.tui.screens import form, record, search  # noqa: F401
