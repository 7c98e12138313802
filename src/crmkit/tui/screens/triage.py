"""Triage: what a filter finds, one record after the other, a key each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve
from textual import events
from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget

from crmkit.core.errors import CrmError
from crmkit.core.session import Session
from crmkit.core.showing import Tag
from crmkit.tui.keys import show_keys
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.record import DETAILS, WIDE
from crmkit.tui.screens.working import Target
from crmkit.tui.text import safe
from crmkit.tui.timeline import COLUMNS as TIMELINE
from crmkit.tui.timeline import TimelineRows
from crmkit.tui.triage import Finder, Lines, Queue, Shown
from crmkit.tui.widgets.heading import Heading, KeyBar
from crmkit.tui.widgets.record_list import RecordList

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

T = TypeVar("T")
LOW = 24
TONES = {"quiet": "muted", "good": "won", "warn": "warning", "bad": "error"}
_ALWAYS = frozenset({"back", "quit", "quit.now", "interrupt", "help", "refresh", "theme"})


class TriageScreen(ListScreen):
    """The records that a filter finds: each is dealt with by one key, then the next comes."""

    scopes = ("triage", "work", "cursor")
    DEFAULT_CSS = """
    TriageScreen #halves { layout: vertical; height: 1fr; }
    TriageScreen #details { height: 3fr; }
    TriageScreen #timeline { height: 2fr; }
    TriageScreen.low Heading { margin: 0; }
    TriageScreen.wide #halves { layout: horizontal; }
    TriageScreen.wide #details { width: 2fr; height: 1fr; border-right: solid $panel; }
    TriageScreen.wide #timeline { width: 3fr; height: 1fr; }
    """

    def __init__(self, desk: Desk, entity: str, filter: str = "", sort: str = "") -> None:
        super().__init__(desk)
        self.model = desk.model.entity(entity)
        self.filter = filter
        self.finder = Finder(self.model, filter, sort)
        self.queue = Queue()
        self.at = 0
        self.dealt: list[int] = []
        self.shown: Shown | None = None
        self._working = 0

    def body(self) -> Sequence[Widget]:
        """What the record is, its fields and its timeline; the keys."""
        details = RecordList(self.fetch, header=False, empty="", id="details")
        timeline = RecordList(self.fetch, header=False, empty="", id="timeline")
        return [Heading(), Container(details, timeline, id="halves"), KeyBar()]

    @property
    def details(self) -> RecordList:
        """The fields."""
        return self.query_one("#details", RecordList)

    @property
    def timeline(self) -> RecordList:
        """What happened."""
        return self.query_one("#timeline", RecordList)

    @property
    def listing(self) -> RecordList:
        """The half that the keys scroll."""
        return self.timeline if self.timeline.active else self.details

    @property
    def ready(self) -> bool:
        """A key that is typed ahead is for the next record, not for the one just dealt with."""
        return super().ready and not self._working

    def start(self) -> None:
        """Find the records."""
        self.status.hint("j k scroll  tab other half  ? keys")
        self._fit(self.app.size)
        self.timeline.activate(False)
        self._begin()

    def on_resize(self, event: events.Resize) -> None:
        """Side by side where there is room."""
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        self.set_class(size.width >= WIDE, "wide")
        self.set_class(size.height < LOW, "low")

    def on_screen_resume(self) -> None:
        """Back from the record, or from a form."""
        self.refresh_data()

    # Which record ----------------------------------------------------------------------------

    def _begin(self) -> None:
        """Find what is to be dealt with; what has been dealt with already is left out."""
        name, filter, dealt, finder = self.model.name, self.filter, set(self.dealt), self.finder

        def find(session: Session) -> Queue:
            first = finder.more(session, Queue(), but=dealt)
            return evolve(first, total=session.count(name, filter)) if first.next else first

        def found(queue: Queue) -> None:
            self.queue = queue
            self._go(0)

        self._work(find, found, self.ask)

    def _go(self, start: int, step: int = 1, *, anyway: bool = False) -> None:
        """Show the next record from a place on that the filter still finds."""
        queue = self.queue

        def seek(session: Session) -> tuple[Queue, Shown | None]:
            return self.finder.seek(session, queue, start, step, anyway=anyway)

        def show(sought: tuple[Queue, Shown | None]) -> None:
            self.queue, shown = sought
            if shown is not None:
                self.at, self.shown = shown.at, shown
            elif step > 0:
                self.at, self.shown = len(self.queue.ids), None
            else:
                self.say("that was the first one")
                return
            self._draw()

        self._work(seek, show, self.ask)

    # Drawing ---------------------------------------------------------------------------------

    def _draw(self) -> None:
        count = f"{len(set(self.dealt)):,} dealt with" if self.dealt else ""
        queue = self.queue
        total = len(queue.ids) if queue.next is None else max(queue.total, len(queue.ids))
        place = f"{min(self.at + 1, total):,} of {total:,}" if total else ""
        parts = [f"/{self.filter}" if self.filter else "", count, place]
        note = "  ".join(part for part in parts if part)
        self.title_line.show(f"Triage: {self.model.plural.lower()}", note=note)
        self.query_one("#halves").display = self.shown is not None
        if self.shown is None:
            self._draw_end()
            return
        shown, record = self.shown, self.shown.record
        tags = [Tag("no longer found", "quiet")] * (not shown.found)
        self.query_one(Heading).show(
            [(safe(record.title), "title"),
             *((f"  [{safe(tag.text)}]", TONES[tag.tone]) for tag in (*shown.tags, *tags))],
            [(safe(shown.subtitle), ""), (f"{'  ' * bool(shown.subtitle)}{safe(shown.state[0])}",
                                          shown.state[1])],
        )  # fmt: skip
        self.query_one(KeyBar).show(self._keys(shown.keys))
        rows = [r for r in shown.rows if self.has_class("wide") or not r.section]
        self.details.set_source(Lines(rows), DETAILS)
        session = self.desk.session
        self.timeline.set_source(TimelineRows(session, self.model, record.id), TIMELINE)

    def _draw_end(self) -> None:
        dealt, left = len(set(self.dealt)), len(set(self.queue.ids) - set(self.dealt))
        said = f"{dealt:,} dealt with" + (f", {left:,} skipped" if left else "")
        again = "what was skipped, once more" if left else "look once more"
        self.query_one(Heading).show([("Nothing left", "title")], [(said, "muted")])
        keys = [("space", again), *([("u", "undo")] if dealt else []), ("esc", "end")]
        self.query_one(KeyBar).show(keys)

    def _keys(self, commands: Sequence[str]) -> list[tuple[str, str]]:
        """Return the keys that work on the record: its commands first."""
        scope, keys = f"entity.{self.model.name}", self.desk.keys
        scopes = self.active_scopes()
        known = keys.reachable(scopes)
        labels = {c.name: c.label or c.name for c in self.model.commands}
        pairs = [
            (key, labels[name])
            for name in commands
            for key in keys.keys_for(f"run.{name}", scope)[:1]
        ]
        rest = [("edit", "edit"), ("triage.next", "skip"), ("triage.back", "back"),
                ("undo", "undo"), ("open", "open"), ("back", "end")]  # fmt: skip
        if self.model.flow is not None:
            rest.insert(0, ("move", "move"))
        if "action" in self.desk.model.entities and self.model.name != "action":
            rest.insert(1, ("follow.up", "action"))
        works = {
            binding.action: show_keys(typed)
            for typed, binding in reversed(list(known.items()))
            if keys.offers(scopes, binding)
        }
        return pairs + [(works[action], label) for action, label in rest if action in works]

    # What is worked on -----------------------------------------------------------------------

    def targets(self) -> list[Target]:
        """The record that is shown."""
        return [(self.model.name, self.shown.record.id)] if self.shown else []

    def _work(
        self,
        work: Callable[[Session], T],
        then: Callable[[T], None] | None,
        by: Callable[..., None],
        failed: Callable[[CrmError], None] | None = None,
    ) -> None:
        """Ask or write; keys wait until it is answered."""
        self._working += 1

        def answered(answer: T) -> None:
            self._working -= 1
            if then is not None:
                then(answer)

        def refused(error: CrmError) -> None:
            self._working -= 1
            (failed or self.fail)(error)

        by(work, answered, refused)

    def write(
        self,
        work: Callable[[Session], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[CrmError], None] | None = None,
    ) -> None:
        """Write, and let keys wait for the record that comes next."""
        self._work(work, then, super().write, failed)

    def do(self, action: str) -> None:
        """Do an action; while a record is being dealt with, nothing that would hit it twice."""
        if not self._working or action in _ALWAYS:
            super().do(action)

    def done(self, message: str) -> None:
        """Count the record as dealt with; the next one comes."""
        if self.shown is not None:
            title = self.shown.record.title
            message = message if title in message else f"{title}: {message}"
            self.dealt.append(self.shown.record.id)
        self.say(message, "won")
        self._go(self.at + 1)

    def came_back(self, id: int) -> None:
        """What was saved in a form may have dealt with the record."""
        if self.shown is None:
            return
        here, at = self.shown.record.id, self.at

        def looked(found: set[int]) -> None:
            if here not in found and self.at == at:
                self.done("saved")
            else:
                self.refresh_data()

        self._work(lambda session: self.finder.found(session, [here]), looked, self.ask)

    def refresh_data(self) -> None:
        """The same record anew: others may have changed it."""
        if self.shown is not None and not self._working:
            at, cursor = self.at, self.details.cursor

            def read(session: Session) -> Shown:
                id = self.queue.ids[at]
                return self.finder.read(session, at, id, id in self.finder.found(session, [id]))

            def show(shown: Shown) -> None:
                before = self.shown
                if self.at != at or before is None or self._working:
                    return
                self.shown = shown
                if shown.looks == before.looks:
                    self.timeline.reload()
                else:
                    self._draw()
                    self.details.move_to(cursor)

            self.ask(read, show)

    # Keys ------------------------------------------------------------------------------------

    def do_triage_next(self) -> None:
        """Skip to the next; from the end, begin with those that were skipped."""
        if self.shown is None:
            self._begin()
        else:
            self._go(self.at + 1)

    def do_triage_back(self) -> None:
        """The one before that is still to be dealt with."""
        self._go(self.at - 1, -1)

    def do_undo(self) -> None:
        """Take back the last thing done, and go back to its record."""

        def undone(done: Any) -> None:
            left = f"; left: {'; '.join(done.left[:3])}" if done.left else ""
            self.say(f"undone: {done.undid.label}{left}", "warning" if left else "won")
            name, ids = self.model.name, self.queue.ids
            hit = [c.record for c in done.undid.changes if c.entity == name and c.record in ids]
            back = (hit or self.dealt[-1:] or [0])[0]
            if back in self.dealt:
                self.dealt.remove(back)
            if back in ids:
                self._go(ids.index(back), anyway=True)

        self.write(lambda session: session.undo(), undone)

    def do_open(self) -> None:
        """Open the record."""
        for entity, id in self.targets():
            self.desk.open_record(entity, id, list(self.queue.ids))

    def do_pane(self) -> None:
        """Scroll the other half."""
        self.details.activate(self.timeline.active)
        self.timeline.activate(not self.details.active)
