"""A server that gives up transactions, and connections that break: nothing lost, nothing twice."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from crmkit.core import retrying
from crmkit.core.errors import Conflict, Fault, Interrupted
from crmkit.core.model import EntityModel
from crmkit.core.retrying import again
from crmkit.sql import settling
from crmkit.sql.engine import Database
from crmkit.sql.failures import Lost, told
from crmkit.sql.lanes import Lane
from crmkit.sql.store import SqlStore, open_store
from crmkit.sql.writer import SqlWriter
from tests.sql import world


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long before it is tried again."""
    monkeypatch.setattr(retrying, "_PAUSE", 0.001)
    monkeypatch.setattr(settling, "_PAUSES", (0, 0.001))


@pytest.fixture(autouse=True)
def silence(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What went wrong and was put right is nothing for a log, and no traceback."""
    yield
    gc.collect()
    assert [r.getMessage() for r in caplog.records] == []


@pytest.fixture
def store(postgres_database: str) -> Iterator[SqlStore]:
    made = open_store(postgres_database, world.extended())
    made.create()
    yield made
    made.close()


def kill_all(store: SqlStore) -> None:
    """End all connections of a store, as a server does that is stopped."""
    import psycopg

    url = store.url
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def write(store: SqlStore, label: str = "Test", then: Callable[[], Any] = lambda: None) -> None:
    with store.writer() as writer:
        writer.append(world.commit(label=label))
        then()


def labels(store: SqlStore) -> list[str]:
    with store.reader() as reader:
        return [commit.label for commit in reader.commits(limit=99, ascending=True)]


def once(do: Callable[[], Any]) -> Callable[[], None]:
    """Return what does something the first time that it is called, and nothing later."""
    left = [do]
    return lambda: left.pop()() if left else None


# Connections that broke while nobody used them


def test_who_comes_back_after_the_server_was_away_notices_nothing(store: SqlStore) -> None:
    write(store, "before")
    labels(store)
    before = store.changed()
    kill_all(store)
    write(store, "after")
    assert labels(store) == ["before", "after"]
    assert {store.changed() for _ in range(3)} != {before}


def test_a_watch_that_was_deaf_for_a_time_counts_it_as_a_change(store: SqlStore) -> None:
    before = store.changed()
    kill_all(store)
    assert {store.changed() for _ in range(3)} != {before}


# Connections that break within a transaction


def test_a_transaction_whose_connection_breaks_is_done_once_more_and_lands_once(
    store: SqlStore,
) -> None:
    cut = once(lambda: kill_all(store))
    with pytest.raises(Interrupted, match="the server of .* was stopped; try again"):
        write(store, "lost", lambda: (kill_all(store), store.writer().meta("a")))
    again(lambda: write(store, "kept", cut))
    assert labels(store) == ["kept"]
    assert store.verify() == []


def lose_answer(store: SqlStore, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
    """Let the next commit's connection break before the server is asked, or after it has done."""
    end = Lane.end
    kill = once(lambda: kill_all(store))

    def ending(lane: Lane, *, commit: bool) -> None:
        if lane.driver is not mine or not commit:
            end(lane, commit=commit)
        elif committed:
            end(lane, commit=True)
            kill()
            raise Lost("the answer did not come")
        else:
            kill()
            end(lane, commit=True)

    with store.writer() as writer:
        mine = writer.lane.driver
    monkeypatch.setattr(Lane, "end", ending)


def test_a_commit_whose_answer_is_lost_is_found_in_the_journal(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(store, monkeypatch, committed=True)
    again(lambda: write(store, "kept"))
    assert labels(store) == ["kept"]


def test_a_commit_that_was_not_made_is_known_for_certain_and_made_once(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(store, monkeypatch, committed=False)
    tries: list[int] = []
    again(lambda: write(store, "kept", lambda: tries.append(1)))
    assert len(tries) == 2
    assert labels(store) == ["kept"]


def test_where_nobody_can_tell_it_is_said_and_not_tried_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(store, monkeypatch, committed=True)

    def away(_: Database) -> Lane:
        raise Lost("the server cannot be reached")

    tries: list[int] = []

    def whole() -> None:
        write(store, "kept", lambda: tries.append(1))

    monkeypatch.setattr(SqlWriter, "_begin", away_after_first(away))
    with pytest.raises(Fault, match="look whether it was saved before you do it again") as told:
        again(whole)
    assert not isinstance(told.value, Interrupted)
    assert len(tries) == 1
    monkeypatch.undo()
    assert labels(store) == ["kept"]


def away_after_first(away: Callable[..., Any]) -> Callable[[SqlWriter], Any]:
    begins = [SqlWriter._begin]
    return lambda writer: begins.pop()(writer) if begins else away(writer.store.database)


def test_a_write_outside_the_journal_whose_answer_is_lost_is_never_tried_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(store, monkeypatch, committed=False)
    with pytest.raises(Fault, match="look whether it was saved"), store.writer() as writer:
        writer.set_meta("a", "1")


# Transactions that the server gives up


def unlocked(monkeypatch: pytest.MonkeyPatch, begin: str = "BEGIN") -> None:
    """Let writers run side by side, as on a cluster."""
    monkeypatch.setattr(Database, "writers_lock", "SELECT 1")
    monkeypatch.setattr(Database, "writers_begin", begin)


def test_serialization_failures_are_tried_again_until_all_have_landed(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.writer() as writer:
        writer.set_meta("n", "0")
    unlocked(monkeypatch, "BEGIN ISOLATION LEVEL SERIALIZABLE")
    store.close()
    monkeypatch.setattr(retrying, "_INTERRUPTIONS", 50)
    meeting, interrupted = threading.Barrier(3, timeout=20), []

    def count_up() -> None:
        meet = once(meeting.wait)

        def whole() -> None:
            try:
                with store.writer() as writer:
                    n = int(writer.meta("n") or 0)
                    meet()
                    writer.set_meta("n", str(n + 1))
            except Interrupted:
                interrupted.append(n)
                raise

        again(whole)

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(count_up) for _ in range(3)]:
            done.result()
    with store.reader() as reader:
        assert reader.meta("n") == "3"
    assert len(interrupted) >= 2


def test_of_two_in_deadlock_one_is_tried_again(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked(monkeypatch, "BEGIN; SET LOCAL deadlock_timeout = '20ms'")
    meeting, tries = threading.Barrier(2, timeout=20), []

    def cross(first: str, second: str) -> None:
        meet = once(meeting.wait)

        def whole() -> None:
            tries.append(first)
            with store.writer() as writer:
                writer.lock(first)
                meet()
                writer.lock(second)
                writer.set_meta(first, second)

        again(whole)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(cross, "a", "b"), pool.submit(cross, "b", "a")]:
            done.result()
    with store.reader() as reader:
        assert (reader.meta("a"), reader.meta("b")) == ("b", "a")
    assert len(tries) == 3


# What is tried again, and what is not


def test_it_is_given_up_in_the_end() -> None:
    tries: list[int] = []

    def whole() -> None:
        tries.append(1)
        raise Interrupted("busy")

    with pytest.raises(Interrupted):
        again(whole)
    assert len(tries) == 6


@pytest.mark.parametrize(
    ("error", "tries"),
    [(Fault("no"), 1), (Conflict("late", record=object()), 1), (Conflict("by a hair"), 4)],
)
def test_other_errors_are_raised_at_once(error: Exception, tries: int) -> None:
    made: list[int] = []

    def whole() -> None:
        made.append(1)
        raise error

    with pytest.raises(type(error)):
        again(whole)
    assert len(made) == tries


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("SerializationFailure", Interrupted),
        ("DeadlockDetected", Interrupted),
        ("AdminShutdown", Lost),
        ("CrashShutdown", Lost),
        ("ConnectionFailure", Lost),
        ("IdleInTransactionSessionTimeout", Lost),
        ("StatementCompletionUnknown", Fault),
        ("LockNotAvailable", Fault),
        ("QueryCanceled", Fault),
        ("UniqueViolation", Fault),
    ],
)
def test_only_what_certainly_left_nothing_is_tried_again(state: str, kind: type) -> None:
    errors = pytest.importorskip("psycopg.errors")
    assert type(told(getattr(errors, state)("no"), "firm")) is kind


def test_a_record_that_is_saved_by_a_session_survives_a_cut(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    person: EntityModel = store.model.entity("person")
    cut = once(lambda: kill_all(store))

    def whole() -> int:
        with store.writer() as writer:
            made = writer.insert(person, [world.new(person, name="Ann")])
            cut()
            writer.append(world.commit())
        return made[0].id

    again(whole)
    with store.reader() as reader:
        assert [r.name for r in reader.get_many(person, [1, 2, 3]).values()] == ["Ann"]
