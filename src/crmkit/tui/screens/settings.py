"""Settings: what the firm adds without code, in parts that the keys go through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.core.custom import lists, steps, switching
from crmkit.core.custom.editing import part as part_of
from crmkit.core.custom.file import read_custom
from crmkit.core.custom.parts import SECTIONS, Custom
from crmkit.core.custom.steps import Step
from crmkit.core.errors import CrmError
from crmkit.core.serving import READ_ONLY, served
from crmkit.core.session import Session
from crmkit.customizing import Demand, apply, demand_writable, switch
from crmkit.dependants import dependants
from crmkit.tui.customkeys import demand, set_keys
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.settings_form import SettingsForm, form_of
from crmkit.tui.screens.settings_rows import PARTS, Part, PartRows
from crmkit.tui.widgets.record_list import RecordList

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

_CLASSES = dict(SECTIONS.values())
MakeStep = Callable[[Session], Step]


class SettingsScreen(ListScreen):
    """The parts of the settings, one at a time."""

    scopes = ("settings", "cursor")

    def __init__(self, desk: Desk, part: int = 0, said: str = "", **place: Any) -> None:
        super().__init__(desk)
        self.at = part
        self._said = said
        self._place = place
        self._made: tuple[str, ...] = ()
        self._words: str = place.get("words", "")

    def body(self) -> Sequence[Widget]:
        """The list of the part."""
        return [RecordList(self.fetch, empty="", id="list")]

    def start(self) -> None:
        """Show the part."""
        self.focus_body()
        self._show(self._place.get("cursor", 0))
        if self._place.get("key") is not None:
            self.listing.move_to_key(self._place["key"])
        if self._said:
            self.status.say(self._said, "won")
            self._said = ""

    @property
    def part(self) -> Part:
        """The part that is shown."""
        return PARTS[self.at]

    def _show(self, cursor: int = 0) -> None:
        self.title_line.show("Settings", [p.label for p in PARTS], self.at, note=self._note())
        self.status.hint(READ_ONLY if served() else f"{self.part.hint}  tab next part  esc back")
        self.listing._empty = self.part.empty
        rows = PartRows(self.desk, self.part, self._words)
        self.listing.set_source(rows, self.part.columns, cursor=cursor)

    def _note(self) -> str:
        return f"/{self._words}" if self._words else f"{self.at + 1}/{len(PARTS)}"

    def again(self) -> dict[str, Any]:
        """Return how to open it again, with the cursor where it is."""
        return {
            "part": self.at, "said": self._said, "words": self._words,
            "key": self._made or self.listing.key, "cursor": self.listing.cursor,
        }  # fmt: skip

    # Going about -------------------------------------------------------------------------------

    def do_pane(self) -> None:
        """The next part."""
        self._to((self.at + 1) % len(PARTS))

    def do_pane_back(self) -> None:
        """The part before."""
        self._to((self.at - 1) % len(PARTS))

    def do_part(self, number: str) -> None:
        """A part by its number."""
        if number.isdecimal() and int(number) <= len(PARTS):
            self._to(int(number) - 1)

    def _to(self, at: int) -> None:
        self.at, self._words = at, ""
        self._show()

    def do_filter(self) -> None:
        """Show only what has some words."""

        def answer(text: str) -> None:
            self._words = text.strip()
            self._show()

        self.question("filter", "/", answer, self._words)

    def on_record_list_opened(self, event: RecordList.Opened) -> None:
        """Change what was opened."""
        self.do_part_change()

    # Changing ----------------------------------------------------------------------------------

    def _ident(self) -> tuple[str, ...]:
        key = self.listing.key
        return key if isinstance(key, tuple) else ()

    def _custom(self) -> Custom:
        return read_custom(self.desk.workspace.custom)

    def take(
        self, step: MakeStep, check: Demand | None = None,
        failed: Callable[[CrmError], None] | None = None, own: bool = False,
    ) -> None:  # fmt: skip
        """Make a change, on the data's thread; then show it, here and everywhere."""
        place = self.desk.workspace

        def work(session: Session) -> tuple[str, tuple[str, ...]]:
            if not own:
                steps.demand(session)
            found = step(session)
            done = apply(place, found, check, session.actor)
            shown = [line for line in done if line.startswith("the data as it was")]
            if found.plugin:
                shown += [line for line in done if line.startswith("table ")]
            return "; ".join((found.said, *shown)), found.ident

        def made(answer: tuple[str, tuple[str, ...]]) -> None:
            self._said, self._made = answer
            self.desk.renewal.now()

        self.desk.ask(work, made, failed or self.fail)

    def do_part_add(self) -> None:
        """Add one."""
        self._form(())

    def do_part_change(self) -> None:
        """Change the one under the cursor."""
        if self._ident():
            self._form(self._ident())

    def _form(self, ident: tuple[str, ...]) -> None:
        try:
            demand_writable()
            steps.demand(self.desk.session) if self.part.name != "views" else None
            form = form_of(self.desk, self.part.name, ident, self._custom())
        except CrmError as error:
            self.fail(error)
            return
        if form is None:
            self.say(f"{self.part.hint}", "warning")
            return
        self.app.push_screen(SettingsForm(self.desk, form, self))

    def do_part_retire(self) -> None:
        """Retire what is live, revive what is retired; switch a plugin on or off."""
        name, ident = self.part.name, self._ident()
        if not ident:
            return
        if name in ("plugins", "automations"):
            self._switch(name, ident[0])
            return
        if name not in ("fields", "stages"):
            self.say(self.part.hint, "warning")
            return
        cls = _CLASSES[name]

        def step(session: Session) -> Step:
            retired = part_of(self._custom(), cls, ident).retired
            if name == "fields":
                return steps.retire_field(session, ident[0], ident[1], retired=not retired)
            change = steps.revive_stage if retired else steps.retire_stage
            return change(session, ident[0], ident[1])

        self.take(step)

    def _switch(self, part: str, name: str) -> None:
        row = self.listing.row
        on = row is not None and row.cells[1] != "on"
        if part == "automations":
            self.take(lambda session: switching.switch(session, name, on))
            return
        make: MakeStep = lambda _: switch(self.desk.workspace, name, on)  # noqa: E731
        if on:
            self.take(make)
            return

        def answer(text: str) -> None:
            self.close_prompt()
            if text == "y":
                self.take(make)

        others = dependants(self.desk.workspace, name)
        told = f"These need {name}, and go off with it: {', '.join(others)}." if others else ""
        sign = f"Switch {name} off? All data are kept. y/N "
        self.question("switch", sign, answer, keys="yn", told=told)

    def do_part_remove(self) -> None:
        """Take away what may go: roles, lists, columns and keys."""
        name, ident = self.part.name, self._ident()
        if not ident:
            return
        if name in ("fields", "stages", "plugins"):
            self.say(self.part.hint, "warning")
            return
        if name == "roles" and not ident[0]:
            self.say("this role is crmkit's own; e gives it more grants", "warning")
            return
        made: dict[str, MakeStep] = {
            "roles": lambda s: steps.set_role(s, ident[0], ()),
            "views": lambda s: lists.remove_view(s, ident[0], ident[1], own=bool(ident[2])),
            "columns": lambda s: lists.set_columns(s, ident[0], ()),
            "automations": lambda s: switching.drop_automation(s, ident[0]),
            "keys": lambda s: set_keys(s.model, self.desk.workspace, ident[0], ()),
        }
        check = demand if name == "keys" else None
        self.take(made[name], check, own=name == "views" and bool(ident[2]))

    def do_part_later(self) -> None:
        """Put it later."""
        self._shift(1)

    def do_part_earlier(self) -> None:
        """Put it earlier."""
        self._shift(-1)

    def _shift(self, places: int) -> None:
        name, ident = self.part.name, self._ident()
        if name not in ("fields", "stages", "views") or not ident:
            self.say("these have no order", "warning")
            return
        cls: Any = _CLASSES[name]
        self.take(lambda s: steps.shift(s, part_of(self._custom(), cls, ident), places))
