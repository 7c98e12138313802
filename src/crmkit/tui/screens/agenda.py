"""The agenda: records that have a start and an end, on the days and hours they are at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen
from textual.widget import Widget

from crmkit.core.entity import Record
from crmkit.core.kinds.base import Locale
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.core.showing import Agenda
from crmkit.core.when import day_start, parse_date
from crmkit.tui.screens.filtering import FilterScreen
from crmkit.tui.screens.menu import Choice, MenuScreen
from crmkit.tui.screens.working import Target
from crmkit.tui.widgets.agenda_blocks import SLOT, Block, clock, week_of
from crmkit.tui.widgets.agenda_grid import AgendaGrid

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk
    from crmkit.tui.screens.base import CrmScreen

MOST = 1000
"""How many records of a week are shown at most."""
_HALF_HOUR = timedelta(minutes=SLOT)
_DAY = timedelta(days=1)


@frozen(eq=False)
class Week:
    """A week's blocks, and when the firm is open on its days."""

    days: Sequence[date]
    blocks: Sequence[Block]
    opening: dict[date, frozenset[int]]
    now: datetime
    cut: bool = False


@frozen
class Span:
    """Part of a record's time: a day, and from and to in minutes on its clock."""

    day: date
    start: int
    end: int


def spans(start: datetime, end: datetime | None, locale: Locale) -> list[Span]:
    """Return the days and minutes of the firm's clock that a time takes.

    What has no end takes half an hour. Where the clock is put back in between, the end is as far
    from the start as it really is.
    """
    if end is None or end <= start:
        end = start + _HALF_HOUR
    first, last = locale.local(start), locale.local(end)
    found = []
    for n in range((last.date() - first.date()).days + 1):
        low = _minutes(first) if n == 0 else 0
        high = _minutes(last) if first.date() + n * _DAY == last.date() else 24 * 60
        if n == 0 and high <= low:
            high = min(24 * 60, low + int((end - start).total_seconds()) // 60)
        if high > low:
            found.append(Span(first.date() + n * _DAY, low, high))
    return found


def opening(locale: Locale, days: Iterable[date]) -> dict[date, frozenset[int]]:
    """Return the half-hours of each day in which the firm is open."""
    return {
        day: frozenset(
            slot
            for low, high in locale.hours.windows(day)
            for span in spans(low, high, locale) if span.day == day
            for slot in range(span.start // SLOT, -(-span.end // SLOT))
        )
        for day in days
    }  # fmt: skip


def _minutes(local: datetime) -> int:
    return local.hour * 60 + local.minute


def read_week(session: Session, agenda: Agenda, filter: str, day: date) -> Week:
    """Return the week of a day with what a filter finds."""
    locale, model = session.locale, session.model.entity(agenda.entity)
    days = week_of(day)
    low, high = (f'"{at:%Y-%m-%d %H:%M}Z"' for at in (
        day_start(days[0], locale), day_start(days[-1] + _DAY, locale)))  # fmt: skip
    when = f"{agenda.start}<{high} ({agenda.end}>{low} or {agenda.start}>={low})"
    parts = [f"({part})" for part in (agenda.filter, filter) if part.strip()]
    page = session.find(model.name, " ".join([*parts, when]), sort=agenda.start, limit=MOST)
    blocks = _blocks(session, agenda, model, page.records)
    now = locale.local(locale.now)
    return Week(days, blocks, opening(locale, days), now, page.next is not None)


def _blocks(
    session: Session, agenda: Agenda, model: EntityModel, records: Sequence[Record]
) -> list[Block]:
    start, end = model.field(agenda.start), model.field(agenda.end)
    wanted = (model.by_key.get(name) for name in (model.spec.subtitle, agenda.who))
    seen = [f for f in wanted if f and session.rights.field_allowed(model, f, "read")]
    texts = session.display_many(records, seen)
    flow, found = model.flow, []
    for record, row in zip(records, texts, strict=True):
        said = dict(zip((f.name for f in seen), row, strict=True))
        about, holder = said.get(model.spec.subtitle, ""), said.get(agenda.who, "")
        state = flow.flow.state(str(record.get(flow))) if flow and flow.flow else None
        begins: datetime | None = record.get(start)
        if begins is None:
            continue
        note = " · ".join(part for part in (state.label if state else "", holder) if part)
        title = f"{about}: {record.title}" if about else record.title
        found += [
            Block(
                record.id, span.day, span.start, span.end, title, note,
                state.glyph if state else "", state.colour if state else "",
                state is not None and not state.is_open,
            )
            for span in spans(begins, record.get(end), session.locale)
        ]  # fmt: skip
    return found


class AgendaScreen(FilterScreen):
    """An entity's calendar, by the week or by the day."""

    scopes = ("agenda", "work", "cursor")

    def __init__(
        self, desk: Desk, agenda: Agenda, *, day: date | None = None, filter: str = ""
    ) -> None:
        super().__init__(desk)
        self.agenda = agenda
        self.model = desk.model.entity(agenda.entity)
        self.filter = filter
        locale = desk.session.locale
        now = locale.local(locale.now)
        self._first = day or now.date()
        self._slot = _minutes(now) // SLOT if self._first == now.date() else 9 * 60 // SLOT

    def body(self) -> Sequence[Widget]:
        """The grid."""
        return [AgendaGrid(self._first, id="agenda")]

    @property
    def grid(self) -> AgendaGrid:
        """The grid."""
        return self.query_one(AgendaGrid)

    def start(self) -> None:
        """Fetch the week."""
        self.status.hint("h l day  H L week  j k entry  t today  d w day, week  n new  ? keys")
        self.focus_body()
        self.grid.slot = self._slot
        self.show()

    def place(self) -> dict[str, Any]:
        """This agenda, this day, this filter."""
        return {"screen": "agenda", "entity": self.model.name, "filter": self.filter,
                "cursor": self.grid.day.isoformat()}  # fmt: skip

    def show(self) -> None:
        """Show the week of the day under the cursor."""
        self._fetch(self.grid.day)

    def refresh_data(self) -> None:
        """The same week anew."""
        self.show()

    def active_scopes(self) -> tuple[str, ...]:
        """Going about the calendar comes before the entity's commands."""
        return ("agenda", *(scope for scope in super().active_scopes() if scope != "agenda"))

    def _fetch(self, day: date, slot: int | None = None, key: int | None = None) -> None:
        """Go to a day, with its week."""
        filter = self.filter

        def show(week: Week) -> None:
            grid = self.grid
            if (day, slot, key) != (grid.day, None, None):
                grid.day, grid.key = day, key
                grid.slot = grid.slot if slot is None else slot
            grid.show(week.days, week.blocks, week.opening, week.now)
            self._title(week)

        self.ask(lambda session: read_week(session, self.agenda, filter, day), show)

    def _title(self, week: Week) -> None:
        monday, sunday = week.days[0], week.days[-1]
        first = f"{monday.day}" if monday.month == sunday.month else f"{monday.day} {monday:%B}"
        name = called(self.desk, self.agenda)
        number = f"week {monday.isocalendar().week}"
        self.title_line.show(f"{name}: {number}, {first} to {sunday.day} {sunday:%B %Y}")
        count = f"{len({block.key for block in week.blocks}):,}" + " or more" * week.cut
        self.title_line.note(f"/{self.filter}  {count}" if self.filter else count)

    def _go(self, day: date) -> None:
        """Go to a day; its week is fetched where it is another one."""
        if week_of(day)[0] == week_of(self.grid.day)[0]:
            self.grid.go(day)
        else:
            self._fetch(day, self.grid.slot)

    # What is worked on -----------------------------------------------------------------------

    def entity_here(self) -> str:
        """The entity of the agenda."""
        return self.model.name

    def targets(self) -> list[Target]:
        """The record under the cursor."""
        key = self.grid.key
        return [(self.model.name, key)] if isinstance(key, int) else []

    def preset(self) -> dict[str, str]:
        """A new one begins at the half-hour under the cursor."""
        start = self.model.by_key.get(self.agenda.start)
        at = f"{self.grid.day.isoformat()} {clock(self.grid.slot * SLOT)}"
        return {self.agenda.start: at} if start is not None and start.typed else {}

    def came_back(self, id: int) -> None:
        """Go to what was saved."""
        start = self.model.field(self.agenda.start)

        def go(begins: datetime | None) -> None:
            if begins is None:
                self.show()
                return
            local = self.desk.session.locale.local(begins)
            self._fetch(local.date(), _minutes(local) // SLOT, id)

        self.ask(lambda session: session.get(self.model.name, id).get(start), go)

    def on_agenda_grid_opened(self, event: AgendaGrid.Opened) -> None:
        """A block was opened."""
        if isinstance(event.key, int):
            near = [b.key for b in self.grid.of_day(self.grid.day) if isinstance(b.key, int)]
            self.desk.open_record(self.model.name, event.key, near)

    # Keys ------------------------------------------------------------------------------------

    def do_day_before(self) -> None:
        """The day before."""
        self._go(self.grid.day - _DAY)

    def do_day_after(self) -> None:
        """The day after."""
        self._go(self.grid.day + _DAY)

    def do_week_before(self) -> None:
        """The week before."""
        self._go(self.grid.day - 7 * _DAY)

    def do_week_after(self) -> None:
        """The week after."""
        self._go(self.grid.day + 7 * _DAY)

    def do_entry_next(self) -> None:
        """The next entry."""
        if not self.grid.move_entry(1):
            self.say(f"nothing further this {self._view}")

    def do_entry_before(self) -> None:
        """The entry before."""
        if not self.grid.move_entry(-1):
            self.say(f"nothing earlier this {self._view}")

    @property
    def _view(self) -> str:
        return "week" if self.grid.whole_week else "day"

    def do_down(self) -> None:
        """Half an hour later."""
        self.grid.move_slot(1)

    def do_up(self) -> None:
        """Half an hour earlier."""
        self.grid.move_slot(-1)

    def do_today(self) -> None:
        """Today, now."""
        now = self.desk.session.locale.local(self.desk.session.now)
        self._fetch(now.date(), _minutes(now) // SLOT)

    def do_by_day(self) -> None:
        """One day."""
        self._turn(False)

    def do_by_week(self) -> None:
        """The week."""
        self._turn(True)

    def _turn(self, whole_week: bool) -> None:
        self.grid.whole_week = whole_week
        self.grid.go(self.grid.day, None, self.grid.key)

    def do_mine(self) -> None:
        """Only mine, or everybody's."""
        if not self.agenda.who:
            self.say(f"{self.model.plural.lower()} are nobody's in particular", "warning")
            return
        mine = f"{self.agenda.who}:me"
        words = self.filter.split()
        others = [word for word in words if word != mine]
        self.filter = " ".join(others if mine in words else [*words, mine])
        self.show()

    def do_open(self) -> None:
        """Open the record; a free half-hour has nothing behind it."""
        if self.grid.key is None:
            self.say("nothing here: n makes a new one")
        self.grid.open()


def called(desk: Desk, agenda: Agenda) -> str:
    """Return what an agenda is called: as its entity, unless it has a name of its own."""
    label = agenda.label
    return desk.model.entity(agenda.entity).plural if label == "Agenda" else label


def agendas(desk: Desk) -> list[Agenda]:
    """Return the agendas that the actor may look at."""
    return [
        agenda
        for model in desk.model.shown
        if desk.session.rights.allows(model, "read")
        for agenda in model.agendas
    ]


def open_agenda(desk: Desk, text: str = "") -> str | None:
    """Open the agenda that `[ENTITY] [DATE]` says; return what is wrong with it, or None."""
    known = agendas(desk)
    if not known:
        return "there is no agenda for you"
    word, _, rest = text.partition(" ")
    named = [agenda for agenda in known if agenda.entity == word.casefold()]
    agenda, said = (named[0], rest) if named else (known[0], text)
    try:
        day = parse_date(said, desk.session.locale) if said.strip() else None
    except ValueError as error:
        return str(error)
    desk.go_agenda(agenda, day)
    return None


def choose_agenda(screen: CrmScreen) -> None:
    """Open the only agenda, or ask which."""
    desk, known = screen.desk, agendas(screen.desk)
    if len(known) < 2:
        if problem := open_agenda(desk):
            screen.say(problem, "warning")
        return
    choices = [
        Choice(str(n), called(desk, agenda), str(n + 1) if n < 9 else "")
        for n, agenda in enumerate(known)
    ]

    def chosen(number: str | None) -> None:
        if number:
            desk.go_agenda(known[int(number)])

    desk.app.push_screen(MenuScreen(desk, "Agenda", choices), chosen)
