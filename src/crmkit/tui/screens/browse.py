"""Browse: the list of an entity, its views, filter, sort and marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.core.declare import Table
from crmkit.core.session import Session
from crmkit.tui.screens.filtering import FilterScreen
from crmkit.tui.screens.listing import ListScreen
from crmkit.tui.screens.menu import Choice, MenuScreen
from crmkit.tui.screens.working import Target
from crmkit.tui.sources import EntityRows, column_fields, column_specs
from crmkit.tui.widgets.record_list import RecordList

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

MOST_MARKED = 5000
"""How many records are marked at once, at most; more is work for the shell."""

LETTERS = "123456789abcdefghilmnoprstuvwxyz"


class BrowseScreen(ListScreen, FilterScreen):
    """The records of an entity."""

    scopes = ("list", "marks", "work", "cursor")

    def __init__(
        self,
        desk: Desk,
        entity: str,
        *,
        view: int = 0,
        filter: str | None = None,
        sort: str | None = None,
        cursor: int = 0,
    ) -> None:
        super().__init__(desk)
        self.model = desk.model.entity(entity)
        seen = self.model.tables_of(desk.session.actor.name)
        self.tables = list(seen) or [Table(entity, "All")]
        self.view = max(0, min(view, len(self.tables) - 1))
        self.filter = self.tables[self.view].filter if filter is None else filter
        self.sort = self.tables[self.view].sort if sort is None else sort
        self._cursor = cursor

    def body(self) -> Sequence[Widget]:
        """The list."""
        empty = f"No {self.model.plural.lower()} here. n makes a new one, / changes the filter."
        return [RecordList(self.fetch, empty=empty, id="list")]

    def start(self) -> None:
        """Show the view."""
        moves, board = ("m move  ", "b board  ") if self.model.flow else ("", "")
        self.status.hint(f"/ filter  n new  enter open  {moves}space mark  {board}? keys")
        self.focus_body()
        self.listing.moved = self._note  # type: ignore[method-assign]
        self.show(self._cursor)

    def place(self) -> dict[str, Any]:
        """This list, this view, this filter."""
        return {
            "screen": "browse", "entity": self.model.name, "view": self.view,
            "filter": self.filter, "sort": self.sort, "cursor": self.listing.cursor,
        }  # fmt: skip

    def _title(self) -> None:
        table = self.tables[self.view]
        own = self.filter if self.filter != table.filter else ""
        count = f"{self.listing.cursor + 1 if self.listing.total else 0}/{self.listing.total:,}"
        tabs = [t.label for t in self.tables]
        self.title_line.show(self.model.plural, tabs, self.view)
        self.title_line.note(f"/{own}  {count}" if own else count)

    def show(self, cursor: int = 0) -> None:
        """Show the view, with its filter and sort."""
        columns = self.tables[self.view].columns
        self._opening = True

        def found(session: Session) -> Any:
            session.check_filter(self.model.name, self.filter)
            session.sorting(self.model, self.sort)
            return column_fields(session, self.model, columns)

        def show(fields: Any) -> None:
            rows = EntityRows(self.desk.session, self.model, self.filter, self.sort, fields)
            shown = self.sort or self.model.spec.sort
            sort = (shown.lstrip("-"), shown.startswith("-"))
            self.listing.set_source(
                rows, column_specs(self.model, fields), sort=sort, cursor=cursor
            )
            self._title()

        self.ask(found, show, self.fail)

    def on_record_list_loaded(self) -> None:
        """The count is known."""
        if not self.listing.total:
            self._opening = False
        self._title()

    def on_record_list_highlighted(self) -> None:
        """The row under the cursor is known."""
        self._opening = False

    def _note(self) -> None:
        """Say where the cursor is, at once: a frame of its own would double what a key costs."""
        table = self.tables[self.view]
        own = f"/{self.filter}  " if self.filter != table.filter else ""
        marks = f"{len(self.listing.marks)} marked  " if self.listing.marks else ""
        self.title_line.note(f"{own}{marks}{self.listing.cursor + 1}/{self.listing.total:,}")

    def on_record_list_opened(self, event: RecordList.Opened) -> None:
        """A row was opened."""
        siblings = [k for k in self.listing.neighbours() if isinstance(k, int)]
        if isinstance(event.key, int):
            self.desk.open_record(self.model.name, event.key, siblings)

    # What is worked on -------------------------------------------------------------------------

    def entity_here(self) -> str:
        """The entity of the list."""
        return self.model.name

    def targets(self) -> list[Target]:
        """The marked rows, or the one under the cursor."""
        return [(self.model.name, k) for k in self.listing.chosen() if isinstance(k, int)]

    def came_back(self, id: int) -> None:
        """Go to the record that was saved."""
        self.desk.refresh()
        self.listing.move_to_key(id)

    # Actions -----------------------------------------------------------------------------------

    def do_mark_all(self) -> None:
        """Mark everything that the filter finds, or nothing."""
        if self.listing.marks:
            super().do_mark_all()
            return
        name, filter, sort = self.model.name, self.filter, self.sort

        def found(ids: list[int]) -> None:
            self.listing.mark(ids)
            more = f" (of {self.listing.total:,})" if len(ids) < self.listing.total else ""
            self.say(f"{len(ids):,} marked{more}")

        def find(session: Session) -> list[int]:
            return [r.id for r in session.find(name, filter, sort=sort, limit=MOST_MARKED)]

        self.ask(find, found, self.fail)

    def do_left(self) -> None:
        """The view before."""
        self._to_view((self.view - 1) % len(self.tables))

    def do_right(self) -> None:
        """The next view."""
        self._to_view((self.view + 1) % len(self.tables))

    def do_view(self, number: str) -> None:
        """A view by its number."""
        if int(number) <= len(self.tables):
            self._to_view(int(number) - 1)

    def _to_view(self, view: int) -> None:
        if self.tables[view].board:
            self.desk.go_board(self.model.name, filter=self.tables[view].filter)
            return
        self.view = view
        self.filter, self.sort = self.tables[view].filter, self.tables[view].sort
        self.show()

    def do_sort(self) -> None:
        """Choose the column to sort by."""
        fields = [f for f in self.desk.session.visible_fields(self.model.name) if not f.many]
        choices = [
            Choice(self.model.short(f), f.label, key)
            for f, key in zip(fields, LETTERS, strict=False)
        ]

        def chosen(name: str | None) -> None:
            if name:
                self.sort = f"-{name}" if self.sort == name else name
                self.show()

        self.app.push_screen(MenuScreen(self.desk, "Sort by", choices), chosen)

    def do_sort_reverse(self) -> None:
        """The other way round."""
        now = self.sort or self.model.spec.sort
        if now:
            self.sort = now[1:] if now.startswith("-") else f"-{now}"
            self.show()

    def do_go_board(self) -> None:
        """The board."""
        self.desk.go_board(self.model.name)
