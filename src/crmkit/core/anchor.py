"""Anchors: the journal's head, noted where whoever has the database cannot reach it.

A chain that was cut off at its end, or written anew from some commit on, holds in itself. It does
not hold against what was noted earlier somewhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from attrs import frozen

from crmkit.core.errors import Usage
from crmkit.core.journal import GENESIS, Commit
from crmkit.core.store import Store

_BATCH = 5000


@frozen
class Anchor:
    """The last commit of a chain at some moment: its number in the chain, its hash, its time."""

    chain: str
    number: int
    hash: str
    at: datetime

    @classmethod
    def of(cls, commit: Commit) -> Anchor:
        """Return what is noted of a commit."""
        return cls(commit.chain, commit.seq, commit.hash, commit.at)

    def line(self) -> str:
        """Return it as a line of JSON."""
        at = self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        data = {"chain": self.chain, "number": self.number, "hash": self.hash, "at": at}
        return json.dumps(data, ensure_ascii=True)


def heads(store: Store) -> list[Anchor]:
    """Return the head of every chain."""
    found: dict[str, Commit] = {}
    at = 0
    with store.reader() as reader:
        while batch := reader.commits(limit=_BATCH, after=at, ascending=True):
            found.update((commit.chain, commit) for commit in batch)
            at = batch[-1].id
    return [Anchor.of(commit) for _, commit in sorted(found.items())]


def read_anchors(text: str) -> list[Anchor]:
    """Return what `line` wrote, line by line; Usage names the line that is none."""
    return list(_read(text))


def _read(text: str) -> Iterator[Anchor]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            noted = Anchor(
                str(data["chain"]), int(data["number"]), str(data["hash"]),
                datetime.fromisoformat(str(data["at"])),
            )  # fmt: skip
            _day(noted)
            if noted.number < 1 or len(noted.hash) != len(GENESIS) or noted.at.tzinfo is None:
                raise ValueError
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise Usage(f"line {number} is no anchor; crmkit audit anchor writes them") from None
        yield noted


class Comparison:
    """Anchors that are compared with the commits of a walk, as they go by."""

    def __init__(self, noted: Iterable[Anchor]) -> None:
        self._noted: dict[tuple[str, int], list[Anchor]] = {}
        for anchor in noted:
            self._noted.setdefault((anchor.chain, anchor.number), []).append(anchor)
        self._last: dict[str, int] = {}
        self.held = 0
        """How many were found as they were noted."""

    def see(self, commit: Commit) -> list[str]:
        """Return what is wrong with a commit that was noted."""
        self._last[commit.chain] = commit.seq
        faults = []
        for anchor in self._noted.pop((commit.chain, commit.seq), ()):
            if anchor.hash == commit.hash:
                self.held += 1
            else:
                faults.append(
                    f"commit {commit.id} ({commit.label!r}) is not the one that was number "
                    f"{anchor.number} of chain {anchor.chain} on {_day(anchor)}: "
                    "the journal was written anew"
                )
        return faults

    def missing(self) -> list[str]:
        """Return what was noted and did not come by."""
        return [
            f"chain {chain} had commit {number} on {_day(anchors[0])}, but "
            + (f"ends at {self._last[chain]}" if chain in self._last else "is not there")
            + ": its end was cut off"
            for (chain, number), anchors in sorted(self._noted.items())
        ]


def _day(anchor: Anchor) -> str:
    return f"{anchor.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
