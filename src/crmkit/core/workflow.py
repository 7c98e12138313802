"""Workflows: the states of a flow field, the moves between them, and what guards a move."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Literal

from attrs import evolve, field, frozen

ANY = "*"
Outcome = Literal["open", "won", "lost"]


@frozen
class State:
    """One state: `probability` in percent, `rot_after` how long a record may rest untouched.

    A state that a plugin adds names the state it comes `after`, and the `fallback` its records
    may move to while that plugin is off.
    """

    code: str
    label: str = field(kw_only=True, default="")
    outcome: Outcome = field(kw_only=True, default="open")
    glyph: str = field(kw_only=True, default="")
    colour: str = field(kw_only=True, default="")
    probability: int = field(kw_only=True, default=0)
    rot_after: timedelta | None = field(kw_only=True, default=None)
    after: str = field(kw_only=True, default="")
    fallback: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")

    def __attrs_post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.code.replace("_", " ").capitalize())

    @property
    def is_open(self) -> bool:
        """Whether work in this state is still going on."""
        return self.outcome == "open"


@frozen(kw_only=True)
class Move:
    """A permitted change of state; `requires` names fields that must be filled by then.

    `clears` names fields that lose their value, such as the next call of a lost lead; `stamps`
    dates or moments that get the time of the move where they are empty. A move that names a
    `command` of the entity is made by that command alone.
    """

    source: str = ANY
    target: str = ANY
    grant: str = ""
    requires: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    command: str = ""

    def matches(self, source: str, target: str) -> bool:
        """Whether this move leads from one state to the other."""
        return self.source in (ANY, source) and self.target in (ANY, target)


@frozen
class Guard:
    """A rule on a move: `check(record, ctx)` returns a sentence to refuse, None to let pass.

    A record that is added in another state than the first is asked as one that is moved there; it
    has no number yet. `ctx.lenient` says whether that is history which is brought in.
    """

    check: Callable[[Any, Any], str | None]
    source: str = field(kw_only=True, default=ANY)
    target: str = field(kw_only=True, default=ANY)
    owner: str = field(kw_only=True, default="")

    def applies(self, source: str, target: str) -> bool:
        """Whether the guard stands on the way from one state to the other."""
        return source != target and Move(source=self.source, target=self.target).matches(
            source, target
        )


def _as_states(states: Iterable[State]) -> tuple[State, ...]:
    return tuple(states)


def _as_moves(moves: Iterable[Move]) -> tuple[Move, ...]:
    return tuple(moves)


@frozen
class Workflow:
    """Ordered states, and the moves between them; without moves any state may follow any."""

    name: str
    label: str = field(kw_only=True, default="Status")
    states: tuple[State, ...] = field(kw_only=True, converter=_as_states)
    moves: tuple[Move, ...] = field(kw_only=True, default=(), converter=_as_moves)

    def state(self, code: str) -> State | None:
        """Return a state by its code."""
        return next((s for s in self.states if s.code == code), None)

    def codes(self, outcome: Outcome | None = None) -> tuple[str, ...]:
        """Return the codes of all states, or of those with an outcome."""
        return tuple(s.code for s in self.states if outcome in (None, s.outcome))

    def permits(self, source: str, target: str) -> bool:
        """Whether the workflow has a move from one state to the other."""
        restricting = [m for m in self.moves if m.source != ANY]
        if not restricting:
            return True
        return any(m.matches(source, target) for m in restricting)

    def demands(self, source: str, target: str) -> Iterable[Move]:
        """Yield the moves whose requirements hold on the way from one state to the other."""
        return (m for m in self.moves if m.matches(source, target))

    def extended(self, states: Iterable[State], moves: Iterable[Move]) -> Workflow:
        """Return the workflow with added states, each after the one that it names."""
        ordered = list(self.states)
        for state in states:
            at = next((n for n, s in enumerate(ordered) if s.code == state.after), len(ordered) - 1)
            ordered.insert(at + 1, state)
        return evolve(self, states=tuple(ordered), moves=(*self.moves, *moves))
