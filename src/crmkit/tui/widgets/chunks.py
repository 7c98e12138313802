"""Rows of a long list, fetched in chunks off the event loop and kept as long as they are near."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

Runner = Callable[[Callable[[], object], Callable[[object], None]], None]
"""Runs the first function on a worker thread, then the second, on the event loop, with its
result."""

SIZE = 60
KEPT = 40
NEAR = 3
"""How many chunks, those seen last, are fetched anew by `refetch`."""


class Chunks(Generic[T]):
    """A window on a sequence of which only the visible part is in memory."""

    def __init__(
        self,
        fetch: Callable[[int, int], Sequence[T]],
        run: Runner,
        arrived: Callable[[int, int], None],
        size: int = SIZE,
    ) -> None:
        self._fetch = fetch
        self._run = run
        self._arrived = arrived
        self._size = size
        self._held: OrderedDict[int, Sequence[T]] = OrderedDict()
        self._asked: set[int] = set()
        self._cut: set[int] = set()
        self._stale: set[int] = set()
        self._generation = 0

    def get(self, index: int) -> T | None:
        """Return an item, or None while it is being fetched."""
        number, at = divmod(index, self._size)
        held = self._held.get(number)
        if held is None:
            self._ask(number)
            return None
        self._held.move_to_end(number)
        if at < len(held):
            return held[at]
        if number in self._cut:
            self._ask(number)
        return None

    def known(self, index: int) -> T | None:
        """Return an item if it is in memory; nothing is fetched."""
        number, at = divmod(index, self._size)
        held = self._held.get(number, ())
        return held[at] if at < len(held) else None

    def find(self, wanted: Callable[[T], bool], *, stale: bool = False) -> int | None:
        """Return the index of the first item in memory that is wanted.

        What `refetch` has not answered yet is looked at only with `stale`.
        """
        for number in sorted(self._held.keys() - (set() if stale else self._stale)):
            for at, item in enumerate(self._held[number]):
                if wanted(item):
                    return number * self._size + at
        return None

    @property
    def stale(self) -> bool:
        """Whether a `refetch` is not answered yet."""
        return bool(self._stale)

    def close(self) -> None:
        """Let answers that are still under way go nowhere."""
        self._generation += 1

    def refetch(self) -> None:
        """Fetch what is held once more, keeping it on the screen until the answers come.

        Answers that are still under way are older than this question, and are dropped.
        """
        self._generation += 1
        wanted = self._asked | set(list(self._held)[-NEAR:])
        for number in self._held.keys() - wanted:
            del self._held[number]
        self._asked.clear()
        self._stale = set(self._held)
        for number in sorted(wanted):
            self._ask(number)

    def remove(self, index: int) -> None:
        """Take an item out of memory; those behind it move up."""
        number, at = divmod(index, self._size)
        held = self._held.get(number)
        if held is not None and at < len(held):
            self._held[number] = [*held[:at], *held[at + 1 :]]
            self._cut.add(number)
            self._forget_after(number)

    def insert(self, item: T) -> None:
        """Put an item first, if the beginning is in memory."""
        if 0 in self._held:
            self._held[0] = [item, *self._held[0]][: self._size]
            self._forget_after(0)

    def _forget_after(self, number: int) -> None:
        for later in [n for n in self._held if n > number]:
            del self._held[later]
            self._stale.discard(later)

    def _ask(self, number: int) -> None:
        if number in self._asked:
            return
        self._asked.add(number)
        generation, start = self._generation, number * self._size

        def fetch() -> Sequence[T]:
            try:
                return self._fetch(start, self._size)
            except BaseException:
                # Whoever runs this tells the user; what is painted next asks again.
                if generation == self._generation:
                    self._asked.discard(number)
                raise

        def take(answer: object) -> None:
            if generation != self._generation:
                return
            self._asked.discard(number)
            self._cut.discard(number)
            self._stale.discard(number)
            self._held[number] = answer  # type: ignore[assignment]
            while len(self._held) > KEPT:
                self._stale.discard(self._held.popitem(last=False)[0])
            self._arrived(start, start + self._size)

        self._run(fetch, take)
