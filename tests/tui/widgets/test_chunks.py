"""Chunks of a long list: each asked for once, kept while near, dropped when late."""

from __future__ import annotations

import pytest

from crmkit.tui.widgets.chunks import KEPT, Chunks

from .conftest import Worker


class Numbers:
    """A sequence of numbers that remembers what was asked for."""

    def __init__(self, worker: Worker, count: int = 10_000) -> None:
        self.items = list(range(count))
        self.asked: list[int] = []
        self.came: list[tuple[int, int]] = []
        self.chunks: Chunks[int] = Chunks(
            self.fetch, worker, lambda start, end: self.came.append((start, end)), size=10
        )

    def fetch(self, start: int, limit: int) -> list[int]:
        self.asked.append(start)
        return self.items[start : start + limit]


@pytest.fixture
def numbers(worker: Worker) -> Numbers:
    """Ten thousand numbers in chunks of ten."""
    return Numbers(worker)


def test_an_item_is_there_once_it_has_come(numbers: Numbers, worker: Worker) -> None:
    assert numbers.chunks.get(25) is None
    assert numbers.chunks.get(26) is None
    worker.answer()
    assert numbers.chunks.get(25) == 25
    assert numbers.asked == [20]
    assert numbers.came == [(20, 30)]


def test_looking_does_not_ask(numbers: Numbers, worker: Worker) -> None:
    assert numbers.chunks.known(5) is None
    assert worker.waiting == []


def test_the_chunks_seen_last_are_kept(numbers: Numbers, worker: Worker) -> None:
    for at in range(0, 10 * (KEPT + 1), 10):
        numbers.chunks.get(at)
        worker.answer()
        numbers.chunks.get(0)
    assert numbers.chunks.known(0) == 0
    assert numbers.chunks.known(10) is None


def test_what_lies_behind_the_end_is_asked_for_once(worker: Worker) -> None:
    numbers = Numbers(worker, 5)
    for _ in range(3):
        assert numbers.chunks.get(7) is None
        worker.answer()
    assert numbers.asked == [0]


def test_refetched_items_stay_until_the_answer(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    worker.answer()
    numbers.items.insert(0, -1)
    numbers.chunks.refetch()
    assert numbers.chunks.get(0) == 0
    assert numbers.chunks.stale
    worker.answer()
    assert numbers.chunks.get(0) == -1
    assert not numbers.chunks.stale


def test_an_answer_older_than_the_refetch_is_dropped(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    before, worker.waiting = worker.waiting, []
    late = [(then, work()) for work, then in before]
    numbers.items.insert(0, -1)
    numbers.chunks.refetch()
    worker.answer()
    for then, answer in late:
        then(answer)
    assert numbers.chunks.get(0) == -1


def test_what_is_stale_is_found_only_on_request(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    worker.answer()
    numbers.chunks.refetch()
    assert numbers.chunks.find(lambda n: n == 5) is None
    assert numbers.chunks.find(lambda n: n == 5, stale=True) == 5


def test_after_closing_no_answer_comes(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    numbers.chunks.close()
    worker.answer()
    assert numbers.came == []


def test_a_removed_item_lets_the_others_move_up(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    worker.answer()
    numbers.items.remove(3)
    numbers.chunks.remove(3)
    assert [numbers.chunks.known(at) for at in (2, 3, 4)] == [2, 4, 5]
    assert numbers.chunks.get(9) is None
    worker.answer()
    assert numbers.chunks.get(9) == 10


def test_an_inserted_item_stands_first(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    worker.answer()
    numbers.chunks.insert(-1)
    assert [numbers.chunks.known(at) for at in (0, 1)] == [-1, 0]


def test_a_failed_fetch_is_tried_again(numbers: Numbers, worker: Worker) -> None:
    numbers.chunks.get(0)
    items, numbers.items = numbers.items, None  # type: ignore[assignment]
    with pytest.raises(TypeError):
        worker.answer()
    numbers.items = items
    numbers.chunks.get(0)
    worker.answer()
    assert numbers.chunks.get(0) == 0
