"""What checks, guards, derivations and commands are given: the transaction they run in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

from crmkit.core.entity import Record
from crmkit.core.fields import Field
from crmkit.core.journal import Change
from crmkit.core.kinds.base import Locale
from crmkit.core.matching import Match
from crmkit.core.settings import Setting, T


class Context(Protocol):
    """The running transaction, as plugins see it.

    Reads see everything (a rule must not depend on who asks); writes are the actor's own and
    checked by policy, but for `derive`-d values.
    """

    @property
    def now(self) -> datetime:
        """The time of the transaction, UTC."""

    @property
    def locale(self) -> Locale:
        """The firm's region, currency and clock."""

    @property
    def actor_id(self) -> int:
        """The id of the user who acts."""

    @property
    def lenient(self) -> bool:
        """Whether history is brought in, which need not be as what is typed must be."""

    def get(self, entity: str, id: int, *, deleted: bool = False) -> Record | None:
        """Return a record, or None; deleted ones only when asked for."""

    def versions(self, change: Change) -> list[Record]:
        """Return the record of a change as it was before and as it is; a new one only as it is."""

    def setting(self, setting: Setting[T]) -> T:
        """Return what the firm decided."""

    @property
    def roles(self) -> tuple[str, ...]:
        """The names of all roles."""

    def fields(self, entity: str) -> tuple[Field, ...]:
        """Return the fields of an entity."""

    def find(self, entity: str, filter: str, limit: int = 100, *, sort: str = "") -> list[Record]:
        """Return the records that a filter finds, by id or by a field (`-`: descending)."""

    def sees(self, record: Record) -> bool:
        """Whether the actor may read a stored record, so that a refusal may name it."""

    def alike(self, entity: str, record: Record) -> list[Record]:
        """Return the other records of an entity with an e-mail or phone of the record's."""

    def near(self, entity: str, values: Mapping[str, Any]) -> list[Match]:
        """Return the records that one with these values may be the same as, best first."""

    def search(self, entity: str, words: Iterable[str], limit: int = 50) -> list[Record]:
        """Return records with words that begin as each of the given ones does."""

    def count(self, entity: str, filter: str) -> int:
        """Return how many records a filter finds."""

    def aggregate(
        self,
        entity: str,
        filter: str,
        by: str,
        function: Literal["count", "sum", "max", "min"],
        value: str = "",
    ) -> dict[Any, Any]:
        """Return one figure for each value of the field `by`."""

    def add(self, entity: str, **values: Any) -> Record:
        """Add a record in this transaction."""

    def save(self, record: Record) -> Record:
        """Save a changed copy of a record in this transaction."""

    def set(self, entity: str, id: int, values: Mapping[str, Any]) -> Record:
        """Change values of a record in this transaction."""

    def move(self, entity: str, id: int, state: str, **values: Any) -> Record:
        """Move a record to a state in this transaction."""

    def delete(self, entity: str, id: int, *, reason: str = "") -> Record:
        """Delete a record in this transaction."""

    def run(self, command: str, id: int, params: Mapping[str, Any]) -> Any:
        """Give a command, written `entity.command`, in this transaction."""

    def merge(
        self, entity: str, keep: int, lose: Sequence[int], values: Mapping[str, Any] | None = None
    ) -> Record:
        """Merge records into one in this transaction."""

    def lock(self, name: str) -> None:
        """Let no other transaction with a lock of this name run until this one has ended."""

    def granted(self) -> AbstractContextManager[None]:
        """Let a command's own grant stand for those of what it writes, managed fields too."""

    def parse(self, entity: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed values for texts as people type them; Invalid collects every problem."""

    def parse_params(self, command: str, texts: Mapping[str, str]) -> dict[str, Any]:
        """Return typed parameters of a command, written `entity.command`, as `parse` does."""

    def titles(self, entity: str, ids: Sequence[int]) -> Mapping[int, str]:
        """Return the titles of records."""
