"""Two records that may be one, side by side: pick field by field, which survives, and merge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crmkit.core.entity import Record
from crmkit.core.errors import CrmError, NotFound
from crmkit.core.matching import Pair
from crmkit.core.model import EntityModel
from crmkit.core.session import Session
from crmkit.tui.screens.sides import SidesScreen
from crmkit.tui.screens.twins import keep_apart

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

Both = tuple[Record, Record]
KEYS = {
    "pair.merge": "merge", "pair.swap": "which survives", "pick.other": "pick the other value",
    "pair.apart": "keep both", "pair.next": "next", "pair.previous": "before", "undo": "undo",
    "back": "to the list",
}  # fmt: skip


class PairScreen(SidesScreen):
    """A pair, and those after it; returns the places of those settled, and what is to be said."""

    scopes = ("pair", "sides", "cursor")
    empty = "They are equal. enter merges them."

    def __init__(self, desk: Desk, model: EntityModel, pairs: Sequence[Pair], at: int) -> None:
        super().__init__(desk, model, 0)
        self.pairs = pairs
        self.at = at
        self._settled: list[int] = []
        self._busy = False

    @property
    def pair(self) -> Pair:
        """The pair that is shown."""
        return self.pairs[self.at]

    @property
    def ready(self) -> bool:
        """A key that is typed ahead is for the next pair, not for the one just settled."""
        return super().ready and not self._busy

    def start(self) -> None:
        """Show the pair."""
        self.show_keys(KEYS)
        self.focus_body()
        self._read(1)

    def _read(self, step: int, said: str = "") -> None:
        """Read both; a pair that is one by now, or no longer there, is passed over."""
        name, pair, at = self.model.name, self.pair, self.at
        self._busy = True

        def read(session: Session) -> Both | None:
            try:
                one, two = session.get(name, pair.first), session.get(name, pair.second)
            except NotFound:
                return None
            return None if one.id == two.id else (one, two)

        def show(found: Both | None) -> None:
            self._busy = False
            if self.at != at:
                return
            if found is None:
                self._settled.append(at)
                self._next(step, said or "a pair that is one by now was passed over")
            else:
                self._show(found)
                self.say(said, "won")

        self.ask(read, show, self._failed)

    def _show(self, found: Both) -> None:
        self.records, self.keep, self.picks = found, 0, {}
        one, two = found
        visible = self.desk.session.visible_fields(self.model.name)
        self.fields = [f for f in visible if not f.derived and one.get(f) != two.get(f)]
        what = f"One {self.model.label.lower()} or two?"
        self.title_line.show(what, note=f"{self.at + 1:,} of {len(self.pairs):,}")
        reasons = f"score {self.pair.score}: {', '.join(self.pair.reasons)}"
        self.tell(reasons, "warning" if self.pair.certain else "muted")
        self.draw(first=True)

    def heads(self) -> tuple[str, str]:
        """The survivor is named."""
        assert self.records is not None
        left, right = (
            f"{'▸ survives: ' if self.keep == n else '  goes: '}{record.id} {record.title}"
            for n, record in enumerate(self.records)
        )
        return left, right

    def _failed(self, error: CrmError) -> None:
        self._busy = False
        self.fail(error)

    # Going on --------------------------------------------------------------------------------

    def do_pair_next(self) -> None:
        """The next pair that is not settled."""
        self._go(1)

    def do_pair_previous(self) -> None:
        """The one before."""
        self._go(-1)

    def _go(self, step: int) -> None:
        at = self.at + step
        while at in self._settled:
            at += step
        if 0 <= at < len(self.pairs):
            self.at = at
            self._read(step)
        else:
            self.say("that was the last pair" if step > 0 else "that was the first pair")

    def _next(self, step: int, said: str) -> None:
        """Show the nearest pair that is left; go back to the list when none is."""
        left = [n for n in range(len(self.pairs)) if n not in self._settled]
        if not left:
            self._leave(said)
            return
        onward = [n for n in left if (n - self.at) * step > 0]
        self.at = (onward or left)[0 if step > 0 else -1]
        self._read(step, said)

    def _leave(self, said: str = "") -> None:
        self.dismiss((list(self._settled), said))

    # Settling --------------------------------------------------------------------------------

    def do_pair_swap(self) -> None:
        """The other one survives."""
        if self.records is not None:
            self.keep = 1 - self.keep
            self.draw()

    def do_pair_merge(self) -> None:
        """Merge the one into the other."""
        if self.records is None or self._busy:
            return
        name, values = self.model.name, self.picked()
        keep, lose = self.records[self.keep].id, self.records[1 - self.keep].id

        def merge(session: Session) -> str:
            return (
                f"merged into {session.merge(name, keep, [lose], values).title} (u takes it back)"
            )

        self._settle(merge)

    def do_pair_apart(self) -> None:
        """Keep both, and never ask again."""
        if self.records is None or self._busy:
            return
        record, other = self.records

        def apart(session: Session) -> str:
            keep_apart(session, record, [other.id])
            return "kept apart (u takes it back)"

        self._settle(apart)

    def _settle(self, work: Any) -> None:
        at = self.at
        self._busy = True

        def done(said: str) -> None:
            self._busy = False
            self._settled.append(at)
            self._next(1, said)

        self.write(work, done, self._failed)

    def do_undo(self) -> None:
        """Take the last one back, and show its pair again."""

        def undone(done: Any) -> None:
            self._busy = False
            if self._settled:
                self.at = self._settled.pop()
            self._read(1, f"undone: {done.undid.label}")

        self._busy = True
        self.write(lambda session: session.undo(), undone, self._failed)

    def do_back(self) -> None:
        """Back to the list."""
        self._leave()
