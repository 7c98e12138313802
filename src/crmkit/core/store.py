"""The storage port: what a Session asks of a database, in entities and queries, not SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from attrs import field, frozen

from crmkit.core.entity import Record
from crmkit.core.expr import Everything, Expr
from crmkit.core.fields import Field
from crmkit.core.journal import Change, Commit
from crmkit.core.model import EntityModel, Model

if TYPE_CHECKING:
    from crmkit.core.purge import Note, Purging


@frozen
class Cursor:
    """A place in a sorted list: the sort field's value, and the id, of the last row seen."""

    value: Any
    id: int


@frozen(kw_only=True)
class Select:
    """A page of one entity's records.

    Sorted by `sort` and then by id, both in one direction; empty values always come last.
    `after` continues behind a place (keyset); `reverse` walks from the end and returns rows
    in walking order; `offset` skips rows where no place is known. `relations=False` leaves
    repeating fields out.
    """

    entity: EntityModel
    where: Expr = Everything()
    sort: Field | None = None
    descending: bool = False
    limit: int = 50
    after: Cursor | None = None
    offset: int = 0
    reverse: bool = False
    deleted: bool = False
    relations: bool = True


@frozen
class StateSum:
    """One column of a board: how many records, and their money in minor units by currency."""

    state: str
    count: int
    sums: Mapping[str, int] = field(factory=dict)


@frozen
class Hit:
    """A record that full-text search found; tier 0 is the best."""

    entity: str
    id: int
    title: str
    tier: int = 2


@frozen
class Stay:
    """How long a record was in a state; `left` is None for the state it is in."""

    field: str
    state: str
    entered: datetime
    left: datetime | None = None


class Reader(Protocol):
    """One consistent view of the data."""

    def get(self, entity: EntityModel, id: int, *, deleted: bool = False) -> Record | None:
        """Return a record by id, or None; deleted ones only when asked for."""

    def get_many(self, entity: EntityModel, ids: Sequence[int]) -> dict[int, Record]:
        """Return records by id, those that exist and are not deleted."""

    def find(self, select: Select) -> list[Record]:
        """Return a page of records."""

    def count(self, entity: EntityModel, where: Expr, *, cap: int | None = None) -> int:
        """Return how many records there are, counting no further than `cap`."""

    def board(self, entity: EntityModel, flow: Field, where: Expr) -> list[StateSum]:
        """Return the sum of every state that has records."""

    def search(
        self, tokens: Sequence[str], scopes: Mapping[EntityModel, Expr], limit: int, raw: str = ""
    ) -> list[Hit]:
        """Return records with words that begin with every token, the best tier first.

        `scopes` holds the entities to look in, each with what the actor may see of it. Without
        tokens (`raw` is all symbols), titles that contain `raw` are found.
        """

    def identical(self, entity: EntityModel, keys: Iterable[tuple[str, str]]) -> list[int]:
        """Return the ids of records with any of the given (kind, normalised identity) keys.

        Deleted records are left out; kinds are names such as `email`.
        """

    def titles(self, entity: EntityModel, ids: Iterable[int]) -> dict[int, str]:
        """Return the titles of records, deleted ones too."""

    def named(self, entity: EntityModel, title: str, limit: int = 3) -> list[int]:
        """Return the ids of records whose folded title equals the folded text."""

    def aggregate(
        self,
        entity: EntityModel,
        where: Expr,
        by: Field,
        function: Literal["count", "sum", "max", "min"],
        value: Field | None = None,
    ) -> dict[Any, Any]:
        """Return one figure for each value of `by`; money sums as {currency: minor units}."""

    def stays(self, entity: EntityModel, id: int) -> list[Stay]:
        """Return the states a record has been in, oldest first."""

    def paths(self, entity: EntityModel, flow: Field, where: Expr) -> dict[tuple[str, ...], int]:
        """Return the ways that records went through a workflow's states, and how many each."""

    def last_commit(self, chain: str) -> Commit | None:
        """Return the newest commit of a chain."""

    def commits(
        self,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        entity: str = "",
        record: int = 0,
        actor: int | None = None,
        ascending: bool = False,
    ) -> list[Commit]:
        """Return commits (with the changes of the record that is named, or without any)."""

    def commit(self, id: int) -> Commit | None:
        """Return a commit with all its changes."""

    def meta(self, key: str) -> str | None:
        """Return a note that the program keeps in the database."""

    def notes(self) -> Mapping[str, Note]:
        """Return what the database knows of plugins, of those that are off too, by name."""


class Writer(Reader, Protocol):
    """One write transaction; nothing of it is seen by others until it is whole."""

    def insert(self, entity: EntityModel, records: Sequence[Record]) -> list[Record]:
        """Store new records; return them with their ids (in the same order)."""

    def update(
        self, entity: EntityModel, pairs: Sequence[tuple[Record, Record]], *, derived: bool = False
    ) -> list[int]:
        """Store (before, after) pairs; return the ids whose stored version is not `before`'s.

        After a non-empty answer the caller must roll back. `derived` writes derived fields
        only, with no new version.
        """

    def record(self, changes: Sequence[Change]) -> None:
        """Write changes to the journal ahead of the commit that is appended next."""

    def append(self, commit: Commit) -> Commit:
        """Append a commit with its changes to the journal; return it with its id.

        Changes that `record` wrote before are part of it, and come first.
        """

    def redact(self, commits: Sequence[Commit]) -> None:
        """Write labels of commits anew, and those changes of them that have no salt (any more).

        Their hashes and digests stay. It is the one way in which the journal ever changes.
        """

    def erasing(self) -> AbstractContextManager[None]:
        """Leave no trace in the database's files of what is overwritten or deleted within.

        On PostgreSQL traces go with the next vacuum.
        """

    def lock(self, name: str) -> None:
        """Wait until no other transaction holds the lock of this name; hold it to the end."""

    def savepoint(self) -> AbstractContextManager[None]:
        """Take back what is written within, and no more, if it ends in an exception."""

    def set_meta(self, key: str, value: str) -> None:
        """Keep a note in the database."""


class Store(Protocol):
    """A database."""

    model: Model
    url: str

    def reader(self) -> AbstractContextManager[Reader]:
        """Open a consistent view."""

    def writer(self) -> AbstractContextManager[Writer]:
        """Open a write transaction: committed at the end, rolled back on any exception.

        Writers come to their turn in the order in which they asked. Interrupted says that the
        database gave the transaction up: nothing of it was saved, and it may be tried again.
        """

    def create(self) -> None:
        """Make the tables of an empty database."""

    def pending(self) -> list[str]:
        """Return what `upgrade` would do, a line each; plugins whose tables are not ready."""

    def upgrade(self) -> list[str]:
        """Make the database fit the Model by additive steps; return what was done."""

    def backup(self) -> str:
        """Copy the data as it is; return where to, in a sentence."""

    def purging(self) -> Purging:
        """Return what can be done about the tables of one plugin that is off."""

    def changed(self) -> int:
        """Return a number that differs from the last where something was committed since.

        It costs so little that it may be asked each second. The first call begins to watch (on
        PostgreSQL by a connection that listens, and hears of a commit some milliseconds later).
        What is committed here counts too, and so does a connection that was broken meanwhile.
        """

    def cautions(self) -> list[str]:
        """Return what is known to be wrong with the database's library, a sentence each."""

    def verify(self) -> list[str]:
        """Return the faults that the database's own integrity check finds."""

    def close(self) -> None:
        """Let go of all connections."""
