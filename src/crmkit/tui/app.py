"""The terminal UI: a frame first, then the data.

Only Textual is imported before the first frame is painted; the core, the store and the screens
come on a worker thread while the frame is already there.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Breaks input methods and AltGr in several terminals; read by Textual when it is imported.
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")

from textual import events
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Static, TextArea

from crmkit.tui import signals
from crmkit.tui.confined import ConfinedApp
from crmkit.tui.text import safe, safe_block
from crmkit.tui.theme import DARK, LIGHT, MONO, install
from crmkit.tui.typeahead import TypeAhead

if TYPE_CHECKING:
    from crmkit.core.config import Config
    from crmkit.core.errors import CrmError
    from crmkit.tui.desk import Desk
    from crmkit.tui.screens.lock import IdleLock


class Frame(Screen[None]):
    """What is there before the data is."""

    DEFAULT_CSS = """
    Frame { overflow: hidden; }
    Frame > #opening { padding: 1 2; color: $foreground; }
    """
    BINDINGS = [Binding("ctrl+c,ctrl+q", "leave", show=False)]
    ready = False
    """Keys that are typed already wait for the first screen."""

    def compose(self) -> Any:
        """One line."""
        yield Static("crmkit is opening …", id="opening", markup=False)

    def action_leave(self) -> None:
        """End: a database that does not answer is not to be waited for."""
        self.app.exit(0)


class CrmApp(ConfinedApp[int], inherit_bindings=False):
    """The application: its desk holds the session, the keys and the way between screens."""

    TITLE = "crmkit"
    # Notices come under the title line: at the bottom they would lie over questions.
    CSS = "ToastRack { dock: top; align: right top; margin: 1 0 0 0; }"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [Binding("ctrl+z", "undo_typing", show=False, priority=True)]

    def __init__(self, workspace: Path, as_user: str | None = None) -> None:
        super().__init__()
        self.workspace = workspace
        self.as_user = as_user
        self.desk: Desk | None = None
        self.failure: CrmError | None = None
        self.idle: IdleLock | None = None
        self.touched = time.time()
        """When a key came last."""
        self._typed = TypeAhead(self, super().on_event)
        install(self)

    def get_default_screen(self) -> Screen[Any]:
        """Return the frame."""
        return Frame()

    def action_undo_typing(self) -> None:
        """Undo what was typed in an area, and nothing else.

        Suspending would leave a session without a shell behind it hanging for good.
        """
        if isinstance(self.focused, TextArea):
            self.focused.undo()

    async def on_event(self, event: events.Event) -> None:
        """Let keys come to the screens one after the other."""
        if self.idle is not None:
            self.idle.touch(event)
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.touched = time.time()
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def on_mount(self) -> None:
        """Install the signals; open the workspace once the frame is painted."""
        signals.install(self, self.save_work)
        self.call_after_refresh(self._open)

    def _open(self) -> None:
        self.run_worker(self._opened, thread=True, exit_on_error=False)

    def _opened(self) -> None:
        from crmkit.core.errors import CrmError, Fault
        from crmkit.tui.desk import Desk

        try:
            desk = Desk.open(self, self.workspace, self.as_user)
        except CrmError as error:
            self.call_later(self.fail, error)
        except Exception as error:
            told = f"{self.workspace} cannot be opened: {type(error).__name__}: {error}"
            self.call_later(self.fail, Fault(told))
        else:
            self.call_later(self._seated, desk)

    def _seated(self, desk: Desk) -> None:
        self.desk = desk
        gc.enable()
        gc.freeze()
        if desk.config.theme in ("dark", "light") and self.theme != MONO:
            self.theme = LIGHT if desk.config.theme == "light" else DARK
        desk.resume()
        self._lock_when_idle(desk.config)

    def _lock_when_idle(self, config: Config) -> None:
        from crmkit.core.serving import served

        if served() and config.server.idle_lock:
            from crmkit.tui.screens.lock import IdleLock

            self.idle = IdleLock(self, config.server.idle_lock, self.leave_idle)
            self.idle.start()

    def leave_idle(self, why: CrmError) -> None:
        """End because nobody is there, with the work kept."""
        self.save_work()
        self.fail(why)

    def fail(self, error: CrmError) -> None:
        """End with one line and the error's exit code."""
        self.failure = error
        self.exit(error.exit_code)

    def notify(self, message: str, *, title: str = "", markup: bool = False, **how: Any) -> None:
        """Show a message for a while, each but once; it is never read as markup."""
        shown = safe_block(message)
        for old in [n for n in self._notifications if n.message == shown]:
            self._unnotify(old)
        super().notify(shown, title=safe(title), markup=False, **how)

    def save_work(self) -> None:
        """Keep what is being typed and where one is: the session may end at any moment."""
        if self.desk is not None:
            self.desk.save_work()

    def _fatal_error(self) -> None:
        """End with the work kept; `run` raises what happened, for one line to be told of it.

        Textual would print what is in memory then: records that he may not see, too.
        """
        with suppress(Exception):
            self.save_work()
        self._close_messages_no_wait()

    def on_unmount(self) -> None:
        """Let go of the data."""
        if self.desk is not None:
            self.failure = self.desk.close() or self.failure

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        if self.theme != MONO:
            self.theme = LIGHT if self.theme == DARK else DARK


def run(workspace: Path, as_user: str | None = None) -> int:
    """Run the terminal UI on a workspace and return its exit code; raise what ended it unasked."""
    gc.disable()  # nothing made while starting is garbage: collecting it costs a tenth of the start
    app = CrmApp(workspace, as_user)
    code = app.run()
    if app._exception is not None:
        raise app._exception
    if app.failure is not None:
        print(f"crmkit: {safe(str(app.failure))}", file=sys.stderr)
        return app.failure.exit_code
    return code if isinstance(code, int) else app.return_code or 0
