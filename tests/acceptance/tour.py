"""A walk through every screen of the program, on whatever data there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from crmkit.core.errors import Conflict
from crmkit.core.model import EntityModel
from crmkit.tui.app import CrmApp
from crmkit.tui.screens.command_form import CommandForm
from crmkit.tui.screens.conflict import ConflictScreen
from tests.acceptance.office import Office
from tests.tui.conftest import Seated

SIZE = (140, 44)
EMAIL = "somebody@example.com"
"""An address that a record of each entity is to have, for others to be taken for its twin."""
Seen = Callable[[str, Seated], None]
"""Is told where one is, after every step."""


@asynccontextmanager
async def seated(office: Office, size: tuple[int, int] = SIZE) -> AsyncIterator[Seated]:
    """Open the program."""
    office.close()
    app = CrmApp(office.path, "ada")
    async with app.run_test(size=size) as pilot:
        for _ in range(400):
            await pilot.pause(0.01)
            if app.desk is not None and len(app.screen_stack) > 1:
                break
        seat = Seated(app, pilot)
        await seat.settle()
        yield seat


class Tour:
    """The walk."""

    def __init__(self, seat: Seated, seen: Seen, some: Sequence[str] = ()) -> None:
        self.seat = seat
        self.some = some
        self.desk = seat.app.desk
        self.seen = seen

    @property
    def entities(self) -> Sequence[EntityModel]:
        """What there are lists of, or those of it that one wants to see."""
        models = [*self.desk.model.shown, self.desk.model.entity("user")]
        return [m for m in models if not self.some or m.name in self.some]

    async def look(self, where: str) -> None:
        """Wait until the screen is there, and tell."""
        await self.quiet()
        self.seen(where, self.seat)

    async def quiet(self) -> None:
        """Wait until nothing is left to be done."""
        for _ in range(2):
            done: list[bool] = []
            self.desk.bridge.run(lambda: True, done.append)
            for _ in range(400):
                await self.seat.pilot.pause(0)
                if done:
                    break
        await self.seat.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            await self.seat.pilot.press(key)
            await self.quiet()

    async def back(self) -> None:
        """Go back to a main screen."""
        while len(self.seat.app.screen_stack) > 2:
            self.seat.app.pop_screen()
        await self.quiet()

    async def lists(self, views: int | None = None) -> None:
        """Every list with its views (or the first few), every board, every agenda."""
        for model in self.entities:
            for view, _ in enumerate((model.tables or [None])[:views]):
                self.desk.go_entity(model.name, view=view)
                await self.look(f"list {view} of {model.name}")
            await self.press("G")
            await self.look(f"end of the list of {model.name}")
            if model.flow is not None:
                self.desk.go_board(model.name)
                await self.look(f"board of {model.name}")
                await self.press("l", "j", "space")
                await self.look(f"board of {model.name}, a card marked")
            for agenda in model.agendas:
                self.desk.go_agenda(agenda)
                await self.look(f"agenda of {model.name}")

    async def mine(self, divided: bool = False) -> None:
        """Home, journal, help, palette, menus, reports (divided in every way too)."""
        self.desk.go_home()
        await self.look("home")
        await self.press("j", "j")
        await self.look("home, further down")
        self.desk.go_log()
        await self.look("journal")
        await self.back()
        self.desk.go_entity("lead")
        await self.look("leads")
        self.seat.screen.do_help()
        await self.look("help")
        await self.back()
        self.seat.screen.do_palette()
        await self.look("palette")
        await self.press("b", "o")
        await self.look("palette, typed")
        await self.press("escape")
        self.seat.screen.do_go_reports()
        await self.look("menu of reports")
        await self.press("escape")
        for report in self.desk.model.reports.values():
            for by in ("", *(b for b in report.by if divided and b != "*")):
                self.desk.go_report(report.name, by=by)
                await self.look(f"report {report.name} by {by or 'nothing'}")
                await self.back()

    async def records(self, each: int) -> None:
        """Records with all their parts, and their forms, some of each entity."""
        for model in self.entities:
            ids = [r.id for r in self.desk.session.find(model.name, sort="id", limit=each)]
            for id in ids:
                self.desk.open_record(model.name, id, ids)
                await self.look(f"{model.name} {id}")
            for _ in range(1 + len(getattr(self.seat.screen, "related", ()))):
                await self.press("l")
                await self.look(f"{model.name} {id}, a part")
            await self.back()

    async def forms(self, each: int) -> None:
        """Forms, and the forms of commands, some of each entity."""
        for model in self.entities:
            page = self.desk.session.find(model.name, sort="id", limit=each)
            for record in page:
                self.desk.open_form(model.name, record.id)
                await self.look(f"form of {model.name} {record.id}")
                await self.back()
            for command in model.commands:
                if command.form or command.prefill or command.proposals:
                    screen = CommandForm(self.desk, command, [page.records[0].id], lambda _: None)
                    self.seat.app.push_screen(screen)
                    await self.look(f"{model.name} {command.name}")
                    await self.back()

    async def twins(self, text: str) -> None:
        """What asks where something of the same e-mail is there already."""
        emails = {"lead": "email", "contact": "email"}
        for entity, key in emails.items():
            found: list[int] = []
            self.desk.open_form(entity, None, {"last_name": text, "name": text, key: EMAIL},
                                found.append)  # fmt: skip
            await self.look(f"form of a new {entity}")
            self.seat.screen.do_save()
            for _ in range(4):
                await self.quiet()
            await self.look(f"twins of a new {entity}")
            await self.back()

    async def search(self, words: Sequence[str]) -> None:
        """Search for words."""
        for word in words:
            self.desk.go_search(word)
            await self.look(f"search for {word[:20]!r}")
            await self.back()

    async def pairs(self) -> None:
        """Triage, twins, duplicates and pairs, and a conflict, of each entity."""
        for model in self.entities:
            ids = [r.id for r in self.desk.session.find(model.name, sort="id", limit=4)]
            self.desk.go_triage(model.name, "")
            await self.look(f"triage of {model.name}")
            await self.press("j")
            await self.look(f"triage of {model.name}, the next")
            await self.back()
            if len(ids) > 1:
                self.seat.app.push_screen(self._conflict(model, *ids[:2]))
                await self.look(f"conflict of {model.name}")
                await self.back()
            if model.matchers:
                await self._duplicates(model)

    def _conflict(self, model: EntityModel, one: int, two: int) -> ConflictScreen:
        session = self.desk.session
        mine, theirs = (session.get(model.name, id) for id in (one, two))
        sides = [{f.key: r.get(f) for f in model.fields if f.typed} for r in (mine, theirs, mine)]
        conflict = Conflict("", **dict(zip(("mine", "theirs", "base"), sides, strict=True)),
                            record=theirs)  # fmt: skip
        return ConflictScreen(self.desk, model, conflict)

    async def _duplicates(self, model: EntityModel) -> None:
        self.desk.go_duplicates(model.name)
        for _ in range(20):
            await self.quiet()
            if getattr(self.seat.screen, "pairs", None):
                break
        await self.look(f"duplicates of {model.name}")
        if getattr(self.seat.screen, "pairs", None):
            await self.press("enter")
            await self.look(f"a pair of {model.name}")
        await self.back()

    async def asking(self, words: Sequence[str]) -> None:
        """Prompts, what is said to them, and messages that come by themselves."""
        self.desk.go_entity("lead")
        await self.look("leads")
        for word in words:
            screen = self.seat.screen
            screen.question("try", f"{word}? ", lambda text: f"{text} is wrong", word)
            await self.look("prompt")
            screen.prompt.fail(f"not {word}")
            await self.look("prompt with a fault")
            screen.close_prompt()
            screen.say(word, "error")
            screen.title_line.show(word, [word, word], 0, word)
            self.seat.app.notify(word, title=word)
            await self.look("notice")
            self.seat.app.clear_notifications()
