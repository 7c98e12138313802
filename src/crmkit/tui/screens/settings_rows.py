"""What the settings show: the firm's own fields, stages, roles, lists, columns, keys, plugins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from crmkit.core.custom import NAME, Custom, read_custom
from crmkit.core.session import Session
from crmkit.customizing import plugins
from crmkit.tui.customkeys import actions
from crmkit.tui.widgets.columns import ColumnSpec
from crmkit.tui.widgets.record_list import Row

if TYPE_CHECKING:
    from crmkit.tui.desk import Desk

RETIRED = "retired"
FIRMS = "the firm's"


@frozen
class Kept:
    """What rows are made from, read once for each fetch."""

    desk: Desk
    session: Session
    custom: Custom


@frozen
class Part:
    """A part of the settings: what its columns are, how its rows are made, what is said of none."""

    name: str
    label: str
    columns: tuple[ColumnSpec, ...]
    rows: Callable[[Kept], Iterator[Row]]
    empty: str
    hint: str


def _label(kept: Kept, entity: str) -> str:
    found = kept.session.model.entities.get(entity)
    return found.plural if found else f"{entity} (off)"


def _fields(kept: Kept) -> Iterator[Row]:
    for f in kept.custom.fields:
        more = ", ".join(f.options or f.targets)
        marks = [RETIRED] if f.retired else []
        marks += ["column"] if f.shown else []
        marks += ["searched"] if f.search else []
        marks += ["personal"] if f.personal else []
        cells = (_label(kept, f.entity), f.shown_as, f.name, f.kind, more, ", ".join(marks))
        yield Row(f.ident, cells, "muted" if f.retired else "")


def _stages(kept: Kept) -> Iterator[Row]:
    model = kept.session.model
    for s in kept.custom.stages:
        entity = model.entities.get(s.entity)
        flow = entity.flow if entity is not None else None
        known = flow.flow.state(s.code) if flow is not None and flow.flow else None
        count = ""
        if entity is not None and flow is not None and known is not None:
            count = f"{kept.session.count(entity.name, f'{flow.key}:{s.code}'):,}"
        cells = (_label(kept, s.entity), s.declared().label, s.code, s.after, s.outcome, count,
                 RETIRED if s.retired else "")  # fmt: skip
        yield Row(s.ident, cells, "muted" if s.retired else "")


def _roles(kept: Kept) -> Iterator[Row]:
    firms = {r.name: r for r in kept.custom.roles}
    for r in firms.values():
        rules = ", ".join((*r.grants, *(f"not {d}" for d in r.denies)))
        yield Row((r.name,), (r.name, r.label, FIRMS, rules))
    for name, roles in kept.session.model.roles.items():
        built_in = [r for r in roles if r.owner != NAME]
        if built_in:
            texts = [rule if isinstance(rule, str) else rule.text
                     for role in built_in for rule in role.rules]  # fmt: skip
            label = next((r.label for r in built_in if r.label), "")
            yield Row(("", name), (name, label, "crmkit", ", ".join(texts)), "muted")


def _views(kept: Kept) -> Iterator[Row]:
    for v in kept.custom.views:
        if v.user in ("", kept.session.actor.name):
            whose, form = "you" if v.user else "everybody", "board" if v.board else "list"
            columns = ", ".join(v.columns)
            yield Row(
                v.ident,
                (_label(kept, v.entity), v.label, whose, form, v.filter, v.sort, columns),
            )


def _columns(kept: Kept) -> Iterator[Row]:
    firms = {c.entity for c in kept.custom.columns}
    for model in kept.session.model.shown:
        shown = ", ".join(model.short(f) for f in model.columns)
        own = model.name in firms
        cells = (model.plural, FIRMS if own else "", shown)
        yield Row((model.name,), cells, "" if own else "muted")


def _keys(kept: Kept) -> Iterator[Row]:
    firms = {k.action for k in kept.custom.keys}
    for name, keys, label in actions(kept.session.model, kept.desk.workspace):
        own = name in firms
        cells = (name, " ".join(keys), FIRMS if own else "", label)
        yield Row((name,), cells, "" if own else "muted")


def _automations(kept: Kept) -> Iterator[Row]:
    for a in kept.session.model.automations.values():
        whose = FIRMS if a.owner == NAME else a.owner
        state = "on" if a.on else "off"
        cells = (a.name, state, _label(kept, a.entity), whose, a.label)
        yield Row((a.name,), cells, "" if a.on else "muted")


def _plugins(kept: Kept) -> Iterator[Row]:
    styles: Mapping[str, str] = {"off": "overdue", "disabled": "muted"}
    for p in plugins(kept.desk.workspace):
        yield Row((p.name,), (p.name, p.state, p.origin, p.why), styles.get(p.state, ""))


def _spec(title: str, least: int = 8, weight: int = 0) -> ColumnSpec:
    return ColumnSpec(title.lower(), title, least, weight)


PARTS = (
    Part("fields", "Fields",
         (_spec("Of"), _spec("Label", 14, 1), _spec("Name"), _spec("Kind", 6),
          _spec("Choices", 10, 1), _spec("State", 7)),
         _fields, "No field of the firm's own yet. n adds one.",
         "n new  e change  J K order  x retire or revive"),
    Part("stages", "Stages",
         (_spec("Of"), _spec("Label", 14, 1), _spec("Code"), _spec("After"), _spec("Outcome", 7),
          _spec("Records", 7), _spec("State", 7)),
         _stages, "No stage of the firm's own yet. n adds one.",
         "n new  e change  J K order  x retire or revive"),
    Part("roles", "Roles",
         (_spec("Role", 10), _spec("Label", 10, 1), _spec("From", 7), _spec("Grants", 16, 1)),
         _roles, "", "n new  e grants  D take away"),
    Part("views", "Lists",
         (_spec("Of"), _spec("Label", 12, 1), _spec("For", 6), _spec("As", 5),
          _spec("Filter", 12, 1), _spec("Sort", 6), _spec("Columns", 8)),
         _views, "No list of the firm's own yet. n saves one.",
         "n new  e change  J K order  D take away"),
    Part("columns", "Columns", (_spec("Of"), _spec("From", 6), _spec("Columns", 16, 1)),
         _columns, "", "/ find  e change  D as out of the box"),
    Part("keys", "Keys",
         (_spec("Action", 12), _spec("Keys", 8), _spec("From", 7), _spec("What", 12, 1)),
         _keys, "", "/ find  e change  D as out of the box"),
    Part("automations", "Automations",
         (_spec("Automation", 12), _spec("State", 5), _spec("Of"), _spec("From", 7),
          _spec("What", 12, 1)),
         _automations, "No automation yet: see crmkit automation --help.",
         "x switch on or off  D take away"),
    Part("plugins", "Plugins",
         (_spec("Plugin", 10), _spec("State", 8), _spec("From", 8, 1), _spec("Why", 8)),
         _plugins, "", "x switch on or off"),
)  # fmt: skip
"""Every part, in the order of its tabs."""


@frozen(eq=False)
class PartRows:
    """The rows of a part."""

    desk: Desk
    part: Part
    words: str = ""
    _rows: list[Row] = field(factory=list)

    def total(self) -> int:
        """Read it all anew; return how many rows there are."""
        custom = read_custom(self.desk.workspace.custom)
        kept = Kept(self.desk, self.desk.session, custom)
        words = self.words.casefold().split()
        self._rows[:] = [
            row
            for row in self.part.rows(kept)
            if all(word in " ".join(row.cells).casefold() for word in words)
        ]
        return len(self._rows)

    def page(self, start: int, limit: int) -> list[Row]:
        """Return some rows."""
        if not self._rows:
            self.total()
        return self._rows[start : start + limit]
