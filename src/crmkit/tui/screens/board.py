"""The board of a workflow: cards in columns, carried with H and L."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from crmkit.tui.screens.filtering import FilterScreen
from crmkit.tui.screens.working import Target
from crmkit.tui.sources import BoardCards
from crmkit.tui.widgets.board import BoardColumn, BoardView

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk


class BoardScreen(FilterScreen):
    """The board of an entity's workflow."""

    scopes = ("board", "marks", "work", "cursor")

    def __init__(
        self, desk: Desk, entity: str, *, filter: str = "", sort: str = "", cursor: int = 0
    ) -> None:
        super().__init__(desk)
        self.model = desk.model.entity(entity)
        self.filter = filter
        self.sort = sort
        self.cards = BoardCards(desk.session, self.model, filter, sort)
        self._source = ""
        self._moving = False
        self._steps: list[int] = []

    def body(self) -> Sequence[Widget]:
        """The board."""
        return [BoardView(self.fetch, id="board")]

    @property
    def board(self) -> BoardView:
        """The board."""
        return self.query_one(BoardView)

    def start(self) -> None:
        """Fetch the columns."""
        self.status.hint("H L carry  m move  / filter  M mine  enter open  n new  b list  ? keys")
        self.focus_body()
        self.show()

    @property
    def ready(self) -> bool:
        """Keys that are typed ahead are for a card: they wait for it."""
        if not super().ready:
            return False
        board = self.board
        empty = not board.columns or not board.columns[board.column].count
        return empty or board.card is not None

    def place(self) -> dict[str, Any]:
        """This board, this filter."""
        return {"screen": "board", "entity": self.model.name, "filter": self.filter,
                "sort": self.sort}  # fmt: skip

    def show(self) -> None:
        """Show the board that the filter leaves."""
        self.cards = BoardCards(self.desk.session, self.model, self.filter, self.sort)
        cards = self.cards
        self._opening = True

        def show(columns: list[BoardColumn]) -> None:
            self._opening = False
            self.board.set_source(cards, columns)
            self._title(columns)

        self.ask(lambda _: cards.columns(), show, self.fail)

    def _title(self, columns: Sequence[BoardColumn]) -> None:
        flow = self.model.flow
        name = flow.flow.label if flow and flow.flow else ""
        count = f"{sum(c.count for c in columns):,}"
        self.title_line.show(f"{self.model.plural} by {name.lower()}")
        self.title_line.note(f"/{self.filter}  {count}" if self.filter else count)

    def undone(self, done: Any) -> None:
        """Go back with the card that was moved, so that the keys that follow mean it."""
        changes = done.undid.changes
        by = self.model.flow
        if len(changes) == 1 and changes[0].entity == self.model.name and by is not None:
            state = changes[0].before.get(by.key)
            if state:
                self.board.carried(changes[0].record, changes[0].after[by.key], state)

    def refresh_data(self) -> None:
        """The same board anew."""

        def show(columns: list[BoardColumn]) -> None:
            self.board.reload(columns)
            self._title(columns)

        self.ask(lambda _: self.cards.columns(), show, self.fail)

    def on_board_view_opened(self, event: BoardView.Opened) -> None:
        """A card was opened."""
        if isinstance(event.key, int):
            siblings = [k for k in self.board.neighbours() if isinstance(k, int)]
            self.desk.open_record(self.model.name, event.key, siblings)

    def on_board_view_move_requested(self, event: BoardView.MoveRequested) -> None:
        """Cards are to be carried."""
        self.move(self.model.name, [k for k in event.keys if isinstance(k, int)], event.target)

    # What is worked on -------------------------------------------------------------------------

    def entity_here(self) -> str:
        """The entity of the board."""
        return self.model.name

    def targets(self) -> list[Target]:
        """The marked cards, or the one under the cursor."""
        return [(self.model.name, k) for k in self.board.chosen() if isinstance(k, int)]

    def preset(self) -> dict[str, str]:
        """A new card begins in this column."""
        flow = self.model.flow
        return {flow.name: self.board.state} if flow and self.board.state else {}

    def came_back(self, id: int) -> None:
        """Go to the card that was saved."""
        flow = self.model.flow
        assert flow is not None

        def show(state: str) -> None:
            self.desk.refresh()
            self.board.go_to(state, id)

        self.ask(lambda s: str(s.get(self.model.name, id).get(flow)), show, self.fail)

    def moved(self, ids: Sequence[int], state: str) -> None:
        """Carry the cards on the screen too; go on with what was asked for meanwhile."""
        for id in ids:
            if self._source != state:
                self.board.carried(id, self._source, state)
        self._moving, self._source = False, state
        states = [c.state for c in self.board.columns]
        at = states.index(state) + self._steps.pop(0) if self._steps else -1
        if 0 <= at < len(states):
            self._moving = True
            super().move(self.model.name, ids, states[at])

    def refused(self, ids: Sequence[int], state: str) -> None:
        """What was asked for after it is not done either."""
        self._moving = False
        self._steps.clear()

    def move(
        self, entity: str, ids: Sequence[int], state: str, values: dict[str, Any] | None = None
    ) -> None:
        """Remember where the cards come from."""
        if values is None:
            self._source = self.board.state
        self._moving = True
        super().move(entity, ids, state, values)

    def cancelled(self, purpose: str) -> None:
        """The move that lacks something is given up."""
        if purpose == "missing":
            self.refused((), "")

    def _carry_card(self, step: int) -> None:
        """Carry the card, or remember to: the move before it may still be under way."""
        if self._moving:
            self._steps.append(step)
        else:
            self.board.carry(step)

    # Actions -----------------------------------------------------------------------------------

    def do_down(self) -> None:
        """Down."""
        self.board.move_cursor(1)

    def do_up(self) -> None:
        """Up."""
        self.board.move_cursor(-1)

    def do_left(self) -> None:
        """Column to the left."""
        self.board.move_column(-1)

    def do_right(self) -> None:
        """Column to the right."""
        self.board.move_column(1)

    def do_first_column(self) -> None:
        """First column."""
        self.board.move_column(-len(self.board.columns))

    def do_last_column(self) -> None:
        """Last column."""
        self.board.move_column(len(self.board.columns))

    def do_top(self) -> None:
        """First card."""
        self.board.move_to(0)

    def do_bottom(self) -> None:
        """Last card."""
        self.board.last()

    def do_half_down(self) -> None:
        """Half a page down."""
        self.board.page(0.5)

    def do_half_up(self) -> None:
        """Half a page up."""
        self.board.page(-0.5)

    def do_page_down(self) -> None:
        """A page down."""
        self.board.page(1)

    def do_page_up(self) -> None:
        """A page up."""
        self.board.page(-1)

    def do_open(self) -> None:
        """Open."""
        self.board.open()

    def do_mark(self) -> None:
        """Mark."""
        self.board.toggle_mark()

    def do_mark_all(self) -> None:
        """Mark all of the column, or none."""
        keys = [] if self.board.marks else self.board.neighbours()
        self.board.mark(keys)
        self.say(f"{len(keys)} marked" if keys else "nothing marked")

    def do_carry_left(self) -> None:
        """Carry to the column on the left."""
        self._carry_card(-1)

    def do_carry_right(self) -> None:
        """Carry to the column on the right."""
        self._carry_card(1)

    def do_go_list(self) -> None:
        """The list."""
        self.desk.go_entity(self.model.name)
