"""What plugins declare besides entities: commands, extensions, views, roles, derived values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import pluggy
from attrs import field, frozen

from crmkit.core.entity import Facet, declared_fields
from crmkit.core.fields import Field
from crmkit.core.matching import Match
from crmkit.core.workflow import Guard, Move, State

if TYPE_CHECKING:
    from crmkit.core.journal import Change

API = 1
"""The number of this plugin API; removing something from it means the next number."""

hookimpl = pluggy.HookimplMarker("crmkit")


@frozen
class Plugin:
    """A plugin's own statement: its name, version, API number and what it needs."""

    name: str
    version: str = field(kw_only=True, default="0")
    api: int = field(kw_only=True, default=API)
    requires: tuple[str, ...] = field(kw_only=True, default=())
    summary: str = field(kw_only=True, default="")


@frozen
class Extension:
    """What a plugin adds to an entity, its own or another's.

    `checks` are `(record, ctx) -> str | dict | None` and run on every write; `guards` on moves.
    `fills` are `(before, after, ctx) -> mapping | None` and run before the checks of every write:
    the values that they return, by field key, are saved with it. `reactions` are
    `(before, after, ctx)` and run behind every write, in its transaction: what they write is part
    of the same commit. `before` is None for a new record. Reactions do not run while history is
    imported; neither runs while something is undone. `targets` lets reference fields point at
    more entities. Checks, guards and fills do not write the record that is being saved. `columns`
    are those of plain lists, in place of the fields that are `shown`.
    """

    entity: str
    facet: type[Facet] | None = field(kw_only=True, default=None)
    states: tuple[State, ...] = field(kw_only=True, default=())
    moves: tuple[Move, ...] = field(kw_only=True, default=())
    guards: tuple[Guard, ...] = field(kw_only=True, default=())
    checks: tuple[Callable[..., Any], ...] = field(kw_only=True, default=())
    fills: tuple[Callable[..., Mapping[str, Any] | None], ...] = field(kw_only=True, default=())
    reactions: tuple[Callable[..., None], ...] = field(kw_only=True, default=())
    targets: Mapping[str, tuple[str, ...]] = field(kw_only=True, factory=dict)
    derived: tuple[Derived, ...] = field(kw_only=True, default=())
    columns: tuple[str, ...] = field(kw_only=True, default=())
    owner: str = field(kw_only=True, default="")


@frozen
class Derived:
    """How a derived field gets its value, inside the transaction of whatever changes it.

    `watch` names the entities whose changes matter; `targets(change, ctx)` returns the ids of
    the extended entity's records that a change touches; `compute(ids, ctx)` their new values, for
    at most a few hundred records at a time. Derived values are computed in the order in which
    plugins declare them; each sees those before it.
    """

    field: str
    watch: tuple[str, ...]
    targets: Callable[[Change, Any], Iterable[int]]
    compute: Callable[[list[int], Any], Mapping[int, Any]]
    owner: str = attrs.field(kw_only=True, default="")


@frozen
class Listener:
    """What is done behind a commit: `run(commit, told)`, outside of its transaction.

    With `entity` only commits with changes of its records are heard. What goes wrong is logged and
    stops nothing; a listener that failed three times in a row is left alone until the program is
    started again. `told` is as badges are told.
    """

    name: str
    run: Callable[[Any, Any], Any]
    entity: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class Check:
    """What `crmkit doctor` looks at: `run(told)` returns what is not in order, a sentence each."""

    name: str
    run: Callable[[Any], Iterable[str]]
    owner: str = field(kw_only=True, default="")


@frozen
class Step:
    """What `crmkit upgrade` does once to data that is there, in a transaction of its own.

    `run(ctx)` returns what it did in a sentence, or None; `derives` names derived fields, as
    (entity, field), that are worked out anew for every record. A new workspace needs none.
    """

    name: str
    run: Callable[[Any], str | None] | None = field(kw_only=True, default=None)
    derives: tuple[tuple[str, str], ...] = field(kw_only=True, default=())
    owner: str = field(kw_only=True, default="")


class Parametrised(Protocol):
    """What takes parameters: a command on records, or one of the shell."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def params(self) -> type[Any] | None:
        """The class of its parameters."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its parameters."""


@frozen
class Command:
    """A verb on a record: `run(record, ctx, params)` in one transaction, as one commit.

    `grant` is the verb that policy is asked for (its own name unless given); `params` a class
    made with `@params`; `when(record)` says whether it makes sense on a record. `arguments` are
    the parameters that the shell takes as words behind the record's number. `prefill(record, ctx)`
    returns what a form proposes for parameters; `proposals(record, ctx)` the records that it
    offers for parameters that are references, best first. With `form` the terminal asks for all
    parameters on one form, and not just for those that are required. A command that is `unseen`
    may be given on records that the actor cannot read (any more), if the verb's own scope allows
    it; it says itself where it makes no sense, and `when` only whether it is offered.
    """

    name: str
    entity: str
    run: Callable[..., Any]
    label: str = field(kw_only=True, default="")
    key: str = field(kw_only=True, default="")
    grant: str = field(kw_only=True, default="")
    params: type[Any] | None = field(kw_only=True, default=None)
    when: Callable[[Any], bool] | None = field(kw_only=True, default=None)
    arguments: tuple[str, ...] = field(kw_only=True, default=())
    prefill: Callable[[Any, Any], Mapping[str, Any]] | None = field(kw_only=True, default=None)
    proposals: Callable[[Any, Any], Mapping[str, list[Match]]] | None = field(
        kw_only=True, default=None
    )
    unseen: bool = field(kw_only=True, default=False)
    form: bool = field(kw_only=True, default=False)
    help: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its parameters."""
        return declared_fields(self.params) if self.params else ()

    @property
    def verb(self) -> str:
        """The verb that policy is asked for."""
        return self.grant or self.name


@frozen
class Table:
    """A saved list of an entity: a filter, a sort and columns; the keys 1 to 9 open them.

    It is shown as a `board` where it says so, and is of one `user` where it names him.
    """

    entity: str
    label: str
    filter: str = field(kw_only=True, default="")
    sort: str = field(kw_only=True, default="")
    columns: tuple[str, ...] = field(kw_only=True, default=())
    board: bool = field(kw_only=True, default=False)
    user: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")


@frozen
class HomeSection:
    """A part of 'my day' on the home screen: the records of an entity that a filter finds.

    It is left out while there are none, unless it is `always` there.
    """

    entity: str
    label: str
    filter: str
    sort: str = field(kw_only=True, default="")
    when: str = field(kw_only=True, default="")
    style: str = field(kw_only=True, default="")
    order: int = field(kw_only=True, default=100)
    always: bool = field(kw_only=True, default=False)
    owner: str = field(kw_only=True, default="")


@frozen
class Grant:
    """A permission `entity.verb[.field][@scope]`; `*` stands for every entity or every verb.

    Scopes: `own` (the owner's, or the creator's where an entity has no owner), `pool` (without
    an owner), `team`, `all` (the default).
    """

    text: str


@frozen
class Deny:
    """A prohibition of the same form, which wins over every grant.

    `where` limits it to the records that a filter finds.
    """

    text: str
    where: str = field(kw_only=True, default="")


def _as_rules(rules: Iterable[Grant | Deny | str]) -> tuple[Grant | Deny, ...]:
    return tuple(Grant(rule) if isinstance(rule, str) else rule for rule in rules)


@frozen
class Role:
    """A named set of grants; several `Role`s of one name, from several plugins, add up.

    A rule that is plain text is a grant.
    """

    name: str
    rules: tuple[Grant | Deny, ...] = field(converter=_as_rules)
    label: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")
