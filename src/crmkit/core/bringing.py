"""What plugins bring to the program itself: kinds of fields, commands of the shell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from crmkit.core.blaming import blaming
from crmkit.core.entity import declared_fields
from crmkit.core.errors import unknown
from crmkit.core.fields import MARK, Field
from crmkit.core.kinds.base import Kind, Locale

if TYPE_CHECKING:
    from crmkit.core.model import EntityModel, Model

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_SAYING, _TEXTS = ("parse", "validate", "range"), ("format", "words", "identity")
_METHODS = (*_SAYING, *_TEXTS, "store", "load", "dump", "undump", "empty", "describe")
_WALLED = "_crmkit_walled"
OWN_KINDS = frozenset(
    "text note email phone url address number percent money flag date moment choice tags ref refs "
    "link flow".split()
)
"""The kinds that the core has, by which parts of the program know what to do with values."""


@frozen
class NewKind:
    """A kind of field that a plugin brings: a subclass of `FieldKind`, and its constructor.

    The class has a `name`, and in `example` a text that a person might type, which must come back
    out of `parse`, `format`, `store`, `load`, `dump` and `undump` as the same value.
    `make(label, *, default, **settings)` declares a field of it with `of_kind`. Custom fields may
    be of the kind `plugin.name`.
    """

    kind: type[Kind]
    make: Callable[..., Any]
    help: str = field(kw_only=True, default="")
    owner: str = field(kw_only=True, default="")

    @property
    def name(self) -> str:
        """What the kind is called."""
        return str(getattr(self.kind, "name", ""))

    @property
    def full_name(self) -> str:
        """What custom fields call it: `plugin.name`."""
        return f"{self.owner}.{self.name}"


def kind_faults(new: NewKind) -> Iterator[str]:
    """Yield what is wrong with a kind, tried on its own example."""
    if not (isinstance(new.kind, type) and issubclass(new.kind, Kind)):
        yield f"{new.kind!r} is no kind of field; inherit from FieldKind"
    elif not _NAME.fullmatch(new.name):
        yield f"kind {new.name!r}: give it a name of small letters, digits and single _"
    elif new.name in OWN_KINDS:
        yield f"kind {new.name} is the program's own; give yours another name"
    else:
        try:
            yield from (f"kind {new.name}: {text}" for text in _lost(_made(new)))
        except Exception as error:
            yield f"kind {new.name}: {type(error).__name__}: {error}"


def _made(new: NewKind) -> Kind:
    """Return the kind of a field that the constructor makes."""
    mark = new.make("Example", default=None).metadata[MARK]
    if not isinstance(mark, Field) or not isinstance(mark.kind, new.kind):
        raise TypeError(f"its constructor makes no field of {new.kind.__name__}")
    return mark.kind


def _lost(kind: Kind) -> Iterator[str]:
    """Yield the ways on which the example's value is lost."""
    if not kind.example:
        yield "give it an example, a text that a person might type"
        return
    locale = Locale()
    value = kind.parse(kind.example, locale)
    shown = kind.format(value, locale)
    stored = kind.store(value)
    if kind.parse(shown, locale) != value:
        yield f"{kind.example!r} is shown as {shown!r}, which is read as something else"
    if len(stored) != len(kind.columns):
        yield f"it stores {len(stored)} values in {len(kind.columns)} columns"
    elif kind.load(*stored) != value:
        yield f"{kind.example!r} is not loaded as it was stored"
    if kind.undump(json.loads(json.dumps(kind.dump(value)))) != value:
        yield f"{kind.example!r} does not come back out of JSON"


def wall(new: NewKind) -> None:
    """Have the plugin named where a method of its kind fails; what is for users stays ValueError.

    The class is changed in its place, once: fields are declared of it before a Model is made.
    """
    for name in _METHODS:
        method = getattr(new.kind, name)
        if not method.__module__.startswith("crmkit.core.") and not hasattr(method, _WALLED):
            setattr(new.kind, name, _walled(new, name, method))


def _walled(new: NewKind, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def call(*given: Any) -> Any:
        with blaming(new.owner, f"{name} of the kind {new.name}", method):
            try:
                found = method(*given)
            except ValueError as error:
                if name not in _SAYING:
                    raise
                said = error
            else:
                if name in _TEXTS and not isinstance(found, str):
                    raise TypeError(f"it answered {found!r:.60}, which is no text")
                return found
        raise said

    setattr(call, _WALLED, True)
    return call


def offered(kinds: Collection[NewKind]) -> dict[str, NewKind]:
    """Return kinds by the names that custom fields call them."""
    return {one.full_name: one for one in kinds}


# Commands of the shell ----------------------------------------------------------------------

VERBS = frozenset(
    "init demo upgrade search log undo audit tick plugin automation custom serve ssh who kick "
    "access doctor info help".split()
)
"""The names of the program's own commands."""


def verbs_of(entity: EntityModel) -> set[str]:
    """Return the names of the shell's own commands on an entity's records."""
    found = {"list", "show", "add", "set", "delete", "restore", "history", "import"}
    found |= {"move", "board"} if entity.flow else set()
    found |= {"duplicates", "merge"} if entity.matchers else set()
    found |= {"export"} if entity.exports else set()
    found |= {"personal", "erase"} if any(f.personal for f in entity.fields) else set()
    return found | ({"key"} if entity.name == "user" else set())


_VERB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@frozen
class ShellCommand:
    """A command of the shell, `crmkit NAME`: `run(session, said)` with what was given.

    `params` is a class made with `@params`, whose fields are options; those in `arguments` are
    given as words, of which the last takes all that is left. `run` returns a text, a Sheet, rows
    (mappings of the same keys), or None; `--format` says how rows and sheets are written. Who comes
    in over SSH may give it only if it is `remote`: then it must reach no files and no programs.
    """

    name: str
    run: Callable[[Any, Any], Any]
    params: type[Any] | None = field(kw_only=True, default=None)
    arguments: tuple[str, ...] = field(kw_only=True, default=())
    help: str = field(kw_only=True, default="")
    examples: tuple[str, ...] = field(kw_only=True, default=())
    remote: bool = field(kw_only=True, default=False)
    owner: str = field(kw_only=True, default="")

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of its parameters."""
        return declared_fields(self.params) if self.params else ()

    def answer(self, session: Any, said: Any) -> Any:
        """Run it; Fault names the plugin and the line where it fails."""
        with blaming(self.owner, f"command {self.name}", self.run, lets="all"):
            found = self.run(session, said)
            return list(found) if hasattr(found, "__next__") else found


def shell_faults(model: Model) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with commands of the shell, and the plugin to blame."""
    taken = dict.fromkeys(VERBS, "the program's own")
    for entity in model.entities.values():
        whose = f"plugin {entity.plugin}'s, for its records"
        taken |= {entity.name: whose, entity.plural.casefold(): whose}
    for one in model.shell:
        if not isinstance(one.name, str) or not _VERB.fullmatch(one.name):
            yield one.owner, f"command {one.name!r}: write small letters, digits and single -"
        elif one.name in taken:
            yield one.owner, f"command {one.name} is already {taken[one.name]}"
        else:
            taken[one.name] = f"plugin {one.owner}'s"
            known = [f.name for f in one.fields]
            for name in one.arguments:
                if name not in known:
                    yield one.owner, f"command {one.name}: {unknown('parameter', name, known)}"
