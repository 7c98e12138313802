"""What screens ask of the data, off the event loop; answers that come too late are dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from textual.screen import Screen

from crmkit.core.errors import CrmError
from crmkit.core.session import Session

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

T = TypeVar("T")


class AskingScreen(Screen[Any], inherit_bindings=False):
    """A screen that asks the desk's session."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._awaiting = 0
        """How many answers are waited for."""

    def fail(self, error: CrmError) -> None:
        """Show an error."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        self.desk.app.forget_gone()

    @property
    def stands(self) -> bool:
        """Whether its widgets are there: while the program ends, they go one by one before it."""
        return self.is_mounted and self.app.is_running and bool(self.children)

    @property
    def is_left(self) -> bool:
        """Whether one has gone elsewhere for good: nobody waits for an answer any more."""
        gone = not (self.app.is_running and self.children)
        return gone or self not in self.app.screen_stack

    def ask(
        self,
        work: Callable[[Session], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[CrmError], None] | None = None,
    ) -> None:
        """Ask the session for something; an answer that comes too late is dropped."""
        self._awaiting += 1
        self.desk.ask(work, self._awaited(then), self._awaited(failed or self.fail))

    def write(
        self,
        work: Callable[[Session], T],
        then: Callable[[T], None] | None = None,
        failed: Callable[[CrmError], None] | None = None,
    ) -> None:
        """Let the session change something; a failure is told even where one has left."""
        here, elsewhere = failed or self.fail, self.desk.tell

        def told(error: CrmError) -> None:
            (elsewhere if self.is_left else here)(error)

        self.desk.ask(work, self._if_here(then), told)

    def fetch(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Fetch what a list or a board shows."""
        self.ask(lambda _: work(), then)

    def _awaited(self, then: Callable[[T], None] | None) -> Callable[[T], None]:
        here = self._if_here(then)

        def called(answer: T) -> None:
            self._awaiting -= 1
            here(answer)
            self.paint()

        return called

    def paint(self) -> None:
        """Let it be painted, unless something is waited for that it shows."""
        if self.desk.app.is_held and not self._awaiting:
            self.call_after_refresh(self.desk.app.release)

    def _if_here(self, then: Callable[[T], None] | None) -> Callable[[T], None]:
        def called(answer: T) -> None:
            if then is not None and not self.is_left:
                then(answer)

        return called
