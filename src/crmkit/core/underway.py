"""What is under way in a transaction: records whose rules are asked, and reactions to writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen

from crmkit.core.blaming import Broken, called, start
from crmkit.core.entity import Record

DEEPEST = 8
"""How many reactions may follow from one another."""
Rule = Callable[..., Any]


@frozen
class UnderWay:
    """The reactions under way, each of them to what the one before it wrote, and the records."""

    _answering: list[tuple[str, Rule]] = field(factory=list, init=False)
    _saving: list[tuple[str, int]] = field(factory=list, init=False)

    @contextmanager
    def answering(self, entity: str, owner: str, reaction: Rule) -> Iterator[None]:
        """Stand in a reaction; Broken names the plugins whose reactions never come to an end."""
        self._answering.append((owner, reaction))
        try:
            if len(self._answering) > DEEPEST:
                raise _endless(entity, self._answering)
            yield
        finally:
            self._answering.pop()

    @contextmanager
    def saving(self, record: Record) -> Iterator[None]:
        """Stand in the rules of a record that is being saved: none of them may write it."""
        at = (record.spec.name, record.id)
        if at in self._saving:
            raise RuntimeError(
                f"it writes {at[0]} {at[1]}, which is being saved; return values from a fill, or "
                "write them in a reaction"
            )
        self._saving.append(at)
        try:
            yield
        finally:
            self._saving.pop()


def _endless(entity: str, ring: Sequence[tuple[str, Rule]]) -> Broken:
    named = {f"{called(rule)} of plugin {owner} ({start(rule)})": owner for owner, rule in ring}
    off = " or ".join(f"crmkit plugin disable {owner}" for owner in dict.fromkeys(named.values()))
    return Broken(
        f"reactions on {entity} answer their own writes without end: {', '.join(named)}; "
        f"to switch it off: {off}",
        ring[-1][0],
    )
