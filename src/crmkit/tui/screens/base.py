"""What every screen has: a title, a status line, a prompt, and keys that come from the key map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, TextArea

from crmkit.core.errors import CrmError
from crmkit.tui.bindings import TYPING
from crmkit.tui.keys import Binding, Pending, key_of, show_keys
from crmkit.tui.screens.asking import AskingScreen
from crmkit.tui.widgets.leader_hint import DELAY, LeaderHint
from crmkit.tui.widgets.prompt import Prompt
from crmkit.tui.widgets.status import StatusLine
from crmkit.tui.widgets.title import TitleLine

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

Answer = Callable[[str], str | None]
"""Takes what was typed; returns what is wrong with it, or None when it is done."""


class CrmScreen(AskingScreen, inherit_bindings=False):
    """A screen at the desk."""

    DEFAULT_CSS = """
    CrmScreen { background: $background; }
    CrmScreen > #foot { dock: bottom; height: auto; }
    """
    AUTO_FOCUS = ""
    scopes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._answers: dict[str, Answer] = {}
        self._typing: dict[str, Callable[[str], None]] = {}
        self._hint_timer: Any = None

    # The frame -------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The title, the body, and the lines at the bottom."""
        yield TitleLine(id="title")
        yield from self.body()
        with Vertical(id="foot"):
            yield LeaderHint()
            yield Prompt()
            yield StatusLine()

    def body(self) -> Sequence[Widget]:
        """Return the widgets of the screen's own."""
        return ()

    def on_mount(self) -> None:
        """Say who is here, and start; it is painted with its first answers, not before them."""
        self.desk.app.hold()
        self.status.place(self.desk.session.actor.name)
        self.start()
        self.paint()

    @property
    def ready(self) -> bool:
        """Whether keys can be taken; those that are typed ahead wait for it."""
        return self.stands

    def start(self) -> None:
        """Fetch what the screen shows."""

    def refresh_data(self) -> None:
        """Fetch it anew: something changed, here or elsewhere."""

    def place(self) -> dict[str, Any]:
        """Return how to come back here; nothing for a screen that is passed through."""
        return {}

    def draft(self) -> dict[str, Any]:
        """Return what is being typed and not saved; nothing where nothing is."""
        return {}

    @property
    def title_line(self) -> TitleLine:
        """The line at the top."""
        return self.query_one(TitleLine)

    @property
    def status(self) -> StatusLine:
        """The line at the bottom."""
        return self.query_one(StatusLine)

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    def say(self, message: str, style: str = "") -> None:
        """Show a message on the status line."""
        if self.stands:
            self.status.say(message, style)

    def fail(self, error: CrmError) -> None:
        """Show an error on the status line."""
        self.say(str(error), "error")

    # Keys ------------------------------------------------------------------------------------

    def active_scopes(self) -> tuple[str, ...]:
        """Return the scopes whose keys work now, the nearest first."""
        return (*self.scopes, "global")

    def on_key(self, event: events.Key) -> None:
        """Find out what a key means, and do it."""
        typing = isinstance(self.focused, Input | TextArea)
        found = self.desk.keys.feed(self.active_scopes(), key_of(event.key, event.character))
        if typing:
            self.desk.keys.reset()
            if not isinstance(found, Binding) or found.action not in TYPING:
                return
        self._unhint()
        if isinstance(found, Binding):
            event.stop()
            event.prevent_default()
            self.do(found.action)
        elif isinstance(found, Pending):
            event.stop()
            event.prevent_default()
            hint = self.query_one(LeaderHint)
            shown = show_keys(found.prefix)
            self._hint_timer = self.set_timer(DELAY, lambda: hint.show(shown, found.follow))

    def _unhint(self) -> None:
        if self._hint_timer is not None:
            self._hint_timer.stop()
            self._hint_timer = None
            self.query_one(LeaderHint).hide()

    def do(self, action: str) -> None:
        """Do an action by its name; parts behind the verb are its arguments."""
        name = action.replace(".", "_")
        if method := getattr(self, f"do_{name}", None):
            self.say("")
            method()
            return
        verb, _, rest = action.partition(".")
        if verb == "palette":
            self.do_palette_item(rest)
        elif verb == "go" and rest.startswith("entity."):
            self.desk.go_entity(rest.removeprefix("entity."))
        elif method := getattr(self, f"do_{verb}", None):
            self.say("")
            method(rest)

    # Questions -------------------------------------------------------------------------------

    def question(
        self,
        purpose: str,
        sign: str,
        answer: Answer,
        text: str = "",
        typing: Callable[[str], None] | None = None,
        keys: str = "",
        told: str = "",
    ) -> None:
        """Ask for a line of text; what `answer` returns is shown, and what was typed stays.

        With `keys`, ask for one of these letters. What is `told` stands above the question.
        """
        self._answers[purpose] = answer
        if typing:
            self._typing[purpose] = typing
        self.prompt.ask(purpose, sign, text, keys, told)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Hand the answer over."""
        answer = self._answers.get(event.purpose)
        problem = answer(event.text) if answer else None
        if problem:
            self.prompt.fail(problem)
        elif self.prompt.purpose == event.purpose:
            self.close_prompt()

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Follow what is typed."""
        if typing := self._typing.get(event.purpose):
            typing(event.text)

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Give up."""
        self.cancelled(event.purpose)
        self.close_prompt()

    def cancelled(self, purpose: str) -> None:
        """React to a question that was given up."""

    def close_prompt(self) -> None:
        """Close the prompt and go back to the body."""
        self.prompt.close()
        self.focus_body()

    def focus_body(self) -> None:
        """Let keys go to the screen again."""
        self.set_focus(None)

    # Actions that every screen has -----------------------------------------------------------

    def do_back(self) -> None:
        """Go back to the screen below."""
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()
            screen = self.app.screen
            if isinstance(screen, CrmScreen):
                screen.refresh_data()
        elif self.place().get("screen") != "home":
            self.desk.go_home()

    def do_quit(self) -> None:
        """Quit."""
        self.desk.quit()

    do_quit_now = do_quit

    def do_interrupt(self) -> None:
        """Leave the prompt; say how to quit."""
        if self.prompt.is_open:
            self.close_prompt()
        else:
            self.say("q quits (ctrl+q from anywhere)")

    def do_refresh(self) -> None:
        """Read everything anew, and paint it all: something else may have written over it."""
        self.desk.app.redraw()
        self.desk.refresh()

    def do_theme(self) -> None:
        """Change between dark and light."""
        self.desk.app.toggle_theme()
        self.refresh(layout=True)

    def do_undo(self) -> None:
        """Undo the last thing done."""

        def undone(done: Any) -> None:
            left = f"; left: {'; '.join(done.left[:3])}" if done.left else ""
            self.say(f"undone: {done.undid.label}{left}", "warning" if left else "won")
            self.undone(done)
            self.desk.refresh()

        self.write(lambda session: session.undo(), undone)

    def undone(self, done: Any) -> None:
        """React to something that was undone from here."""

    def do_go_home(self) -> None:
        """My day."""
        self.desk.go_home()

    def do_go_search(self) -> None:
        """Search everywhere."""
        self.desk.go_search()

    def do_go_log(self) -> None:
        """The journal."""
        self.desk.go_log()

    def do_go_settings(self) -> None:
        """What the firm adds without code."""
        self.desk.go_settings()

    def do_go_reports(self) -> None:
        """Choose a report."""
        from crmkit.tui.screens.menu import Choice, MenuScreen

        found = [
            r for r in self.desk.model.reports.values() if self.desk.session.may_report(r.name)
        ]
        if not found:
            self.say("there are no reports for you: the grant report.NAME is missing", "warning")
            return
        choices = [
            Choice(r.name, r.label, str(n) if n < 10 else "") for n, r in enumerate(found, 1)
        ]

        def chosen(name: str | None) -> None:
            if name:
                self.desk.go_report(name)

        self.app.push_screen(MenuScreen(self.desk, "Reports", choices), chosen)

    def do_go_agenda(self) -> None:
        """The agenda, or a choice of them."""
        from crmkit.tui.screens.agenda import choose_agenda

        choose_agenda(self)

    def do_help(self) -> None:
        """The keys that work here."""
        from crmkit.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.desk, self.active_scopes()))

    do_form_help = do_help

    def do_palette(self) -> None:
        """Find any action, list or record."""
        from crmkit.tui.screens.palette import PaletteScreen

        def chosen(action: str | None) -> None:
            if action:
                self.do(action)

        self.app.push_screen(PaletteScreen(self.desk, self.active_scopes()), chosen)

    def do_palette_item(self, what: str) -> None:
        """Do what a line of the palette, other than a key's action, stands for."""
        kind, _, rest = what.partition(".")
        entity, _, number = rest.partition(".")
        if kind == "board":
            self.desk.go_board(entity)
        elif kind == "new":
            self.desk.open_form(entity)
        elif kind == "duplicates":
            self.desk.go_duplicates(rest)
        elif kind == "report":
            self.desk.go_report(rest)
        elif kind == "screen":
            self.desk.go_screen(rest)
        elif kind == "agenda":
            self.desk.go_agenda(self.desk.model.entity(entity).agendas[int(number)])
        elif kind == "triage":
            self.desk.go_triage(entity, f"is:{number}")
        elif kind == "view":
            self.desk.go_view(entity, int(number))

    def do_command(self) -> None:
        """The command line."""
        from crmkit.tui.commandline import execute

        self.question("command", ":", lambda text: execute(self, text))
