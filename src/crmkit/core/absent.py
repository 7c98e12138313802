"""Names that the Model does not have, and whose they are: of a plugin that is off, or retired."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from crmkit.core.errors import CrmError, unknown
from crmkit.core.words import plain

if TYPE_CHECKING:
    from crmkit.core.model import Model
    from crmkit.core.purge import Note

_REVIVED = ("field", "state")
"""What the firm can retire, and bring back."""


@frozen
class Brought:
    """Something that a plugin brings, as people name it; `entity` is '' where it is of none."""

    sort: str
    entity: str
    name: str
    label: str = ""

    @property
    def place(self) -> tuple[str, str, str]:
        """What it is, without what people call it."""
        return (self.sort, self.entity, self.name)

    def answers(self, text: str) -> bool:
        """Whether somebody who writes this may mean it."""
        said = plain(text)
        names = (self.name, self.name.rpartition(".")[2], self.label)
        return bool(said) and said in map(plain, names)


def brought(model: Model, plugin: str) -> Iterator[Brought]:
    """Yield what a plugin brings that people name."""
    for e in model.entities.values():
        if e.plugin == plugin:
            yield Brought("entity", "", e.name, e.plural)
            yield Brought("command", "", e.name, e.plural)  # whose name the shell has for it
            continue
        yield from (Brought("field", e.name, f.key, f.label) for f in e.fields if f.owner == plugin)
        states = (s for f in e.flows if f.flow for s in f.flow.states)
        yield from (Brought("state", e.name, s.code, s.label) for s in states if s.owner == plugin)
        yield from (Brought("command", e.name, c.name) for c in e.commands if c.owner == plugin)
        words = e.conditions.values()
        yield from (Brought("condition", e.name, c.name) for c in words if c.owner == plugin)
    for sort, named in (
        ("report", model.reports.values()),
        ("screen", model.screens.values()),
        ("automation", model.automations.values()),
        ("command", model.shell),
    ):
        yield from (Brought(sort, "", one.name) for one in named if one.owner == plugin)
    for name, roles in model.roles.items():
        if all(role.owner == plugin for role in roles):
            yield Brought("role", "", name)


def retired(plugin: str, new: Note, old: Note) -> Iterator[Brought]:
    """Yield what an older note of the firm's own has that the new one does not."""
    from crmkit.core.custom.plugin import NAME

    there = {one.place for one in new.brought}
    if plugin == NAME:
        yield from (o for o in old.brought if o.sort in _REVIVED and o.place not in there)


class Absent:
    """Whose the names are that a Model does not have, as the database has noted it.

    It is a Model's own, and looks into whatever database that was opened with last; without any,
    nobody knows. `on` are the names of the Model's plugins.
    """

    def __init__(self, on: Collection[str] = ()) -> None:
        self._on = on
        self._notes: Callable[[], Mapping[str, Note]] = dict

    def ask(self, notes: Callable[[], Mapping[str, Note]]) -> None:
        """Look there from now on, each time that a name is missed."""
        self._notes = notes

    def unknown(self, sort: str, name: str, known: Collection[str], entity: str = "") -> str:
        """Return 'no such ...', and whose it is; where nobody knows, the nearest known names."""
        what = f"{sort} of {entity}" if entity else sort
        whose = self.whose(sort, name, entity)
        return f"no {what} {name!r}: {whose}" if whose else unknown(what, name, list(known))

    def whose(self, sort: str, name: str, entity: str = "") -> str:
        """Return the plugin whose it is and how it comes back, as a sentence; '' for nobody's."""
        from crmkit.core.custom.plugin import NAME

        try:
            notes = self._notes()
        except CrmError:
            return ""
        for plugin, note in notes.items():
            for one in note.brought:
                if (one.sort, one.entity) != (sort, entity) or not one.answers(name):
                    continue
                if plugin not in self._on:
                    return f"plugin {plugin} is off (crmkit plugin enable {plugin})"
                if plugin == NAME and sort in _REVIVED:  # kept in the note on purpose
                    return f"it is retired ({_revival(one)})"
        return ""


def _revival(one: Brought) -> str:
    what = "stage" if one.sort == "state" else "field"
    return f"crmkit custom {what} revive {one.entity} {one.name.rpartition('.')[2]}"
