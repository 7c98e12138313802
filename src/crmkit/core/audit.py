"""Auditing: walking the journal's chain, and saying exactly where it does not hold."""

from __future__ import annotations

from collections.abc import Callable

from attrs import field, frozen

from crmkit.core.journal import GENESIS, Commit
from crmkit.core.store import Store

_BATCH = 500


@frozen
class Audit:
    """What a walk along the chain found: how many commits, the last hash, and the faults."""

    commits: int
    changes: int
    head: str
    faults: list[str] = field(factory=list)


def verify(store: Store, progress: Callable[[int], None] | None = None) -> Audit:
    """Check every digest, every hash, every link and the numbering of the journal.

    A tail that was cut off leaves a chain that holds: compare the head with one noted earlier.
    """
    heads: dict[str, Commit] = {}
    faults: list[str] = []
    commits = changes = 0
    at = 0
    while True:
        with store.reader() as reader:
            batch = reader.commits(limit=_BATCH, after=at, ascending=True)
            whole = [reader.commit(c.id) for c in batch]
        if not batch:
            break
        for commit in whole:
            assert commit is not None
            faults += _faults(commit, heads.get(commit.chain))
            heads[commit.chain] = commit
            commits += 1
            changes += len(commit.changes)
        at = batch[-1].id
        if progress:
            progress(commits)
    head = max(heads.values(), key=lambda c: c.id).hash if heads else GENESIS
    return Audit(commits, changes, head, faults)


def _faults(commit: Commit, last: Commit | None) -> list[str]:
    name = f"commit {commit.id} ({commit.label!r})"
    found = []
    if commit.prev != (last.hash if last else GENESIS):
        found.append(f"{name} does not follow the commit before it")
    if commit.seq != (last.seq if last else 0) + 1:
        found.append(f"{name} has number {commit.seq}, not {(last.seq if last else 0) + 1}")
    if len(commit.changes) != commit.size:
        found.append(f"{name} has {len(commit.changes)} changes, not {commit.size}")
    for change in commit.changes:
        if change.salt and change.compute_digest() != change.digest:
            found.append(f"{name}: the values of {change.entity} {change.record} were altered")
    if commit.compute_hash(c.digest for c in commit.changes) != commit.hash:
        found.append(f"{name} was altered")
    return found
