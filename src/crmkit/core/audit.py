"""Auditing: walking the journal's chain, and saying exactly where it does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from attrs import field, frozen

from crmkit.core import rules
from crmkit.core.anchor import Anchor, Comparison
from crmkit.core.entity import Record
from crmkit.core.errors import Unreadable
from crmkit.core.journal import ERASED, GENESIS, Commit
from crmkit.core.model import EntityModel, Model
from crmkit.core.store import Cursor, Reader, Select, Store

_BATCH = 500
_ALL = (1 << 31) - 1


@frozen
class Audit:
    """What a walk along the chain found: how many commits, the last hash, and the faults."""

    commits: int
    changes: int
    head: str
    faults: list[str] = field(factory=list)
    held: int = 0
    """How many anchors hold."""


def verify(
    store: Store, progress: Callable[[int], None] | None = None, anchors: Iterable[Anchor] = ()
) -> Audit:
    """Check every digest, every hash, every link and the numbering of the journal.

    A tail that was cut off leaves a chain that holds, and so does a chain that was written anew
    from some commit on: only anchors, noted earlier and elsewhere, show that.
    """
    heads: dict[str, Commit] = {}
    noted = Comparison(anchors)
    faults: list[str] = []
    lacking = _Lacking()
    commits = changes = 0
    lost = False
    for found in _walked(store):
        commits += 1
        if found.head is not None:
            if not lost:  # nothing is known of what a commit behind a broken one follows
                faults += _out_of_line(found.head, heads.get(found.head.chain))
            lost = False
            faults += noted.see(found.head)
            heads[found.head.chain] = found.head
        else:
            lost = True
        if found.whole is not None:
            faults += _miscounted(found.whole)
            lacking.see(found.whole)
            changes += len(found.whole.changes)
        faults += [str(found.broken)] if found.broken else []
        if progress and commits % _BATCH == 0:
            progress(commits)
    head = max(heads.values(), key=lambda c: c.id).hash if heads else GENESIS
    return Audit(commits, changes, head, faults + lacking.faults() + noted.missing(), noted.held)


@frozen
class _Found:
    """A commit of the walk, as far as it can be read: without its changes, and with them."""

    head: Commit | None
    whole: Commit | None = None
    broken: Unreadable | None = None


def _walked(store: Store) -> Iterator[_Found]:
    """Yield every commit, the oldest first; what cannot be read does not end the walk."""
    at = 0
    while True:
        with store.reader() as reader:
            batch, broken = _heads(reader, at)
            found = [_read(reader, head) for head in batch]
        yield from found
        if broken is not None:
            yield _Found(None, broken=broken)
        elif not batch:
            return
        at = broken.commit if broken is not None else batch[-1].id


def _heads(reader: Reader, at: int) -> tuple[list[Commit], Unreadable | None]:
    """Return the next commits, up to the first that cannot be read at all."""
    try:
        return reader.commits(limit=_BATCH, after=at, ascending=True), None
    except Unreadable as broken:
        to = broken.commit
        return reader.commits(limit=_BATCH, after=at, before=to, ascending=True), broken


def _read(reader: Reader, head: Commit) -> _Found:
    try:
        return _Found(head, reader.commit(head.id))
    except Unreadable as broken:
        return _Found(head, broken=broken)


@frozen
class _Lacking:
    """Commits whose values do not give their hash, and the hashes that erasures say they give.

    An erasure stands behind what it took out, and is a part of the chain itself: so what is left
    of a commit cannot be altered unnoticed either.
    """

    found: dict[int, tuple[str, list[str]]] = field(factory=dict)
    erased: dict[int, str] = field(factory=dict)

    def see(self, commit: Commit) -> None:
        """Look at the next commit."""
        if wrong := _altered(commit):
            self.found[commit.id] = commit.present_hash(), wrong
        for change in commit.changes:
            if change.op == "erase":
                told = change.after.get(ERASED, {})
                if isinstance(told, dict):
                    self.erased.update((int(id), told[id]) for id in told if id.isdecimal())

    def faults(self) -> list[str]:
        """Return what is wrong with the commits that no erasure speaks of."""
        return [
            line
            for id, (hash, wrong) in self.found.items()
            if self.erased.get(id) != hash
            for line in wrong
        ]


def _named(commit: Commit) -> str:
    return f"commit {commit.id} ({commit.label!r})"


def _out_of_line(commit: Commit, last: Commit | None) -> list[str]:
    name = _named(commit)
    found = []
    if commit.prev != (last.hash if last else GENESIS):
        found.append(f"{name} does not follow the commit before it")
    if commit.seq != (last.seq if last else 0) + 1:
        found.append(f"{name} has number {commit.seq}, not {(last.seq if last else 0) + 1}")
    return found


def _miscounted(commit: Commit) -> list[str]:
    if len(commit.changes) == commit.size:
        return []
    return [f"{_named(commit)} has {len(commit.changes)} changes, not {commit.size}"]


def _altered(commit: Commit) -> list[str]:
    name = _named(commit)
    found = [
        f"{name}: the values of {change.entity} {change.record} were altered"
        for change in commit.changes
        if change.compute_digest() != change.digest
    ]
    if commit.compute_hash(c.digest for c in commit.changes) != commit.hash:
        found.append(f"{name} was altered")
    return found


def compare_records(
    store: Store, model: Model, progress: Callable[[int], None] | None = None
) -> list[str]:
    """Compare every record with what the journal says of it; return the differences.

    It asks the journal for each record, so it takes long: about a millisecond a record.
    """
    faults: list[str] = []
    made = _made(store)
    seen = 0
    for entity in model.entities.values():
        there = 0
        for found in _compared(store, entity):
            faults += found
            there += 1
            seen += 1
            if progress and seen % _BATCH == 0:
                progress(seen)
        if there < made[entity.name]:
            faults.append(f"{made[entity.name] - there} of {entity.name} were taken out")
    return faults


def _made(store: Store) -> Counter[str]:
    """Return how many records of each entity the journal says were made."""
    found: Counter[str] = Counter()
    for one in _walked(store):
        if one.whole is not None:
            found.update(c.entity for c in one.whole.changes if c.op == "create")
    return found


def _compared(store: Store, entity: EntityModel) -> Iterator[list[str]]:
    """Yield what is wrong with each record, deleted ones too."""
    after: Cursor | None = None
    while True:
        asked = Select(entity=entity, limit=_BATCH, after=after, deleted=True)
        with store.reader() as reader:
            page = reader.find(asked)
            yield from (_differences(reader, entity, record) for record in page)
        if not page:
            return
        after = Cursor(None, page[-1].id)


def _differences(reader: Reader, entity: EntityModel, record: Record) -> list[str]:
    name = f"{entity.name} {record.id}"
    try:
        commits = reader.commits(limit=_ALL, entity=entity.name, record=record.id, ascending=True)
    except Unreadable as broken:
        return [f"{name} cannot be compared: {broken}"]
    changes = [change for commit in commits for change in commit.changes]
    if not changes:
        return [f"{name} is not in the journal"]
    said: dict[str, Any] = {}
    for change in changes:
        said.update(change.after)
    now = rules.snapshot(entity, record)
    wrong = sorted(
        f.key for f in entity.recorded if f.key in said and not _same(said[f.key], now.get(f.key))
    )
    if wrong:
        return [f"{name}: {', '.join(wrong)} is not what the journal says"]
    gone = [c.op for c in changes if c.op != "erase"][-1] in ("delete", "merge")
    if gone != (record.deleted_at is not None):
        return [f"{name} is {'there' if gone else 'deleted'}, which the journal does not say"]
    return []


def _same(said: Any, now: Any) -> bool:
    """Return whether two values as JSON are one; nothing is written in several ways."""
    return bool(said == now or (not said and not now and said != 0 and now != 0))
