"""The journal: commits of changes, chained by hashes over salted digests of the values."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from attrs import evolve, field, frozen

Op = Literal["create", "update", "move", "delete", "restore", "merge", "absorb", "erase"]
ERASED = "erased_commits"
"""What an erasure says of the commits that it took values out of: the hash each gives now."""
GENESIS = "0" * 64
DEFAULT_CHAIN = "main"

_encode = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
).encode


def canonical(data: Any) -> bytes:
    """Return JSON that is the same for the same data, whatever the order of its keys."""
    return _encode(data).encode("utf-8", "surrogatepass")


def text_of(data: Any) -> str:
    """Return a value of the journal as text, where the field is of another kind now."""
    if isinstance(data, list):
        return ", ".join(text_of(one) for one in data)
    if isinstance(data, dict):
        return text_of(data["value"]) if "value" in data else " ".join(map(str, data.values()))
    return "" if data is None else str(data)


@frozen(kw_only=True)
class Change:
    """What one commit did to one record: the values (as JSON) that changed, before and after."""

    entity: str
    record: int
    op: Op
    before: Mapping[str, Any] = field(factory=dict)
    after: Mapping[str, Any] = field(factory=dict)
    title: str = ""
    salt: str = ""
    digest: str = ""
    commit: int = 0
    id: int = field(default=0, eq=False)
    """Where it stands in the journal; 0 until it was read from there."""
    texts: tuple[str, str] | None = field(default=None, eq=False, repr=False)
    """The values before and after as JSON text, on a change that was just sealed."""

    @property
    def fields(self) -> frozenset[str]:
        """The keys of the fields that it changed."""
        return frozenset({*self.before, *self.after})

    def sealed(self, commit: int = 0) -> Change:
        """Return the change of a commit with a fresh salt and the digest of its values."""
        texts = self._texts()
        salt = secrets.token_hex(16)
        # A plain call, since `evolve` takes three times as long.
        return Change(
            entity=self.entity, record=self.record, op=self.op, before=self.before,
            after=self.after, title=self.title, salt=salt, digest=self._digest(salt, texts),
            commit=commit, texts=texts,
        )  # fmt: skip

    def compute_digest(self) -> str:
        """Return the digest that its values and salt give (SHA-256, hex)."""
        return self._digest(self.salt, self._texts())

    def _texts(self) -> tuple[str, str]:
        return (
            _encode(self.before) if self.before else "{}",
            _encode(self.after) if self.after else "{}",
        )

    def _digest(self, salt: str, texts: tuple[str, str]) -> str:
        """Return the hash over the salt and `canonical([entity, ..., title, before, after])`."""
        head = _encode([self.entity, self.record, self.op, self.title])
        body = f"{salt}{head[:-1]},{texts[0]},{texts[1]}]"
        return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()


@frozen(kw_only=True)
class Commit:
    """One transaction: who did it, when, through what, and its changes."""

    at: datetime
    actor: int | None
    actor_name: str
    via: str
    label: str
    undoes: int | None = None
    chain: str = DEFAULT_CHAIN
    changes: tuple[Change, ...] = ()
    id: int = 0
    seq: int = 0
    prev: str = GENESIS
    hash: str = ""
    size: int = 0
    """How many changes the commit has (they are not always loaded)."""

    def chained(self, last: Commit | None, digests: Iterable[str]) -> Commit:
        """Return the commit sealed behind the last one of its chain.

        `digests` are those of its changes, all of them, in their order.
        """
        found = list(digests)
        whole = evolve(
            self,
            prev=last.hash if last else GENESIS,
            seq=(last.seq if last else 0) + 1,
            size=len(found),
        )
        return evolve(whole, hash=whole.compute_hash(found))

    def compute_hash(self, digests: Iterable[str]) -> str:
        """Return the hash over the commit's own data, its changes' digests and the one before."""
        head = [
            self.chain, self.seq, self.prev, self.at.astimezone(UTC).isoformat(), self.actor,
            self.actor_name, self.via, self.label, self.undoes, self.size,
        ]  # fmt: skip
        sha = hashlib.sha256(canonical(head))
        for digest in digests:
            sha.update(digest.encode())
        return sha.hexdigest()

    def present_hash(self) -> str:
        """Return the hash that its values give as they are now: `hash`, unless some are gone."""
        return self.compute_hash(change.compute_digest() for change in self.changes)


@frozen
class HistoryEntry:
    """One change of a record, with the commit that it was part of."""

    commit: Commit
    change: Change
